/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.6 added the length of the table; before, an empty entry ended it. */
#include_next <net/net_namespace.h>

#ifndef IP_VS_COMPAT_NET_NAMESPACE_H
#define IP_VS_COMPAT_NET_NAMESPACE_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static inline struct ctl_table_header *register_net_sysctl_sz(struct net *net, const char *path,
							      struct ctl_table *table, size_t size)
{
	return register_net_sysctl(net, path, table);
}
#endif

#endif
