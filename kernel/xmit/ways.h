/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to clients, for replies at the fast path: of a client that was lately answered the route, with the neighbour behind
 * it. A table without chains: a client that has another one's place goes a dearer way, or takes the place.
 */
#ifndef IP_VS_XMIT_WAYS_H
#define IP_VS_XMIT_WAYS_H

#include <net/ipv6.h>
#include "core/address_set.h"
#include "proto/packet.h"
#include "xmit/fast.h"

/**
 * struct ip_vs_way - a way to a client; constant
 * @client: where to
 * @virtual: where from, as the client sees it
 * @dst: plain; a reference
 * @neigh: a reference
 * @cookie: of IPv6 routes
 * @tos: type of service, which routes of IPv4 may depend on
 */
struct ip_vs_way {
	union nf_inet_addr client;
	union nf_inet_addr virtual;
	struct dst_entry *dst;
	struct neighbour *neigh;
	u32 cookie;
	u8 af;
	u8 tos;
	struct rcu_head rcu;
};

struct ip_vs_ways {
	struct ip_vs_way __rcu *places[IP_VS_ADDRESS_SET_SIZE];
};

/* A way that is not in the table, or not any more: find one, and put it there if its place is free. */
enum ip_vs_fast_outcome ip_vs_way_find_new(struct ip_vs_ways *ways, u32 place, const struct ip_vs_packet *pkt,
					   const void *virtual, u8 tos, const struct ip_vs_way **found,
					   struct ip_vs_way *own);

static __always_inline bool ip_vs_way_is_valid(u8 af, const struct net *net, const struct ip_vs_way *way)
{
	return ip_vs_route_is_current(af, net, way->dst, way->cookie) && !READ_ONCE(way->neigh->dead);
}

static __always_inline bool ip_vs_way_is_between(u8 af, const struct ip_vs_way *way, const void *client, const void *virtual)
{
	if (af == AF_INET6)
		return ipv6_addr_equal(&way->client.in6, client) && ipv6_addr_equal(&way->virtual.in6, virtual);
	return way->client.ip == *(const __be32 *)client && way->virtual.ip == *(const __be32 *)virtual;
}

/**
 * ip_vs_way_find() - the way for a reply that has not been translated yet
 * @af: its family
 * @virtual: where it will come from
 * @tos: of the packet
 * @found: filled in: a way of the table, or @own
 * @own: room for one that is not put there; if that is used the caller gives it to ip_vs_way_put_own()
 *
 * Under RCU. Returns IP_VS_FAST_TAKEN, _ROUTE, _NEIGHBOUR.
 */
static __always_inline enum ip_vs_fast_outcome ip_vs_way_find(u8 af, struct ip_vs_ways *ways, const struct ip_vs_packet *pkt,
							      const void *virtual, u8 tos, const struct ip_vs_way **found,
							      struct ip_vs_way *own)
{
	u32 place = af == AF_INET6 ? ip_vs_address_place6((const u32 *)&pkt->daddr) :
				     ip_vs_address_place4((__force u32)pkt->daddr.ip);
	const struct ip_vs_way *way = rcu_dereference(ways->places[place]);

	if (unlikely(!way || way->af != af || way->tos != tos || !ip_vs_way_is_between(af, way, &pkt->daddr, virtual) ||
		     !ip_vs_way_is_valid(af, pkt->ipvs->net, way)))
		return ip_vs_way_find_new(ways, place, pkt, virtual, tos, found, own);
	*found = way;
	return likely(ip_vs_fast_is_connected(way->neigh)) ? IP_VS_FAST_TAKEN : IP_VS_FAST_NEIGHBOUR;
}

void ip_vs_way_put_own(struct ip_vs_way *own);

/* A device goes: no way holds it. May be called at any time, by one at a time. */
void ip_vs_ways_forget(struct ip_vs_ways *ways);

/* Nobody reads them any more. */
void ip_vs_ways_uninit(struct ip_vs_ways *ways);

#endif
