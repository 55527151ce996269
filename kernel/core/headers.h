/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the headers of a packet say. The bytes come from anybody, so each is asked for before it is looked
 * at: the caller gives a function that finds them, wherever a packet keeps its data. No length in a packet is
 * believed further than to ask for the bytes behind it.
 *
 * All of it is inlined into the one caller, together with his function: for a packet whose headers lie in a
 * row that leaves a comparison of lengths and the loads.
 */
#ifndef IP_VS_CORE_HEADERS_H
#define IP_VS_CORE_HEADERS_H

#include "core/base.h"
#include "core/sctp_state.h"

/**
 * typedef ip_vs_reader - find bytes of a packet
 * @packet: whose
 * @off: where they start
 * @len: how many
 * @buf: room for @len bytes
 *
 * Returns a pointer to them, in the packet or copied to @buf; NULL if the packet has not that many.
 */
typedef const void *ip_vs_reader(const void *packet, unsigned int off, unsigned int len, void *buf);

/**
 * struct ip_vs_l3 - what a network header says, but for the addresses
 * @l4off: where the transport header starts; of a later fragment, where its piece of the payload does
 * @protocol: of the transport header; IPPROTO_NONE if there is no way to it
 * @is_fragment: a fragment that is not the first: it has no transport header
 * @has_fragment_header: IPv6: a fragment header was seen
 */
struct ip_vs_l3 {
	unsigned int l4off;
	u8 protocol;
	bool is_fragment;
	bool has_fragment_header;
};

/**
 * struct ip_vs_l4 - what a transport header says
 * @sport, @dport: TCP, UDP and SCTP, if @has_ports
 * @tcp_flags: byte 13 of the TCP header, if @has_tcp_flags
 * @sctp_event: enum ip_vs_sctp_event, if @has_sctp_event
 */
struct ip_vs_l4 {
	__be16 sport;
	__be16 dport;
	u8 tcp_flags;
	u8 sctp_event;
	bool has_ports;
	bool has_tcp_flags;
	bool has_sctp_event;
};

