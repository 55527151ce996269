// SPDX-License-Identifier: GPL-2.0-only
/*
 * A way is put into its place by packets, and taken out when a device goes. A device stops running before a grace period,
 * and that is before its notifiers hear of it: who puts in a way through a device that runs does so before they look.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <net/flow.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include "charge.h"
#include "xmit/ways.h"

static void way_free_rcu(struct rcu_head *head)
{
	struct ip_vs_way *way = container_of(head, struct ip_vs_way, rcu);

	ip_vs_way_put_own(way);
	kfree(way);
}

void ip_vs_way_put_own(struct ip_vs_way *own)
{
	neigh_release(own->neigh);
	dst_release(own->dst);
}

/* As the normal path routes a translated reply: from the virtual address, whoever that is of. */
static struct dst_entry *route(const struct ip_vs_packet *pkt, const void *virtual, u8 tos)
{
	struct net *net = pkt->ipvs->net;

	if (pkt->af == AF_INET6) {
		struct flowi6 flow = {
			.daddr = pkt->daddr.in6,
			.saddr = *(const struct in6_addr *)virtual,
			.flowi6_mark = pkt->skb->mark,
		};
		struct dst_entry *dst = ip6_route_output(net, NULL, &flow);

		if (!dst->error)
			return dst;
		dst_release(dst);
		return NULL;
	} else {
		struct flowi4 flow = {
			.daddr = pkt->daddr.ip,
			.saddr = *(const __be32 *)virtual,
			.flowi4_mark = pkt->skb->mark,
			.flowi4_flags = FLOWI_FLAG_ANYSRC,
		};
		struct rtable *rt;

		ip_vs_flow4_set_tos(&flow, tos);
		rt = ip_route_output_key(net, &flow);
		return IS_ERR(rt) ? NULL : &rt->dst;
	}
}

/* The place is empty, or its way is of no use any more, or it is the turn of another client. */
static bool is_to_replace(const struct net *net, const struct ip_vs_way *old)
{
	return !old || !ip_vs_way_is_valid(old->af, net, old) || !(jiffies & 7);
}

/* Put a copy into the table, which has the references then. False: there is none. */
static bool keep(struct ip_vs_ways *ways, u32 place, const struct ip_vs_packet *pkt, const struct ip_vs_way *own,
		 const struct ip_vs_way **kept)
{
	struct ip_vs_way *old = rcu_dereference(ways->places[place]), *way;
	struct ip_vs_charge charge;

	if (!netif_running(own->dst->dev) || !is_to_replace(pkt->ipvs->net, old))
		return false;
	charge = ip_vs_charge_begin(pkt->ipvs);
	way = kmalloc(sizeof(*way), charge.gfp);
	ip_vs_charge_end(pkt->ipvs, charge);
	if (!way)
		return false;
	*way = *own;
	/* Another CPU may be at it, too: the first one wins, or it is taken out after all. */
	if (unrcu_pointer(cmpxchg(&ways->places[place], RCU_INITIALIZER(old), RCU_INITIALIZER(way))) != old) {
		kfree(way);
		return false;
	}
	if (old)
		call_rcu(&old->rcu, way_free_rcu);
	*kept = way;
	return true;
}

enum ip_vs_fast_outcome ip_vs_way_find_new(struct ip_vs_ways *ways, u32 place, const struct ip_vs_packet *pkt,
					   const void *virtual, u8 tos, const struct ip_vs_way **found,
					   struct ip_vs_way *own)
{
	memset(own, 0, sizeof(*own));
	own->client = pkt->daddr;
	memcpy(&own->virtual, virtual, pkt->af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32));
	own->af = pkt->af;
	own->tos = tos;
	own->dst = route(pkt, virtual, tos);
	if (!own->dst)
		return IP_VS_FAST_ROUTE;
	if (!ip_vs_route_is_plain(pkt->af, own->dst)) {
		dst_release(own->dst);
		return IP_VS_FAST_ROUTE;
	}
	own->neigh = ip_vs_fast_find_neigh(pkt->af, own->dst, &pkt->daddr);
	if (!own->neigh) {
		dst_release(own->dst);
		return IP_VS_FAST_NEIGHBOUR;
	}
	if (pkt->af == AF_INET6)
		own->cookie = rt6_get_cookie(container_of(own->dst, struct rt6_info, dst));
	if (!keep(ways, place, pkt, own, found))
		*found = own;
	return IP_VS_FAST_TAKEN;
}

void ip_vs_ways_forget(struct ip_vs_ways *ways)
{
	struct ip_vs_way *way;
	int i;

	for (i = 0; i < ARRAY_SIZE(ways->places); i++) {
		if (!rcu_access_pointer(ways->places[i]))
			continue;
		way = unrcu_pointer(xchg(&ways->places[i], NULL));
		if (way)
			call_rcu(&way->rcu, way_free_rcu);
	}
}

void ip_vs_ways_uninit(struct ip_vs_ways *ways)
{
	struct ip_vs_way *way;
	int i;

	for (i = 0; i < ARRAY_SIZE(ways->places); i++) {
		way = rcu_dereference_protected(ways->places[i], true);
		if (!way)
			continue;
		ip_vs_way_put_own(way);
		kfree(way);
	}
}
