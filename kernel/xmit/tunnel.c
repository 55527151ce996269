// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forwarding in a tunnel: the client's packet goes as it is into a new one, addressed to the server. Outer
 * and inner family are independent of each other. Source: spec/forwarding.md, section 6.
 */
#include <net/gre.h>
#include <net/gso.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/tcp.h>
#include <net/udp.h>
#include "core/address_set.h"
#include "core/ident.h"
#include "core/tunnel.h"
#include "svc/dest.h"
#include "xmit/fast.h"
#include "xmit/xmit.h"

static_assert((int)IP_VS_TUNNEL_IPIP == IP_VS_CONN_F_TUNNEL_TYPE_IPIP);
static_assert((int)IP_VS_TUNNEL_GUE == IP_VS_CONN_F_TUNNEL_TYPE_GUE);
static_assert((int)IP_VS_TUNNEL_GRE == IP_VS_CONN_F_TUNNEL_TYPE_GRE);
static_assert((int)IP_VS_TUNNEL_KINDS == IP_VS_CONN_F_TUNNEL_TYPE_MAX);

/*
 * The kernel can cut a packet for one tunnel: what stands between the two headers of two of them it would copy into
 * each segment as it is. So what comes in a tunnel already is cut before it gets into another one.
 */
static bool is_to_be_cut(const struct sk_buff *skb)
{
	return skb->encapsulation && skb_is_gso(skb);
}

/*
 * Is there a sum that the receiver could finish? There is nothing to leave to him when it is there already; the CRC
 * of SCTP is none of the sums that GUE knows of; and segments that we cut are whole.
 */
static bool is_sum_left(struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_PARTIAL && !skb_csum_is_sctp(skb) && !is_to_be_cut(skb);
}

static void decide(struct ip_vs_wrap *w, const struct ip_vs_packet *pkt, const struct ip_vs_dest *dest)
{
	w->tunnel = READ_ONCE(dest->tunnel);
	w->inner_protocol = pkt->af == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	w->ip_len = dest->key.af == AF_INET6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	switch (w->tunnel.type) {
	case IP_VS_TUNNEL_GUE:
		w->outer_protocol = IPPROTO_UDP;
		w->csum = w->tunnel.flags & (IP_VS_TUNNEL_ENCAP_FLAG_CSUM | IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM);
		w->remcsum = w->tunnel.flags & IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM && is_sum_left(pkt->skb);
		break;
	case IP_VS_TUNNEL_GRE:
		w->outer_protocol = IPPROTO_GRE;
		w->csum = w->tunnel.flags & IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
		break;
	default:
		w->outer_protocol = w->inner_protocol;
		break;
	}
	w->tunnel_len = ip_vs_tunnel_len(w->tunnel.type, w->csum, w->remcsum);
}

static int gso_types(const struct ip_vs_wrap *w, u8 outer_af)
{
	int ipxip = outer_af == AF_INET6 ? SKB_GSO_IPXIP6 : SKB_GSO_IPXIP4;

	switch (w->tunnel.type) {
	case IP_VS_TUNNEL_GUE:
		/* What is inside of UDP is segmented as IP in IP. */
		return ipxip | (w->csum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL) |
		       (w->remcsum ? SKB_GSO_TUNNEL_REMCSUM : 0);
	case IP_VS_TUNNEL_GRE:
		return w->csum ? SKB_GSO_GRE_CSUM : SKB_GSO_GRE;
	default:
		return ipxip;
	}
}

/*
 * The checksum of what is outside is summed up from where the inner one is to be stored. That must be in one piece,
 * and in the packet: whoever hands a packet to a virtual device says where its sum starts. A CRC has no place in
 * such sums, so that of SCTP is finished first, but in what is cut into segments, which get theirs before.
 */
static bool prepare_sum(struct sk_buff *skb)
{
	int start = skb_checksum_start_offset(skb);

	if (start < 0)
		return false;
	if (skb_csum_is_sctp(skb) && !skb_is_gso(skb))
		return !skb_crc32c_csum_help(skb);
	return pskb_may_pull(skb, start + skb->csum_offset + sizeof(__sum16));
}

