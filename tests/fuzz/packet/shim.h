/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernel/proto/packet.c and nat.c take from the kernel, for user space. Read in before every file; the kernel's own
 * headers are empty files (tests/fuzz/build.mk), those that user space has are as they are.
 *
 * A packet has a part that may be looked at in place, skb->data, and one that may not, as in pages of a device. The first
 * is an allocation of just that size: whoever reads behind what he has asked for is found by AddressSanitizer.
 */
#pragma once
#include <assert.h>
#include <stdlib.h>
#include "core_shim.h"
#include <linux/types.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define noinline	__attribute__((noinline))
#define __force
#define READ_ONCE(x)	(x)
#define this_cpu_inc(x) ((void)(x)++)
#define IS_ENABLED(x)	1

enum { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE, CHECKSUM_PARTIAL };
#define CSUM_MANGLED_0		((__sum16)0xffff)
#define NETIF_F_SCTP_CRC	1
#define SKB_GSO_UDP_TUNNEL_CSUM 1

struct net_device {
	u64 features;
};

struct skb_shared_info {
	unsigned int gso_size;
	unsigned int gso_type;
};

struct sk_buff {
	u8 *head;		/* there is no room before the data */
	u8 *data;
	u8 *rest;		/* what may not be looked at in place */
	unsigned int len;	/* of both */
	unsigned int linear;	/* of the first */
	const struct net_device *dev;
	struct skb_shared_info shared;
	u32 mark;
	u16 csum_start;
	u16 csum_offset;
	u8 ip_summed;
	bool csum_not_inet;
	bool is_cloned;
};

static inline bool skb_cloned(const struct sk_buff *skb)
{
	return skb->is_cloned;
}

static inline struct skb_shared_info *skb_shinfo(const struct sk_buff *skb)
{
	return (struct skb_shared_info *)&skb->shared;
}

static inline bool skb_is_gso(const struct sk_buff *skb)
{
	return skb->shared.gso_size;
}

static inline bool skb_csum_is_sctp(const struct sk_buff *skb)
{
	return skb->csum_not_inet;
}

static inline int skb_checksum_start_offset(const struct sk_buff *skb)
{
	return skb->csum_start - (int)(skb->data - skb->head);
}

/* Bytes from anywhere in the packet. */
static inline void shim_copy(const struct sk_buff *skb, unsigned int off, unsigned int len, u8 *to)
{
	unsigned int i;

	for (i = off; i < off + len; i++)
		*to++ = i < skb->linear ? skb->data[i] : skb->rest[i - skb->linear];
}

static inline void *skb_header_pointer(const void *packet, unsigned int off, unsigned int len, void *buf)
{
	const struct sk_buff *skb = (const struct sk_buff *)packet;

	if (off > skb->len || len > skb->len - off)
		return NULL;
	if (off + len <= skb->linear)
		return skb->data + off;
	shim_copy(skb, off, len, (u8 *)buf);
	return buf;
}

/* Moves to another place what it has, so that pointers into the old one are found, too. */
static inline int skb_ensure_writable(struct sk_buff *skb, unsigned int len)
{
	unsigned int linear = len > skb->linear ? len : skb->linear;
	u8 *data, *rest;

	if (len > skb->len)
		return -ENOMEM;
	data = (u8 *)malloc(linear + !linear);
	rest = (u8 *)malloc(skb->len - linear + 1);
	assert(data && rest);
	shim_copy(skb, 0, linear, data);
	shim_copy(skb, linear, skb->len - linear, rest);
	free(skb->data);
	free(skb->rest);
	skb->head = skb->data = data;
	skb->rest = rest;
	skb->linear = linear;
	return 0;
}

/* --- sums of 16 bits (RFC 1071), in the byte order of this machine --- */

static inline __wsum csum_add(__wsum a, __wsum b)
{
	u64 sum = (u64)a + b;

	return (u32)sum + (u32)(sum >> 32);
}

static inline __wsum csum_sub(__wsum a, __wsum b)
{
	return csum_add(a, ~b);
}

static inline __wsum csum_unfold(__sum16 n)
{
	return n;
}

static inline __sum16 csum_fold(__wsum sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__sum16)~sum;
}

static inline __wsum csum_partial(const void *bytes, int len, __wsum sum)
{
	const u8 *p = (const u8 *)bytes;
	u16 word;

	for (; len > 1; len -= 2, p += 2) {
		memcpy(&word, p, 2);
		sum = csum_add(sum, word);
	}
	return len ? csum_add(sum, *p) : sum;
}

static inline __wsum skb_checksum(const struct sk_buff *skb, int off, int len, __wsum sum)
{
	u8 *bytes = (u8 *)malloc(len + 1);

	assert(bytes && off >= 0 && len >= 0 && (unsigned int)(off + len) <= skb->len);
	shim_copy(skb, off, len, bytes);
	sum = csum_partial(bytes, len, sum);
	free(bytes);
	return sum;
}

static inline void csum_replace4(__sum16 *sum, __be32 from, __be32 to)
{
	*sum = csum_fold(csum_add(csum_sub(~csum_unfold(*sum), from), to));
}

static inline __sum16 csum_ipv6_magic(const void *saddr, const void *daddr, u32 len, u8 proto, __wsum sum)
{
	__be32 more[] = { htonl(len), htonl(proto) };

	sum = csum_partial(saddr, 16, sum);
	sum = csum_partial(daddr, 16, sum);
	return csum_fold(csum_partial(more, sizeof(more), sum));
}

/* --- SCTP: CRC32c over the packet, as if the field were zero --- */

struct sctphdr {
	__be16 source;
	__be16 dest;
	__be32 vtag;
	__le32 checksum;
};

static inline __le32 sctp_compute_cksum(const struct sk_buff *skb, unsigned int off)
{
	u32 crc = ~0U;
	unsigned int i, bit;
	u8 byte;

	for (i = off; i < skb->len; i++) {
		shim_copy(skb, i, 1, &byte);
		crc ^= i - off >= 8 && i - off < 12 ? 0 : byte;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}
