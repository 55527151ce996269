// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors. Each carries the header of the packet it is about; that header tells the connection. Only the
 * errors of spec/packet-path.md, section 7, are looked at; all other ICMP is the local stack's.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sock.h>
#include "core/icmp_error.h"
#include "core/tunnel.h"
#include "path/path.h"
#include "proto/nat.h"
#include "svc/dest.h"
#include "svc/service.h"
#include "xmit/xmit.h"

static bool is_error(u8 af, u8 type)
{
	if (af == AF_INET6)
		return !(type & ICMPV6_INFOMSG_MASK);
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_TIME_EXCEEDED;
}

/*
 * What both directions begin with: is it an error, and which header does it carry? False = nothing to go on
 * with: @verdict is the packet's, and @related says whether it has been decided about.
 */
static bool read_embedded(struct ip_vs_packet *pkt, struct ip_vs_packet *inner, unsigned int *verdict,
			  bool *related)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;

	*verdict = NF_ACCEPT;
	if (pkt->af == AF_INET && ip_is_fragment(ip_hdr(pkt->skb)) && !ip_vs_path_gather_fragments(pkt)) {
		*related = true;
		*verdict = NF_STOLEN;
		return false;
	}
	/* The headers of both families have the same size, and the type in the same place. */
	icmph = skb_header_pointer(pkt->skb, pkt->l4off, sizeof(buf), &buf);
	if (icmph && !is_error(pkt->af, icmph->type))
		return false;
	if (!icmph || pkt->is_reassembled) {
		*related = true;
		*verdict = ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
		return false;
	}
	return ip_vs_packet_parse_embedded(pkt, pkt->af, pkt->l4off + sizeof(*icmph), inner);
}

static bool is_balanced(const struct ip_vs_packet *inner)
{
	return ip_vs_packet_is_balanced(inner) && inner->has_ends;
}

/*
 * The connection of the client's packet that stands in the tunnel packet with the header @outer. NULL if that
 * is no packet that we would send: the connection must have this server, and the server this tunnel.
 */
static struct ip_vs_conn *find_tunnelled(const struct ip_vs_packet *outer, struct ip_vs_packet *inner)
{
	const struct sk_buff *skb = outer->skb;
	struct ip_vs_tunnel_head head;
	struct ip_vs_dest_tunnel tunnel;
	u8 buf[IP_VS_TUNNEL_READ_LEN];
	const struct ip_vs_dest *dest;
	struct ip_vs_conn *cp;
	unsigned int len;
	const u8 *p;

	if (outer->l4off > skb->len)
		return NULL;
	len = min_t(unsigned int, skb->len - outer->l4off, sizeof(buf));
	p = skb_header_pointer(skb, outer->l4off, len, buf);
	if (!p || !ip_vs_tunnel_read(outer->protocol, p, len, &head))
		return NULL;
	if (!ip_vs_packet_parse_embedded(outer, head.is_inner_v6 ? AF_INET6 : AF_INET, outer->l4off + head.len,
					 inner) ||
	    !is_balanced(inner))
		return NULL;
	cp = ip_vs_conn_find_in(inner);
	if (!cp || !cp->dest || ip_vs_conn_fwd(cp) != IP_VS_CONN_F_TUNNEL)
		return NULL;
	dest = cp->dest;
	tunnel = READ_ONCE(dest->tunnel);
	if (!ip_vs_dest_is_available(dest) || dest->key.af != outer->af ||
	    !nf_inet_addr_cmp(&dest->key.addr, &outer->daddr) || tunnel.type != head.kind ||
	    (head.kind == IP_VS_TUNNEL_GUE && ntohs(tunnel.port) != head.port))
		return NULL;
	return cp;
}

/* The routing layer has to know the MTU of the outer addresses; it reads the header in place. */
static bool update_pmtu(const struct ip_vs_packet *outer, u32 mtu)
{
	struct net *net = outer->ipvs->net;
	struct sk_buff *skb = outer->skb;

	if (!pskb_may_pull(skb, outer->l4off))
		return false;
	skb_pull(skb, outer->l3off);
	if (outer->af == AF_INET6)
		ip6_update_pmtu(skb, net, htonl(mtu), 0, 0, sock_net_uid(net, NULL));
	else
		ipv4_update_pmtu(skb, net, mtu, 0, outer->protocol);
	skb_push(skb, outer->l3off);
	return true;
}

/*
 * What the client can be told as MTU of the tunnel: the error has it, if it comes from a router of this
 * century; a route may know of a narrower place. One that the error has made stale knows nothing. 0 = nothing
 * sensible.
 */
