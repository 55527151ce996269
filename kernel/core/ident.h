/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of IPv4 headers (RFC 6864): those of one pair of ends and one protocol must not repeat while fragments of them may
 * be under way, so the kernel counts them in one place for all CPUs. Here they are taken from there in blocks, one number for
 * whoever came once, and the more the more often he comes: a block that somebody else needs is given up with what is left of it. So
 * is one that is old: meanwhile the others may have come round to its numbers.
 */
#ifndef IP_VS_CORE_IDENT_H
#define IP_VS_CORE_IDENT_H

#include "core/base.h"

enum { IP_VS_IDENT_BLOCK_MAX = 64 };

/**
 * struct ip_vs_ident_block - numbers that belong to whoever has the block
 * @space: where they are counted: a namespace
 * @ends: source and destination
 * @protocol: of what is in the packets
 * @size: how many there were
 * @left: how many there are still, from @next on
 * @fetched: when, on the caller's clock
 */
struct ip_vs_ident_block {
	const void *space;
	u64 ends;
	u8 protocol;
	u8 size;
	u8 left;
	u16 next;
	u32 fetched;
};

static inline bool ip_vs_ident_block_is_of(const struct ip_vs_ident_block *block, const void *space, u64 ends, u8 protocol)
{
	return block->ends == ends && block->space == space && block->protocol == protocol;
}

/* The next number, if the block is theirs, has one, and was fetched less than @life before @now. */
static inline bool ip_vs_ident_take(struct ip_vs_ident_block *block, const void *space, u64 ends, u8 protocol, u32 now, u32 life,
				    u16 *number)
{
	if (!ip_vs_ident_block_is_of(block, space, ends, protocol) || !block->left || now - block->fetched >= life)
		return false;
	*number = block->next++;
	block->left--;
	return true;
}

/* The block is theirs, and empty; returns how many numbers to fetch for it. */
static inline unsigned int ip_vs_ident_renew(struct ip_vs_ident_block *block, const void *space, u64 ends, u8 protocol)
{
	if (!ip_vs_ident_block_is_of(block, space, ends, protocol)) {
		block->space = space;
		block->ends = ends;
		block->protocol = protocol;
		block->size = 1;
	} else if (block->size < IP_VS_IDENT_BLOCK_MAX) {
		block->size *= 2;
	}
	block->left = 0;
	return block->size;
}

/* They were fetched @now: from @first on. The first one is used now. */
static inline void ip_vs_ident_fill(struct ip_vs_ident_block *block, u16 first, u32 now)
{
	block->fetched = now;
	block->next = first + 1;
	block->left = block->size - 1;
}

#endif
