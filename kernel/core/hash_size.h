/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many buckets a hash table is to have. Two wishes: chains as short as the load (lfactor) says, and heads that
 * take less memory than what they lead to. A head takes 8 bytes and the smallest entry 128, of which a NAT
 * connection has nodes in two tables: with at most 8 * 15/16 heads a node, all heads together stay below the
 * entries, however many there are. So beyond a first megabyte, which nobody misses, that is the limit, and a
 * bucket has between an eighth and a quarter of a node.
 */
#ifndef IP_VS_CORE_HASH_SIZE_H
#define IP_VS_CORE_HASH_SIZE_H

#include "core/base.h"

#define IP_VS_HASH_FREE_BITS  17 /* log2 of the heads that a table may have whatever it holds: a megabyte */
#define IP_VS_HASH_SHARE_BITS 3  /* log2 of the heads a node, beyond that */

/* Of a number above 0, rounded down. */
static inline int ip_vs_hash_log2(u32 n)
{
	return 31 - __builtin_clz(n);
}

/* log2 of the number of buckets for @count nodes, 2^@lfactor of them in each. */
static inline int ip_vs_hash_wanted_bits(u32 count, int lfactor)
{
	int by_load, by_memory;

	if (!count)
		return 0;
	by_load = ip_vs_hash_log2(count) + !!(count & (count - 1)) - lfactor;
	by_memory = ip_vs_hash_log2(count - count / 16) + IP_VS_HASH_SHARE_BITS;
	if (by_memory < IP_VS_HASH_FREE_BITS)
		by_memory = IP_VS_HASH_FREE_BITS;
	return by_load < by_memory ? by_load : by_memory;
}

/* The most nodes for which 2^@bits buckets, up to 2^31, are enough: one more wants a larger table. */
static inline u32 ip_vs_hash_limit(int bits, int lfactor)
{
	int nodes = bits + lfactor;
	u32 by_load = nodes < 0 ? 0 : nodes > 31 ? UINT_MAX : 1U << nodes;
	u32 by_memory = 0, most;

	if (bits >= IP_VS_HASH_FREE_BITS) {
		most = (1U << (bits - IP_VS_HASH_SHARE_BITS + 1)) - 1;
		by_memory = most + most / 15;
	}
	return by_load > by_memory ? by_load : by_memory;
}

#endif