static u32 inner_mtu(const struct ip_vs_conn *cp, u32 said, unsigned int overhead)
{
	struct ip_vs_route *route = rcu_dereference(cp->dest->route);
	u32 mtu = said ?: U32_MAX;

	/* No IPv6 route gets narrower than that. */
	if (cp->dest->key.af == AF_INET6)
		mtu = max_t(u32, mtu, IPV6_MIN_MTU);
	if (route && dst_check(route->dst, route->cookie))
		mtu = min(mtu, dst_mtu(route->dst));
	if (mtu == U32_MAX || mtu <= IPV4_MIN_MTU + overhead)
		return 0;
	mtu -= overhead;
	/* Where the tunnel has less than that for IPv6, what is around the packet is fragmented. */
	return cp->af == AF_INET6 ? max_t(u32, mtu, IPV6_MIN_MTU) : mtu;
}

/* Who does not mind fragments need not know of an MTU. */
static bool is_fragmentable(const struct ip_vs_packet *inner)
{
	const struct iphdr *iph;
	struct iphdr buf;

	if (inner->af == AF_INET6)
		return false;
	iph = skb_header_pointer(inner->skb, inner->l3off, sizeof(buf), &buf);
	return !iph || !(iph->frag_off & htons(IP_DF));
}

/* The packet gets a route of the family that it has now: to the virtual address, as if it had just arrived. */
static bool reroute_to_vip(const struct ip_vs_packet *inner)
{
	struct net *net = inner->ipvs->net;
	struct dst_entry *dst;

	if (inner->af == AF_INET6) {
		struct flowi6 fl6 = { .daddr = inner->daddr.in6 };

		dst = ip6_route_output(net, NULL, &fl6);
		if (dst->error) {
			dst_release(dst);
			return false;
		}
	} else {
		struct flowi4 fl4 = { .daddr = inner->daddr.ip };
		struct rtable *rt = ip_route_output_key(net, &fl4);

		if (IS_ERR(rt))
			return false;
		dst = &rt->dst;
	}
	skb_dst_drop(inner->skb);
	skb_dst_set(inner->skb, dst);
	return true;
}

/*
 * Turn the packet into the client's that is embedded in it. Whoever sends an error about it reads its headers
 * in place, so they are looked at again where they are now.
 */
static bool uncover(const struct ip_vs_packet *inner)
{
	unsigned int len = inner->l4off - inner->l3off;
	struct sk_buff *skb = inner->skb;

	if (!pskb_may_pull(skb, inner->l4off + 8) || !skb_pull(skb, inner->l3off))
		return false;
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, len);
	if (inner->af == AF_INET6) {
		if (ipv6_hdr(skb)->version != 6)
			return false;
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		IP6CB(skb)->iif = skb->dev->ifindex;
		skb->protocol = htons(ETH_P_IPV6);
	} else {
		if (ip_hdr(skb)->version != 4 || ip_hdr(skb)->ihl < 5 || ip_hdr(skb)->ihl * 4 != len)
			return false;
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		skb->protocol = htons(ETH_P_IP);
	}
	return true;
}

/*
 * An error about a packet that we have sent through a tunnel: the embedded header is ours, the one behind it
 * the client's. The client is told with an error of the same kind about its own packet; that one is counted
 * when it leaves this host, as any error that the director sends.
 */
static unsigned int tunnel_error(struct ip_vs_packet *pkt, const struct ip_vs_packet *outer, bool *related)
{
	bool is_v6 = pkt->af == AF_INET6;
	struct sk_buff *skb = pkt->skb;
	struct ip_vs_icmp_error said, told;
	const struct icmphdr *icmph;
	struct ip_vs_packet inner;
	struct ip_vs_conn *cp;
	struct icmphdr buf;
	u32 mtu = 0;

	/*
	 * Of errors that this host sends itself the time comes when they arrive: now the socket that sends
	 * errors is busy with this one.
	 */
	if (pkt->hook != NF_INET_LOCAL_IN || !ip_vs_route_is_local(pkt->af, skb_dst(skb)))
		return NF_ACCEPT;
	cp = find_tunnelled(outer, &inner);
	if (!cp)
		return NF_ACCEPT;
	*related = true;
	if (!ip_vs_icmp_checksum_ok(pkt))
		return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);
	icmph = skb_header_pointer(skb, pkt->l4off, sizeof(buf), &buf);
	if (!icmph)
		return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);

	said = (struct ip_vs_icmp_error){ icmph->type, icmph->code };
	if (ip_vs_icmp_is_too_big(is_v6, said)) {
		/* ICMPv6 has the MTU where ICMP has a gateway in other errors. */
		mtu = is_v6 ? ntohl(icmph->un.gateway) : ntohs(icmph->un.frag.mtu);
		if (!update_pmtu(outer, mtu))
			return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
		mtu = inner_mtu(cp, mtu, inner.l3off - outer->l3off);
		if (is_fragmentable(&inner) || !mtu)
			goto consumed;
	}
	if (!ip_vs_icmp_tell(is_v6, inner.af == AF_INET6, said, &told))
		goto consumed;
	if (!uncover(&inner))
		return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
	if (inner.af != pkt->af && !reroute_to_vip(&inner))
		return ip_vs_drop(pkt, IP_VS_DROP_NO_ROUTE);
	if (inner.af == AF_INET6)
		icmpv6_send(skb, told.type, told.code, mtu);
	else
		icmp_send(skb, told.type, told.code, htonl(mtu));
