// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes to servers. Each destination caches the route for its present forwarding method; packets use it
 * under RCU without a reference, and whoever finds it stale puts a new one in its place.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "charge.h"
#include "svc/dest.h"
#include "svc/service.h"
#include "xmit/fast.h"
#include "xmit/route.h"

/* What besides the server's address decides about a route. Nothing, unless the namespace asks for it. */
struct context {
	u32 mark;
	int vrf;	/* the index of its device, 0 = none */
};

static struct context context_of(const struct ip_vs_packet *pkt)
{
	int wanted = READ_ONCE(pkt->ipvs->sysctl.route_context);
	const struct sk_buff *skb = pkt->skb;
	struct context context = {};

	if (wanted & IP_VS_ROUTE_CONTEXT_MARK)
		context.mark = skb->mark;
	if (wanted & IP_VS_ROUTE_CONTEXT_VRF)
		context.vrf = l3mdev_master_ifindex_rcu(skb->dev ?: skb_dst(skb)->dev);
	return context;
}

static struct dst_entry *route4(struct net *net, __be32 daddr, enum ip_vs_route_kind kind,
				const struct context *context, struct ip_vs_path *path)
{
	struct flowi4 fl4 = {
		.daddr = daddr,
		.flowi4_flags = kind == IP_VS_ROUTE_DIRECT ? FLOWI_FLAG_KNOWN_NH : 0,
		.flowi4_mark = context->mark,
		.flowi4_oif = context->vrf,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt))
		return NULL;
	if (kind == IP_VS_ROUTE_TUNNEL) {
		/* Once more with the source it chose: rules may look at the source. */
		struct flowi4 bound = {
			.daddr = daddr,
			.saddr = fl4.saddr,
			.flowi4_mark = context->mark,
			.flowi4_oif = context->vrf,
		};

		ip_rt_put(rt);
		rt = ip_route_output_key(net, &bound);
		if (IS_ERR(rt))
			return NULL;
		path->saddr.ip = bound.saddr;
	}
	return &rt->dst;
}

/* A tunnel needs a source: that of the route, or one that fits its device; IPsec policies look at both. */
static struct dst_entry *route6_tunnel(struct net *net, struct flowi6 *fl6, struct ip_vs_path *path)
{
	struct dst_entry *dst = ip6_dst_lookup_flow(net, NULL, fl6, NULL);

	if (IS_ERR(dst))
		return NULL;
	path->saddr.in6 = fl6->saddr;
	return dst;
}

static struct dst_entry *route6(struct net *net, const struct in6_addr *daddr, enum ip_vs_route_kind kind,
				const struct context *context, struct ip_vs_path *path)
{
	struct flowi6 fl6 = {
		.daddr = *daddr,
		.flowi6_flags = kind == IP_VS_ROUTE_DIRECT ? FLOWI_FLAG_KNOWN_NH : 0,
		.flowi6_mark = context->mark,
		.flowi6_oif = context->vrf,
	};
	struct dst_entry *dst;

	if (kind == IP_VS_ROUTE_TUNNEL)
		return route6_tunnel(net, &fl6, path);
	dst = ip6_route_output(net, NULL, &fl6);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	return dst;
}

static enum ip_vs_route_kind kind_of_method(u32 fwd)
{
	switch (fwd) {
	case IP_VS_CONN_F_DROUTE:
		return IP_VS_ROUTE_DIRECT;
	case IP_VS_CONN_F_TUNNEL:
		return IP_VS_ROUTE_TUNNEL;
	default:
		return IP_VS_ROUTE_NAT;
	}
}

static __always_inline bool take_cached(const struct net *net, struct ip_vs_dest *dest, enum ip_vs_route_kind kind,
					struct ip_vs_path *path)
{
	struct ip_vs_route *route = rcu_dereference(dest->route);

	if (!route || route->kind != kind || !ip_vs_route_is_current(path->af, net, route->dst, route->cookie))
		return false;
	path->dst = route->dst;
	if (kind == IP_VS_ROUTE_TUNNEL)
		path->saddr = route->saddr;
	path->is_ref = false;
	return true;
}

