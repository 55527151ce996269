/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.5 moved the helpers of segmentation into a header of their own. */
#if __has_include_next(<net/gso.h>)
#include_next <net/gso.h>
#else
#include <linux/skbuff.h>
#endif
