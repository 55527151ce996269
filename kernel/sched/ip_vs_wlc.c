// SPDX-License-Identifier: GPL-2.0-only
/* Least connections in proportion to the weights. Source: spec/schedulers.md, section 4. */
#include "sched/least.h"
#include "sched/scheduler.h"

static struct ip_vs_dest *wlc_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	return ip_vs_least_loaded(svc, ip_vs_dest_load);
}

static const struct ip_vs_scheduler wlc_scheduler = {
	.name = "wlc",
	.module = THIS_MODULE,
	.pick = wlc_pick,
};

IP_VS_SCHEDULER_MODULE(wlc_scheduler, "IPVS weighted least connection scheduler");
