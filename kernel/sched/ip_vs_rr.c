// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round robin: every eligible destination in turn. Source: spec/schedulers.md, section 2.
 *
 * Packets take no lock. They look for the next destination from the place of the last pick, under RCU, and have it when
 * they move the place there before anybody else has moved it: so each pick is one step of the round, on however many CPUs.
 *
 * The place may stand on a destination that leaves. It must not stay there for longer than readers of the list do, since
 * nothing else keeps the destination from being freed. Who takes it out of the list looks at the place afterwards, who
 * moves the place looks at the destination afterwards: one of them sees the other, and leads the place away.
 */
#include <linux/rculist.h>
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

/* Who has lost the race for the place so often lets it be: then two packets get the same destination. */
#define MAX_LOST 16

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
 * Where one that is gone stood, under the configuration mutex. An unlinked node still points to its successor, which may
 * be gone, too; the predecessor of the first that is there is the one we look for. When very many have gone the round
 * begins anew.
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
	struct list_head *last;
	struct rr *rr = data;

	if (event != IP_VS_SCHED_DEST_REMOVED && event != IP_VS_SCHED_DESTS_CHANGED)
		return;
	/* It has left, and only then we look; see move_place(). */
	smp_mb();
	last = READ_ONCE(rr->last);
	/* Whoever moves the place meanwhile looks after it himself. */
	if (is_gone(svc, last))
		cmpxchg(&rr->last, last, place_of(svc, last));
}

/* The next eligible one behind @last, which is @last itself if there is no other; NULL = none. */
static struct list_head *next_eligible(struct ip_vs_service *svc, struct list_head *last)
{
	struct list_head *pos = last;
	int passes = 0;

	/*
	 * One round ends where it began. A destination may be unlinked while we walk, and it may be the one
	 * we began at: then the head passing by twice ends the round.
	 */
	do {
		pos = rcu_dereference(list_next_rcu(pos));
		if (pos == &svc->dests) {
			if (++passes > 1)
				break;
			continue;
		}
		if (ip_vs_dest_is_eligible(list_entry(pos, struct ip_vs_dest, node)))
			return pos;
	} while (pos != last);
	return NULL;
}

/* false: somebody else was faster, or @to has left. */
static bool move_place(struct ip_vs_service *svc, struct rr *rr, struct list_head *from, struct list_head *to)
{
	if (cmpxchg(&rr->last, from, to) != from)
		return false;
	/* cmpxchg() is a full barrier, too: we have moved the place, and only then we look. */
	if (likely(!is_gone(svc, to)))
		return true;
	/* Without the mutex nobody knows for long where it stood; a round that begins anew is good enough. */
	cmpxchg(&rr->last, to, &svc->dests);
	return false;
}

static struct ip_vs_dest *rr_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct list_head *last, *pos;
	struct rr *rr = data;
	int lost = 0;

	do {
		last = READ_ONCE(rr->last);
		pos = next_eligible(svc, last);
		if (!pos)
			return NULL;
		if (pos == last)
			break;
	} while (!move_place(svc, rr, last, pos) && ++lost < MAX_LOST);
	return list_entry(pos, struct ip_vs_dest, node);
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
