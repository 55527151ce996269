// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors. Each carries the header of the packet it is about; that header tells the connection. Only the
 * errors of spec/packet-path.md, section 7, are looked at; all other ICMP is the local stack's.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>
#include "path/path.h"
#include "proto/nat.h"
#include "svc/dest.h"
#include "xmit/xmit.h"

static bool is_error(u8 af, u8 type)
{
	if (af == AF_INET6)
		return !(type & ICMPV6_INFOMSG_MASK);
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_TIME_EXCEEDED;
}

/*
 * What both directions begin with: is it an error, and which header does it carry? False = nothing to go on
 * with: @verdict is the packet's, and @related says whether it has been decided about.
 */
static bool read_embedded(struct ip_vs_packet *pkt, struct ip_vs_packet *inner, unsigned int *verdict,
			  bool *related)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;

	*verdict = NF_ACCEPT;
	if (pkt->af == AF_INET && ip_is_fragment(ip_hdr(pkt->skb)) && !ip_vs_path_gather_fragments(pkt)) {
		*related = true;
		*verdict = NF_STOLEN;
		return false;
	}
	/* The headers of both families have the same size, and the type in the same place. */
	icmph = skb_header_pointer(pkt->skb, pkt->l4off, sizeof(buf), &buf);
	if (icmph && !is_error(pkt->af, icmph->type))
		return false;
	if (!icmph || pkt->is_reassembled) {
		*related = true;
		*verdict = ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
		return false;
	}
	return ip_vs_packet_parse_embedded(pkt, pkt->l4off + sizeof(*icmph), inner);
}

static bool is_balanced(const struct ip_vs_packet *inner)
{
	return (inner->protocol == IPPROTO_TCP || inner->protocol == IPPROTO_UDP) && inner->has_ports;
}

/*
 * What the client can be told as MTU of the tunnel: the error has it, if it comes from a router of this
 * century; a route may know of a narrower place. One that the error has made stale knows nothing.
 */
static unsigned int inner_mtu(const struct ip_vs_conn *cp, u32 said)
{
	struct ip_vs_route *route = cp->dest ? rcu_dereference(cp->dest->route) : NULL;
	u32 mtu = said ?: U32_MAX;

	if (route && dst_check(route->dst, route->cookie))
		mtu = min(mtu, dst_mtu(route->dst));
	return mtu != U32_MAX && mtu > IPV4_MIN_MTU + sizeof(struct iphdr) ? mtu - sizeof(struct iphdr) : 0;
}

/*
 * An error about a packet that we have sent through a tunnel: the embedded header is ours, the one behind it
 * the client's. The client is told with an error of the same kind about its own packet.
 */
static unsigned int tunnel_error(struct ip_vs_packet *pkt, const struct ip_vs_packet *outer, bool *related)
{
	struct sk_buff *skb = pkt->skb;
	struct icmphdr buf, *icmph;
	struct ip_vs_packet inner;
	struct ip_vs_conn *cp;
	struct iphdr ipbuf;
	const struct iphdr *iph;
	__be32 info = 0;
	u8 type, code;

	if (!(skb_rtable(skb)->rt_flags & RTCF_LOCAL) ||
	    !ip_vs_dest_is_tunnel_server(pkt->ipvs, AF_INET, &outer->daddr) ||
	    !ip_vs_packet_parse_embedded(pkt, outer->l4off, &inner) || !is_balanced(&inner))
		return NF_ACCEPT;
	cp = ip_vs_conn_find_in(&inner);
	if (!cp)
		return NF_ACCEPT;
	*related = true;
	if (!ip_vs_icmp_checksum_ok(pkt))
		return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);

	icmph = skb_header_pointer(skb, pkt->l4off, sizeof(buf), &buf);
	iph = skb_header_pointer(skb, inner.l3off, sizeof(ipbuf), &ipbuf);
	if (!icmph || !iph)
		return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
	type = icmph->type;
	code = icmph->code;
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED) {
		u32 mtu = ntohs(icmph->un.frag.mtu);

		/* The routing layer has to know it for the outer addresses; it reads the header in place. */
		if (!pskb_may_pull(skb, inner.l3off))
			return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
		skb_pull(skb, outer->l3off);
		skb_reset_network_header(skb);
		ipv4_update_pmtu(skb, pkt->ipvs->net, mtu, 0, outer->protocol);
		skb_push(skb, outer->l3off);
		skb_reset_network_header(skb);
		iph = skb_header_pointer(skb, inner.l3off, sizeof(ipbuf), &ipbuf);
		/* Who does not mind fragments need not know. */
		if (!iph || !(iph->frag_off & htons(IP_DF)))
			goto consumed;
		info = htonl(inner_mtu(cp, mtu));
		if (!info)
			goto consumed;
	}

	/* icmp_send() reads the header of the client's packet in place. */
	if (!pskb_may_pull(skb, inner.l4off + 8) || !pskb_pull(skb, inner.l3off))
		return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
	skb_reset_network_header(skb);
	if (ip_hdr(skb)->ihl < 5 || ip_hdr(skb)->ihl * 4 != inner.l4off - inner.l3off)
		return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	/* It is about a packet that had arrived here. */
	icmp_send(skb, type, code, info);
