// SPDX-License-Identifier: GPL-2.0-only
/* Reading headers. Nothing here trusts a length; everything is copied out of the packet. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "proto/packet.h"

static_assert(offsetof(struct tcphdr, source) == offsetof(struct udphdr, source));
static_assert(offsetof(struct tcphdr, dest) == offsetof(struct udphdr, dest));

static void parse_ports(struct ip_vs_packet *pkt)
{
	u8 buf[14];
	const u8 *p;

	if (pkt->is_fragment || (pkt->protocol != IPPROTO_TCP && pkt->protocol != IPPROTO_UDP))
		return;
	/* An ICMP error carries 8 bytes for sure: the ports, not the flags. */
	if (pkt->protocol == IPPROTO_TCP && !pkt->is_icmp) {
		p = skb_header_pointer(pkt->skb, pkt->l4off, 14, buf);
		if (p) {
			pkt->tcp_flags = p[13];
			pkt->has_tcp_flags = true;
		}
	} else {
		p = NULL;
	}
	if (!p)
		p = skb_header_pointer(pkt->skb, pkt->l4off, 4, buf);
	if (!p)
		return;
	memcpy(&pkt->sport, p, 2);
	memcpy(&pkt->dport, p + 2, 2);
	pkt->has_ports = true;
}

static bool parse_ipv4(struct ip_vs_packet *pkt)
{
	struct iphdr buf;
	const struct iphdr *iph = skb_header_pointer(pkt->skb, pkt->l3off, sizeof(buf), &buf);

	if (!iph || iph->version != 4 || iph->ihl < 5)
		return false;
	pkt->protocol = iph->protocol;
	pkt->saddr.ip = iph->saddr;
	pkt->daddr.ip = iph->daddr;
	pkt->l4off = pkt->l3off + iph->ihl * 4;
	pkt->is_fragment = (iph->frag_off & htons(IP_OFFSET)) != 0;
	return true;
}

static bool parse_ipv6(struct ip_vs_packet *pkt)
{
	struct ipv6hdr buf;
	const struct ipv6hdr *iph = skb_header_pointer(pkt->skb, pkt->l3off, sizeof(buf), &buf);
	unsigned int off = pkt->l3off;
	unsigned short fragoff = 0;
	int flags = 0, protocol;

	if (!iph || iph->version != 6)
		return false;
	pkt->saddr.in6 = iph->saddr;
	pkt->daddr.in6 = iph->daddr;
	protocol = ipv6_find_hdr(pkt->skb, &off, -1, &fragoff, &flags);
	/* No transport header to be found: no protocol of ours. */
	pkt->protocol = protocol < 0 ? IPPROTO_NONE : protocol;
	pkt->l4off = off;
	pkt->is_fragment = fragoff;
	pkt->is_reassembled = flags & IP6_FH_F_FRAG;
	return true;
}

bool ip_vs_packet_parse(struct ip_vs_packet *pkt)
{
	if (!(pkt->af == AF_INET6 ? parse_ipv6(pkt) : parse_ipv4(pkt)))
		return false;
	parse_ports(pkt);
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
	return ip_vs_packet_parse(inner) && !inner->is_fragment;
}
