/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_XMIT_ROUTE_H
#define IP_VS_XMIT_ROUTE_H

#include <net/dst.h>
#include <net/gso.h>
#include <net/ip.h>
#include <net/route.h>
#include "conn/conn.h"
#include "proto/packet.h"
#include "svc/dest.h"

/* What a route to a destination is made for. */
enum ip_vs_route_kind {
	IP_VS_ROUTE_NAT,
	IP_VS_ROUTE_DIRECT,	/* the destination is the next hop, whatever the packet's address */
	IP_VS_ROUTE_TUNNEL,	/* with the outer source address bound */
	IP_VS_ROUTE_BYPASS,	/* to the packet's own destination; never cached */
	IP_VS_ROUTE_ICMP_FORWARD, /* like NAT, for an ICMP error that is being forwarded */
};

/**
 * struct ip_vs_path - how a packet gets to its server
 * @dst: the route; valid within the RCU section
 * @af: its family: the server's, which for tunnels may differ from the packet's
 * @is_ref: the user owns a reference to @dst
 * @is_local: the server is this host: the packet goes on in the local stack
 * @saddr: tunnels: outer source address
 */
struct ip_vs_path {
	struct dst_entry *dst;
	u8 af;
	bool is_ref;
	bool is_local;
	union nf_inet_addr saddr;
};

/**
 * ip_vs_path_find() - route a packet and make sure it can go there
 * @overhead: bytes that encapsulation will add
 *
 * Finds the route to cp's server, refuses what must not go there, decrements the TTL and tests the size.
 * Sends the ICMP error that is due. NF_ACCEPT, or NF_DROP with the reason counted. Source:
 * spec/forwarding.md, section 2.
 */
unsigned int ip_vs_path_find(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, enum ip_vs_route_kind kind,
			     unsigned int overhead, struct ip_vs_path *path);

/* What the way through a tunnel to cp's server leaves for a client's packet; 0 = there is no such way. Under RCU. */
unsigned int ip_vs_path_tunnel_mtu(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, unsigned int overhead);

static inline void ip_vs_path_release(struct ip_vs_path *path)
{
	if (path->is_ref)
		dst_release(path->dst);
}

/* Does a route of this family deliver to this host? */
static inline bool ip_vs_route_is_local(u8 af, const struct dst_entry *dst)
{
	if (af == AF_INET6)
		return dst->dev && dst->dev->flags & IFF_LOOPBACK;
	return container_of(dst, const struct rtable, dst)->rt_flags & RTCF_LOCAL;
}

/*
 * Of IPv4 without the indirect calls of dst_check() and dst_mtu(): every packet comes here. What stands in obsolete
 * is "ask for it" as long as the route is good. Otherwise it was killed by a newer one, or it is dead: that of an
 * exception that expired, whose device is a black hole in another namespace now.
 */
static __always_inline bool ip_vs_route_is_current(u8 af, const struct net *net, struct dst_entry *dst, u32 cookie)
{
	if (af == AF_INET)
		return dst->obsolete == DST_OBSOLETE_FORCE_CHK &&
		       container_of(dst, struct rtable, dst)->rt_genid == rt_genid_ipv4(net);
	return dst_check(dst, cookie);
}

/* Nearly all routes have the MTU of their device. */
static __always_inline unsigned int ip_vs_route_mtu4(const struct dst_entry *dst)
{
	const struct rtable *rt = container_of(dst, const struct rtable, dst);

	if (unlikely(rt->rt_pmtu || dst_metric_raw(dst, RTAX_MTU) || ip_mtu_locked(dst) || dst->lwtstate))
		return ip_dst_mtu_maybe_forward(dst, false);
	return min_t(unsigned int, READ_ONCE(dst->dev->mtu), IP_MAX_MTU);
}

static __always_inline unsigned int ip_vs_route_mtu(u8 af, const struct dst_entry *dst)
{
	return af == AF_INET ? ip_vs_route_mtu4(dst) : dst_mtu(dst);
}

static inline bool ip_vs_is_too_big(const struct sk_buff *skb, unsigned int mtu)
{
	return skb->len > mtu && !(skb_is_gso(skb) && skb_gso_validate_network_len(skb, mtu));
}

/* Give the path to the packet; it takes over the reference. */
static inline void ip_vs_path_apply(struct ip_vs_packet *pkt, struct ip_vs_path *path)
{
	skb_dst_drop(pkt->skb);
	if (path->is_ref)
		skb_dst_set(pkt->skb, path->dst);
	else
		skb_dst_set_noref(pkt->skb, path->dst);
}

/* Values of the sysctl route_context: what of a packet decides about its route, besides the server's address. */
#define IP_VS_ROUTE_CONTEXT_MARK 1
#define IP_VS_ROUTE_CONTEXT_VRF	 2

/* The sysctl has a new value. May sleep. */
void ip_vs_route_context_changed(struct ip_vs_net *ipvs);

/* Watching devices, so that no cached route outlives its own. */
int ip_vs_route_module_init(void);
void ip_vs_route_module_exit(void);

#endif
