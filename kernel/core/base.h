/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one seam between pure logic and its surroundings: the kernel's headers in the module, a shim of the
 * unit tests elsewhere. Nothing in core/ may include anything else from outside core/.
 */
#ifndef IP_VS_CORE_BASE_H
#define IP_VS_CORE_BASE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#else
#include "core_shim.h"
#endif

#endif