/* Room in front, a header of our own, and what segmentation by the device wants to know of the inner packet. */
static bool prepare(struct sk_buff *skb, const struct ip_vs_wrap *w, const struct ip_vs_path *path)
{
	if (w->csum && skb->ip_summed == CHECKSUM_PARTIAL && !prepare_sum(skb))
		return false;
	if (skb_cow_head(skb, LL_RESERVED_SPACE(path->dst->dev) + w->ip_len + w->tunnel_len))
		return false;
	/* No link header is between the two: this is where it would be. */
	skb_reset_mac_header(skb);
	if (iptunnel_handle_offloads(skb, gso_types(w, path->af)))
		return false;
	if (w->tunnel.type == IP_VS_TUNNEL_GRE)
		skb_set_inner_protocol(skb, htons(w->inner_protocol == IPPROTO_IPV6 ? ETH_P_IPV6 : ETH_P_IP));
	else
		skb_set_inner_ipproto(skb, w->inner_protocol);
	return true;
}

static void push_gue(struct sk_buff *skb, struct net *net, const struct ip_vs_wrap *w, const struct ip_vs_path *path,
		     const struct ip_vs_dest *dest)
{
	__be16 sport = udp_flow_src_port(net, skb, 0, 0, false);
	struct udphdr *udph;

	if (w->remcsum) {
		int start = skb_checksum_start_offset(skb);

		ip_vs_gue_write_remcsum(skb_push(skb, w->tunnel_len - sizeof(*udph)), w->inner_protocol, start,
					start + skb->csum_offset);
		/* From here on the field is the receiver's; segments are still finished one by one. */
		if (!skb_is_gso(skb)) {
			skb->ip_summed = CHECKSUM_NONE;
			skb->encapsulation = 0;
		}
	} else {
		ip_vs_gue_write(skb_push(skb, w->tunnel_len - sizeof(*udph)), w->inner_protocol);
	}

	udph = skb_push(skb, sizeof(*udph));
	skb_reset_transport_header(skb);
	*udph = (struct udphdr){
		.source = sport,
		.dest = w->tunnel.port,
		.len = htons(skb->len),
	};
	if (path->af == AF_INET6)
		udp6_set_csum(!w->csum, skb, &path->saddr.in6, &dest->key.addr.in6, skb->len);
	else
		udp_set_csum(!w->csum, skb, path->saddr.ip, dest->key.addr.ip, skb->len);
}

static void push_gre(struct sk_buff *skb, const struct ip_vs_wrap *w)
{
	u8 *header = skb_push(skb, w->tunnel_len);
	__sum16 *check = (__sum16 *)(header + IP_VS_GRE_LEN);

	skb_reset_transport_header(skb);
	ip_vs_gre_write(header, w->csum, w->inner_protocol == IPPROTO_IPV6 ? ETH_P_IPV6 : ETH_P_IP);
	/* Segments get their own when they are made. */
	if (!w->csum || skb_is_gso(skb))
		return;
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		*check = csum_fold(lco_csum(skb));
	} else {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_transport_header(skb) - skb->head;
		skb->csum_offset = IP_VS_GRE_LEN;
	}
}

/* What the outer IP header takes over from the inner one. */
struct inherited {
	u8 tos;
	u8 ttl;
	__be16 df;
};

static __always_inline struct inherited inherit4(const struct ip_vs_packet *pkt, const struct iphdr *inner)
{
	return (struct inherited){
		.tos = ip_vs_tunnel_tos(inner->tos),
		.ttl = inner->ttl,
		.df = READ_ONCE(pkt->ipvs->sysctl.pmtu_disc) ? inner->frag_off & htons(IP_DF) : 0,
	};
}

static struct inherited inherit(const struct ip_vs_packet *pkt)
{
	const struct sk_buff *skb = pkt->skb;

	if (pkt->af == AF_INET6)
		return (struct inherited){
			.tos = ip_vs_tunnel_tos(ipv6_get_dsfield(ipv6_hdr(skb))),
			.ttl = ipv6_hdr(skb)->hop_limit,
		};
	return inherit4(pkt, ip_hdr(skb));
}

/* 0 of what is larger than a packet can be and will be cut: receivers on this host look at the real length then. */
static __be16 length_field(unsigned int len)
{
	return len <= U16_MAX ? htons(len) : 0;
}

/* A place each for as many servers; those that share one have no blocks. */
#define IDENT_PLACES_BITS 5
static DEFINE_PER_CPU(struct ip_vs_ident_block, ident_blocks[1 << IDENT_PLACES_BITS]);
/* Nobody sends so much that the kernel's counter comes round within it. */
#define IDENT_LIFE max(HZ / 10, 2)

/*
 * The header has its ends and its protocol. Only softirqs are alone with the blocks of their CPU, and those not with
 * PREEMPT_RT, where one can be in another one's way.
 */
