/* SPDX-License-Identifier: GPL-2.0-only */
/* ICMP errors about tunnel packets: what the client is told, perhaps in the other family. */
#ifndef IP_VS_CORE_ICMP_ERROR_H
#define IP_VS_CORE_ICMP_ERROR_H

#include "core/base.h"

enum {
	/* ICMP, RFC 792 and 1191 */
	IP_VS_ICMP4_UNREACHABLE = 3,
	IP_VS_ICMP4_HOST_UNREACHABLE = 1,
	IP_VS_ICMP4_FRAG_NEEDED = 4,
	IP_VS_ICMP4_NET_PROHIBITED = 9,
	IP_VS_ICMP4_HOST_PROHIBITED = 10,
	IP_VS_ICMP4_PROHIBITED = 13,
	IP_VS_ICMP4_TIME_EXCEEDED = 11,
	/* ICMPv6, RFC 4443 */
	IP_VS_ICMP6_UNREACHABLE = 1,
	IP_VS_ICMP6_PROHIBITED = 1,
	IP_VS_ICMP6_ADDR_UNREACHABLE = 3,
	IP_VS_ICMP6_TOO_BIG = 2,
	IP_VS_ICMP6_TIME_EXCEEDED = 3,
	IP_VS_ICMP6_PARAM_PROBLEM = 4,
};

struct ip_vs_icmp_error {
	u8 type;
	u8 code;
};

/* Does it say that a packet was too big? */
static inline bool ip_vs_icmp_is_too_big(bool is_v6, struct ip_vs_icmp_error e)
{
	return is_v6 ? e.type == IP_VS_ICMP6_TOO_BIG :
		       e.type == IP_VS_ICMP4_UNREACHABLE && e.code == IP_VS_ICMP4_FRAG_NEEDED;
}

static inline bool ip_vs_icmp_4to6(struct ip_vs_icmp_error e, struct ip_vs_icmp_error *told)
{
	switch (e.type) {
	case IP_VS_ICMP4_TIME_EXCEEDED:
		*told = (struct ip_vs_icmp_error){ IP_VS_ICMP6_TIME_EXCEEDED, e.code };
		return true;
	case IP_VS_ICMP4_UNREACHABLE:
		break;
	default:
		return false;
	}
	switch (e.code) {
	case IP_VS_ICMP4_FRAG_NEEDED:
		*told = (struct ip_vs_icmp_error){ IP_VS_ICMP6_TOO_BIG, 0 };
		break;
	case IP_VS_ICMP4_NET_PROHIBITED:
	case IP_VS_ICMP4_HOST_PROHIBITED:
	case IP_VS_ICMP4_PROHIBITED:
		*told = (struct ip_vs_icmp_error){ IP_VS_ICMP6_UNREACHABLE, IP_VS_ICMP6_PROHIBITED };
		break;
	default:
		*told = (struct ip_vs_icmp_error){ IP_VS_ICMP6_UNREACHABLE, IP_VS_ICMP6_ADDR_UNREACHABLE };
		break;
	}
	return true;
}

static inline bool ip_vs_icmp_6to4(struct ip_vs_icmp_error e, struct ip_vs_icmp_error *told)
{
	u8 code;

	switch (e.type) {
	case IP_VS_ICMP6_UNREACHABLE:
		code = e.code == IP_VS_ICMP6_PROHIBITED ? IP_VS_ICMP4_PROHIBITED : IP_VS_ICMP4_HOST_UNREACHABLE;
		*told = (struct ip_vs_icmp_error){ IP_VS_ICMP4_UNREACHABLE, code };
		return true;
	case IP_VS_ICMP6_TOO_BIG:
		*told = (struct ip_vs_icmp_error){ IP_VS_ICMP4_UNREACHABLE, IP_VS_ICMP4_FRAG_NEEDED };
		return true;
	case IP_VS_ICMP6_TIME_EXCEEDED:
		*told = (struct ip_vs_icmp_error){ IP_VS_ICMP4_TIME_EXCEEDED, e.code };
		return true;
	default:
		return false;
	}
}

/**
 * ip_vs_icmp_tell() - the error for the sender of the inner packet
 * @is_outer_v6: family of the tunnel, and of @e
 * @is_inner_v6: family of the packet in it, and of @told
 *
 * In the same family it stays what it is, but that a parameter problem of the outer header (RFC 2473,
 * section 8.2) is one of the tunnel: its end cannot be reached. Returns false if nothing is to be told.
 */
static inline bool ip_vs_icmp_tell(bool is_outer_v6, bool is_inner_v6, struct ip_vs_icmp_error e,
				   struct ip_vs_icmp_error *told)
{
	if (is_outer_v6 && e.type == IP_VS_ICMP6_PARAM_PROBLEM)
		e = (struct ip_vs_icmp_error){ IP_VS_ICMP6_UNREACHABLE, IP_VS_ICMP6_ADDR_UNREACHABLE };
	if (is_outer_v6 == is_inner_v6) {
		*told = e;
		return true;
	}
	return is_outer_v6 ? ip_vs_icmp_6to4(e, told) : ip_vs_icmp_4to6(e, told);
}

#endif
