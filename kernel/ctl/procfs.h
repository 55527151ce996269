/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CTL_PROCFS_H
#define IP_VS_CTL_PROCFS_H

#include "netns.h"

/* The files /proc/net/ip_vs* of a namespace. 0 or ENOMEM. */
int ip_vs_procfs_init(struct ip_vs_net *ipvs);
void ip_vs_procfs_uninit(struct ip_vs_net *ipvs);

#endif