static __always_inline void select_ident(struct net *net, struct iphdr *iph, unsigned int segs)
{
	u32 place = ip_vs_address_place4((__force u32)iph->daddr) >> (IP_VS_ADDRESS_SET_BITS - IDENT_PLACES_BITS);
	struct ip_vs_ident_block *block;
	u32 now = (u32)jiffies;
	u64 ends;
	u16 number;

	if (IS_ENABLED(CONFIG_PREEMPT_RT) || unlikely(segs != 1 || !in_softirq())) {
		__ip_select_ident(net, iph, segs);
		return;
	}
	memcpy(&ends, &iph->saddr, sizeof(ends));
	block = this_cpu_ptr(&ident_blocks[place]);
	if (likely(ip_vs_ident_take(block, net, ends, iph->protocol, now, IDENT_LIFE, &number))) {
		iph->id = htons(number);
		return;
	}
	__ip_select_ident(net, iph, ip_vs_ident_renew(block, net, ends, iph->protocol));
	ip_vs_ident_fill(block, ntohs(iph->id), now);
}

/* All but the number and the sum. */
static __always_inline void write_ipv4(struct iphdr *iph, const struct inherited *from, u8 protocol, unsigned int len,
				       __be32 saddr, __be32 daddr)
{
	*iph = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*iph) / 4,
		.tos = from->tos,
		.tot_len = length_field(len),
		.frag_off = from->df,
		.ttl = from->ttl,
		.protocol = protocol,
		.saddr = saddr,
		.daddr = daddr,
	};
}

static void push_ipv4(struct ip_vs_packet *pkt, const struct ip_vs_wrap *w, const struct ip_vs_path *path,
		      const struct ip_vs_dest *dest, const struct inherited *from)
{
	struct sk_buff *skb = pkt->skb;
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	/* That an IPv4 packet was reassembled, and from what, still matters when it is fragmented again. */
	if (pkt->af == AF_INET)
		memset(&IPCB(skb)->opt, 0, sizeof(IPCB(skb)->opt));
	else
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	write_ipv4(iph, from, w->outer_protocol, skb->len, path->saddr.ip, dest->key.addr.ip);
	select_ident(pkt->ipvs->net, iph, skb_shinfo(skb)->gso_segs ?: 1);
}

static void push_ipv6(struct ip_vs_packet *pkt, const struct ip_vs_wrap *w, const struct ip_vs_path *path,
		      const struct ip_vs_dest *dest, const struct inherited *from)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int payload_len = skb->len;
	struct ipv6hdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	*iph = (struct ipv6hdr){
		.payload_len = length_field(payload_len),
		.nexthdr = w->outer_protocol,
		.hop_limit = from->ttl,
		.saddr = path->saddr.in6,
		.daddr = dest->key.addr.in6,
	};
	ip6_flow_hdr(iph, from->tos, 0);
}

static bool encapsulate(struct ip_vs_packet *pkt, const struct ip_vs_wrap *w, const struct ip_vs_path *path,
			const struct ip_vs_dest *dest)
{
	struct sk_buff *skb = pkt->skb;
	struct inherited from;

	if (!prepare(skb, w, path))
		return false;
	from = inherit(pkt);
	skb_set_transport_header(skb, skb_network_offset(skb));
	switch (w->tunnel.type) {
	case IP_VS_TUNNEL_GUE:
		push_gue(skb, pkt->ipvs->net, w, path, dest);
		break;
	case IP_VS_TUNNEL_GRE:
		push_gre(skb, w);
		break;
	}
	if (path->af == AF_INET6)
		push_ipv6(pkt, w, path, dest, &from);
	else
		push_ipv4(pkt, w, path, dest, &from);
	return true;
}

/* What ip_local_out() does, without the hooks if nobody but us is there. */
static void output4(struct ip_vs_net *ipvs, struct sk_buff *skb)
{
	if (!ip_vs_is_alone_at_output(ipvs, AF_INET)) {
		ip_local_out(ipvs->net, skb->sk, skb);
		return;
	}
	ip_count_out_request(ipvs->net);
	ip_send_check(ip_hdr(skb));
	/* A VRF may want it first. */
	skb = l3mdev_ip_out(skb->sk, skb);
	if (unlikely(!skb))
		return;
	skb->protocol = htons(ETH_P_IP);
	dst_output(ipvs->net, skb->sk, skb);
}

