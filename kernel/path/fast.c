// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk of a packet at the ingress of its device. First everything is asked that could speak against it; a packet that is
 * passed on has lost its link layer's padding at most, and has its whole way before it. Only then it is counted, moves the
 * state of its connection, and leaves.
 *
 * What the normal path would do with a packet it does here, too, or the packet is passed on. So each check of IP's input,
 * of routing and of forwarding is either made here or has been made by the normal path, which found the route.
 */
#include <linux/if_vlan.h>
#include "conn/find.h"
#include "path/fast_check.h"
#include "path/path.h"
#include "proto/nat.h"
#include "proto/parse.h"
#include "sync/sync.h"
#include "xmit/fast.h"
#include "xmit/xmit.h"

/* Connections that need more than a look at the packet's headers. */
#define SPECIAL_FLAGS                                                                              \
	(IP_VS_CONN_F_ONE_PACKET | IP_VS_CONN_F_NO_CPORT | IP_VS_CONN_F_NFCT | IP_VS_CONN_F_HELPED | IP_VS_CONN_F_DEAD)

/* Padding of the link layer is no part of the packet. */
static __always_inline bool trim(struct sk_buff *skb, unsigned int len)
{
	return likely(skb->len == len) || !pskb_trim_rcsum(skb, len);
}

/* The transport header's place is what a large packet is measured by. @overhead: what is put in front of it. */
static __always_inline bool is_too_big(const struct ip_vs_packet *pkt, const struct dst_entry *dst, unsigned int overhead)
{
	unsigned int mtu = ip_vs_route_mtu(pkt->af, dst);

	skb_set_transport_header(pkt->skb, pkt->l4off);
	return (overhead && mtu < IPV4_MIN_MTU + overhead) || ip_vs_is_too_big(pkt->skb, mtu - overhead);
}

static __always_inline void decrement_ttl(u8 af, struct sk_buff *skb)
{
	if (af == AF_INET6)
		((struct ipv6hdr *)skb->data)->hop_limit--;
	else
		ip_decrease_ttl((struct iphdr *)skb->data);
}

/* It may leave over @dst with @overhead bytes more in front, and these and its link header have room. */
static __always_inline enum ip_vs_fast_outcome prepare(const struct ip_vs_packet *pkt, const struct dst_entry *dst,
						       unsigned int overhead)
{
	if (unlikely(is_too_big(pkt, dst, overhead)))
		return IP_VS_FAST_SIZE;
	return likely(ip_vs_fast_make_room(pkt->skb, dst, overhead)) ? IP_VS_FAST_TAKEN : IP_VS_FAST_MEMORY;
}

static __always_inline bool translate(u8 af, struct ip_vs_packet *pkt, enum ip_vs_nat_side side, const void *addr,
				      __be16 port, const struct net_device *out)
{
	return af == AF_INET6 ? ip_vs_nat_packet(pkt, side, addr, port, out) :
				ip_vs_nat_minimal4(pkt, side, *(const __be32 *)addr, port, out);
}

/* As ip_vs_path_input() does. */
static __always_inline void account_request(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, struct ip_vs_dest *dest)
{
	ip_vs_count_in(dest->stats, pkt->skb->len);
	ip_vs_path_update_state(cp, pkt, false);
	WRITE_ONCE(cp->in_pkts, READ_ONCE(cp->in_pkts) + 1);
	ip_vs_conn_touch(cp);
}

/* Direct routing, NAT, and the plain tunnel. */
static __always_inline enum ip_vs_fast_outcome send_request(u8 af, enum ip_vs_route_kind kind, struct ip_vs_packet *pkt,
							    struct ip_vs_conn *cp, struct ip_vs_dest *dest)
{
	unsigned int overhead = kind == IP_VS_ROUTE_TUNNEL ? sizeof(struct iphdr) : 0;
	struct sk_buff *skb = pkt->skb;
	enum ip_vs_fast_outcome outcome;
	struct ip_vs_route *route;
	struct neighbour *neigh;

