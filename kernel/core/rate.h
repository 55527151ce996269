/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_RATE_H
#define IP_VS_CORE_RATE_H

#include "core/base.h"

/*
 * Rates are exponential averages over periods of two seconds, kept with fraction bits: 10 for connections
 * and packets, 5 for bytes. Source: spec/stats.md, section 4.
 */
#define IP_VS_RATE_PERIOD	  2 /* seconds */
#define IP_VS_RATE_PACKETS_SHIFT 10
#define IP_VS_RATE_BYTES_SHIFT	  5

/* One period has passed in which a counter grew by @delta: the average after it. */
static inline u64 ip_vs_rate_next(u64 average, u64 delta, unsigned int shift)
{
	s64 now = (s64)(delta << (shift - 1)); /* delta / period, with the fraction */

	return average + (u64)((now - (s64)average) >> 2);
}

/*
 * The average after @periods in which a counter grew by @delta, evenly as far as anyone knows. None have passed when
 * nobody was looking: then there is no saying how long it took, and the average stays.
 */
static inline u64 ip_vs_rate_after(u64 average, u64 delta, unsigned int periods, unsigned int shift)
{
	/* After so many nothing is left of the old one. */
	unsigned int i, steps = periods < 256 ? periods : 256;
	u64 share = periods > 1 ? div_u64(delta, periods) : delta;

	for (i = 0; i < steps; i++)
		average = ip_vs_rate_next(average, share, shift);
	return average;
}

/* Per second, as shown: almost half is rounded up. */
static inline u64 ip_vs_rate_shown(u64 average, unsigned int shift)
{
	return (average + (1ULL << (shift - 1)) - 1) >> shift;
}

#endif
