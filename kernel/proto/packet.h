/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_PROTO_PACKET_H
#define IP_VS_PROTO_PACKET_H

#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include "core/headers.h"
#include "netns.h"

/*
 * For variables that every packet needs and that are filled in completely: kernels are built so that the compiler
 * clears them before.
 */
#define IP_VS_UNINITIALIZED __attribute__((uninitialized))

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
	u8 conn_protocol;		/* of the connection it belongs to: AH and ESP ride on one of UDP */
	u8 tcp_flags;
	u8 sctp_event;			/* enum ip_vs_sctp_event */
	bool has_ends;			/* the ports are those of its connection; none is without them */
	bool has_ports;			/* they stand in the packet: TCP, UDP and SCTP, unless it is cut short */
	bool has_tcp_flags;
	bool has_sctp_event;
	bool is_fragment;		/* a fragment that is not the first */
	bool is_reassembled;		/* IPv6: a fragment header was seen */
	bool is_icmp;			/* this is the header embedded in an ICMP error */
	bool is_inverse;		/* its source and destination are swapped to the direction wanted */
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
 * @inner: filled in; the ports are read, TCP flags and SCTP chunks never
 *
 * Returns false if it cannot be read, is no header of that family, or is a later fragment without ends.
 */
bool ip_vs_packet_parse_embedded(const struct ip_vs_packet *pkt, u8 af, unsigned int off,
				 struct ip_vs_packet *inner);

static inline bool ip_vs_packet_is_ipsec(const struct ip_vs_packet *pkt)
{
	return pkt->protocol == IPPROTO_AH || pkt->protocol == IPPROTO_ESP;
}

/* Is it of a protocol that is balanced? */
static inline bool ip_vs_packet_is_balanced(const struct ip_vs_packet *pkt)
{
	return ip_vs_protocol_has_ports(pkt->protocol) || ip_vs_packet_is_ipsec(pkt);
}

/* Could all of its header be read that decides about a new connection? */
static inline bool ip_vs_packet_is_complete(const struct ip_vs_packet *pkt)
{
	if (pkt->is_icmp)
		return pkt->has_ports;
	if (pkt->protocol == IPPROTO_UDP)
		return pkt->has_ports && pkt->skb->len >= pkt->l4off + sizeof(struct udphdr);
	return pkt->protocol == IPPROTO_SCTP ? pkt->has_sctp_event : pkt->has_tcp_flags;
}

/* Does it open a connection? */
static inline bool ip_vs_packet_is_opening(const struct ip_vs_packet *pkt)
{
	if (pkt->has_tcp_flags)
		return pkt->tcp_flags & IP_VS_TCP_SYN;
	return pkt->has_sctp_event && pkt->sctp_event == IP_VS_SCTP_EVENT_INIT;
}

/* Does it break a connection off? */
static inline bool ip_vs_packet_is_breaking(const struct ip_vs_packet *pkt)
{
	if (pkt->has_tcp_flags)
		return pkt->tcp_flags & IP_VS_TCP_RST;
	return pkt->has_sctp_event && pkt->sctp_event == IP_VS_SCTP_EVENT_ABORT;
}

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

#endif
