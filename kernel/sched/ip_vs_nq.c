// SPDX-License-Identifier: GPL-2.0-only
/*
 * Never queue: an idle server at once, otherwise the shortest expected delay. Source: spec/schedulers.md,
 * section 5.
 */
#include "sched/least.h"

/* An idle one has less than any other, whatever the weights, and is not less than another idle one. */
static u64 nq_load(const struct ip_vs_dest *dest)
{
	return atomic_read(&dest->active) ? ip_vs_dest_expected_load(dest) : 0;
}

static struct ip_vs_dest *walk(const struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;

	list_for_each_entry_rcu(dest, &svc->dests, node)
		if (ip_vs_dest_is_eligible(dest) && !atomic_read(&dest->active))
			return dest;
	return ip_vs_least_loaded(svc, ip_vs_dest_expected_load, true);
}

IP_VS_LEAST_SCHEDULER(nq, nq_load, true, walk(svc), "IPVS never queue scheduler");