/* Cache a new route if it is the one that most packets will want. The cache takes over the reference. */
static void cache(struct ip_vs_dest *dest, enum ip_vs_route_kind kind, struct ip_vs_path *path)
{
	const struct ip_vs_net *ipvs = READ_ONCE(dest->svc)->ipvs;
	struct ip_vs_charge charge;
	struct ip_vs_route *route;

	if (kind != kind_of_method(READ_ONCE(dest->fwd)) || !ip_vs_dest_is_available(dest))
		return;
	/*
	 * A route through a device that is down would keep it from going away. A device stops running before a grace
	 * period, and that is before device_event() hears of it: what is cached here is seen there. Its flags change only
	 * after the grace period.
	 */
	if (!path->dst->dev || !netif_running(path->dst->dev))
		return;
	charge = ip_vs_charge_begin(ipvs);
	route = kmalloc(sizeof(*route), charge.gfp);
	ip_vs_charge_end(ipvs, charge);
	if (!route)
		return;
	route->dst = path->dst;
	route->kind = kind;
	route->is_plain = ip_vs_route_is_plain(path->af, path->dst);
	route->neigh = NULL;
	route->saddr = path->saddr;
	route->cookie = dest->key.af == AF_INET6 ?
				rt6_get_cookie(container_of(path->dst, struct rt6_info, dst)) :
				0;
	path->is_ref = false;
	ip_vs_dest_set_route(dest, route);
}

/* Where a packet of this connection goes to: the server's address, which may be of the other family. */
static const void *target(const struct ip_vs_packet *pkt, const struct ip_vs_conn *cp, enum ip_vs_route_kind kind,
			  u8 *af)
{
	*af = pkt->af;
	if (kind == IP_VS_ROUTE_BYPASS)
		return &pkt->daddr;
	if (unlikely(!cp->dest))
		return ip_vs_conn_daddr(cp);
	*af = cp->dest->key.af;
	return &cp->dest->key.addr;
}

/* Tell the sender that the host is unreachable. */
static void tell_unreachable(struct ip_vs_packet *pkt)
{
	if (!pkt->skb->dev)
		pkt->skb->dev = skb_dst(pkt->skb)->dev;
	dst_link_failure(pkt->skb);
}

static noinline bool find_new_dst(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, enum ip_vs_route_kind kind,
				  struct ip_vs_path *path)
{
	struct net *net = pkt->ipvs->net;
	const void *daddr = target(pkt, cp, kind, &path->af);
	struct context context = context_of(pkt);

	memset(&path->saddr, 0, sizeof(path->saddr));
	if (path->af == AF_INET6)
		path->dst = route6(net, daddr, kind, &context, path);
	else
		path->dst = route4(net, *(const __be32 *)daddr, kind, &context, path);
	if (!path->dst) {
		tell_unreachable(pkt);
		return false;
	}
	path->is_ref = true;
	/* Which of its routes is whose a destination does not know. */
	if (cp->dest && kind != IP_VS_ROUTE_BYPASS && !READ_ONCE(pkt->ipvs->sysctl.route_context))
		cache(cp->dest, kind, path);
	return true;
}

static __always_inline bool find_dst(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, enum ip_vs_route_kind kind,
				     struct ip_vs_path *path)
{
	struct ip_vs_dest *dest = cp->dest;
	bool found = false;

	if (kind == IP_VS_ROUTE_ICMP_FORWARD)
		kind = IP_VS_ROUTE_NAT;
	if (likely(dest && kind != IP_VS_ROUTE_BYPASS)) {
		path->af = dest->key.af;
		found = take_cached(pkt->ipvs->net, dest, kind, path);
	}
	if (unlikely(!found) && !find_new_dst(pkt, cp, kind, path))
		return false;
	path->is_local = ip_vs_route_is_local(path->af, path->dst);
	return true;
}

static bool is_loopback(u8 af, const void *addr)
{
	if (af == AF_INET6)
		return ipv6_addr_type(addr) & IPV6_ADDR_LOOPBACK;
	return ipv4_is_loopback(*(const __be32 *)addr);
}

/* It came through a device that is not the loopback. */
static bool is_from_outside(const struct ip_vs_packet *pkt)
{
	return pkt->skb->dev && !(pkt->skb->dev->flags & IFF_LOOPBACK) && pkt->hook != NF_INET_LOCAL_OUT;
}

