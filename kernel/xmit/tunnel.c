// SPDX-License-Identifier: GPL-2.0-only
/* Forwarding in a tunnel: IPv4 in IPv4 (RFC 2003). Source: spec/forwarding.md, section 6. */
#include <linux/if_ether.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include "xmit/xmit.h"

/* The outer ECN field: congestion that the inner packet has met already is not met again. */
static u8 outer_tos(u8 inner)
{
	if (INET_ECN_is_ce(inner))
		return (inner & ~INET_ECN_MASK) | INET_ECN_ECT_0;
	return inner;
}

static void push_outer(struct sk_buff *skb, struct ip_vs_packet *pkt, struct ip_vs_conn *cp,
		       const struct ip_vs_path *path)
{
	const struct iphdr *inner = ip_hdr(skb);
	u8 ttl = inner->ttl, tos = outer_tos(inner->tos);
	__be16 df = READ_ONCE(pkt->ipvs->sysctl.pmtu_disc) ? inner->frag_off & htons(IP_DF) : 0;
	struct iphdr *outer;

	skb_set_transport_header(skb, skb_network_offset(skb));
	outer = skb_push(skb, sizeof(*outer));
	skb_reset_network_header(skb);
	memset(&IPCB(skb)->opt, 0, sizeof(IPCB(skb)->opt));
	*outer = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*outer) / 4,
		.tos = tos,
		.tot_len = htons(skb->len),
		.frag_off = df,
		.ttl = ttl,
		.protocol = IPPROTO_IPIP,
		.saddr = path->saddr.ip,
		.daddr = cp->daddr,
	};
	__ip_select_ident(pkt->ipvs->net, outer, skb_shinfo(skb)->gso_segs ?: 1);
}

unsigned int ip_vs_xmit_tunnel(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	struct ip_vs_path path = {};
	struct sk_buff *skb = pkt->skb;
	unsigned int verdict;

	verdict = ip_vs_path_find(pkt, cp, IP_VS_ROUTE_TUNNEL, sizeof(struct iphdr), &path);
	if (verdict != NF_ACCEPT)
		return verdict;
	if (path.is_local)
		return ip_vs_send(pkt, &path);

	ip_vs_untrack(skb);
	nf_reset_ct(skb);
	if (skb->dev)
		skb_orphan(skb);
	if (skb_cow_head(skb, LL_RESERVED_SPACE(path.dst->dev) + sizeof(struct iphdr)) ||
	    iptunnel_handle_offloads(skb, SKB_GSO_IPXIP4)) {
		ip_vs_path_release(&path);
		return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
	}
	skb_set_inner_ipproto(skb, IPPROTO_IPIP);
	push_outer(skb, pkt, cp, &path);

	ip_vs_path_apply(pkt, &path);
	skb->ignore_df = 1;
	skb->ipvs_property = 1;
	if (skb->dev)
		skb_clear_tstamp(skb);
	ip_local_out(pkt->ipvs->net, skb->sk, skb);
	return NF_STOLEN;
}
