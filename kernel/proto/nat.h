/* SPDX-License-Identifier: GPL-2.0-only */
/* Translating addresses and ports in headers. Only the packet is known here, no connection. */
#ifndef IP_VS_PROTO_NAT_H
#define IP_VS_PROTO_NAT_H

#include "proto/packet.h"

enum ip_vs_nat_side { IP_VS_NAT_SOURCE, IP_VS_NAT_DEST };

/**
 * ip_vs_nat_packet() - translate one side of a packet, with all checksums
 * @side: which address and port
 * @addr: the new address, 4 or 16 bytes according to the family
 * @port: the new port; ignored for later fragments and protocols without ports
 * @out: the device it will leave by
 *
 * Returns false if the headers are truncated or cannot be made writable; the packet may be half written.
 */
bool ip_vs_nat_packet(struct ip_vs_packet *pkt, enum ip_vs_nat_side side, const void *addr, __be16 port,
		      const struct net_device *out);

/**
 * ip_vs_nat_icmp() - translate an ICMP error about a translated packet
 * @pkt: the error
 * @inner: the header embedded in it
 * @side: the side of @pkt to translate; of the embedded header it is the other one
 *
 * The checksum of the embedded transport header is left alone: it may be truncated, and nobody checks it.
 */
bool ip_vs_nat_icmp(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner, enum ip_vs_nat_side side,
		    const void *addr, __be16 port);

/* Is the checksum of this ICMP message right? Of packets of this host it is taken for right. */
bool ip_vs_icmp_checksum_ok(const struct ip_vs_packet *pkt);

#endif