	outcome = ip_vs_fast_route(af, pkt->ipvs->net, dest, kind, &route, &neigh);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	outcome = prepare(pkt, route->dst, overhead);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	/* What can fail of it is to make the headers writable, which comes first. */
	if (kind == IP_VS_ROUTE_NAT && unlikely(!translate(af, pkt, IP_VS_NAT_DEST, ip_vs_conn_daddr(cp), cp->dport, route->dst->dev)))
		return IP_VS_FAST_MEMORY;
	account_request(pkt, cp, dest);
	decrement_ttl(af, skb);
	if (kind == IP_VS_ROUTE_TUNNEL)
		ip_vs_fast_wrap_ipip4(pkt, route->saddr.ip, dest->key.addr.ip);
	ip_vs_fast_send(skb, route->dst, neigh);
	return IP_VS_FAST_TAKEN;
}

/* Any tunnel. */
static noinline enum ip_vs_fast_outcome send_tunnel(u8 af, struct ip_vs_packet *pkt, struct ip_vs_conn *cp, struct ip_vs_dest *dest)
{
	struct ip_vs_fast_tunnel tunnel;
	enum ip_vs_fast_outcome outcome;

	outcome = ip_vs_fast_tunnel_open(pkt, dest, &tunnel);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	account_request(pkt, cp, dest);
	decrement_ttl(af, pkt->skb);
	ip_vs_fast_tunnel_send(pkt, dest, &tunnel);
	return IP_VS_FAST_TAKEN;
}

static __always_inline enum ip_vs_fast_outcome check_conn(u32 flags, const struct ip_vs_dest *dest)
{
	if (unlikely(flags & SPECIAL_FLAGS))
		return IP_VS_FAST_SPECIAL;
	return likely(dest && ip_vs_dest_is_available(dest)) ? IP_VS_FAST_TAKEN : IP_VS_FAST_DEST;
}

/* A packet of an existing connection to a virtual address. */
static __always_inline enum ip_vs_fast_outcome take_request(u8 af, struct ip_vs_fast *fast, struct ip_vs_packet *pkt,
							    unsigned int len, struct ip_vs_conn *cp)
{
	u32 flags = READ_ONCE(cp->flags);
	struct ip_vs_dest *dest = READ_ONCE(cp->dest);
	enum ip_vs_fast_outcome outcome;

	outcome = check_conn(flags, dest);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	outcome = ip_vs_fast_check_input(af, fast, pkt);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	if (unlikely(!trim(pkt->skb, len)))
		return IP_VS_FAST_MEMORY;
	switch (flags & IP_VS_CONN_F_FWD_MASK) {
	case IP_VS_CONN_F_DROUTE:
		return send_request(af, IP_VS_ROUTE_DIRECT, pkt, cp, dest);
	case IP_VS_CONN_F_MASQ:
		return send_request(af, IP_VS_ROUTE_NAT, pkt, cp, dest);
	case IP_VS_CONN_F_TUNNEL:
		if (af == AF_INET && ip_vs_fast_is_ipip4(pkt->skb, dest))
			return send_request(af, IP_VS_ROUTE_TUNNEL, pkt, cp, dest);
		return send_tunnel(af, pkt, cp, dest);
	default:
		return IP_VS_FAST_DEST;
	}
}

/* On the way that it would be routed again to after its translation. */
static __always_inline enum ip_vs_fast_outcome send_reply(u8 af, struct ip_vs_packet *pkt, struct ip_vs_conn *cp,
							  struct ip_vs_dest *dest, const struct ip_vs_way *way)
{
	struct sk_buff *skb = pkt->skb;
	enum ip_vs_fast_outcome outcome;

	outcome = ip_vs_fast_check_forward(af, pkt, way->dst->dev);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	outcome = prepare(pkt, way->dst, 0);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	if (unlikely(!translate(af, pkt, IP_VS_NAT_SOURCE, ip_vs_conn_vaddr(cp), cp->vport, way->dst->dev)))
		return IP_VS_FAST_MEMORY;
	ip_vs_path_update_state(cp, pkt, true);
	ip_vs_count_out(dest->stats, skb->len);
	ip_vs_conn_touch(cp);
	decrement_ttl(af, skb);
	if (af == AF_INET)
		skb->priority = rt_tos2priority(way->tos);
	ip_vs_fast_send(skb, way->dst, way->neigh);
	return IP_VS_FAST_TAKEN;
}

