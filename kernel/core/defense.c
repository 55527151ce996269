// SPDX-License-Identifier: GPL-2.0-only
#include "core/defense.h"
#include "core/tcp_state.h"

/* Not answered yet; at work; ending by itself soon, or too dear to lose. */
enum phase { HALF_OPEN, OPEN, LEFT_ALONE };

static enum phase tcp_phase(u8 state)
{
	switch (state) {
	case IP_VS_TCP_SYN_RECV:
	case IP_VS_TCP_SYNACK:
		return HALF_OPEN;
	case IP_VS_TCP_ESTABLISHED:
		return OPEN;
	default:
		return LEFT_ALONE;
	}
}

static enum phase sctp_phase(u8 state)
{
	switch (state) {
	case IP_VS_DEFENSE_SCTP_INIT1:
	case IP_VS_DEFENSE_SCTP_INIT:
		return HALF_OPEN;
	case IP_VS_DEFENSE_SCTP_ESTABLISHED:
		return OPEN;
	default:
		return LEFT_ALONE;
	}
}

static enum phase phase_of(const struct ip_vs_defense_entry *entry)
{
	if (entry->is_template) {
		if (entry->is_one_packet)
			return OPEN;
		return entry->is_assured ? LEFT_ALONE : HALF_OPEN;
	}
	switch (entry->protocol) {
	case IP_VS_DEFENSE_TCP:
		return tcp_phase(entry->state);
	case IP_VS_DEFENSE_SCTP:
		return sctp_phase(entry->state);
	default:
		return OPEN;
	}
}

bool ip_vs_defense_gives_up(const struct ip_vs_defense_entry *entry, struct ip_vs_defense_idle *idle)
{
	if (entry->is_controller)
		return false;
	switch (phase_of(entry)) {
	case HALF_OPEN:
		return true;
	case OPEN:
		return ip_vs_defense_gives_up_idle(entry, idle);
	default:
		return false;
	}
}
