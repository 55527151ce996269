/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.11 made the entry that a handler is called with constant. */
#include_next <linux/sysctl.h>

#ifndef IP_VS_COMPAT_SYSCTL_H
#define IP_VS_COMPAT_SYSCTL_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define ctl_table_const const
#else
#define ctl_table_const
#endif

#endif
