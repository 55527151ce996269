// SPDX-License-Identifier: GPL-2.0-only
/* The choice of the method, and what they have in common. */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/dst.h>
#include <net/ip.h>
#include "proto/conntrack.h"
#include "xmit/xmit.h"

/*
 * Its entry must not end before a connection: the server's next packet would be of nobody. Those of TCP live for days,
 * or as long as the administrator wants them to. An ICMP error has the entry of what it is about.
 */
static void keep_track(const struct ip_vs_packet *pkt, const struct ip_vs_conn *cp)
{
	if (cp->protocol != IPPROTO_TCP && pkt->protocol == cp->protocol)
		ip_vs_track_keep(pkt->skb, READ_ONCE(cp->timeout));
}

void ip_vs_track_conn(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp, bool from_client)
{
	struct ip_vs_track_end server = { ip_vs_conn_daddr(cp), cp->dport };
	struct ip_vs_track_end virtual = { ip_vs_conn_vaddr(cp), cp->vport };

	if (READ_ONCE(cp->flags) & IP_VS_CONN_F_ONE_PACKET)
		return;
	if (READ_ONCE(cp->flags) & IP_VS_CONN_F_HELPED)
		ip_vs_track_prepare_adjust(pkt->skb);
	if (ip_vs_conn_is_nat(cp))
		ip_vs_track_expect_reply(pkt->skb, from_client ? &server : &virtual, from_client);
	keep_track(pkt, cp);
}

unsigned int ip_vs_track_tunnel(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp)
{
	if (READ_ONCE(cp->flags) & IP_VS_CONN_F_NFCT) {
		if (!(READ_ONCE(cp->flags) & IP_VS_CONN_F_ONE_PACKET))
			keep_track(pkt, cp);
		if (ip_vs_track_confirm(pkt->skb) != NF_ACCEPT)
			return ip_vs_drop(pkt, IP_VS_DROP_UNCONFIRMED);
	}
	/* The packet around it is another one to connection tracking. */
	nf_reset_ct(pkt->skb);
	return NF_ACCEPT;
}

bool ip_vs_is_alone_at_output(const struct ip_vs_net *ipvs, u8 af)
{
	const struct nf_hook_entries *entries;

	if (af == AF_INET6)
		entries = rcu_dereference(ipvs->net->nf.hooks_ipv6[NF_INET_LOCAL_OUT]);
	else
		entries = rcu_dereference(ipvs->net->nf.hooks_ipv4[NF_INET_LOCAL_OUT]);
	return entries && entries->num_hook_entries == 1 && entries->hooks[0].hook == ipvs->local_out;
}

static __always_inline unsigned int send(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp,
					 struct ip_vs_path *path)
{
	struct sk_buff *skb = pkt->skb;
	struct net *net = pkt->ipvs->net;
	u8 family = pkt->af == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	skb->ipvs_property = 1;
	ip_vs_track(pkt, cp, true);
	if (path->is_local) {
		ip_vs_path_release(path);
		return NF_ACCEPT;
	}
	ip_vs_path_apply(pkt, path);
	/* A socket that early demux has found belongs to this host, and the packet does not. */
	if (skb->dev) {
		skb_orphan(skb);
		skb_clear_tstamp(skb);
	}
	skb_forward_csum(skb);
	if (ip_vs_is_alone_at_output(pkt->ipvs, pkt->af))
		dst_output(net, NULL, skb);
	else
		NF_HOOK(family, NF_INET_LOCAL_OUT, net, NULL, skb, NULL, skb_dst(skb)->dev, dst_output);
	return NF_STOLEN;
}

unsigned int ip_vs_send(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp, struct ip_vs_path *path)
{
	return send(pkt, cp, path);
}

/*
 * Direct routing: the packet stays as it is and goes to the server's link address. Bypass: it goes where it
 * wanted to go anyway. Source: spec/forwarding.md, sections 5 and 7.
 */
static __always_inline unsigned int xmit_unchanged(struct ip_vs_packet *pkt, struct ip_vs_conn *cp,
						   enum ip_vs_route_kind kind)
{
	struct ip_vs_path path IP_VS_UNINITIALIZED;
	unsigned int verdict = ip_vs_path_find(pkt, cp, kind, 0, &path);

	return verdict == NF_ACCEPT ? send(pkt, cp, &path) : verdict;
}

unsigned int ip_vs_xmit(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	u32 fwd = ip_vs_conn_fwd(cp);

	if (skb_warn_if_lro(pkt->skb))
		return ip_vs_drop(pkt, IP_VS_DROP_LRO);

	switch (fwd) {
	case IP_VS_CONN_F_MASQ:
		return ip_vs_xmit_nat(pkt, cp);
	case IP_VS_CONN_F_DROUTE:
	case IP_VS_CONN_F_BYPASS:
		return xmit_unchanged(pkt, cp,
				      fwd == IP_VS_CONN_F_DROUTE ? IP_VS_ROUTE_DIRECT : IP_VS_ROUTE_BYPASS);
	case IP_VS_CONN_F_TUNNEL:
		return ip_vs_xmit_tunnel(pkt, cp);
	case IP_VS_CONN_F_LOCALNODE:
		pkt->skb->ipvs_property = 1;
		ip_vs_track(pkt, cp, true);
		return NF_ACCEPT;
	default:
		return ip_vs_drop(pkt, IP_VS_DROP_NO_METHOD);
	}
}

unsigned int ip_vs_xmit_icmp(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner, struct ip_vs_conn *cp)
{
	/* Without translation the error goes the way of the packets it speaks of. */
	if (!ip_vs_conn_is_nat(cp))
		return ip_vs_xmit(pkt, cp);
	return ip_vs_xmit_nat_icmp(pkt, inner, cp);
}