static inline bool ip_vs_protocol_has_ports(u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

static inline u16 ip_vs_read_u16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/**
 * ip_vs_read_ipv4() - read the IPv4 header at @off
 * @saddr, @daddr: 4 bytes each, filled in
 *
 * Returns false if there is none.
 */
static __always_inline bool ip_vs_read_ipv4(ip_vs_reader *read, const void *packet, unsigned int off,
					    void *saddr, void *daddr, struct ip_vs_l3 *l3)
{
	u8 buf[20];
	const u8 *p = (const u8 *)read(packet, off, sizeof(buf), buf);

	if (!p || p[0] >> 4 != 4 || (p[0] & 15) < 5)
		return false;
	l3->l4off = off + (p[0] & 15) * 4;
	l3->protocol = p[9];
	l3->is_fragment = ip_vs_read_u16(p + 6) & 0x1fff;
	l3->has_fragment_header = false;
	memcpy(saddr, p + 12, 4);
	memcpy(daddr, p + 16, 4);
	return true;
}

/*
 * Is the checksum of a header of 20 bytes right? Words of 16 bits add up to all bits set then (RFC 1071), so that the sum of
 * words of any multiple of 16 bits is a multiple of 65535; zero it is not, with a version in it.
 */
static __always_inline bool ip_vs_ipv4_sum_is_right(const void *header)
{
	typedef u32 __attribute__((may_alias)) word;
	const word *words = (const word *)header;
	u64 sum = (u64)words[0] + words[1] + words[2] + words[3] + words[4];

	return ((u32)sum % 65536 + ((u32)sum >> 16) + (u32)(sum >> 32)) % 65535 == 0;
}

static inline bool ip_vs_is_ipv6_extension(u8 next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_DSTOPTS || next == IPPROTO_AH;
}

/* From extension header to extension header, each 8 bytes at least. False = the way ends in nothing. */
static __always_inline bool ip_vs_walk_ipv6(ip_vs_reader *read, const void *packet, unsigned int off, u8 next,
					    struct ip_vs_l3 *l3)
{
	u8 buf[4];
	const u8 *p;

	while (ip_vs_is_ipv6_extension(next)) {
		p = (const u8 *)read(packet, off, sizeof(buf), buf);
		if (!p)
			return false;
		if (next == IPPROTO_FRAGMENT) {
			l3->has_fragment_header = true;
			l3->is_fragment = ip_vs_read_u16(p + 2) & 0xfff8;
			off += 8;
		} else if (next == IPPROTO_AH) {
			off += (p[1] + 2) * 4;
		} else {
			off += (p[1] + 1) * 8;
		}
		next = p[0];
		if (l3->is_fragment)
			break;
	}
	l3->protocol = next;
	l3->l4off = off;
	/* Behind a later fragment's header there is payload, whatever comes first in it. */
	return !(l3->is_fragment && ip_vs_is_ipv6_extension(next));
}

/**
 * ip_vs_read_ipv6() - read the IPv6 header at @off, and the extension headers behind it
 * @saddr, @daddr: 16 bytes each, filled in
 *
 * Returns false if there is none. Without a way to a transport header the protocol is IPPROTO_NONE.
 */
static __always_inline bool ip_vs_read_ipv6(ip_vs_reader *read, const void *packet, unsigned int off,
					    void *saddr, void *daddr, struct ip_vs_l3 *l3)
{
	u8 buf[40];
	const u8 *p = (const u8 *)read(packet, off, sizeof(buf), buf);

	if (!p || p[0] >> 4 != 6)
		return false;
	memcpy(saddr, p + 8, 16);
	memcpy(daddr, p + 24, 16);
	l3->is_fragment = l3->has_fragment_header = false;
	if (!ip_vs_walk_ipv6(read, packet, off + sizeof(buf), p[6], l3)) {
		l3->protocol = IPPROTO_NONE;
		l3->l4off = off + sizeof(buf);
	}
	return true;
}

/*
 * An acknowledged cookie may come with an abort behind it, in the same packet; chunks start at multiples of
 * four bytes.
 */
static __always_inline u8 ip_vs_read_sctp_event(ip_vs_reader *read, const void *packet, unsigned int off,
						const u8 *chunk)
{
	u8 event = ip_vs_sctp_event_of_chunk(chunk[0]);
	unsigned int len = ip_vs_read_u16(chunk + 2);
	u8 buf[4];

	if ((event != IP_VS_SCTP_EVENT_COOKIE_ECHO && event != IP_VS_SCTP_EVENT_COOKIE_ACK) || len < sizeof(buf))
		return event;
	chunk = (const u8 *)read(packet, off + ((len + 3) & ~3U), sizeof(buf), buf);
	if (chunk && ip_vs_sctp_event_of_chunk(chunk[0]) == IP_VS_SCTP_EVENT_ABORT)
		return IP_VS_SCTP_EVENT_ABORT;
	return event;
}

/**
 * ip_vs_read_transport() - read the transport header at @off
 * @protocol: which; of others than TCP, UDP and SCTP nothing is read
 * @only_ports: of a packet within an ICMP error 8 bytes are certain: the ports, neither flags nor chunks
 */
static __always_inline void ip_vs_read_transport(ip_vs_reader *read, const void *packet, unsigned int off,
						 u8 protocol, bool only_ports, struct ip_vs_l4 *l4)
{
	enum { PORTS = 4, TCP_FLAGS = 13, SCTP_CHUNK = 12, SCTP_CHUNK_HEADER = 4 };
	const u8 *p = NULL;
	u8 buf[16];

	*l4 = (struct ip_vs_l4){};
	if (!ip_vs_protocol_has_ports(protocol))
		return;
	if (protocol == IPPROTO_TCP && !only_ports) {
		p = (const u8 *)read(packet, off, TCP_FLAGS + 1, buf);
		if (p) {
			l4->tcp_flags = p[TCP_FLAGS];
			l4->has_tcp_flags = true;
		}
	} else if (protocol == IPPROTO_SCTP && !only_ports) {
		p = (const u8 *)read(packet, off, SCTP_CHUNK + SCTP_CHUNK_HEADER, buf);
		if (p) {
			l4->sctp_event = ip_vs_read_sctp_event(read, packet, off + SCTP_CHUNK, p + SCTP_CHUNK);
			l4->has_sctp_event = true;
		}
	}
	if (!p)
		p = (const u8 *)read(packet, off, PORTS, buf);
	if (!p)
		return;
	memcpy(&l4->sport, p, 2);
	memcpy(&l4->dport, p + 2, 2);
	l4->has_ports = true;
}

#endif
