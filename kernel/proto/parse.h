/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a packet whose headers were looked at before. Everything else goes through ip_vs_packet_parse(). */
#ifndef IP_VS_PROTO_PARSE_H
#define IP_VS_PROTO_PARSE_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include "proto/packet.h"

/*
 * What ip_vs_packet_parse() finds of a packet of the family @af with a network header without options, and behind that, in one
 * piece with it, all of a TCP or UDP header.
 */
static __always_inline void ip_vs_parse_minimal(struct ip_vs_packet *pkt, u8 af)
{
	enum { TCP_FLAGS = 13 };
	const u8 *l3 = pkt->skb->data, *l4;
	bool is_tcp;

	if (af == AF_INET6) {
		const struct ipv6hdr *ip6h = (const struct ipv6hdr *)l3;

		pkt->saddr.in6 = ip6h->saddr;
		pkt->daddr.in6 = ip6h->daddr;
		pkt->protocol = ip6h->nexthdr;
		pkt->l4off = sizeof(*ip6h);
	} else {
		const struct iphdr *iph = (const struct iphdr *)l3;

		pkt->saddr.ip = iph->saddr;
		pkt->daddr.ip = iph->daddr;
		pkt->protocol = iph->protocol;
		pkt->l4off = sizeof(*iph);
	}
	l4 = l3 + pkt->l4off;
	is_tcp = pkt->protocol == IPPROTO_TCP;
	pkt->conn_protocol = pkt->protocol;
	pkt->sport = ((const __be16 *)l4)[0];
	pkt->dport = ((const __be16 *)l4)[1];
	pkt->tcp_flags = is_tcp ? l4[TCP_FLAGS] : 0;
	pkt->sctp_event = 0;
	pkt->has_tcp_flags = is_tcp;
	pkt->has_ends = pkt->has_ports = true;
	pkt->has_sctp_event = pkt->is_fragment = pkt->is_reassembled = false;
}

#endif
