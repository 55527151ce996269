// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shortest expected delay: as if the connection were there already, only active ones count. Source:
 * spec/schedulers.md, section 5.
 */
#include "sched/least.h"
#include "sched/scheduler.h"

static struct ip_vs_dest *sed_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	return ip_vs_least_loaded(svc, ip_vs_dest_expected_load);
}

static const struct ip_vs_scheduler sed_scheduler = {
	.name = "sed",
	.module = THIS_MODULE,
	.pick = sed_pick,
};

IP_VS_SCHEDULER_MODULE(sed_scheduler, "IPVS shortest expected delay scheduler");
