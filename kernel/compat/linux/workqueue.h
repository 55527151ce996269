/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.17 gave the queue of work for no CPU in particular another name, and warns of the old one since. */
#include_next <linux/workqueue.h>

#ifndef IP_VS_COMPAT_WORKQUEUE_H
#define IP_VS_COMPAT_WORKQUEUE_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_dfl_wq system_unbound_wq
#endif

#endif
