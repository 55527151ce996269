// SPDX-License-Identifier: GPL-2.0-only
/*
 * Never queue: an idle server at once, otherwise the shortest expected delay. Source: spec/schedulers.md,
 * section 5.
 */
#include "sched/least.h"
#include "sched/scheduler.h"

static struct ip_vs_dest *nq_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_dest *dest;

	list_for_each_entry_rcu(dest, &svc->dests, node)
		if (ip_vs_dest_is_eligible(dest) && !atomic_read(&dest->active))
			return dest;
	return ip_vs_least_loaded(svc, ip_vs_dest_expected_load);
}

static const struct ip_vs_scheduler nq_scheduler = {
	.name = "nq",
	.module = THIS_MODULE,
	.pick = nq_pick,
};

IP_VS_SCHEDULER_MODULE(nq_scheduler, "IPVS never queue scheduler");
