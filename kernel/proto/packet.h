/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_PROTO_PACKET_H
#define IP_VS_PROTO_PACKET_H

#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include "netns.h"

/*
 * What is known of a packet, found out once. The addresses and ports are copies: they stay valid when the
 * packet's data moves. Offsets count from skb->data, which is the network header in all hooks.
 */
struct ip_vs_packet {
	struct ip_vs_net *ipvs;
	struct sk_buff *skb;
	union nf_inet_addr saddr;	/* IPv4: only .ip is set */
	union nf_inet_addr daddr;
	__be16 sport;
	__be16 dport;
	u8 af;
	u8 hook;
	u8 protocol;
	u8 tcp_flags;
	bool has_ports : 1;		/* TCP and UDP, unless truncated or a later fragment */
	bool has_tcp_flags : 1;
	bool is_fragment : 1;		/* a fragment that is not the first */
	bool is_reassembled : 1;	/* IPv6: a fragment header was seen */
	bool is_icmp : 1;		/* this is the header embedded in an ICMP error */
	bool is_inverse : 1;		/* its source and destination are swapped to the direction wanted */
	unsigned int l4off;
	unsigned int l3off;		/* != 0 for an embedded header */
	u32 conn_hash;			/* conn/table.c: of the ends of its connection */
};

/**
 * ip_vs_packet_parse() - find out what can be known from the headers
 * @pkt: ipvs, skb, af and hook are set
 *
 * Returns false when the network header itself cannot be read.
 */
bool ip_vs_packet_parse(struct ip_vs_packet *pkt);

/**
 * ip_vs_packet_parse_embedded() - the same for the header within an ICMP error
 * @pkt: the ICMP packet, parsed
 * @af: the family of the embedded header
 * @off: where the embedded network header starts
 * @inner: filled in; the ports are read, TCP flags never
 *
 * Returns false if it cannot be read, is no header of that family, or is a later fragment.
 */
bool ip_vs_packet_parse_embedded(const struct ip_vs_packet *pkt, u8 af, unsigned int off,
				 struct ip_vs_packet *inner);

/* The client's and the virtual end, whichever way the header points. */
static inline const union nf_inet_addr *ip_vs_packet_caddr(const struct ip_vs_packet *pkt)
{
	return pkt->is_inverse ? &pkt->daddr : &pkt->saddr;
}

static inline const union nf_inet_addr *ip_vs_packet_vaddr(const struct ip_vs_packet *pkt)
{
	return pkt->is_inverse ? &pkt->saddr : &pkt->daddr;
}

static inline __be16 ip_vs_packet_cport(const struct ip_vs_packet *pkt)
{
	return pkt->is_inverse ? pkt->dport : pkt->sport;
}

static inline __be16 ip_vs_packet_vport(const struct ip_vs_packet *pkt)
{
	return pkt->is_inverse ? pkt->sport : pkt->dport;
}

/* Count the reason and say NF_DROP. */
static inline unsigned int ip_vs_drop(const struct ip_vs_packet *pkt, enum ip_vs_drop_reason reason)
{
	this_cpu_inc(pkt->ipvs->drops->count[reason]);
	return NF_DROP;
}

/* The same, but a program of this host that sent the packet sees no error. */
static inline unsigned int ip_vs_drop_silently(const struct ip_vs_packet *pkt, enum ip_vs_drop_reason reason)
{
	this_cpu_inc(pkt->ipvs->drops->count[reason]);
	kfree_skb(pkt->skb);
	return NF_STOLEN;
}

#endif
