/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CTL_SYSCTL_H
#define IP_VS_CTL_SYSCTL_H

#include "netns.h"

/* /proc/sys/net/ipv4/vs of a namespace, with its defaults. 0 or ENOMEM. */
int ip_vs_sysctl_init(struct ip_vs_net *ipvs);
void ip_vs_sysctl_uninit(struct ip_vs_net *ipvs);

#endif
