/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as they are on the wire: big endian, at any address. */
#ifndef IP_VS_CORE_BYTES_H
#define IP_VS_CORE_BYTES_H

#include "core/base.h"

static inline void ip_vs_put16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline u16 ip_vs_get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline void ip_vs_put32(u8 *p, u32 v)
{
	ip_vs_put16(p, v >> 16);
	ip_vs_put16(p + 2, v & 0xffff);
}

static inline u32 ip_vs_get32(const u8 *p)
{
	return (u32)ip_vs_get16(p) << 16 | ip_vs_get16(p + 2);
}

static inline void ip_vs_put64(u8 *p, u64 v)
{
	ip_vs_put32(p, v >> 32);
	ip_vs_put32(p + 4, (u32)v);
}

static inline u64 ip_vs_get64(const u8 *p)
{
	return (u64)ip_vs_get32(p) << 32 | ip_vs_get32(p + 4);
}

#endif