consumed:
	consume_skb(skb);
	return NF_STOLEN;
}

unsigned int ip_vs_path_icmp_tunnel(struct ip_vs_packet *pkt, bool *related)
{
	struct ip_vs_packet outer;
	unsigned int verdict;

	if (!read_embedded(pkt, &outer, &verdict, related))
		return verdict;
	return tunnel_error(pkt, &outer, related);
}

/* An error about a packet of the connection @cp, from its client's side. */
static unsigned int error_of_conn(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner, struct ip_vs_conn *cp)
{
	ip_vs_path_count_in(pkt, cp);
	if (!ip_vs_conn_is_nat(cp))
		WRITE_ONCE(cp->in_pkts, READ_ONCE(cp->in_pkts) + 1);
	return ip_vs_xmit_icmp(pkt, inner, cp);
}

static bool is_of_service(const struct ip_vs_packet *inner)
{
	return ip_vs_service_find(inner->ipvs, inner->af, inner->skb->mark, inner->protocol,
				  ip_vs_packet_vaddr(inner), ip_vs_packet_vport(inner));
}

/* One about a connection that does not exist, but may be made. */
static unsigned int error_of_unknown(struct ip_vs_packet *pkt, struct ip_vs_packet *inner)
{
	struct ip_vs_conn *cp;
	unsigned int verdict;

	/* What is about no service is not ours to judge: it may be on its way through this host. */
	if (!READ_ONCE(pkt->ipvs->sysctl.schedule_icmp) || !is_of_service(inner))
		return NF_ACCEPT;
	/* First of all: once there is a connection it has to be used, or ended. */
	if (!ip_vs_icmp_checksum_ok(pkt))
		return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);
	verdict = ip_vs_path_schedule(inner, &cp);
	if (!cp)
		return verdict;
	verdict = error_of_conn(pkt, inner, cp);
	if (READ_ONCE(cp->flags) & IP_VS_CONN_F_ONE_PACKET)
		ip_vs_conn_end(cp);
	return verdict;
}

unsigned int ip_vs_path_icmp_input(struct ip_vs_packet *pkt, bool *related)
{
	struct ip_vs_packet inner;
	struct ip_vs_conn *cp;
	unsigned int verdict;

	if (!read_embedded(pkt, &inner, &verdict, related))
		return verdict;

	verdict = tunnel_error(pkt, &inner, related);
	if (*related)
		return verdict;
	if (!is_balanced(&inner))
		return NF_ACCEPT;
	*related = true;

	/* It is about a reply: its destination is the client. */
	inner.is_inverse = true;
	cp = ip_vs_conn_find_in(&inner);
	if (!cp)
		return error_of_unknown(pkt, &inner);
	if (ip_vs_conn_is_nat(cp) && !ip_vs_icmp_checksum_ok(pkt))
		return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);
	return error_of_conn(pkt, &inner, cp);
}

unsigned int ip_vs_path_icmp_reply(struct ip_vs_packet *pkt, bool *related)
{
	struct ip_vs_packet inner;
	struct ip_vs_conn *cp;
	unsigned int verdict;

	if (!read_embedded(pkt, &inner, &verdict, related))
		return verdict;
	if (!is_balanced(&inner))
		return NF_ACCEPT;

	/* It is about a request as the server saw it: looked up the way of a reply, with its ends swapped. */
	inner.is_inverse = true;
	cp = ip_vs_conn_find_out(&inner);
	if (!cp)
		return NF_ACCEPT;
	*related = true;
	if (ip_vs_conn_is_nat(cp)) {
		if (!ip_vs_icmp_checksum_ok(pkt))
			return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);
		if (!ip_vs_nat_icmp(pkt, &inner, IP_VS_NAT_SOURCE, ip_vs_conn_vaddr(cp), cp->vport))
			return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
		if (!ip_vs_path_reroute_reply(pkt))
			return ip_vs_drop(pkt, IP_VS_DROP_NO_ROUTE);
	}
	ip_vs_path_finish_reply(pkt, cp);
	return NF_ACCEPT;
}