/* It may not go this way. A program of this host is told: it would wait for an answer in vain. */
static noinline unsigned int refuse_way(struct ip_vs_packet *pkt)
{
	if (pkt->hook == NF_INET_LOCAL_OUT)
		tell_unreachable(pkt);
	return ip_vs_drop(pkt, IP_VS_DROP_LOCAL_ROUTE);
}

/* May a packet go this way? Source: spec/forwarding.md, section 2.3. */
static bool is_way_allowed(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, enum ip_vs_route_kind kind,
			   const struct ip_vs_path *path)
{
	bool is_nat = kind == IP_VS_ROUTE_NAT || kind == IP_VS_ROUTE_ICMP_FORWARD;

	if (is_nat && is_loopback(pkt->af, ip_vs_conn_daddr(cp)) && is_from_outside(pkt))
		return false;
	if (!path->is_local)
		return !is_loopback(pkt->af, &pkt->saddr);
	switch (kind) {
	case IP_VS_ROUTE_NAT:
		return true;
	case IP_VS_ROUTE_DIRECT:
	case IP_VS_ROUTE_TUNNEL:
		/* Not translated, it could not be delivered unless it was on its way to this host anyhow. */
		return ip_vs_route_is_local(pkt->af, skb_dst(pkt->skb));
	default:
		return false;
	}
}

static bool decrement_ttl4(struct ip_vs_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;

	if (ip_hdr(skb)->ttl <= 1) {
		/* In process context, too: a client on this host. */
		IP_INC_STATS(pkt->ipvs->net, IPSTATS_MIB_INHDRERRORS);
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return false;
	}
	/* The header is in one piece, or netfilter would not have it. */
	if (skb_cloned(skb) && !skb_clone_writable(skb, sizeof(struct iphdr)) &&
	    pskb_expand_head(skb, 0, 0, GFP_ATOMIC))
		return false;
	ip_decrease_ttl(ip_hdr(skb));
	return true;
}

