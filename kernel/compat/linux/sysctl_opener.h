/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_COMPAT_SYSCTL_OPENER_H
#define IP_VS_COMPAT_SYSCTL_OPENER_H

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/version.h>

/*
 * Had whoever opened the file that a handler is called for this capability over @ns? Handlers are not given the file,
 * but what they get as @ppos has been the position in its kiocb since Linux 5.10, up to the newest that we know. On
 * another one it is the writer who is looked at.
 */
static inline bool sysctl_opener_ns_capable(loff_t *ppos, struct user_namespace *ns, int cap)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 4, 0)
	return file_ns_capable(container_of(ppos, struct kiocb, ki_pos)->ki_filp, ns, cap);
#else
	return ns_capable(ns, cap);
#endif
}

#endif
