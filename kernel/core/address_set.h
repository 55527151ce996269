/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A set of addresses that may claim to hold one that it does not, but never denies one that it holds: a row of bits,
 * one of which an address has. Asking costs a handful of instructions.
 */
#ifndef IP_VS_CORE_ADDRESS_SET_H
#define IP_VS_CORE_ADDRESS_SET_H

#include "core/base.h"

enum {
	IP_VS_ADDRESS_SET_BITS = 11,
	IP_VS_ADDRESS_SET_SIZE = 1 << IP_VS_ADDRESS_SET_BITS, /* bits, and places */
};

/* The place of an IPv4 address, in whatever byte order: below IP_VS_ADDRESS_SET_SIZE. */
static __always_inline u32 ip_vs_address_place4(u32 addr)
{
	/* 2^32 divided by the golden ratio: neighbours are spread, and so are addresses that differ in one byte. */
	return addr * 0x9e3779b9U >> (32 - IP_VS_ADDRESS_SET_BITS);
}

/* The same for an IPv6 address of four words. */
static __always_inline u32 ip_vs_address_place6(const u32 *words)
{
	u32 mixed = words[0] * 0x85ebca6bU ^ words[1] * 0xc2b2ae35U ^ words[2] * 0x27d4eb2fU ^ words[3];

	return ip_vs_address_place4(mixed);
}

#endif
