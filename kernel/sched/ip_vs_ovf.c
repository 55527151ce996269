// SPDX-License-Identifier: GPL-2.0-only
/*
 * Overflow: the destination with the largest weight until its active connections exceed the weight, then the
 * next one. Source: spec/schedulers.md, section 6.
 */
#include <linux/rculist.h>
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

static struct ip_vs_dest *ovf_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_dest *dest, *heaviest = NULL;
	int weight, most = 0;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		weight = ip_vs_dest_weight(dest);
		if (weight > most && !ip_vs_dest_is_overloaded(dest) && atomic_read(&dest->active) <= weight) {
			heaviest = dest;
			most = weight;
		}
	}
	return heaviest;
}

static const struct ip_vs_scheduler ovf_scheduler = {
	.name = "ovf",
	.module = THIS_MODULE,
	.pick = ovf_pick,
};

IP_VS_SCHEDULER_MODULE(ovf_scheduler, "IPVS overflow connection scheduler");