consumed:
	consume_skb(skb);
	return NF_STOLEN;
}

unsigned int ip_vs_path_icmp_input(struct ip_vs_packet *pkt, bool *related)
{
	struct ip_vs_packet inner;
	struct ip_vs_conn *cp;
	unsigned int verdict;

	if (!read_embedded(pkt, &inner, &verdict, related))
		return verdict;

	if (inner.protocol == IPPROTO_IPIP && pkt->af == AF_INET)
		return tunnel_error(pkt, &inner, related);
	if (!is_balanced(&inner))
		return NF_ACCEPT;
	*related = true;

	/* It is about a reply: its destination is the client. */
	inner.is_inverse = true;
	cp = ip_vs_conn_find_in(&inner);
	if (!cp) {
		if (!READ_ONCE(pkt->ipvs->sysctl.schedule_icmp))
			return NF_ACCEPT;
		verdict = ip_vs_path_schedule(&inner, &cp);
		if (!cp)
			return verdict;
	}
	if (ip_vs_conn_is_nat(cp) && !ip_vs_icmp_checksum_ok(pkt))
		return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);
	ip_vs_path_count_in(pkt, cp);
	if (!ip_vs_conn_is_nat(cp))
		WRITE_ONCE(cp->in_pkts, READ_ONCE(cp->in_pkts) + 1);
	verdict = ip_vs_xmit_icmp(pkt, &inner, cp);
	if (READ_ONCE(cp->flags) & IP_VS_CONN_F_ONE_PACKET)
		ip_vs_conn_end(cp);
	return verdict;
}

unsigned int ip_vs_path_icmp_reply(struct ip_vs_packet *pkt, bool *related)
{
	struct ip_vs_packet inner;
	struct ip_vs_conn *cp;
	unsigned int verdict;

	if (!read_embedded(pkt, &inner, &verdict, related))
		return verdict;
	if (!is_balanced(&inner))
		return NF_ACCEPT;

	/* It is about a request as the server saw it: looked up the way of a reply, with its ends swapped. */
	inner.is_inverse = true;
	cp = ip_vs_conn_find_out(&inner);
	if (!cp)
		return NF_ACCEPT;
	*related = true;
	if (ip_vs_conn_is_nat(cp)) {
		if (!ip_vs_icmp_checksum_ok(pkt))
			return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);
		if (!ip_vs_nat_icmp(pkt, &inner, IP_VS_NAT_SOURCE, ip_vs_conn_vaddr(cp), cp->vport))
			return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
		if (!ip_vs_path_reroute_reply(pkt))
			return ip_vs_drop(pkt, IP_VS_DROP_NO_ROUTE);
	}
	ip_vs_path_finish_reply(pkt, cp);
	return NF_ACCEPT;
}
