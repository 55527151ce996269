// SPDX-License-Identifier: GPL-2.0-only
/* Forwarding by translation of the destination. Source: spec/forwarding.md, sections 4 and 8. */
#include "conn/help.h"
#include "proto/nat.h"
#include "xmit/xmit.h"

unsigned int ip_vs_xmit_nat(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	struct ip_vs_path path IP_VS_UNINITIALIZED;
	unsigned int verdict;

	verdict = ip_vs_path_find(pkt, cp, IP_VS_ROUTE_NAT, 0, &path);
	if (verdict != NF_ACCEPT)
		return verdict;
	if (unlikely(READ_ONCE(cp->flags) & IP_VS_CONN_F_HELPED)) {
		verdict = ip_vs_conn_help_packet(pkt, cp, true);
		if (verdict != NF_ACCEPT) {
			ip_vs_path_release(&path);
			return verdict;
		}
	}
	if (!ip_vs_nat_packet(pkt, IP_VS_NAT_DEST, ip_vs_conn_daddr(cp), cp->dport, path.dst->dev)) {
		ip_vs_path_release(&path);
		return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
	}
	/* A socket that early demux has found is that of the old address. */
	if (path.is_local && pkt->skb->dev)
		skb_orphan(pkt->skb);
	return ip_vs_send(pkt, cp, &path);
}

unsigned int ip_vs_xmit_nat_icmp(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner,
				 struct ip_vs_conn *cp)
{
	struct ip_vs_path path = {};
	unsigned int verdict;

	verdict = ip_vs_path_find(pkt, cp,
				  pkt->hook == NF_INET_FORWARD ? IP_VS_ROUTE_ICMP_FORWARD : IP_VS_ROUTE_NAT, 0,
				  &path);
	if (verdict != NF_ACCEPT)
		return verdict;
	if (!ip_vs_nat_icmp(pkt, inner, IP_VS_NAT_DEST, ip_vs_conn_daddr(cp), cp->dport)) {
		ip_vs_path_release(&path);
		return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
	}
	return ip_vs_send(pkt, cp, &path);
}
