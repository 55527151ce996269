// SPDX-License-Identifier: GPL-2.0-only
/* Least connections, weights only say who takes part. Source: spec/schedulers.md, section 4. */
#include <linux/rculist.h>
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

static struct ip_vs_dest *lc_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_dest *dest, *least = NULL;
	u64 load, least_load = 0;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		if (!ip_vs_dest_is_eligible(dest))
			continue;
		load = ip_vs_dest_load(dest);
		if (!least || load < least_load) {
			least = dest;
			least_load = load;
		}
	}
	return least;
}

static const struct ip_vs_scheduler lc_scheduler = {
	.name = "lc",
	.module = THIS_MODULE,
	.pick = lc_pick,
};

IP_VS_SCHEDULER_MODULE(lc_scheduler, "IPVS least connection scheduler");
