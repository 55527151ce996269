/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_LOAD_H
#define IP_VS_CORE_LOAD_H

#include "core/base.h"

/**
 * ip_vs_load() - what the least-connection schedulers compare
 * @active: active connections
 * @inactive: inactive connections
 *
 * An active connection weighs 256 times as much as a mere entry (spec/schedulers.md, section 1).
 */
static inline u64 ip_vs_load(u32 active, u32 inactive)
{
	return ((u64)active << 8) + active + inactive;
}

/*
 * Loads are below 2^39 where there may be 2^30 connections, and below 2^33 on machines of 32 bits, where there are
 * 2^24 at most; weights are below 2^31.
 */
#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 ip_vs_weighted_load;
#else
typedef u64 ip_vs_weighted_load;
#endif

/* Is (load_x / weight_x) less than (load_y / weight_y)? By cross products: the weights may be 0. */
static inline bool ip_vs_load_less(u64 load_x, u32 weight_x, u64 load_y, u32 weight_y)
{
	return (ip_vs_weighted_load)load_x * weight_y < (ip_vs_weighted_load)load_y * weight_x;
}

#endif
