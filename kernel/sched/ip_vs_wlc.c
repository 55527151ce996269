// SPDX-License-Identifier: GPL-2.0-only
/* Least connections in proportion to the weights. Source: spec/schedulers.md, section 4. */
#include <linux/rculist.h>
#include "core/load.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

static struct ip_vs_dest *wlc_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_dest *dest, *least = NULL;
	u64 load, least_load = 0;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		if (!ip_vs_dest_is_eligible(dest))
			continue;
		load = ip_vs_dest_load(dest);
		if (!least || ip_vs_load_less(load, ip_vs_dest_weight(dest), least_load,
					      ip_vs_dest_weight(least))) {
			least = dest;
			least_load = load;
		}
	}
	return least;
}

static const struct ip_vs_scheduler wlc_scheduler = {
	.name = "wlc",
	.module = THIS_MODULE,
	.pick = wlc_pick,
};

IP_VS_SCHEDULER_MODULE(wlc_scheduler, "IPVS weighted least connection scheduler");
