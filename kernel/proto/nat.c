// SPDX-License-Identifier: GPL-2.0-only
/*
 * Header translation. Checksums of TCP and UDP are updated incrementally (RFC 1624), in the way that fits
 * how far they are computed. That of SCTP covers no address and cannot be updated in parts: it is computed
 * again when the port changes. A wrong one stays wrong, which is for the receiver to see. A UDP datagram
 * without a checksum keeps none, also if that of a packet in it is left to the device.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/sctp/checksum.h>
#include "proto/nat.h"

/*
 * Is the sum of the packet's own transport header still to be made, by whoever comes after us, so that there is only
 * the pseudo header's in it? That another one is, of a packet within this one (a tunnel that starts on this host, or
 * is forwarded in large pieces), says nothing about ours; but where the device cuts it into segments their sums are
 * made, too, if the tunnel has any.
 */
static noinline bool is_sum_of_field(const struct ip_vs_packet *pkt, unsigned int field)
{
	const struct sk_buff *skb = pkt->skb;

	if (skb_checksum_start_offset(skb) == pkt->l4off)
		return skb->csum_offset == field;
	return pkt->protocol == IPPROTO_UDP && skb_is_gso(skb) &&
	       skb_shinfo(skb)->gso_type & SKB_GSO_UDP_TUNNEL_CSUM;
}

static __always_inline bool is_sum_left(const struct ip_vs_packet *pkt, unsigned int field)
{
	return pkt->skb->ip_summed == CHECKSUM_PARTIAL && is_sum_of_field(pkt, field);
}

static void nat_sctp(struct ip_vs_packet *pkt, enum ip_vs_nat_side side, __be16 to_port,
		     const struct net_device *out)
{
	struct sk_buff *skb = pkt->skb;
	struct sctphdr *header = (struct sctphdr *)(skb->data + pkt->l4off);
	__be16 *port = side == IP_VS_NAT_DEST ? &header->dest : &header->source;
	bool is_left = skb_csum_is_sctp(skb) && is_sum_left(pkt, offsetof(struct sctphdr, checksum));
	__le32 error = 0;

	/* Can whoever comes after us compute the CRC? */
	if (is_left && (skb_is_gso(skb) || (out && out->features & NETIF_F_SCTP_CRC))) {
		*port = to_port;
		return;
	}
	if (!is_left && *port == to_port)
		return;
	/* What is wrong with it remains. skb->csum_valid may speak of a tunnel that the packet came through. */
	if (!is_left && skb->ip_summed != CHECKSUM_UNNECESSARY)
		error = header->checksum ^ sctp_compute_cksum(skb, pkt->l4off);
	*port = to_port;
	header->checksum = sctp_compute_cksum(skb, pkt->l4off) ^ error;
#if IS_ENABLED(CONFIG_IP_SCTP)
	/* The next checksum that is left to a device is not a CRC. */
	if (is_left)
		skb->csum_not_inet = 0;
#endif
	if (is_left || (!error && skb->ip_summed != CHECKSUM_PARTIAL))
		skb->ip_summed = CHECKSUM_UNNECESSARY;
}

/* A function of its own: an array on the stack costs whoever has it a check of the stack. */
static noinline __wsum addr_change6(const __be32 *old, const __be32 *new)
{
	__be32 change[] = { ~old[0], ~old[1], ~old[2], ~old[3], new[0], new[1], new[2], new[3] };

	return csum_partial(change, sizeof(change), 0);
}

/* What it adds to a sum that one address takes the place of another. */
static __always_inline __wsum addr_change(u8 af, const void *from, const void *to)
{
	if (af == AF_INET6)
		return addr_change6(from, to);
	return csum_sub((__force __wsum)*(const __be32 *)to, (__force __wsum)*(const __be32 *)from);
}

static void nat_transport(struct ip_vs_packet *pkt, enum ip_vs_nat_side side, const void *from, const void *to,
			  __be16 to_port)
{
	bool is_udp = pkt->protocol == IPPROTO_UDP;
	unsigned int field = is_udp ? offsetof(struct udphdr, check) : offsetof(struct tcphdr, check);
	void *header = pkt->skb->data + pkt->l4off;
	__be16 *port = (__be16 *)header + (side == IP_VS_NAT_DEST);
	__sum16 *check = header + field;
	__wsum change;

	if (is_sum_left(pkt, field)) {
		/* The pseudo header's sum as it is, not its complement; ports are no part of it. */
		*check = ~csum_fold(csum_add(csum_unfold(*check), addr_change(pkt->af, from, to)));
	} else {
		change = csum_sub((__force __wsum)to_port, (__force __wsum)*port);
		ip_vs_nat_sum(check, is_udp, csum_add(change, addr_change(pkt->af, from, to)));
	}
	*port = to_port;
}

static unsigned int transport_header_len(const struct ip_vs_packet *pkt)
{
	if (pkt->is_fragment)
		return 0;
	switch (pkt->protocol) {
	case IPPROTO_TCP:
		return sizeof(struct tcphdr);
	case IPPROTO_UDP:
		return sizeof(struct udphdr);
	case IPPROTO_SCTP:
		return sizeof(struct sctphdr);
	default:
		return 0;
	}
}

