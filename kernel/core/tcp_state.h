/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_TCP_STATE_H
#define IP_VS_CORE_TCP_STATE_H

#include "core/base.h"

/* Numbers and names are an interface: procfs prints the names, the sync protocol carries the numbers. */
enum ip_vs_tcp_state {
	IP_VS_TCP_NONE,
	IP_VS_TCP_ESTABLISHED,
	IP_VS_TCP_SYN_SENT,
	IP_VS_TCP_SYN_RECV,
	IP_VS_TCP_FIN_WAIT,
	IP_VS_TCP_TIME_WAIT,
	IP_VS_TCP_CLOSE,
	IP_VS_TCP_CLOSE_WAIT,
	IP_VS_TCP_LAST_ACK,
	IP_VS_TCP_LISTEN,
	IP_VS_TCP_SYNACK,
	IP_VS_TCP_STATES,
};

/* Who sent the packet, and whether the director can be expected to see the other side. */
enum ip_vs_tcp_direction {
	IP_VS_TCP_INPUT,	/* client's packet, replies are seen */
	IP_VS_TCP_OUTPUT,	/* server's packet */
	IP_VS_TCP_INPUT_ONLY,	/* client's packet, replies bypass the director */
	IP_VS_TCP_DIRECTIONS,
};

/* The flag bits of byte 13 of a TCP header (RFC 9293, section 3.1). */
#define IP_VS_TCP_FIN 0x01
#define IP_VS_TCP_SYN 0x02
#define IP_VS_TCP_RST 0x04
#define IP_VS_TCP_ACK 0x10

/**
 * ip_vs_tcp_next_state() - the state a connection is in after a packet
 * @secure: is secure_tcp in force? Then a connection is established only when both sides were heard
 * @direction: who sent it
 * @state: the state before; out of range counts as NONE
 * @flags: byte 13 of the TCP header. RST wins over SYN, SYN over FIN, FIN over ACK; a packet with none of
 *	   them closes the connection.
 *
 * Source: spec/protocols.md, section 3.
 */
u8 ip_vs_tcp_next_state(bool secure, enum ip_vs_tcp_direction direction, u8 state, u8 flags);

/* The name procfs shows; "ERR!" for a number that is no state. */
const char *ip_vs_tcp_state_name(u8 state);

/* Seconds a connection stays in a state without packets, unless configured otherwise. */
u32 ip_vs_tcp_default_timeout(u8 state);

/* Does a connection in this state count as active? */
bool ip_vs_tcp_state_is_active(u8 state);

#endif
