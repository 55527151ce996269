/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which destinations of a service have changed their load since its scheduler has last looked: told by whoever changes it, a
 * packet or a worker, in a few steps; asked by the scheduler before it picks. Only services with many destinations have a
 * contest; see sched/contest.c for what becomes of it.
 */
#ifndef IP_VS_SVC_CONTEST_H
#define IP_VS_SVC_CONTEST_H

#include <linux/bitmap.h>
#include <linux/jump_label.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include "core/tournament.h"

struct ip_vs_dest;
struct ip_vs_service;

/**
 * struct ip_vs_contest - the destinations of a service, in the order of their list
 * @game: who has the least load; under svc->sched_lock
 * @last: seat of who was picked last; written under svc->sched_lock, read without
 * @num_borrowed: how many have taken that one since then
 * @dests: one a seat; NULL = free. Changed under svc->sched_lock, read without. No references: the scheduler is told of each
 *	   destination that goes.
 * @next: seats below it are free: newer destinations stand in front of older ones. Configuration mutex
 * @stale: a bit for each seat whose bid is older than its load
 * @stale_words: a bit for each word of @stale that may not be 0
 * @refs: the scheduler's, and that of @settling
 */
struct ip_vs_contest {
	struct ip_vs_tournament game;
	u32 last;
	atomic_t num_borrowed;
	struct ip_vs_dest **dests;
	u32 next;
	unsigned long *stale;
	unsigned long *stale_words;
	refcount_t refs;
	struct rcu_head settling;
	struct rcu_head rcu;
};

/* Is there a contest anywhere? */
DECLARE_STATIC_KEY_FALSE(ip_vs_contests);

/* The load of a seat has been changed, and a full barrier was behind that. */
static inline void ip_vs_contest_mark(struct ip_vs_contest *contest, u32 seat)
{
	if (test_bit(seat, contest->stale))
		return;
	set_bit(seat, contest->stale);
	/* The scheduler clears the upper bit, then the lower ones. */
	smp_mb__after_atomic();
	set_bit(seat / BITS_PER_LONG, contest->stale_words);
}

/*
 * The load of a destination has been changed, which has its contest and its seat in these places. Either its bit is set when the
 * scheduler takes the bits, or whoever takes them, or gives it a seat, reads the new load: each side writes, and then reads what
 * the other one has written.
 */
static inline void ip_vs_contest_tell(struct ip_vs_contest __rcu *const *place, const u32 *seat_place)
{
	struct ip_vs_contest *contest;
	u32 seat;

	rcu_read_lock();
	smp_mb();
	/*
	 * The seat may already be that of the next contest. Then this one is about to be given up, and that one looks at all
	 * loads once more when all who know this one have left.
	 */
	contest = rcu_dereference(*place);
	smp_rmb();
	seat = READ_ONCE(*seat_place);
	if (contest && seat < contest->game.size)
		ip_vs_contest_mark(contest, seat);
	rcu_read_unlock();
}

#endif
