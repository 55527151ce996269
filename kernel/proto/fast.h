/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of packets at the fast path: one counter per namespace and outcome, shown in /proc/net/ip_vs_status. A
 * packet is counted once it seems to have to do with us; all others only pass.
 */
#ifndef IP_VS_PROTO_FAST_H
#define IP_VS_PROTO_FAST_H

#include <linux/percpu.h>

#define IP_VS_FAST_OUTCOMES(_)                                                                     \
	_(TAKEN, "taken")                                                                          \
	_(SHARED, "shared")		/* somebody else has the packet, too */                    \
	_(FRAME, "frame")		/* for another host, or already routed, tracked, decrypted */ \
	_(HEADER, "header")		/* options, a wrong sum or length */                       \
	_(FRAGMENT, "fragment")                                                                    \
	_(TTL, "ttl")			/* its last hop */                                         \
	_(PROTOCOL, "protocol")		/* neither TCP nor UDP */                                  \
	_(FLAGS, "flags")		/* TCP: SYN, FIN, RST */                                   \
	_(NO_CONN, "no-conn")		/* of no connection that exists */                         \
	_(SPECIAL, "special")		/* its connection needs more: tracking, a helper, a port */ \
	_(DEST, "dest")			/* the server is this host, or has left */                 \
	_(POLICY, "policy")		/* IPsec policies, or a VRF */                             \
	_(SOURCE, "source")		/* of a source that routing may not let in */              \
	_(INPUT, "input")		/* routing would not bring it to us */                     \
	_(ROUTE, "route")		/* there is none to use as it is */                        \
	_(NEIGHBOUR, "neighbour")	/* of the next hop: not known for certain */               \
	_(SIZE, "size")			/* too large for the way on */                             \
	_(MEMORY, "memory")		/* the header could not be made writable */

enum ip_vs_fast_outcome {
#define IP_VS_FAST_ENUM(name, text) IP_VS_FAST_##name,
	IP_VS_FAST_OUTCOMES(IP_VS_FAST_ENUM)
#undef IP_VS_FAST_ENUM
	IP_VS_FAST_COUNT
};

struct ip_vs_fast_counts {
	unsigned long count[IP_VS_FAST_COUNT];
};

#endif
