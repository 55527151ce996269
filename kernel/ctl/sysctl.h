/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CTL_SYSCTL_H
#define IP_VS_CTL_SYSCTL_H

#include "netns.h"

/* What the entries begin with; other folders' beginnings read some of them. */
void ip_vs_sysctl_defaults(struct ip_vs_net *ipvs);

/* /proc/sys/net/ipv4/vs of a namespace. 0 or ENOMEM. */
int ip_vs_sysctl_init(struct ip_vs_net *ipvs);
void ip_vs_sysctl_uninit(struct ip_vs_net *ipvs);

#endif
