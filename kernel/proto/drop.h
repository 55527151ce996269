/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why packets were dropped: one counter per namespace and reason, shown in /proc/net/ip_vs_drops. A drop
 * without a reason cannot be written: ip_vs_drop() is the only way to return that verdict.
 */
#ifndef IP_VS_PROTO_DROP_H
#define IP_VS_PROTO_DROP_H

#include <linux/percpu.h>

#define IP_VS_DROP_REASONS(_)                                                                      \
	_(TRUNCATED, "truncated")	/* a header is shorter than it says */                      \
	_(CHECKSUM, "checksum")		/* of an ICMP error, or of a packet for a helper */         \
	_(DEST_GONE, "dest-gone")	/* connection of a removed server */                        \
	_(OLD_TRACK, "old-conntrack")	/* of a connection that has to make room for a new one */   \
	_(NO_DEST, "no-dest")		/* no server can take the new connection */                 \
	_(NO_ENGINE_DATA, "no-engine-data") /* the persistence engine found nothing to go by */     \
	_(NO_MEMORY, "no-memory")	/* the connection could not be stored */                    \
	_(CONN_MAX, "conn-max")		/* the namespace has as many connections as it may have */  \
	_(NO_ROUTE, "no-route")		/* to the server */                                         \
	_(LOCAL_ROUTE, "local-route")	/* the server is this host where that is not allowed */     \
	_(TTL, "ttl")                                                                              \
	_(TOO_BIG, "too-big")		/* for the path to the server, and must not be fragmented */ \
	_(HEADROOM, "headroom")		/* the header could not be made writable */                 \
	_(SEGMENTS, "segments")		/* a tunnel's large packet could not be cut for another tunnel */ \
	_(HELPER, "helper")		/* a protocol helper could not do what the packet needs */  \
	_(LRO, "lro")			/* merged by the device, cannot be forwarded */             \
	_(UNCONFIRMED, "unconfirmed")	/* connection tracking refused it at a tunnel's entrance */  \
	_(NO_METHOD, "no-method")	/* the connection's forwarding method does not apply */     \
	_(NAT_NO_CONN, "nat-no-conn")	/* refused reply of a NAT server, see nat_icmp_send */     \
	_(OVERLOAD, "overload")		/* a new connection, see drop_packet */

enum ip_vs_drop_reason {
#define IP_VS_DROP_ENUM(name, text) IP_VS_DROP_##name,
	IP_VS_DROP_REASONS(IP_VS_DROP_ENUM)
#undef IP_VS_DROP_ENUM
	IP_VS_DROP_COUNT
};

struct ip_vs_drops {
	unsigned long count[IP_VS_DROP_COUNT];
};

#endif