/* A packet of an existing connection from its NAT server. */
static __always_inline enum ip_vs_fast_outcome take_reply(u8 af, struct ip_vs_fast *fast, struct ip_vs_packet *pkt,
							  unsigned int len, struct ip_vs_conn *cp)
{
	u32 flags = READ_ONCE(cp->flags);
	struct ip_vs_dest *dest = READ_ONCE(cp->dest);
	enum ip_vs_fast_outcome outcome;
	const struct ip_vs_way *way;
	struct ip_vs_way own;
	u8 tos = 0;

	/* From the virtual address, and not translated: it is none of ours. */
	if (unlikely((flags & IP_VS_CONN_F_FWD_MASK) != IP_VS_CONN_F_MASQ))
		return IP_VS_FAST_NO_CONN;
	/* Without rerouting it goes the way that the server's own address has. */
	if (unlikely(!READ_ONCE(pkt->ipvs->sysctl.snat_reroute)))
		return IP_VS_FAST_SPECIAL;
	outcome = check_conn(flags, dest);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	if (unlikely(!trim(pkt->skb, len)))
		return IP_VS_FAST_MEMORY;
	if (af == AF_INET)
		tos = ((const struct iphdr *)pkt->skb->data)->tos;
	outcome = ip_vs_way_find(af, &fast->ways, pkt, ip_vs_conn_vaddr(cp), tos, &way, &own);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	outcome = send_reply(af, pkt, cp, dest, way);
	if (unlikely(way == &own))
		ip_vs_way_put_own(&own);
	return outcome;
}

/* The packet that the rooms behind this door expect, and how long it is; or why it is not one to take. */
static __always_inline enum ip_vs_fast_outcome read(u8 af, struct ip_vs_packet *pkt, unsigned int *len)
{
	enum ip_vs_fast_outcome outcome;

	outcome = ip_vs_fast_check_frame(pkt->skb);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	outcome = af == AF_INET6 ? ip_vs_fast_check_header6(pkt->skb, len) : ip_vs_fast_check_header4(pkt->skb, len);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	ip_vs_parse_minimal(pkt, af);
	if (unlikely(ip_vs_fast_is_exceptional(pkt)))
		return IP_VS_FAST_FLAGS;
	if (unlikely(ip_vs_fast_has_policies(pkt->ipvs->net, pkt->skb->dev)))
		return IP_VS_FAST_POLICY;
	/* Merged by a device that nobody can take apart again. */
	if (unlikely(skb_is_gso(pkt->skb) && !skb_shinfo(pkt->skb)->gso_type))
		return IP_VS_FAST_FRAME;
	return IP_VS_FAST_TAKEN;
}

/* What the walk expects; false if the packet will come again, or is not looked at. Parsing sets what is not set here. */
static __always_inline bool begin(struct ip_vs_packet *pkt, u8 af, struct ip_vs_fast *fast, struct sk_buff *skb)
{
	/* At the device of its VLAN, or at the bridge or bond that the device is a port of. */
	if (skb_vlan_tag_present(skb) || rcu_access_pointer(skb->dev->rx_handler) || ip_vs_sync_is_asleep(fast->ipvs))
		return false;
	pkt->ipvs = fast->ipvs;
	pkt->skb = skb;
	pkt->af = af;
	pkt->hook = NF_INET_LOCAL_IN;
	pkt->is_icmp = pkt->is_inverse = false;
	pkt->l3off = 0;
	pkt->conn_hash = 0;
	return true;
}

static __always_inline unsigned int finish(struct ip_vs_fast *fast, enum ip_vs_fast_outcome outcome)
{
	this_cpu_inc(fast->ipvs->fast_counts->count[outcome]);
	return likely(outcome == IP_VS_FAST_TAKEN) ? NF_STOLEN : NF_ACCEPT;
}

static __always_inline enum ip_vs_fast_outcome find_reply(u8 af, struct ip_vs_fast *fast, struct ip_vs_packet *pkt,
							  unsigned int len)
{
	struct ip_vs_conn *cp = af == AF_INET6 ? ip_vs_conn_find_out(pkt) : ip_vs_conn_find_out4(pkt);

	return likely(cp) ? take_reply(af, fast, pkt, len, cp) : IP_VS_FAST_NO_CONN;
}

