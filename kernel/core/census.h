/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_CENSUS_H
#define IP_VS_CORE_CENSUS_H

#include "core/base.h"

#define IP_VS_CENSUS_LENGTHS 8 /* the last one stands for itself and all that are longer */

/* How full a hash table is: how many of its buckets hold so many entries, and the most that one holds. */
struct ip_vs_census {
	u32 buckets[IP_VS_CENSUS_LENGTHS];
	u32 longest;
};

/* Count a bucket with @entries entries. */
static inline void ip_vs_census_add(struct ip_vs_census *census, u32 entries)
{
	census->buckets[entries < IP_VS_CENSUS_LENGTHS ? entries : IP_VS_CENSUS_LENGTHS - 1]++;
	if (entries > census->longest)
		census->longest = entries;
}

static inline u32 ip_vs_census_size(const struct ip_vs_census *census)
{
	u32 size = 0;
	int i;

	for (i = 0; i < IP_VS_CENSUS_LENGTHS; i++)
		size += census->buckets[i];
	return size;
}

/**
 * ip_vs_census_percent() - the share of the buckets of one length, whole percent
 * @length: 0 is seen against all buckets, the others against those that are not empty
 */
static inline u32 ip_vs_census_percent(const struct ip_vs_census *census, int length)
{
	u32 all = ip_vs_census_size(census);

	if (length)
		all -= census->buckets[0];
	if (!all)
		return 0;
	/* In 32 bits; of a large table hundredths are exact enough. */
	if (all < 1U << 24)
		return census->buckets[length] * 100 / all;
	return census->buckets[length] / (all / 100);
}

#endif
