/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.7 lets those who make a packet count it as requested (OutRequests); before, the output function did. */
#include_next <net/ip.h>

#ifndef IP_VS_COMPAT_IP_H
#define IP_VS_COMPAT_IP_H

#include <linux/version.h>

static inline void ip_count_out_request(struct net *net)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	IP_INC_STATS(net, IPSTATS_MIB_OUTREQUESTS);
#endif
}

#endif
