// SPDX-License-Identifier: GPL-2.0-only
/* Weighted round robin. The layers are explained in core/wrr.h. Source: spec/schedulers.md, section 3. */
#include <linux/rculist.h>
#include "core/wrr.h"
#include "sched/scheduler.h"
#include "sched/weights.h"
#include "svc/dest.h"
#include "svc/service.h"

struct wrr {
	struct list_head *last; /* the destination picked last, or the list's head */
	struct ip_vs_wrr layers;
	struct ip_vs_weights weights; /* configuration mutex */
};

static int wrr_init(struct ip_vs_service *svc, void *data)
{
	struct wrr *wrr = data;

	wrr->last = &svc->dests;
	ip_vs_weights_collect(&wrr->weights, svc);
	ip_vs_wrr_start(&wrr->layers, ip_vs_weights_gcd(&wrr->weights), ip_vs_weights_max(&wrr->weights));
	return 0;
}

static void wrr_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
			enum ip_vs_sched_event event)
{
	struct wrr *wrr = data;

	switch (event) {
	case IP_VS_SCHED_DEST_ADDED:
		ip_vs_weights_add(&wrr->weights, dest);
		break;
	case IP_VS_SCHED_DEST_EDITED:
		ip_vs_weights_edit(&wrr->weights, dest);
		break;
	case IP_VS_SCHED_DEST_REMOVED:
		ip_vs_weights_remove(&wrr->weights, dest);
		break;
	case IP_VS_SCHED_DESTS_CHANGED:
		ip_vs_weights_collect(&wrr->weights, svc);
		break;
	}
	spin_lock_bh(&svc->sched_lock);
	wrr->last = &svc->dests;
	ip_vs_wrr_change(&wrr->layers, ip_vs_weights_gcd(&wrr->weights), ip_vs_weights_max(&wrr->weights));
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
