// SPDX-License-Identifier: GPL-2.0-only
/* Checks of the fast path that look further than at the packet and what is at hand. */
#include <net/ip6_fib.h>
#include "path/fast_check.h"

static struct flowi4 input_flow(const struct ip_vs_packet *pkt)
{
	const struct sk_buff *skb = pkt->skb;
	struct flowi4 flow = {
		.saddr = pkt->saddr.ip,
		.daddr = pkt->daddr.ip,
		.flowi4_iif = skb->dev->ifindex,
		.flowi4_mark = skb->mark,
		.flowi4_scope = RT_SCOPE_UNIVERSE,
		.flowi4_proto = pkt->protocol,
		.fl4_sport = pkt->sport,
		.fl4_dport = pkt->dport,
	};

	ip_vs_flow4_set_tos(&flow, ((const struct iphdr *)skb->data)->tos);
	return flow;
}

bool ip_vs_fast_look_up_local4(struct ip_vs_fast *fast, const struct ip_vs_packet *pkt, union ip_vs_fast_local yes)
{
	struct net *net = pkt->ipvs->net;
	struct flowi4 flow = input_flow(pkt);
	struct fib_result result;

	if (fib_lookup(net, &flow, &result, 0) || result.type != RTN_LOCAL)
		return false;
	/* With rules of the administrator's each packet may go another way. */
	if (!fib4_has_custom_rules(net))
		WRITE_ONCE(fast->local4[ip_vs_address_place4((__force u32)yes.addr)].word, yes.word);
	return true;
}

bool ip_vs_fast_is_local6(const struct ip_vs_packet *pkt)
{
	struct net *net = pkt->ipvs->net;

	return !fib6_has_custom_rules(net) && ipv6_chk_addr(net, &pkt->daddr.in6, NULL, 0);
}

bool ip_vs_fast_is_reachable4(const struct ip_vs_packet *pkt, int filter)
{
	const struct net_device *dev = pkt->skb->dev;
	struct flowi4 flow = input_flow(pkt);
	struct fib_result result;

	swap(flow.saddr, flow.daddr);
	swap(flow.fl4_sport, flow.fl4_dport);
	flow.flowi4_iif = LOOPBACK_IFINDEX;
	if (!IN_DEV_SRC_VMARK(__in_dev_get_rcu(dev)))
		flow.flowi4_mark = 0;
	if (fib_lookup(pkt->ipvs->net, &flow, &result, 0) || result.type != RTN_UNICAST)
		return false;
	return filter != 1 || fib_info_nh_uses_dev(result.fi, dev);
}

enum ip_vs_fast_outcome ip_vs_fast_check_forward6(const struct ip_vs_packet *pkt, const struct net_device *out)
{
	const struct net_device *dev = pkt->skb->dev;
	enum ip_vs_fast_outcome outcome;

	outcome = ip_vs_fast_check_source6(pkt, __in6_dev_get(dev));
	if (outcome != IP_VS_FAST_TAKEN)
		return outcome;
	if (!READ_ONCE(pkt->ipvs->net->ipv6.devconf_all->forwarding) || fib6_has_custom_rules(pkt->ipvs->net))
		return IP_VS_FAST_INPUT;
	/* Link-local addresses are not forwarded. */
	if ((ipv6_addr_type(&pkt->saddr.in6) | ipv6_addr_type(&pkt->daddr.in6)) & IPV6_ADDR_LINKLOCAL)
		return IP_VS_FAST_INPUT;
	return dev == out ? IP_VS_FAST_INPUT : IP_VS_FAST_TAKEN;
}
