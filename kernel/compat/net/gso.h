/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.5 moved the helpers of segmentation into a header of their own. */
#ifndef IP_VS_COMPAT_GSO_H
#define IP_VS_COMPAT_GSO_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include_next <net/gso.h>
#else
#include <linux/skbuff.h>
#endif

#endif
