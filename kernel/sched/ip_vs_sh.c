// SPDX-License-Identifier: GPL-2.0-only
/*
 * Source hashing: a client's address, with sh-port also its port, decides. With sh-fallback other buckets
 * are tried when the server cannot be used. Source: spec/schedulers.md, section 9.
 */
#include "sched/address.h"
#include "sched/scheduler.h"
#include "sched/spread.h"

static int sh_init(struct ip_vs_service *svc, void *data)
{
	return ip_vs_spread_init(svc, data, ip_vs_dest_weight);
}

static void sh_exit(struct ip_vs_service *svc, void *data)
{
	ip_vs_spread_exit(data);
}

static void sh_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
		       enum ip_vs_sched_event event)
{
	ip_vs_spread_rebuild(svc, data, ip_vs_dest_weight);
}

static enum ip_vs_sched_remark sh_remark(const struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	return ip_vs_spread_remark(svc, dest, ip_vs_dest_weight, svc->flags & IP_VS_SVC_F_SCHED_SH_FALLBACK);
}

static struct ip_vs_dest *fall_back(const struct ip_vs_spread *spread, u32 bucket)
{
	struct ip_vs_dest *dest;
	u32 n;

	for (n = 0; n < IP_VS_SPREAD_SIZE; n++) {
		dest = ip_vs_spread_get(spread, ip_vs_spread_probe(bucket, n));
		if (!dest)
			break;
		if (ip_vs_dest_is_eligible(dest))
			return dest;
	}
	return NULL;
}

static struct ip_vs_dest *sh_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_spread_data *sh = data;
	const struct ip_vs_spread *spread = rcu_dereference(sh->spread);
	u32 flags = READ_ONCE(svc->flags);
	u32 bucket = ip_vs_spread_bucket(ip_vs_client_fold(pkt, flags & IP_VS_SVC_F_SCHED_SH_PORT));
	struct ip_vs_dest *dest = ip_vs_spread_get(spread, bucket);

	if (dest && ip_vs_dest_is_eligible(dest))
		return dest;
	return flags & IP_VS_SVC_F_SCHED_SH_FALLBACK ? fall_back(spread, bucket) : NULL;
}

static const struct ip_vs_scheduler sh_scheduler = {
	.name = "sh",
	.module = THIS_MODULE,
	.data_size = sizeof(struct ip_vs_spread_data),
	.init = sh_init,
	.exit = sh_exit,
	.changed = sh_changed,
	.remark = sh_remark,
	.pick = sh_pick,
};

IP_VS_SCHEDULER_MODULE(sh_scheduler, "IPVS source hashing scheduler");
