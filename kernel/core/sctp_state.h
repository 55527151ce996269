/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_SCTP_STATE_H
#define IP_VS_CORE_SCTP_STATE_H

#include "core/tcp_state.h"

/*
 * Numbers and names are an interface: procfs prints the names, the sync protocol carries the numbers. Of an
 * unanswered INIT the first is INIT1, which lives for seconds, so that a flood of them goes quickly.
 */
enum ip_vs_sctp_state {
	IP_VS_SCTP_NONE,
	IP_VS_SCTP_INIT1,
	IP_VS_SCTP_INIT,
	IP_VS_SCTP_COOKIE_SENT,
	IP_VS_SCTP_COOKIE_REPLIED,
	IP_VS_SCTP_COOKIE_WAIT,
	IP_VS_SCTP_COOKIE,
	IP_VS_SCTP_COOKIE_ECHOED,
	IP_VS_SCTP_ESTABLISHED,
	IP_VS_SCTP_SHUTDOWN_SENT,
	IP_VS_SCTP_SHUTDOWN_RECEIVED,
	IP_VS_SCTP_SHUTDOWN_ACK_SENT,
	IP_VS_SCTP_REJECTED,
	IP_VS_SCTP_CLOSED,
	IP_VS_SCTP_STATES,
};

/* What a packet means to the machine, by its first chunk. */
enum ip_vs_sctp_event {
	IP_VS_SCTP_EVENT_DATA,	/* and everything that is none of the others */
	IP_VS_SCTP_EVENT_INIT,
	IP_VS_SCTP_EVENT_INIT_ACK,
	IP_VS_SCTP_EVENT_COOKIE_ECHO,
	IP_VS_SCTP_EVENT_COOKIE_ACK,
	IP_VS_SCTP_EVENT_SHUTDOWN,
	IP_VS_SCTP_EVENT_SHUTDOWN_ACK,
	IP_VS_SCTP_EVENT_SHUTDOWN_COMPLETE,
	IP_VS_SCTP_EVENT_ERROR,
	IP_VS_SCTP_EVENT_ABORT,
	IP_VS_SCTP_EVENTS,
};

/* The event that a chunk of this type stands for (RFC 9260, section 3.2). */
u8 ip_vs_sctp_event_of_chunk(u8 type);

/**
 * ip_vs_sctp_next_state() - the state an association is in after a packet
 * @direction: who sent it; the same three as of TCP
 * @state: the state before; out of range counts as NONE
 * @event: enum ip_vs_sctp_event; out of range counts as DATA
 *
 * Source: spec/protocols.md, section 5.
 */
u8 ip_vs_sctp_next_state(enum ip_vs_tcp_direction direction, u8 state, u8 event);

/* The name procfs shows; "ERR!" for a number that is no state. */
const char *ip_vs_sctp_state_name(u8 state);

/* Seconds an association stays in a state without packets. */
u32 ip_vs_sctp_default_timeout(u8 state);

/* Does an association in this state count as active? */
bool ip_vs_sctp_state_is_active(u8 state);

#endif
