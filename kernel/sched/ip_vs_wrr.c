// SPDX-License-Identifier: GPL-2.0-only
/* Weighted round robin. The layers are explained in core/wrr.h. Source: spec/schedulers.md, section 3. */
#include <linux/rculist.h>
#include "core/wrr.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

struct wrr {
	struct list_head *last; /* the destination picked last, or the list's head */
	struct ip_vs_wrr layers;
};

static int weights_gcd(struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;
	int gcd = 0;

	list_for_each_entry(dest, &svc->dests, node)
		if (ip_vs_dest_weight(dest) > 0)
			gcd = ip_vs_wrr_gcd(ip_vs_dest_weight(dest), gcd);
	return gcd;
}

static int weights_max(struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;
	int max = 0;

	list_for_each_entry(dest, &svc->dests, node)
		max = max(max, ip_vs_dest_weight(dest));
	return max;
}

static int wrr_init(struct ip_vs_service *svc, void *data)
{
	struct wrr *wrr = data;

	wrr->last = &svc->dests;
	ip_vs_wrr_start(&wrr->layers, weights_gcd(svc), weights_max(svc));
	return 0;
}

static void wrr_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
			enum ip_vs_sched_event event)
{
	int gcd = weights_gcd(svc), max = weights_max(svc);
	struct wrr *wrr = data;

	spin_lock_bh(&svc->sched_lock);
	wrr->last = &svc->dests;
	ip_vs_wrr_change(&wrr->layers, gcd, max);
	spin_unlock_bh(&svc->sched_lock);
}

/* The rest of the list after @pos in the present layer; @best = largest eligible weight met. */
static struct ip_vs_dest *walk_layer(struct ip_vs_service *svc, struct list_head *pos, int cw, int *best)
{
	struct ip_vs_dest *dest;
	int weight;

	for (;;) {
		pos = rcu_dereference(list_next_rcu(pos));
		if (pos == &svc->dests)
			return NULL;
		dest = list_entry(pos, struct ip_vs_dest, node);
		if (ip_vs_dest_is_overloaded(dest))
			continue;
		weight = ip_vs_dest_weight(dest);
		if (weight >= cw)
			return dest;
		*best = max(*best, weight);
	}
}

static struct ip_vs_dest *wrr_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_dest *dest = NULL;
	struct ip_vs_wrr layers;
	struct wrr *wrr = data;
	int best = 0, cycles = 0;

	spin_lock_bh(&svc->sched_lock);
	layers = wrr->layers;
	if (!layers.mw)
		goto out;
	dest = walk_layer(svc, wrr->last, layers.cw, &best);
	while (!dest) {
		/* Twice from the top to the bottom: the weights are being edited under our feet. */
		if (!ip_vs_wrr_sink(&layers) && ++cycles > 2)
			goto out;
		best = 0;
		dest = walk_layer(svc, &svc->dests, layers.cw, &best);
		if (dest)
			break;
		/* A whole pass has met everybody; it met nobody of any weight. */
		if (!best)
			goto out;
		/* No need to walk the layers above the best weight met: go to the one before its layer. */
		layers.cw -= (layers.cw - best - 1) / layers.di * layers.di;
	}
	wrr->last = &dest->node;
	wrr->layers.cw = layers.cw;
out:
	spin_unlock_bh(&svc->sched_lock);
	return dest;
}

static const struct ip_vs_scheduler wrr_scheduler = {
	.name = "wrr",
	.module = THIS_MODULE,
	.tells_overload = true,
	.data_size = sizeof(struct wrr),
	.init = wrr_init,
	.changed = wrr_changed,
	.pick = wrr_pick,
};

IP_VS_SCHEDULER_MODULE(wrr_scheduler, "IPVS weighted round robin scheduler");
