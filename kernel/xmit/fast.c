// SPDX-License-Identifier: GPL-2.0-only
/* What the fast path needs of routes and neighbours, but not for each packet. */
#include <net/arp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>
#include <net/ndisc.h>
#include <net/xfrm.h>
#include "xmit/fast.h"

static bool is_plain4(const struct dst_entry *dst)
{
	const struct rtable *rt = container_of(dst, const struct rtable, dst);

	/* The link header to a gateway of the other family has that family's number in it. */
	return dst->output == ip_output && rt->rt_type == RTN_UNICAST && rt->rt_gw_family != AF_INET6;
}

static bool is_plain6(const struct dst_entry *dst)
{
	const struct rt6_info *rt = container_of(dst, const struct rt6_info, dst);

	return dst->output == ip6_output && !dst->error && !(rt->rt6i_flags & (RTF_REJECT | RTF_LOCAL | RTF_ANYCAST));
}

bool ip_vs_route_is_plain(u8 af, const struct dst_entry *dst)
{
	const struct net_device *dev = dst->dev;

	if (!dev || dev->flags & IFF_LOOPBACK || netif_is_l3_slave(dev) || netif_is_l3_master(dev) || dst->lwtstate ||
	    dst_xfrm(dst))
		return false;
	return af == AF_INET6 ? is_plain6(dst) : is_plain4(dst);
}

struct neighbour *ip_vs_fast_find_neigh(u8 af, const struct dst_entry *dst, const void *daddr)
{
	struct neighbour *neigh;

	if (af == AF_INET6) {
		const struct rt6_info *rt = container_of(dst, const struct rt6_info, dst);

		neigh = __ipv6_neigh_lookup(dst->dev, rt6_nexthop(rt, daddr));
	} else {
		const struct rtable *rt = container_of(dst, const struct rtable, dst);
		__be32 hop = rt->rt_gw_family ? rt->rt_gw4 : *(const __be32 *)daddr;

		neigh = __ipv4_neigh_lookup(dst->dev, (__force u32)hop);
	}
	if (neigh && !ip_vs_fast_is_connected(neigh)) {
		neigh_release(neigh);
		neigh = NULL;
	}
	return neigh;
}

struct neighbour *ip_vs_fast_attach_neigh(const struct ip_vs_dest *dest, struct ip_vs_route *route)
{
	struct neighbour *neigh = ip_vs_fast_find_neigh(dest->key.af, route->dst, &dest->key.addr), *other;

	if (!neigh)
		return NULL;
	/* It has a reference, which goes with the route: not before this RCU section has ended. */
	other = cmpxchg(&route->neigh, NULL, neigh);
	if (!other)
		return neigh;
	neigh_release(neigh);
	return ip_vs_fast_is_connected(other) ? other : NULL;
}
