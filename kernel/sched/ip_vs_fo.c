// SPDX-License-Identifier: GPL-2.0-only
/* Failover: always the eligible destination with the largest weight. Source: spec/schedulers.md, section 6. */
#include <linux/rculist.h>
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

static struct ip_vs_dest *fo_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_dest *dest, *heaviest = NULL;
	int weight, most = 0;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		weight = ip_vs_dest_weight(dest);
		if (weight > most && !ip_vs_dest_is_overloaded(dest)) {
			heaviest = dest;
			most = weight;
		}
	}
	return heaviest;
}

static const struct ip_vs_scheduler fo_scheduler = {
	.name = "fo",
	.module = THIS_MODULE,
	.pick = fo_pick,
};

IP_VS_SCHEDULER_MODULE(fo_scheduler, "IPVS weighted failover scheduler");
