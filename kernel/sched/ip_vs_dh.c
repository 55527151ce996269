// SPDX-License-Identifier: GPL-2.0-only
/* Destination hashing: the virtual address decides, weights do not. Source: spec/schedulers.md, section 8. */
#include "sched/address.h"
#include "sched/scheduler.h"
#include "sched/spread.h"

static int one_bucket(const struct ip_vs_dest *dest)
{
	return 1;
}

static int dh_init(struct ip_vs_service *svc, void *data)
{
	return ip_vs_spread_init(svc, data, one_bucket);
}

static void dh_exit(struct ip_vs_service *svc, void *data)
{
	ip_vs_spread_exit(data);
}

static void dh_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
		       enum ip_vs_sched_event event)
{
	if (event != IP_VS_SCHED_DEST_EDITED)
		ip_vs_spread_rebuild(svc, data, one_bucket);
}

static enum ip_vs_sched_remark dh_remark(const struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	return ip_vs_spread_remark(svc, dest, one_bucket, false);
}

static struct ip_vs_dest *dh_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_spread_data *dh = data;
	u32 bucket = ip_vs_spread_bucket(ip_vs_address_fold(pkt->af, ip_vs_packet_vaddr(pkt)));
	struct ip_vs_dest *dest = ip_vs_spread_get(rcu_dereference(dh->spread), bucket);

	return dest && ip_vs_dest_is_eligible(dest) ? dest : NULL;
}

static const struct ip_vs_scheduler dh_scheduler = {
	.name = "dh",
	.module = THIS_MODULE,
	.data_size = sizeof(struct ip_vs_spread_data),
	.init = dh_init,
	.exit = dh_exit,
	.changed = dh_changed,
	.remark = dh_remark,
	.pick = dh_pick,
};

IP_VS_SCHEDULER_MODULE(dh_scheduler, "IPVS destination hashing scheduler");
