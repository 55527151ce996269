/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a packet at the ingress of a device has to be, for the fast path to take it: what IP's input and routing would ask of
 * it. Each check returns IP_VS_FAST_TAKEN or what speaks against it, and changes nothing.
 */
#ifndef IP_VS_PATH_FAST_CHECK_H
#define IP_VS_PATH_FAST_CHECK_H

#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/flow.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/xfrm.h>
#include "core/tcp_state.h"
#include "path/fast.h"
#include "proto/packet.h"

/* Is it for this host, has the packet one owner, and has nobody routed, tracked or decrypted it? */
static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_frame(const struct sk_buff *skb)
{
	if (unlikely(skb_shared(skb)))
		return IP_VS_FAST_SHARED;
	if (unlikely(skb->pkt_type != PACKET_HOST || skb->_skb_refdst | skb->_nfct || secpath_exists(skb)))
		return IP_VS_FAST_FRAME;
	return IP_VS_FAST_TAKEN;
}

/* The transport header behind a network header of @len bytes. 0 = of another protocol than TCP and UDP. */
static __always_inline unsigned int ip_vs_fast_headers(u8 protocol, unsigned int len)
{
	if (likely(protocol == IPPROTO_TCP))
		return len + sizeof(struct tcphdr);
	return likely(protocol == IPPROTO_UDP) ? len + sizeof(struct udphdr) : 0;
}

/* A minimal header, with right sum and lengths, and the transport header behind it, in one piece. */
static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_header4(struct sk_buff *skb, unsigned int *len)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	unsigned int headers;

	*len = ntohs(iph->tot_len);
	if (unlikely(*(const u8 *)iph != 0x45 || *len > skb->len))
		return IP_VS_FAST_HEADER;
	if (unlikely(ip_is_fragment(iph)))
		return IP_VS_FAST_FRAGMENT;
	headers = ip_vs_fast_headers(iph->protocol, sizeof(*iph));
	if (unlikely(!headers))
		return IP_VS_FAST_PROTOCOL;
	if (unlikely(*len < headers || !pskb_may_pull(skb, headers)))
		return IP_VS_FAST_HEADER;
	/* It may have moved. */
	iph = (const struct iphdr *)skb->data;
	if (unlikely(!ip_vs_ipv4_sum_is_right(iph)))
		return IP_VS_FAST_HEADER;
	return likely(iph->ttl > 1) ? IP_VS_FAST_TAKEN : IP_VS_FAST_TTL;
}

static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_header6(struct sk_buff *skb, unsigned int *len)
{
	const struct ipv6hdr *iph = (const struct ipv6hdr *)skb->data;
	unsigned int headers;

	*len = ntohs(iph->payload_len) + sizeof(*iph);
	if (unlikely(iph->version != 6 || *len > skb->len))
		return IP_VS_FAST_HEADER;
	headers = ip_vs_fast_headers(iph->nexthdr, sizeof(*iph));
	if (unlikely(!headers)) {
		if (iph->nexthdr == IPPROTO_FRAGMENT)
			return IP_VS_FAST_FRAGMENT;
		return ip_vs_is_ipv6_extension(iph->nexthdr) ? IP_VS_FAST_HEADER : IP_VS_FAST_PROTOCOL;
	}
	if (unlikely(*len < headers || !pskb_may_pull(skb, headers)))
		return IP_VS_FAST_HEADER;
	iph = (const struct ipv6hdr *)skb->data;
	return likely(iph->hop_limit > 1) ? IP_VS_FAST_TAKEN : IP_VS_FAST_TTL;
}

/* Opening and ending connections is for the normal path. */
static __always_inline bool ip_vs_fast_is_exceptional(const struct ip_vs_packet *pkt)
{
	return pkt->protocol == IPPROTO_TCP && pkt->tcp_flags & (IP_VS_TCP_SYN | IP_VS_TCP_FIN | IP_VS_TCP_RST);
}

/* Does the packet's way depend on more than addresses: IPsec policies, or the VRF of its device? */
static __always_inline bool ip_vs_fast_has_policies(const struct net *net, const struct net_device *dev)
{
#ifdef CONFIG_XFRM
	if (unlikely(net->xfrm.policy_count[XFRM_POLICY_IN] | net->xfrm.policy_count[XFRM_POLICY_OUT] |
		     net->xfrm.policy_count[XFRM_POLICY_FWD]))
		return true;
#endif
	return unlikely(netif_is_l3_slave(dev));
}

/* Ask the routing tables. */
bool ip_vs_fast_look_up_local4(struct ip_vs_fast *fast, const struct ip_vs_packet *pkt, union ip_vs_fast_local yes);
bool ip_vs_fast_is_local6(const struct ip_vs_packet *pkt);

