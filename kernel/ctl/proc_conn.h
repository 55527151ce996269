/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CTL_PROC_CONN_H
#define IP_VS_CTL_PROC_CONN_H

#include <linux/proc_fs.h>

/* /proc/net/ip_vs_conn: all connections and templates of the namespace the file belongs to. */
extern const struct proc_ops ip_vs_proc_conn_ops;

/* /proc/net/ip_vs_conn_sync: the same with where they come from. */
extern const struct proc_ops ip_vs_proc_conn_sync_ops;

#endif
