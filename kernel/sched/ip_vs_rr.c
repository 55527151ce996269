// SPDX-License-Identifier: GPL-2.0-only
/* Round robin: every eligible destination in turn. Source: spec/schedulers.md, section 2. */
#include <linux/rculist.h>
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

struct rr {
	struct list_head *last; /* the destination picked last, or the list's head */
};

static int rr_init(struct ip_vs_service *svc, void *data)
{
	struct rr *rr = data;

	rr->last = &svc->dests;
	return 0;
}

static bool is_gone(const struct ip_vs_service *svc, struct list_head *pos)
{
	return pos != &svc->dests && ip_vs_dest_is_in_trash(list_entry(pos, struct ip_vs_dest, node));
}

/*
 * Where one that is gone stood. An unlinked node still points to its successor, which may be gone, too; the predecessor of
 * the first that is there is the one we look for. When very many have gone the round begins anew.
 */
static struct list_head *place_of(struct ip_vs_service *svc, struct list_head *pos)
{
	int steps;

	for (steps = 0; steps < 64; steps++) {
		pos = pos->next;
		if (!is_gone(svc, pos))
			return pos->prev;
	}
	return &svc->dests;
}

static void rr_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
		       enum ip_vs_sched_event event)
{
	struct rr *rr = data;

	if (event != IP_VS_SCHED_DEST_REMOVED && event != IP_VS_SCHED_DESTS_CHANGED)
		return;
	spin_lock_bh(&svc->sched_lock);
	if (is_gone(svc, rr->last))
		rr->last = place_of(svc, rr->last);
	spin_unlock_bh(&svc->sched_lock);
}

static struct ip_vs_dest *rr_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct ip_vs_dest *dest, *picked = NULL;
	struct list_head *pos;
	struct rr *rr = data;
	int passes = 0;

	spin_lock_bh(&svc->sched_lock);
	/*
	 * One round ends where it began. A destination may be unlinked while we walk, and it may be the one
	 * we began at: then the head passing by twice ends the round.
	 */
	pos = rr->last;
	do {
		pos = rcu_dereference(list_next_rcu(pos));
		if (pos == &svc->dests) {
			if (++passes > 1)
				break;
			continue;
		}
		dest = list_entry(pos, struct ip_vs_dest, node);
		if (ip_vs_dest_is_eligible(dest)) {
			picked = dest;
			rr->last = pos;
			break;
		}
	} while (pos != rr->last);
	spin_unlock_bh(&svc->sched_lock);
	return picked;
}

static const struct ip_vs_scheduler rr_scheduler = {
	.name = "rr",
	.module = THIS_MODULE,
	.data_size = sizeof(struct rr),
	.init = rr_init,
	.changed = rr_changed,
	.pick = rr_pick,
};

IP_VS_SCHEDULER_MODULE(rr_scheduler, "IPVS round robin scheduler");