/* Write an address into the network header at @off, with its checksum. */
static void write_addr(struct sk_buff *skb, unsigned int off, u8 af, enum ip_vs_nat_side side, const void *addr)
{
	if (af == AF_INET6) {
		struct ipv6hdr *iph = (struct ipv6hdr *)(skb->data + off);

		memcpy(side == IP_VS_NAT_DEST ? &iph->daddr : &iph->saddr, addr, sizeof(struct in6_addr));
	} else {
		struct iphdr *iph = (struct iphdr *)(skb->data + off);
		__be32 *field = side == IP_VS_NAT_DEST ? &iph->daddr : &iph->saddr;
		__be32 to = *(const __be32 *)addr;

		csum_replace4(&iph->check, *field, to);
		*field = to;
	}
}

bool ip_vs_nat_packet(struct ip_vs_packet *pkt, enum ip_vs_nat_side side, const void *addr, __be16 port,
		      const struct net_device *out)
{
	unsigned int len = transport_header_len(pkt);
	union nf_inet_addr *known = side == IP_VS_NAT_DEST ? &pkt->daddr : &pkt->saddr;

	if (skb_ensure_writable(pkt->skb, pkt->l4off + len))
		return false;
	if (pkt->protocol == IPPROTO_SCTP && len)
		nat_sctp(pkt, side, port, out);
	else if (len)
		nat_transport(pkt, side, known, addr, port);
	write_addr(pkt->skb, 0, pkt->af, side, addr);
	/* The sum that the device took over the packet is that of another packet now. */
	if (pkt->skb->ip_summed == CHECKSUM_COMPLETE)
		pkt->skb->ip_summed = CHECKSUM_NONE;
	memcpy(known, addr, pkt->af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32));
	return true;
}

static void icmp_checksum4(struct ip_vs_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	struct icmphdr *icmph = (struct icmphdr *)(skb->data + pkt->l4off);

	icmph->checksum = 0;
	icmph->checksum = csum_fold(skb_checksum(skb, pkt->l4off, skb->len - pkt->l4off, 0));
	skb->ip_summed = CHECKSUM_UNNECESSARY;
}

/* Left to the device, or to the output path on its behalf. */
static void icmp_checksum6(struct ip_vs_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	struct ipv6hdr *iph = (struct ipv6hdr *)skb->data;
	struct icmp6hdr *icmph = (struct icmp6hdr *)(skb->data + pkt->l4off);

	icmph->icmp6_cksum =
		~csum_ipv6_magic(&iph->saddr, &iph->daddr, skb->len - pkt->l4off, IPPROTO_ICMPV6, 0);
	skb->csum_start = skb->data - skb->head + pkt->l4off;
	skb->csum_offset = offsetof(struct icmp6hdr, icmp6_cksum);
	skb->ip_summed = CHECKSUM_PARTIAL;
}

bool ip_vs_nat_icmp(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner, enum ip_vs_nat_side side,
		    const void *addr, __be16 port)
{
	enum ip_vs_nat_side inner_side = side == IP_VS_NAT_DEST ? IP_VS_NAT_SOURCE : IP_VS_NAT_DEST;
	struct sk_buff *skb = pkt->skb;

	/*
	 * The offsets were checked when the headers were parsed. Making them writable may copy the data; it
	 * does not change it, except for somebody who still writes to a shared page. So look again.
	 */
	if (skb_ensure_writable(skb, inner->l4off + (inner->has_ports ? 4 : 0)))
		return false;
	if (pkt->af == AF_INET) {
		const struct iphdr *iph = (const struct iphdr *)(skb->data + inner->l3off);

		if (iph->ihl < 5 || inner->l3off + iph->ihl * 4 != inner->l4off)
			return false;
	}

	write_addr(skb, inner->l3off, inner->af, inner_side, addr);
	if (inner->has_ports)
		*((__be16 *)(skb->data + inner->l4off) + (inner_side == IP_VS_NAT_DEST)) = port;
	write_addr(skb, 0, pkt->af, side, addr);
	if (pkt->af == AF_INET6)
		icmp_checksum6(pkt);
	else
		icmp_checksum4(pkt);
	return true;
}

bool ip_vs_icmp_checksum_ok(const struct ip_vs_packet *pkt)
{
	const struct sk_buff *skb = pkt->skb;
	unsigned int len = skb->len - pkt->l4off;
	__wsum sum;

	/*
	 * skb->csum_valid may still speak of a tunnel header that was taken off, and the sum of a device
	 * (CHECKSUM_COMPLETE) begins at the network header, which in hooks nobody has taken out of it yet.
	 * Errors are short: they are summed up anew.
	 */
	if (!skb->dev || skb->ip_summed == CHECKSUM_UNNECESSARY || skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	sum = skb_checksum(skb, pkt->l4off, len, 0);
	if (pkt->af == AF_INET6)
		return !csum_ipv6_magic(&pkt->saddr.in6, &pkt->daddr.in6, len, IPPROTO_ICMPV6, sum);
	return !csum_fold(sum);
}
