/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long an expectation lasts, for those that have no helper of connection tracking to say so. In new kernels, and in
 * late releases of old ones, this is a number of jiffies; before, it was a timer, started by who took it in.
 */
#include_next <net/netfilter/nf_conntrack_expect.h>

#ifndef IP_VS_COMPAT_NF_CONNTRACK_EXPECT_H
#define IP_VS_COMPAT_NF_CONNTRACK_EXPECT_H

#include <linux/jiffies.h>
#include <linux/timer.h>

/* Before others know of it. */
static inline void ip_vs_expect_set_timeout(struct nf_conntrack_expect *exp, u32 timeout)
{
	void *field = &exp->timeout;

	if (sizeof(exp->timeout) == sizeof(u32))
		*(u32 *)field = (u32)jiffies + timeout;
	else
		((struct timer_list *)field)->expires = jiffies + timeout;
}

#endif
