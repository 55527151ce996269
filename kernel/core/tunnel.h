/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands between the outer IP header of a tunnel packet and the client's packet: nothing (IPIP and its
 * relatives), UDP and GUE (draft-ietf-intarea-gue), or GRE (RFC 2784). Headers are written and read as bytes,
 * so that what is on the wire is what is written here.
 */
#ifndef IP_VS_CORE_TUNNEL_H
#define IP_VS_CORE_TUNNEL_H

#include "core/base.h"
#include "core/bytes.h"

/* The numbers are those of the interface. */
enum ip_vs_tunnel_kind { IP_VS_TUNNEL_IPIP, IP_VS_TUNNEL_GUE, IP_VS_TUNNEL_GRE, IP_VS_TUNNEL_KINDS };

enum {
	IP_VS_UDP_LEN = 8,
	IP_VS_GUE_LEN = 4,
	IP_VS_GUE_REMCSUM_LEN = 8,	/* private flags and the option of remote checksums */
	IP_VS_GRE_LEN = 4,
	IP_VS_GRE_CSUM_LEN = 4,
};

/**
 * ip_vs_tunnel_len() - bytes between the outer IP header and the client's packet
 * @kind: enum ip_vs_tunnel_kind
 * @csum: GRE: with a checksum
 * @remcsum: GUE: this packet carries the option of remote checksums
 */
static inline unsigned int ip_vs_tunnel_len(u8 kind, bool csum, bool remcsum)
{
	switch (kind) {
	case IP_VS_TUNNEL_GUE:
		return IP_VS_UDP_LEN + IP_VS_GUE_LEN + (remcsum ? IP_VS_GUE_REMCSUM_LEN : 0);
	case IP_VS_TUNNEL_GRE:
		return IP_VS_GRE_LEN + (csum ? IP_VS_GRE_CSUM_LEN : 0);
	default:
		return 0;
	}
}

/* The outer TOS byte: congestion that the inner packet has met already is not met again in the tunnel. */
static inline u8 ip_vs_tunnel_tos(u8 inner)
{
	const u8 ecn = 3, ce = 3, ect0 = 2;

	return (inner & ecn) == ce ? (inner & ~ecn) | ect0 : inner;
}

/* Version 0, a data message without options; @protocol is that of the inner packet, 4 or 41. */
static inline void ip_vs_gue_write(u8 *p, u8 protocol)
{
	p[0] = 0;
	p[1] = protocol;
	ip_vs_put16(p + 2, 0);
}

/**
 * ip_vs_gue_write_remcsum() - the same with the option that leaves a checksum to the receiver
 * @start: where the sum starts, from the inner packet's first byte
 * @field: where it is to be stored, from the same byte
 *
 * Writes IP_VS_GUE_LEN + IP_VS_GUE_REMCSUM_LEN bytes.
 */
static inline void ip_vs_gue_write_remcsum(u8 *p, u8 protocol, u16 start, u16 field)
{
	const u16 private_flags = 1, remcsum = 0x8000;

	p[0] = IP_VS_GUE_REMCSUM_LEN / 4;
	p[1] = protocol;
	ip_vs_put16(p + 2, private_flags);
	ip_vs_put16(p + 4, remcsum);
	ip_vs_put16(p + 6, 0);
	ip_vs_put16(p + 8, start);
	ip_vs_put16(p + 10, field);
}

/* With @csum the checksum field is there, still 0. @ethertype is that of the inner packet. */
static inline void ip_vs_gre_write(u8 *p, bool csum, u16 ethertype)
{
	ip_vs_put16(p, csum ? 0x8000 : 0);
	ip_vs_put16(p + 2, ethertype);
	if (csum) {
		ip_vs_put16(p + 4, 0);
		ip_vs_put16(p + 6, 0);
	}
}

/**
 * struct ip_vs_tunnel_head - what was found behind an outer IP header
 * @kind: enum ip_vs_tunnel_kind
 * @is_inner_v6: the inner packet is IPv6, else IPv4
 * @port: GUE: UDP destination port, host order
 * @len: bytes in front of the inner packet
 */
struct ip_vs_tunnel_head {
	u8 kind;
	bool is_inner_v6;
	u16 port;
	unsigned int len;
};

/* As much as ip_vs_tunnel_read() ever looks at. */
#define IP_VS_TUNNEL_READ_LEN (IP_VS_UDP_LEN + IP_VS_GUE_LEN)

static inline bool ip_vs_gue_read(const u8 *p, struct ip_vs_tunnel_head *head)
{
	const u8 *gue = p + IP_VS_UDP_LEN;

	/* The upper three bits: two of version and one of control messages. */
	if (gue[0] & 0xe0 || (gue[1] != IPPROTO_IPIP && gue[1] != IPPROTO_IPV6))
		return false;
	*head = (struct ip_vs_tunnel_head){
		.kind = IP_VS_TUNNEL_GUE,
		.is_inner_v6 = gue[1] == IPPROTO_IPV6,
		.port = ip_vs_get16(p + 2),
		.len = IP_VS_UDP_LEN + IP_VS_GUE_LEN + (gue[0] & 0x1fu) * 4,
	};
	return true;
}

static inline bool ip_vs_gre_read(const u8 *p, struct ip_vs_tunnel_head *head)
{
	u16 flags = ip_vs_get16(p), ethertype = ip_vs_get16(p + 2);

	/* No flag but that of the checksum is ever sent, and no version but 0. */
	if (flags & 0x7fff || (ethertype != ETH_P_IP && ethertype != ETH_P_IPV6))
		return false;
	*head = (struct ip_vs_tunnel_head){
		.kind = IP_VS_TUNNEL_GRE,
		.is_inner_v6 = ethertype == ETH_P_IPV6,
		.port = 0,
		.len = ip_vs_tunnel_len(IP_VS_TUNNEL_GRE, flags != 0, false),
	};
	return true;
}

/**
 * ip_vs_tunnel_read() - could this be a tunnel packet of ours, and where is the inner packet?
 * @protocol: of the outer IP header
 * @p: what comes behind it
 * @len: how much of that there is; IP_VS_TUNNEL_READ_LEN bytes are always enough
 */
static inline bool ip_vs_tunnel_read(u8 protocol, const u8 *p, unsigned int len, struct ip_vs_tunnel_head *head)
{
	switch (protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		*head = (struct ip_vs_tunnel_head){
			.kind = IP_VS_TUNNEL_IPIP,
			.is_inner_v6 = protocol == IPPROTO_IPV6,
			.port = 0,
			.len = 0,
		};
		return true;
	case IPPROTO_UDP:
		return len >= IP_VS_UDP_LEN + IP_VS_GUE_LEN && ip_vs_gue_read(p, head);
	case IPPROTO_GRE:
		return len >= IP_VS_GRE_LEN && ip_vs_gre_read(p, head);
	default:
		return false;
	}
}

#endif
