/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_PROTO_NAMES_H
#define IP_VS_PROTO_NAMES_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include "core/sctp_state.h"
#include "core/tcp_state.h"

#define IP_VS_PROTO_NAME_LEN 16

/* The name of a protocol in listings and messages: a constant, or made in @buf. */
static inline const char *ip_vs_proto_name(u16 protocol, char buf[IP_VS_PROTO_NAME_LEN])
{
	switch (protocol) {
	case IPPROTO_IP:
		return "IP";
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	case IPPROTO_ICMP:
		return "ICMP";
	case IPPROTO_ICMPV6:
		return "ICMPv6";
	default:
		snprintf(buf, IP_VS_PROTO_NAME_LEN, "IP_%u", protocol);
		return buf;
	}
}

/* The state of a connection, not of a template, in listings. */
static inline const char *ip_vs_proto_state_name(u8 protocol, u8 state)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return ip_vs_tcp_state_name(state);
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return ip_vs_sctp_state_name(state);
	case IPPROTO_IP:
		return "NONE";
	default:
		return "ERR!";
	}
}

#endif
