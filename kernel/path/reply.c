// SPDX-License-Identifier: GPL-2.0-only
/* From a server to a client. Source: spec/packet-path.md, section 8. */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include "conn/help.h"
#include "path/path.h"
#include "proto/nat.h"
#include "svc/dest.h"
#include "xmit/xmit.h"

bool ip_vs_path_reroute_reply(struct ip_vs_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	if (!READ_ONCE(pkt->ipvs->sysctl.snat_reroute) || pkt->hook == NF_INET_LOCAL_IN)
		return true;
	if (pkt->af == AF_INET6) {
		struct dst_entry *dst = skb_dst(skb);

		if (dst->dev && dst->dev->flags & IFF_LOOPBACK)
			return true;
		return !ip6_route_me_harder(pkt->ipvs->net, skb->sk, skb);
	}
	if (skb_rtable(skb)->rt_flags & RTCF_LOCAL)
		return true;
	return !ip_route_me_harder(pkt->ipvs->net, skb->sk, skb, RTN_LOCAL);
}

void ip_vs_path_finish_reply(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	if (likely(cp->dest && ip_vs_dest_is_available(cp->dest)))
		ip_vs_count_out(cp->dest->stats, pkt->skb->len);
	pkt->skb->ipvs_property = 1;
	ip_vs_track(pkt, cp, false);
}

bool ip_vs_path_gather_fragments(struct ip_vs_packet *pkt)
{
	static const enum ip_defrag_users users[] = {
		[NF_INET_LOCAL_IN] = IP_DEFRAG_VS_IN,
		[NF_INET_FORWARD] = IP_DEFRAG_VS_FWD,
		[NF_INET_LOCAL_OUT] = IP_DEFRAG_VS_OUT,
	};
	int err;

	local_bh_disable();
	err = ip_defrag(pkt->ipvs->net, pkt->skb, users[pkt->hook]);
	local_bh_enable();
	if (err)
		return false;
	ip_send_check(ip_hdr(pkt->skb));
	/* The network header was readable in every fragment, so it is now. */
	ip_vs_packet_parse(pkt);
	return true;
}

/* A NAT server talks to a client that we know of no connection of. */
static unsigned int refuse_unknown(struct ip_vs_packet *pkt, bool *handled)
{
	struct sk_buff *skb = pkt->skb;

	if (!READ_ONCE(pkt->ipvs->sysctl.nat_icmp_send) || !pkt->has_ports)
		return NF_ACCEPT;
	if (ip_vs_packet_is_breaking(pkt))
		return NF_ACCEPT;
	if (!ip_vs_nat_server_exists(pkt->ipvs, pkt->af, pkt->protocol, &pkt->saddr, pkt->sport))
		return NF_ACCEPT;
	*handled = true;
	if (pkt->af == AF_INET6) {
		if (!skb->dev)
			skb->dev = pkt->ipvs->net->loopback_dev;
		icmpv6_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, 0);
	} else {
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	}
	return ip_vs_drop(pkt, IP_VS_DROP_NAT_NO_CONN);
}

static unsigned int reply_of_conn(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	u32 flags = READ_ONCE(cp->flags);

	if ((flags & IP_VS_CONN_F_FWD_MASK) == IP_VS_CONN_F_MASQ) {
		if (unlikely(flags & IP_VS_CONN_F_HELPED) && ip_vs_conn_help_packet(pkt, cp, false) != NF_ACCEPT)
			return NF_DROP;
		if (!ip_vs_nat_packet(pkt, IP_VS_NAT_SOURCE, ip_vs_conn_vaddr(cp), cp->vport,
				      skb_dst(pkt->skb)->dev))
			return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
		if (!ip_vs_path_reroute_reply(pkt))
			return ip_vs_drop(pkt, IP_VS_DROP_NO_ROUTE);
	}
	ip_vs_path_update_state(cp, pkt, true);
	ip_vs_path_finish_reply(pkt, cp);
	ip_vs_conn_touch(cp);
	return NF_ACCEPT;
}

unsigned int ip_vs_path_reply(struct ip_vs_packet *pkt, bool *handled)
{
	struct ip_vs_conn *cp;
	unsigned int verdict;
	bool is_new = false;

	if (ip_vs_packet_is_icmp(pkt)) {
		verdict = ip_vs_path_icmp_reply(pkt, handled);
		if (*handled)
			return verdict;
	}
	if (!ip_vs_packet_is_balanced(pkt))
		return NF_ACCEPT;
	/* Only a whole packet has ports; IPsec has none. */
	if (pkt->af == AF_INET && ip_is_fragment(ip_hdr(pkt->skb)) && !ip_vs_packet_is_ipsec(pkt) &&
	    !ip_vs_path_gather_fragments(pkt)) {
		*handled = true;
		return NF_STOLEN;
	}
	if (!pkt->has_ends)
		return NF_ACCEPT;

	cp = ip_vs_conn_find_out(pkt);
	if (unlikely(!cp)) {
		cp = ip_vs_path_schedule_reply(pkt);
		is_new = true;
	}
	if (!cp)
		return refuse_unknown(pkt, handled);
	verdict = reply_of_conn(pkt, cp);
	/* One that waits for replies is not ours to end. */
	if (unlikely(is_new) && READ_ONCE(cp->flags) & IP_VS_CONN_F_ONE_PACKET)
		ip_vs_conn_end(cp);
	*handled = true;
	return verdict;
}
