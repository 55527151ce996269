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
 * 64 bits: a million connections and a weight of 2^31 - 1 must not overflow the product below.
 */
static inline u64 ip_vs_load(u32 active, u32 inactive)
{
	return ((u64)active << 8) + active + inactive;
}

/* Is (load_x / weight_x) less than (load_y / weight_y)? By cross products: the weights may be 0. */
static inline bool ip_vs_load_less(u64 load_x, u32 weight_x, u64 load_y, u32 weight_y)
{
	return load_x * weight_y < load_y * weight_x;
}

#endif