/* Takes over the path's reference. */
static unsigned int send(struct ip_vs_packet *pkt, const struct ip_vs_wrap *w, struct ip_vs_path *path,
			 const struct ip_vs_dest *dest)
{
	struct sk_buff *skb = pkt->skb;

	if (!encapsulate(pkt, w, path, dest)) {
		ip_vs_path_release(path);
		return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
	}
	ip_vs_path_apply(pkt, path);
	skb->ignore_df = 1;
	skb->ipvs_property = 1;
	if (skb->dev)
		skb_clear_tstamp(skb);
	if (path->af == AF_INET6)
		ip6_local_out(pkt->ipvs->net, skb->sk, skb);
	else
		output4(pkt->ipvs, skb);
	return NF_STOLEN;
}

/* All checksums are finished on the way: no device knows what to do with two tunnels. */
static noinline unsigned int send_cut(struct ip_vs_packet *pkt, const struct ip_vs_wrap *w, struct ip_vs_path *path,
				      const struct ip_vs_dest *dest)
{
	struct sk_buff *segs, *next, *skb = pkt->skb;

	/* Segmentation looks at the features of a device. */
	if (!skb->dev)
		skb->dev = path->dst->dev;
	segs = skb_gso_segment(skb, NETIF_F_SG);
	if (IS_ERR_OR_NULL(segs)) {
		ip_vs_path_release(path);
		return ip_vs_drop(pkt, IP_VS_DROP_SEGMENTS);
	}
	skb_list_walk_safe(segs, segs, next) {
		struct ip_vs_packet part = *pkt;

		skb_mark_not_on_list(segs);
		part.skb = segs;
		if (path->is_ref)
			dst_hold(path->dst);
		if (send(&part, w, path, dest) == NF_DROP)
			kfree_skb(segs);
	}
	ip_vs_path_release(path);
	consume_skb(skb);
	return NF_STOLEN;
}