static bool decrement_ttl6(struct ip_vs_packet *pkt, struct dst_entry *dst)
{
	struct sk_buff *skb = pkt->skb;

	if (ipv6_hdr(skb)->hop_limit <= 1) {
		struct inet6_dev *idev = __in6_dev_get_safely(skb->dev);

		/* The device of the way out, so that the error has a fitting source. */
		skb->dev = dst->dev;
		icmpv6_send(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
		IP6_INC_STATS(pkt->ipvs->net, idev, IPSTATS_MIB_INHDRERRORS);
		return false;
	}
	if (skb_ensure_writable(skb, sizeof(struct ipv6hdr)))
		return false;
	ipv6_hdr(skb)->hop_limit--;
	return true;
}

static bool fits4(struct ip_vs_packet *pkt, enum ip_vs_route_kind kind, unsigned int mtu)
{
	struct sk_buff *skb = pkt->skb;

	if (likely(!ip_vs_is_too_big(skb, mtu)))
		return true;
	/* Otherwise it will be fragmented on the way out. */
	if (!(ip_hdr(skb)->frag_off & htons(IP_DF)) || pkt->protocol == IPPROTO_ICMP)
		return true;
	if (kind == IP_VS_ROUTE_TUNNEL && !READ_ONCE(pkt->ipvs->sysctl.pmtu_disc))
		return true;
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	return false;
}

static bool fits6(struct ip_vs_packet *pkt, unsigned int mtu)
{
	struct sk_buff *skb = pkt->skb;

	/* Of a reassembled packet the fragments count, as its sender cut them. */
	if (IP6CB(skb)->frag_max_size) {
		if (IP6CB(skb)->frag_max_size <= mtu)
			return true;
	} else if (likely(!ip_vs_is_too_big(skb, mtu))) {
		return true;
	}
	if (!pkt->is_fragment && pkt->protocol != IPPROTO_ICMPV6) {
		if (!skb->dev)
			skb->dev = pkt->ipvs->net->loopback_dev;
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
	}
	return false;
}

/* The socket of a client on this host sees a route to itself, and would never hear of the tunnel's MTU. */
static void tell_local_socket(struct sk_buff *skb, unsigned int mtu)
{
	struct dst_entry *dst = skb_dst(skb);

	if (!skb->dev && skb->sk && sk_fullsock(skb->sk))
		dst->ops->update_pmtu(dst, skb->sk, NULL, mtu, true);
}

/*
 * What a tunnel leaves for the client's packet. One of IPv6 may always have 1,280 bytes: where the tunnel has not that
 * much the packet around it is fragmented (RFC 2473, section 7.1, RFC 4213, section 3.2.1). 0 = of no use.
 */
static unsigned int tunnel_mtu(const struct ip_vs_packet *pkt, unsigned int mtu, unsigned int overhead)
{
	if (mtu < IPV4_MIN_MTU + overhead)
		return 0;
	mtu -= overhead;
	return pkt->af == AF_INET6 ? max_t(unsigned int, mtu, IPV6_MIN_MTU) : mtu;
}

static unsigned int check_size(struct ip_vs_packet *pkt, enum ip_vs_route_kind kind, unsigned int overhead,
			       const struct ip_vs_path *path)
{
	unsigned int mtu = ip_vs_route_mtu(path->af, path->dst);

	if (overhead) {
		mtu = tunnel_mtu(pkt, mtu, overhead);
		/* Fragments are made of what is a packet: there is none that large. */
		if (!mtu || (pkt->skb->len > IP_MAX_MTU - overhead && !skb_is_gso(pkt->skb)))
			return ip_vs_drop(pkt, IP_VS_DROP_TOO_BIG);
		tell_local_socket(pkt->skb, mtu);
	}
	if (!(pkt->af == AF_INET6 ? fits6(pkt, mtu) : fits4(pkt, kind, mtu)))
		return ip_vs_drop(pkt, IP_VS_DROP_TOO_BIG);
	/* From here on it may be fragmented, so that output does not send an error of its own. */
	pkt->skb->ignore_df = 1;
	return NF_ACCEPT;
}

unsigned int ip_vs_path_tunnel_mtu(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, unsigned int overhead)
{
	struct ip_vs_path path;
	unsigned int mtu;

	if (!find_dst(pkt, cp, IP_VS_ROUTE_TUNNEL, &path))
		return 0;
	mtu = path.is_local ? 0 : tunnel_mtu(pkt, ip_vs_route_mtu(path.af, path.dst), overhead);
	ip_vs_path_release(&path);
	return mtu;
}

unsigned int ip_vs_path_find(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, enum ip_vs_route_kind kind,
			     unsigned int overhead, struct ip_vs_path *path)
{
	unsigned int verdict = NF_ACCEPT;

	if (!find_dst(pkt, cp, kind, path))
		return ip_vs_drop(pkt, IP_VS_DROP_NO_ROUTE);
	if (!is_way_allowed(pkt, cp, kind, path))
		verdict = refuse_way(pkt);
	else if (path->is_local)
		return NF_ACCEPT; /* it has arrived: nothing of it changes */
	else if (!(pkt->af == AF_INET6 ? decrement_ttl6(pkt, path->dst) : decrement_ttl4(pkt)))
		verdict = ip_vs_drop(pkt, IP_VS_DROP_TTL);
	else
		verdict = check_size(pkt, kind, overhead, path);

	if (verdict != NF_ACCEPT)
		ip_vs_path_release(path);
	return verdict;
}

/*
 * Gone with the device, or of no use any more. The routing layer may have been faster and have put its black
 * hole in the place of the device; the entry of its table that the route came from holds the device all the
 * same.
 */
static bool is_stale(const struct ip_vs_route *route, const void *dev)
{
	return route->dst->dev == dev || !dst_check(route->dst, route->cookie);
}

/*
 * A device that goes away waits for those who hold its routes. The route of a destination without traffic
 * would be held until somebody edits it.
 */
static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (event == NETDEV_DOWN || event == NETDEV_UNREGISTER)
		ip_vs_dest_forget_routes(ip_vs_net(dev_net(dev)), is_stale, dev);
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = { .notifier_call = device_event };

static bool is_any(const struct ip_vs_route *route, const void *data)
{
	return true;
}

void ip_vs_route_context_changed(struct ip_vs_net *ipvs)
{
	/* Whoever has read the old value has cached his route by then. */
	synchronize_rcu();
	ip_vs_dest_forget_routes(ipvs, is_any, NULL);
}

int ip_vs_route_module_init(void)
{
	return register_netdevice_notifier(&device_notifier);
}

void ip_vs_route_module_exit(void)
{
	unregister_netdevice_notifier(&device_notifier);
}
