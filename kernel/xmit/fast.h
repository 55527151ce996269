/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sending for the fast path: the route that the normal path has cached at a server, the neighbour behind it, and that
 * neighbour's link header, used directly. Nothing here finds a route for a server; if there is none the normal path does.
 */
#ifndef IP_VS_XMIT_FAST_H
#define IP_VS_XMIT_FAST_H

#include <net/neighbour.h>
#include "core/tunnel.h"
#include "proto/fast.h"
#include "xmit/route.h"
#include "xmit/tunnel.h"

/* Is a route nothing but a device and a next hop: no local delivery, no transformation, no encapsulation? */
bool ip_vs_route_is_plain(u8 af, const struct dst_entry *dst);

/* The next hop of a plain route to @daddr, with a reference, if its link address is known for certain; else NULL. */
struct neighbour *ip_vs_fast_find_neigh(u8 af, const struct dst_entry *dst, const void *daddr);

/* The first time that the neighbour of a server's route is asked for. NULL if it is not known for certain. */
struct neighbour *ip_vs_fast_attach_neigh(const struct ip_vs_dest *dest, struct ip_vs_route *route);

/*
 * Is the neighbour's link address known for certain? One that was taken out of its table keeps an address for those who
 * still hold it.
 */
static __always_inline bool ip_vs_fast_is_connected(const struct neighbour *neigh)
{
	return READ_ONCE(neigh->nud_state) & NUD_CONNECTED && !READ_ONCE(neigh->dead);
}

/**
 * ip_vs_fast_route() - the way to a server, if it is there, valid, and plain
 * @af: the server's family
 * @neigh: the next hop, if there is a route
 *
 * Under RCU. Returns IP_VS_FAST_TAKEN, _ROUTE or _NEIGHBOUR.
 */
static __always_inline enum ip_vs_fast_outcome ip_vs_fast_route(u8 af, const struct net *net, struct ip_vs_dest *dest,
								enum ip_vs_route_kind kind,
								struct ip_vs_route **found, struct neighbour **neigh)
{
	struct ip_vs_route *route = rcu_dereference(dest->route);

	if (unlikely(!route || route->kind != kind || !route->is_plain ||
		     !ip_vs_route_is_current(af, net, route->dst, route->cookie)))
		return IP_VS_FAST_ROUTE;
	*found = route;
	/* Depends on nothing but the address. */
	*neigh = READ_ONCE(route->neigh);
	if (likely(*neigh && ip_vs_fast_is_connected(*neigh)))
		return IP_VS_FAST_TAKEN;
	if (!*neigh) {
		*neigh = ip_vs_fast_attach_neigh(dest, route);
		return *neigh ? IP_VS_FAST_TAKEN : IP_VS_FAST_NEIGHBOUR;
	}
	/* Its table has another one, or will have. The normal path brings a new route, and that the new neighbour. */
	if (READ_ONCE((*neigh)->dead))
		ip_vs_dest_set_route(dest, NULL);
	return IP_VS_FAST_NEIGHBOUR;
}

/* Room for the link header and @overhead in front, and a network header that may be written to. False without memory. */
static __always_inline bool ip_vs_fast_make_room(struct sk_buff *skb, const struct dst_entry *dst, unsigned int overhead)
{
	return likely(!skb_cow_head(skb, LL_RESERVED_SPACE(dst->dev) + overhead));
}

/*
 * Out of the device with the link header that the neighbour has ready, where it has one that is no longer than Ethernet's,
 * padded as all of them are. Another one is made.
 */
static __always_inline void ip_vs_fast_output(struct sk_buff *skb, struct neighbour *neigh)
{
	const struct hh_cache *hh = &neigh->hh;
	unsigned int seq, len;

	do {
		seq = read_seqbegin(&hh->hh_lock);
		/* The first one is written before its length, without the lock of the later ones. */
		len = smp_load_acquire(&hh->hh_len);
		memcpy(skb->data - HH_DATA_MOD, hh->hh_data, HH_DATA_MOD);
	} while (unlikely(read_seqretry(&hh->hh_lock, seq)));
	if (unlikely(len - 1 >= HH_DATA_MOD)) {
		READ_ONCE(neigh->output)(neigh, skb);
		return;
	}
	__skb_push(skb, len);
	dev_queue_xmit(skb);
}

/* The end of all methods. The packet is gone; there is room for its link header. */
static __always_inline void ip_vs_fast_send(struct sk_buff *skb, struct dst_entry *dst, struct neighbour *neigh)
{
	skb->ipvs_property = 1;
	skb->dev = dst->dev;
	skb_orphan(skb);
	skb_clear_tstamp(skb);
	skb_forward_csum(skb);
	/* Tunnels and the like ask for it. */
	if (unlikely(!(dst->dev->priv_flags & IFF_XMIT_DST_RELEASE)))
		skb_dst_set_noref(skb, dst);
	ip_vs_fast_output(skb, neigh);
}

/*
 * IPv4 in IPv4 and nothing else in between, of a packet that no device has to segment or to sum up: then there is nothing
 * to leave to one.
 */
static __always_inline bool ip_vs_fast_is_ipip4(const struct sk_buff *skb, const struct ip_vs_dest *dest)
{
	return READ_ONCE(dest->tunnel.type) == IP_VS_TUNNEL_IPIP && dest->key.af == AF_INET && !skb->encapsulation &&
	       !skb_is_gso(skb) && skb->ip_summed != CHECKSUM_PARTIAL;
}

/* Its outer header, for which there is room. */
void ip_vs_fast_wrap_ipip4(struct ip_vs_packet *pkt, __be32 saddr, __be32 daddr);

/* How a packet gets into any tunnel: between the two steps below. */
struct ip_vs_fast_tunnel {
	struct ip_vs_wrap wrap;
	struct ip_vs_path path;
	struct neighbour *neigh;
};

/*
 * Is there a tunnel to the server that the packet can get into as it is? Its header is writable then. Returns
 * IP_VS_FAST_TAKEN, or why not.
 */
enum ip_vs_fast_outcome ip_vs_fast_tunnel_open(struct ip_vs_packet *pkt, struct ip_vs_dest *dest,
					       struct ip_vs_fast_tunnel *tunnel);

/* Into it, and away. Without memory the packet is dropped. */
void ip_vs_fast_tunnel_send(struct ip_vs_packet *pkt, const struct ip_vs_dest *dest, struct ip_vs_fast_tunnel *tunnel);

#endif