/* Where in a TCP header of @len bytes the maximum segment size stands; 0 = nowhere. */
static unsigned int find_mss(const u8 *header, unsigned int len)
{
	unsigned int at = sizeof(struct tcphdr);

	while (at + 1 < len && header[at] != TCPOPT_EOL) {
		if (header[at] == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (header[at] == TCPOPT_MSS && header[at + 1] == TCPOLEN_MSS && at + TCPOLEN_MSS <= len)
			return at + 2;
		/* An option has at least these two bytes. */
		at += max_t(unsigned int, header[at + 1], 2);
	}
	return 0;
}

static void lower_mss(struct sk_buff *skb, struct tcphdr *tcp, unsigned int mss)
{
	unsigned int at = find_mss((u8 *)tcp, tcp->doff * 4);
	u8 *field = (u8 *)tcp + at;
	u16 old, new = mss;

	if (!at)
		return;
	old = field[0] << 8 | field[1];
	if (old <= mss)
		return;
	field[0] = new >> 8;
	field[1] = new;
	/* The words of the sum begin at even bytes. */
	if (at % 2) {
		old = swab16(old);
		new = swab16(new);
	}
	inet_proto_csum_replace2(&tcp->check, skb, htons(old), htons(new), false);
}

bool ip_vs_tunnel_clamp(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	unsigned int headers = pkt->af == AF_INET6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	struct sk_buff *skb = pkt->skb;
	struct tcphdr *tcp, buf;
	unsigned int mtu;
	struct ip_vs_wrap w = {};

	if (!READ_ONCE(pkt->ipvs->sysctl.tunnel_mss) || ip_vs_conn_fwd(cp) != IP_VS_CONN_F_TUNNEL || !cp->dest ||
	    !pkt->has_tcp_flags || !(pkt->tcp_flags & IP_VS_TCP_SYN))
		return true;
	decide(&w, pkt, cp->dest);
	mtu = ip_vs_path_tunnel_mtu(pkt, cp, w.ip_len + w.tunnel_len);
	if (mtu <= headers + sizeof(*tcp))
		return true;
	tcp = skb_header_pointer(skb, pkt->l4off, sizeof(buf), &buf);
	/* Its checksum is of a header that we do not have as a whole. */
	if (!tcp || tcp->doff * 4 < sizeof(*tcp) || pkt->l4off + tcp->doff * 4 > skb->len)
		return true;
	if (skb_ensure_writable(skb, pkt->l4off + tcp->doff * 4))
		return false;
	lower_mss(skb, (struct tcphdr *)(skb->data + pkt->l4off), mtu - headers - sizeof(*tcp));
	return true;
}

/* All in one piece: that the rare way above uses the same steps is not to cost this one calls. */
unsigned int __flatten ip_vs_xmit_tunnel(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	const struct ip_vs_dest *dest = cp->dest;
	struct ip_vs_path path = {};
	struct sk_buff *skb = pkt->skb;
	struct ip_vs_wrap w = {};
	unsigned int verdict;

	/* Without a destination nothing says which tunnel. */
	if (unlikely(!dest))
		return ip_vs_drop(pkt, IP_VS_DROP_NO_METHOD);
	decide(&w, pkt, dest);
	verdict = ip_vs_path_find(pkt, cp, IP_VS_ROUTE_TUNNEL, w.ip_len + w.tunnel_len, &path);
	if (verdict != NF_ACCEPT)
		return verdict;
	if (path.is_local)
		return ip_vs_send(pkt, cp, &path);

	verdict = ip_vs_track_tunnel(pkt, cp);
	if (verdict != NF_ACCEPT) {
		ip_vs_path_release(&path);
		return verdict;
	}
	if (skb->dev)
		skb_orphan(skb);
	if (unlikely(is_to_be_cut(skb)))
		return send_cut(pkt, &w, &path, dest);
	return send(pkt, &w, &path, dest);
}

/* --- for the fast path: the same steps, but that the way is known, and nothing is cut or fragmented --- */

void ip_vs_fast_wrap_ipip4(struct ip_vs_packet *pkt, __be32 saddr, __be32 daddr)
{
	struct sk_buff *skb = pkt->skb;
	struct inherited from = inherit4(pkt, (const struct iphdr *)skb->data);
	struct iphdr *iph;

	skb->transport_header = skb->network_header;
	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	skb->ip_summed = CHECKSUM_NONE;
	write_ipv4(iph, &from, IPPROTO_IPIP, skb->len, saddr, daddr);
	select_ident(pkt->ipvs->net, iph, 1);
	iph->check = ip_fast_csum(iph, sizeof(*iph) / 4);
}

enum ip_vs_fast_outcome ip_vs_fast_tunnel_open(struct ip_vs_packet *pkt, struct ip_vs_dest *dest,
					       struct ip_vs_fast_tunnel *tunnel)
{
	struct sk_buff *skb = pkt->skb;
	u8 af = dest->key.af;
	enum ip_vs_fast_outcome outcome;
	struct ip_vs_route *route;
	unsigned int overhead, mtu;

	outcome = ip_vs_fast_route(af, pkt->ipvs->net, dest, IP_VS_ROUTE_TUNNEL, &route, &tunnel->neigh);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	if (unlikely(is_to_be_cut(skb)))
		return IP_VS_FAST_SIZE;
	tunnel->wrap = (struct ip_vs_wrap){};
	decide(&tunnel->wrap, pkt, dest);
	overhead = tunnel->wrap.ip_len + tunnel->wrap.tunnel_len;
	skb_set_transport_header(skb, pkt->l4off);
	mtu = ip_vs_route_mtu(af, route->dst);
	if (unlikely(mtu < IPV4_MIN_MTU + overhead || ip_vs_is_too_big(skb, mtu - overhead) ||
		     (skb->len > IP_MAX_MTU - overhead && !skb_is_gso(skb))))
		return IP_VS_FAST_SIZE;
	if (unlikely(skb_cow_head(skb, LL_RESERVED_SPACE(route->dst->dev) + overhead)))
		return IP_VS_FAST_MEMORY;
	tunnel->path = (struct ip_vs_path){ .dst = route->dst, .af = af, .saddr = route->saddr };
	return IP_VS_FAST_TAKEN;
}

void __flatten ip_vs_fast_tunnel_send(struct ip_vs_packet *pkt, const struct ip_vs_dest *dest,
				      struct ip_vs_fast_tunnel *tunnel)
{
	struct ip_vs_path *path = &tunnel->path;
	struct sk_buff *skb = pkt->skb;

	skb_orphan(skb);
	if (unlikely(!encapsulate(pkt, &tunnel->wrap, path, dest))) {
		ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
		kfree_skb(skb);
		return;
	}
	if (path->af == AF_INET6) {
		skb->protocol = htons(ETH_P_IPV6);
		IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	} else {
		skb->protocol = htons(ETH_P_IP);
		ip_send_check(ip_hdr(skb));
	}
	ip_vs_fast_send(skb, path->dst, tunnel->neigh);
}
