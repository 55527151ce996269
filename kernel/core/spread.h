/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_SPREAD_H
#define IP_VS_CORE_SPREAD_H

#include "core/base.h"

/*
 * Source and destination hashing: a table of buckets dealt out to the servers in turn, and an address leads
 * to a bucket. Two directors agree when their servers were configured in the same order. Source:
 * spec/schedulers.md, sections 8 and 9.
 */
#define IP_VS_SPREAD_BITS 8
#define IP_VS_SPREAD_SIZE (1U << IP_VS_SPREAD_BITS)

/*
 * The bucket of an address, or of address plus port, as a number. This is the kernel's generic
 * multiplicative hash, written out because some architectures replace that by one of their own.
 */
static inline u32 ip_vs_spread_bucket(u32 value)
{
	return (value * 0x61C88647U) >> (32 - IP_VS_SPREAD_BITS);
}

/**
 * ip_vs_spread_is_served() - a server got one more bucket: has it had its share of this round?
 * @given: buckets it got in this round; starts at 0 and is set to 0 for the next server
 * @weight: its share; even a quiesced server has one bucket
 */
static inline bool ip_vs_spread_is_served(u32 *given, int weight)
{
	if (weight > 0 && ++*given < (u32)weight)
		return false;
	*given = 0;
	return true;
}

/**
 * ip_vs_spread_room() - how many buckets are left when a server has had all of its share
 * @room: before it; IP_VS_SPREAD_SIZE at the first one
 * @weight: its share
 *
 * Negative: it gets less than its share, and those behind it get nothing.
 */
static inline int ip_vs_spread_room(int room, int weight)
{
	return room - (weight > 1 ? weight : 1);
}

/**
 * ip_vs_spread_probe() - where to look when the server of a bucket cannot be used
 * @bucket: the bucket of the address
 * @n: which attempt, from 0; after IP_VS_SPREAD_SIZE of them all buckets have been seen
 *
 * The search starts at twice the bucket's number: that is what directors in use agree on.
 */
static inline u32 ip_vs_spread_probe(u32 bucket, u32 n)
{
	return ((n + bucket) % IP_VS_SPREAD_SIZE + bucket) % IP_VS_SPREAD_SIZE;
}

#endif
