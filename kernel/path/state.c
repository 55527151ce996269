// SPDX-License-Identifier: GPL-2.0-only
/* From a packet to the state of its connection. Never from an ICMP error: those are easily forged. */
#include "core/sctp_state.h"
#include "core/tcp_state.h"
#include "path/path.h"

static enum ip_vs_tcp_direction direction(u32 flags, bool from_server)
{
	if (from_server)
		return IP_VS_TCP_OUTPUT;
	return flags & IP_VS_CONN_F_NOOUTPUT ? IP_VS_TCP_INPUT_ONLY : IP_VS_TCP_INPUT;
}

/* The first reply seen: from now on both directions count. */
static void note_reply(struct ip_vs_conn *cp, bool from_server)
{
	if (from_server && cp->flags & IP_VS_CONN_F_NOOUTPUT)
		WRITE_ONCE(cp->flags, cp->flags & ~IP_VS_CONN_F_NOOUTPUT);
}

static bool replies_are_news(const struct ip_vs_conn *cp, bool from_server)
{
	return from_server && READ_ONCE(cp->flags) & IP_VS_CONN_F_NOOUTPUT;
}

/* Nearly all packets change nothing, and take no lock. */
static bool is_settled(const struct ip_vs_conn *cp, u8 state, u32 timeout, bool from_server)
{
	return likely(state == READ_ONCE(cp->state) && READ_ONCE(cp->timeout) == timeout &&
		      !replies_are_news(cp, from_server));
}

static void update_tcp(struct ip_vs_conn *cp, const struct ip_vs_packet *pkt, bool from_server)
{
	const u32 *timeouts = pkt->ipvs->tcp_timeouts;
	bool secure = READ_ONCE(pkt->ipvs->defense.secure_tcp);
	u8 state;

	if (!pkt->has_tcp_flags)
		return;
	state = ip_vs_tcp_next_state(secure, direction(READ_ONCE(cp->flags), from_server), READ_ONCE(cp->state),
				     pkt->tcp_flags);
	if (is_settled(cp, state, READ_ONCE(timeouts[state]), from_server))
		return;

	spin_lock_bh(&cp->lock);
	state = ip_vs_tcp_next_state(secure, direction(cp->flags, from_server), cp->state, pkt->tcp_flags);
	note_reply(cp, from_server);
	ip_vs_conn_set_state(cp, state, READ_ONCE(timeouts[state]), ip_vs_tcp_state_is_active(state));
	if (state == IP_VS_TCP_ESTABLISHED)
		ip_vs_conn_assure_template(cp);
	spin_unlock_bh(&cp->lock);
}

static void update_sctp(struct ip_vs_conn *cp, const struct ip_vs_packet *pkt, bool from_server)
{
	const u32 *timeouts = pkt->ipvs->sctp_timeouts;
	u8 state;

	if (!pkt->has_sctp_event)
		return;
	state = ip_vs_sctp_next_state(direction(READ_ONCE(cp->flags), from_server), READ_ONCE(cp->state),
				      pkt->sctp_event);
	if (is_settled(cp, state, timeouts[state], from_server))
		return;

	spin_lock_bh(&cp->lock);
	state = ip_vs_sctp_next_state(direction(cp->flags, from_server), cp->state, pkt->sctp_event);
	note_reply(cp, from_server);
	ip_vs_conn_set_state(cp, state, timeouts[state], ip_vs_sctp_state_is_active(state));
	if (state == IP_VS_SCTP_ESTABLISHED)
		ip_vs_conn_assure_template(cp);
	spin_unlock_bh(&cp->lock);
}

/* A reply is what proves the template of a connection to be in use, the first time. */
static bool is_template_to_assure(const struct ip_vs_conn *cp)
{
	const struct ip_vs_conn *template = cp->control;

	return template && !(READ_ONCE(template->flags) & IP_VS_CONN_F_ASSURED);
}

static void update_udp(struct ip_vs_conn *cp, const struct ip_vs_packet *pkt, bool from_server)
{
	u32 timeout = READ_ONCE(pkt->ipvs->udp_timeout);

	if (likely(READ_ONCE(cp->timeout) == timeout && !replies_are_news(cp, from_server) &&
		   !(from_server && is_template_to_assure(cp))))
		return;
	spin_lock_bh(&cp->lock);
	note_reply(cp, from_server);
	/* A connection of one packet waits for replies in a time of its own. */
	if (!(cp->flags & IP_VS_CONN_F_ONE_PACKET))
		ip_vs_conn_set_state(cp, 0, timeout, false);
	if (from_server)
		ip_vs_conn_assure_template(cp);
	spin_unlock_bh(&cp->lock);
}

void ip_vs_path_change_state(struct ip_vs_conn *cp, const struct ip_vs_packet *pkt, bool from_server)
{
	switch (pkt->protocol) {
	case IPPROTO_TCP:
		update_tcp(cp, pkt, from_server);
		break;
	case IPPROTO_UDP:
		update_udp(cp, pkt, from_server);
		break;
	case IPPROTO_SCTP:
		update_sctp(cp, pkt, from_server);
		break;
	}
}
