/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_TICK_H
#define IP_VS_CORE_TICK_H

#include "core/base.h"

/* The ticks of a wheel: 2^@shift jiffies each. They begin again when jiffies do, so only near ones can be compared. */
static inline u32 ip_vs_tick(u32 jiffies, unsigned int shift)
{
	return jiffies >> shift;
}

/* Is @tick over? It is less than half of all ticks away. */
static inline bool ip_vs_tick_is_past(u32 tick, u32 now, unsigned int shift)
{
	return (s32)((tick - ip_vs_tick(now, shift)) << shift) < 0;
}

#endif
