// SPDX-License-Identifier: GPL-2.0-only
/* From the bytes of an sk_buff to struct ip_vs_packet; what the bytes mean is known in core/headers.h. */
#include "proto/packet.h"

static __always_inline const void *read_skb(const void *packet, unsigned int off, unsigned int len, void *buf)
{
	return skb_header_pointer(packet, off, len, buf);
}

/* ISAKMP: AH and ESP have no ports and go where the key exchange between the same hosts went. */
#define IKE_PORT htons(500)

static void read_ends(struct ip_vs_packet *pkt)
{
	struct ip_vs_l4 l4;

	if (unlikely(ip_vs_packet_is_ipsec(pkt))) {
		pkt->conn_protocol = IPPROTO_UDP;
		pkt->sport = pkt->dport = IKE_PORT;
		pkt->has_ports = pkt->has_tcp_flags = pkt->has_sctp_event = false;
		pkt->has_ends = true;
		return;
	}
	/* Only the first fragment has a transport header. */
	ip_vs_read_transport(read_skb, pkt->skb, pkt->l4off, pkt->is_fragment ? IPPROTO_NONE : pkt->protocol,
			     pkt->is_icmp, &l4);
	pkt->conn_protocol = pkt->protocol;
	pkt->sport = l4.sport;
	pkt->dport = l4.dport;
	pkt->tcp_flags = l4.tcp_flags;
	pkt->sctp_event = l4.sctp_event;
	pkt->has_tcp_flags = l4.has_tcp_flags;
	pkt->has_sctp_event = l4.has_sctp_event;
	pkt->has_ends = pkt->has_ports = l4.has_ports;
}

bool ip_vs_packet_parse(struct ip_vs_packet *pkt)
{
	struct ip_vs_l3 l3;

	if (!(pkt->af == AF_INET6 ? ip_vs_read_ipv6(read_skb, pkt->skb, pkt->l3off, &pkt->saddr, &pkt->daddr, &l3) :
				    ip_vs_read_ipv4(read_skb, pkt->skb, pkt->l3off, &pkt->saddr, &pkt->daddr, &l3)))
		return false;
	pkt->protocol = l3.protocol;
	pkt->l4off = l3.l4off;
	pkt->is_fragment = l3.is_fragment;
	pkt->is_reassembled = l3.has_fragment_header;
	read_ends(pkt);
	return true;
}

bool ip_vs_packet_parse_embedded(const struct ip_vs_packet *pkt, u8 af, unsigned int off,
				 struct ip_vs_packet *inner)
{
	*inner = (struct ip_vs_packet){
		.ipvs = pkt->ipvs,
		.skb = pkt->skb,
		.af = af,
		.hook = pkt->hook,
		.is_icmp = true,
		.l3off = off,
	};
	/* Of IPsec a later fragment will do: its addresses are all there is to know. */
	return ip_vs_packet_parse(inner) && (!inner->is_fragment || inner->has_ends);
}
