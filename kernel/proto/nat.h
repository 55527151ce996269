/* SPDX-License-Identifier: GPL-2.0-only */
/* Translating addresses and ports in headers. Only the packet is known here, no connection. */
#ifndef IP_VS_PROTO_NAT_H
#define IP_VS_PROTO_NAT_H

#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include "proto/packet.h"

enum ip_vs_nat_side { IP_VS_NAT_SOURCE, IP_VS_NAT_DEST };

/**
 * ip_vs_nat_packet() - translate one side of a packet, with all checksums
 * @side: which address and port
 * @addr: the new address, 4 or 16 bytes according to the family
 * @port: the new port; ignored for later fragments and protocols without ports
 * @out: the device it will leave by
 *
 * Returns false if the headers are truncated or cannot be made writable; the packet may be half written.
 */
bool ip_vs_nat_packet(struct ip_vs_packet *pkt, enum ip_vs_nat_side side, const void *addr, __be16 port,
		      const struct net_device *out);

/* Change the sum of a whole packet, as RFC 1624 has it. A UDP datagram without one keeps none. */
static __always_inline void ip_vs_nat_sum(__sum16 *check, bool is_udp, __wsum change)
{
	if (is_udp && !*check)
		return;
	*check = csum_fold(csum_add(~csum_unfold(*check), change));
	if (is_udp && !*check)
		*check = CSUM_MANGLED_0;
}

/*
 * ip_vs_nat_packet() for the fast path: of a packet that ip_vs_parse_minimal() has read, whose headers are writable if nobody
 * shares its data.
 */
static __always_inline bool ip_vs_nat_minimal4(struct ip_vs_packet *pkt, enum ip_vs_nat_side side, __be32 addr, __be16 port,
					       const struct net_device *out)
{
	const struct sk_buff *skb = pkt->skb;
	struct iphdr *iph = (struct iphdr *)skb->data;
	__be32 *field = side == IP_VS_NAT_DEST ? &iph->daddr : &iph->saddr;
	__be16 *port_field = (__be16 *)(iph + 1) + (side == IP_VS_NAT_DEST);
	bool is_udp = pkt->protocol == IPPROTO_UDP;
	__wsum change;

	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL || skb->ip_summed == CHECKSUM_COMPLETE || skb_cloned(skb)))
		return ip_vs_nat_packet(pkt, side, &addr, port, out);
	change = csum_sub((__force __wsum)addr, (__force __wsum)*field);
	ip_vs_nat_sum(&iph->check, false, change);
	change = csum_add(change, csum_sub((__force __wsum)port, (__force __wsum)*port_field));
	ip_vs_nat_sum(is_udp ? &((struct udphdr *)(iph + 1))->check : &((struct tcphdr *)(iph + 1))->check, is_udp, change);
	*field = addr;
	*port_field = port;
	(side == IP_VS_NAT_DEST ? &pkt->daddr : &pkt->saddr)->ip = addr;
	return true;
}

/**
 * ip_vs_nat_icmp() - translate an ICMP error about a translated packet
 * @pkt: the error
 * @inner: the header embedded in it
 * @side: the side of @pkt to translate; of the embedded header it is the other one
 *
 * The checksum of the embedded transport header is left alone: it may be truncated, and nobody checks it.
 */
bool ip_vs_nat_icmp(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner, enum ip_vs_nat_side side,
		    const void *addr, __be16 port);

/* Is the checksum of this ICMP message right? Of packets of this host it is taken for right. */
bool ip_vs_icmp_checksum_ok(const struct ip_vs_packet *pkt);

#endif