/* To a virtual address, but of no connection to it. */
static noinline enum ip_vs_fast_outcome find_other(struct ip_vs_fast *fast, struct ip_vs_packet *pkt, unsigned int len)
{
	return pkt->af == AF_INET6 ? find_reply(AF_INET6, fast, pkt, len) : find_reply(AF_INET, fast, pkt, len);
}

static __always_inline enum ip_vs_fast_outcome find_request(u8 af, struct ip_vs_fast *fast, struct ip_vs_packet *pkt,
							    unsigned int len)
{
	struct ip_vs_conn *cp = af == AF_INET6 ? ip_vs_conn_find_in(pkt) : ip_vs_conn_find_in4(pkt);
	enum ip_vs_fast_outcome outcome;

	if (unlikely(!cp))
		return find_other(fast, pkt, len);
	outcome = take_request(af, fast, pkt, len, cp);
	if (static_branch_unlikely(&ip_vs_sync_masters) && outcome == IP_VS_FAST_TAKEN)
		ip_vs_sync_packet(cp, NF_STOLEN);
	return outcome;
}

/* @is_request: where it goes to may be a virtual address; else where it comes from may be a server's. */
static __always_inline unsigned int walk(u8 af, struct ip_vs_fast *fast, struct sk_buff *skb, bool is_request)
{
	struct ip_vs_packet pkt IP_VS_UNINITIALIZED;
	enum ip_vs_fast_outcome outcome;
	unsigned int len;

	if (!begin(&pkt, af, fast, skb))
		return NF_ACCEPT;
	outcome = read(af, &pkt, &len);
	if (likely(outcome == IP_VS_FAST_TAKEN))
		outcome = is_request ? find_request(af, fast, &pkt, len) : find_reply(af, fast, &pkt, len);
	return finish(fast, outcome);
}

static noinline unsigned int walk_request4(struct ip_vs_fast *fast, struct sk_buff *skb)
{
	return walk(AF_INET, fast, skb, true);
}

static noinline unsigned int walk_reply4(struct ip_vs_fast *fast, struct sk_buff *skb)
{
	return walk(AF_INET, fast, skb, false);
}

static noinline unsigned int walk_request6(struct ip_vs_fast *fast, struct sk_buff *skb)
{
	return walk(AF_INET6, fast, skb, true);
}

static noinline unsigned int walk_reply6(struct ip_vs_fast *fast, struct sk_buff *skb)
{
	return walk(AF_INET6, fast, skb, false);
}

static __always_inline unsigned int meet4(struct ip_vs_fast *fast, struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	if (unlikely(skb_headlen(skb) < sizeof(*iph)))
		return NF_ACCEPT;
	if (ip_vs_watch_has(fast->watch.virtuals, ip_vs_address_place4((__force u32)iph->daddr)))
		return walk_request4(fast, skb);
	if (ip_vs_watch_has(fast->watch.servers, ip_vs_address_place4((__force u32)iph->saddr)))
		return walk_reply4(fast, skb);
	return NF_ACCEPT;
}

static __always_inline unsigned int meet6(struct ip_vs_fast *fast, struct sk_buff *skb)
{
	const struct ipv6hdr *iph = (const struct ipv6hdr *)skb->data;

	if (unlikely(skb_headlen(skb) < sizeof(*iph)))
		return NF_ACCEPT;
	if (ip_vs_watch_has(fast->watch.virtuals, ip_vs_address_place6((const u32 *)&iph->daddr)))
		return walk_request6(fast, skb);
	if (ip_vs_watch_has(fast->watch.servers, ip_vs_address_place6((const u32 *)&iph->saddr)))
		return walk_reply6(fast, skb);
	return NF_ACCEPT;
}

/* All packets of all devices come here, and nearly none may have anything to do with us: first that, in a few steps. */
unsigned int ip_vs_fast_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (likely(skb->protocol == htons(ETH_P_IP)))
		return meet4(priv, skb);
	return skb->protocol == htons(ETH_P_IPV6) ? meet6(priv, skb) : NF_ACCEPT;
}
