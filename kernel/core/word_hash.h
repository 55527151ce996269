/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_WORD_HASH_H
#define IP_VS_CORE_WORD_HASH_H

#include "core/base.h"

/*
 * A keyed hash of one 32-bit number, for Maglev tables that other directors must be able to compute too:
 * SipHash-1-3 cut to 32 bits where a long has 64 bits, HalfSipHash-1-3 elsewhere (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF"). The number is hashed as it lies in memory, and both words of the
 * key are the same. Source: spec/schedulers.md, section 10.
 */

static inline u64 ip_vs_rotate64(u64 value, unsigned int by)
{
	return value << by | value >> (64 - by);
}

static inline u32 ip_vs_rotate32(u32 value, unsigned int by)
{
	return value << by | value >> (32 - by);
}

static inline void ip_vs_sip_round(u64 v[4])
{
	v[0] += v[1];
	v[1] = ip_vs_rotate64(v[1], 13) ^ v[0];
	v[0] = ip_vs_rotate64(v[0], 32);
	v[2] += v[3];
	v[3] = ip_vs_rotate64(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ip_vs_rotate64(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ip_vs_rotate64(v[1], 17) ^ v[2];
	v[2] = ip_vs_rotate64(v[2], 32);
}

/* @message: four bytes as a little-endian number. */
static inline u64 ip_vs_sip_hash(u32 message, u64 key0, u64 key1)
{
	u64 block = 4ULL << 56 | message;
	u64 v[4] = { key0 ^ 0x736f6d6570736575ULL, key1 ^ 0x646f72616e646f6dULL,
		     key0 ^ 0x6c7967656e657261ULL, key1 ^ 0x7465646279746573ULL };

	v[3] ^= block;
	ip_vs_sip_round(v);
	v[0] ^= block;
	v[2] ^= 0xff;
	ip_vs_sip_round(v);
	ip_vs_sip_round(v);
	ip_vs_sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static inline void ip_vs_half_sip_round(u32 v[4])
{
	v[0] += v[1];
	v[1] = ip_vs_rotate32(v[1], 5) ^ v[0];
	v[0] = ip_vs_rotate32(v[0], 16);
	v[2] += v[3];
	v[3] = ip_vs_rotate32(v[3], 8) ^ v[2];
	v[0] += v[3];
	v[3] = ip_vs_rotate32(v[3], 7) ^ v[0];
	v[2] += v[1];
	v[1] = ip_vs_rotate32(v[1], 13) ^ v[2];
	v[2] = ip_vs_rotate32(v[2], 16);
}

static inline void ip_vs_half_sip_take(u32 v[4], u32 block)
{
	v[3] ^= block;
	ip_vs_half_sip_round(v);
	v[0] ^= block;
}

static inline u32 ip_vs_half_sip_hash(u32 message, u32 key0, u32 key1)
{
	u32 v[4] = { key0, key1, key0 ^ 0x6c796765U, key1 ^ 0x74656462U };

	ip_vs_half_sip_take(v, message);
	ip_vs_half_sip_take(v, 4U << 24); /* the length ends the message */
	v[2] ^= 0xff;
	ip_vs_half_sip_round(v);
	ip_vs_half_sip_round(v);
	ip_vs_half_sip_round(v);
	return v[1] ^ v[3];
}

static inline u32 ip_vs_word_hash(u32 value, u32 key)
{
	const u8 *bytes = (const u8 *)&value;
	u32 message = bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;

	if (sizeof(long) == 8)
		return (u32)ip_vs_sip_hash(message, key, key);
	return ip_vs_half_sip_hash(message, key, key);
}

#endif