/* What rp_filter asks, 1 = strict, 2 = loose: is the source reachable, by the device that the packet came through? */
bool ip_vs_fast_is_reachable4(const struct ip_vs_packet *pkt, int filter);

/*
 * Would routing bring it to this host? An address may have left, with those who were reached through it. The generation is
 * read before the tables are.
 */
static __always_inline bool ip_vs_fast_is_local(u8 af, struct ip_vs_fast *fast, const struct ip_vs_packet *pkt)
{
	union ip_vs_fast_local yes;

	if (af == AF_INET6)
		return ip_vs_fast_is_local6(pkt);
	yes.addr = pkt->daddr.ip;
	yes.generation = rt_genid_ipv4(pkt->ipvs->net);
	return likely(READ_ONCE(fast->local4[ip_vs_address_place4((__force u32)yes.addr)].word) == yes.word) ||
	       ip_vs_fast_look_up_local4(fast, pkt, yes);
}

/* Would routing believe the source, of a packet to this host? */
static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_source4(const struct ip_vs_packet *pkt,
									struct in_device *in_dev)
{
	int filter;

	if (unlikely(!in_dev))
		return IP_VS_FAST_INPUT;
	/* The client, or the server, is this host, and the packet comes from outside. */
	if (unlikely(ipv4_is_loopback(pkt->saddr.ip) ||
		     (READ_ONCE(pkt->ipvs->has_local_clients) && __ip_dev_find(pkt->ipvs->net, pkt->saddr.ip, false))))
		return IP_VS_FAST_SOURCE;
	filter = IN_DEV_RPFILTER(in_dev);
	return likely(!filter) || ip_vs_fast_is_reachable4(pkt, filter) ? IP_VS_FAST_TAKEN : IP_VS_FAST_SOURCE;
}

static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_source6(const struct ip_vs_packet *pkt,
									const struct inet6_dev *in_dev)
{
	if (unlikely(!in_dev || READ_ONCE(in_dev->cnf.disable_ipv6)))
		return IP_VS_FAST_INPUT;
	if (unlikely(ipv6_addr_is_multicast(&pkt->saddr.in6) || ipv6_addr_loopback(&pkt->saddr.in6) ||
		     (READ_ONCE(pkt->ipvs->has_local_clients) &&
		      ipv6_chk_addr(pkt->ipvs->net, &pkt->saddr.in6, NULL, 0))))
		return IP_VS_FAST_SOURCE;
	return IP_VS_FAST_TAKEN;
}

/* A packet for this host. */
static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_input(u8 af, struct ip_vs_fast *fast,
								      const struct ip_vs_packet *pkt)
{
	const struct net_device *dev = pkt->skb->dev;
	enum ip_vs_fast_outcome outcome;

	outcome = af == AF_INET6 ? ip_vs_fast_check_source6(pkt, __in6_dev_get(dev)) :
				   ip_vs_fast_check_source4(pkt, __in_dev_get_rcu(dev));
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	return likely(ip_vs_fast_is_local(af, fast, pkt)) ? IP_VS_FAST_TAKEN : IP_VS_FAST_INPUT;
}

/*
 * A packet that is forwarded, to @out. Where that is the device it came by, its sender may have to be told of a better way
 * first. With rules of the administrator's the way of an untranslated packet is not that of a translated one.
 */
enum ip_vs_fast_outcome ip_vs_fast_check_forward6(const struct ip_vs_packet *pkt, const struct net_device *out);

static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_forward4(const struct ip_vs_packet *pkt,
									 const struct net_device *out)
{
	const struct net_device *dev = pkt->skb->dev;
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	enum ip_vs_fast_outcome outcome;

	outcome = ip_vs_fast_check_source4(pkt, in_dev);
	if (unlikely(outcome != IP_VS_FAST_TAKEN))
		return outcome;
	if (unlikely(!IN_DEV_FORWARD(in_dev) || fib4_has_custom_rules(pkt->ipvs->net)))
		return IP_VS_FAST_INPUT;
	return unlikely(dev == out && IN_DEV_TX_REDIRECTS(in_dev)) ? IP_VS_FAST_INPUT : IP_VS_FAST_TAKEN;
}

static __always_inline enum ip_vs_fast_outcome ip_vs_fast_check_forward(u8 af, const struct ip_vs_packet *pkt,
									const struct net_device *out)
{
	return af == AF_INET6 ? ip_vs_fast_check_forward6(pkt, out) : ip_vs_fast_check_forward4(pkt, out);
}

#endif
