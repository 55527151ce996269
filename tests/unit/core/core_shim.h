// SPDX-License-Identifier: GPL-2.0-or-later
// What kernel/core/base.h takes from the kernel, for user space: the one seam of the pure logic.
#pragma once

#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
typedef u16 __be16;

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

#define U16_MAX UINT16_MAX
