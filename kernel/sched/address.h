/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_SCHED_ADDRESS_H
#define IP_VS_SCHED_ADDRESS_H

#include <linux/in.h>
#include <linux/netfilter.h>
#include "proto/packet.h"

/* An address as one number, for hashing. */
static inline u32 ip_vs_address_fold(u16 af, const union nf_inet_addr *addr)
{
	if (af == AF_INET6)
		return ntohl(addr->ip6[0] ^ addr->ip6[1] ^ addr->ip6[2] ^ addr->ip6[3]);
	return ntohl(addr->ip);
}

/*
 * The client of a packet as one number. @with_port: each port of a client is a client of its own, where
 * the protocol has ports.
 */
static inline u32 ip_vs_client_fold(const struct ip_vs_packet *pkt, bool with_port)
{
	u32 client = ip_vs_address_fold(pkt->af, ip_vs_packet_caddr(pkt));

	if (with_port && (pkt->protocol == IPPROTO_TCP || pkt->protocol == IPPROTO_UDP ||
			  pkt->protocol == IPPROTO_SCTP))
		client += ntohs(ip_vs_packet_cport(pkt));
	return client;
}

#endif
