/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who pays for what packets make: connections and what hangs on them. Packets belong to no process, so nobody would be
 * charged. In a namespace whose root is not the host's it is the memory control group of who added the first service; what
 * goes beyond its limit is not made, and the reserves that an interrupt may take from are not theirs.
 */
#ifndef IP_VS_CHARGE_H
#define IP_VS_CHARGE_H

#include <linux/gfp.h>
#include <linux/sched/mm.h>
#include "netns.h"

/* From begin to end: no sleep. */
struct ip_vs_charge {
	struct mem_cgroup *before;
	gfp_t gfp;	/* for the allocations in between */
};

static __always_inline struct ip_vs_charge ip_vs_charge_begin(const struct ip_vs_net *ipvs)
{
	if (likely(!ipvs->payer))
		return (struct ip_vs_charge){ .gfp = GFP_ATOMIC };
	return (struct ip_vs_charge){
		.before = set_active_memcg(ipvs->payer),
		.gfp = GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT,
	};
}

static __always_inline void ip_vs_charge_end(const struct ip_vs_net *ipvs, struct ip_vs_charge charge)
{
	if (unlikely(ipvs->payer))
		set_active_memcg(charge.before);
}

#endif
