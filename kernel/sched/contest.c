// SPDX-License-Identifier: GPL-2.0-only
/*
 * Schedulers that want the least loaded destination look at all of them for each new connection. With many that is dear: so
 * these have a contest, in which a pick plays the matches of those alone whose load has changed since the last one
 * (core/tournament.h). Picks are those of a walk along the list.
 *
 * Destinations come and go under the configuration mutex. A new one gets the seat in front of the others, as in the list; when
 * none is free there, or a batch has changed any number of them, a new contest is made. Whoever changes a load meanwhile may
 * know the old one only: when all who do have left, the new one looks at every load once more.
 *
 * Without memory there is none, and picks walk along the list.
 */
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "netns.h"
#include "sched/least.h"

/* With fewer a walk is as cheap. */
#define LEAST_DESTS 96
#define MOST_DESTS (1u << 30)
/* So many packets at most take the last winner while somebody looks for the next one. */
#define MOST_BORROWED 16

DEFINE_STATIC_KEY_FALSE(ip_vs_contests);

static unsigned int num_words(const struct ip_vs_contest *contest)
{
	return BITS_TO_LONGS(contest->game.size);
}

static void contest_free(struct ip_vs_contest *contest)
{
	kvfree(contest->game.bids);
	kvfree(contest->game.winners);
	kvfree(contest->dests);
	kvfree(contest->stale);
	kvfree(contest->stale_words);
	kfree(contest);
}

static void contest_put(struct ip_vs_contest *contest)
{
	if (refcount_dec_and_test(&contest->refs))
		contest_free(contest);
}

static void contest_put_rcu(struct rcu_head *head)
{
	contest_put(container_of(head, struct ip_vs_contest, rcu));
}

/* Nobody who does not know of this contest changes a load any more. */
static void settle_rcu(struct rcu_head *head)
{
	struct ip_vs_contest *contest = container_of(head, struct ip_vs_contest, settling);
	unsigned int i;

	for (i = 0; i < num_words(contest); i++)
		WRITE_ONCE(contest->stale[i], ~0UL);
	smp_wmb();
	for (i = 0; i < num_words(contest); i++)
		set_bit(i, contest->stale_words);
	contest_put(contest);
}

static struct ip_vs_contest *contest_make(unsigned int num_dests)
{
	struct ip_vs_contest *contest = kzalloc(sizeof(*contest), GFP_KERNEL_ACCOUNT);
	u32 size;

	if (!contest)
		return NULL;
	/* Room for as many again, at least. */
	size = roundup_pow_of_two(2 * num_dests);
	contest->game.size = size;
	contest->game.bids = kvcalloc(size, sizeof(*contest->game.bids), GFP_KERNEL_ACCOUNT);
	contest->game.winners = kvcalloc(size, sizeof(*contest->game.winners), GFP_KERNEL_ACCOUNT);
	contest->dests = kvcalloc(size, sizeof(*contest->dests), GFP_KERNEL_ACCOUNT);
	contest->stale = kvcalloc(BITS_TO_LONGS(size), sizeof(long), GFP_KERNEL_ACCOUNT);
	contest->stale_words = kvcalloc(BITS_TO_LONGS(BITS_TO_LONGS(size)), sizeof(long), GFP_KERNEL_ACCOUNT);
	if (!contest->game.bids || !contest->game.winners || !contest->dests || !contest->stale || !contest->stale_words) {
		contest_free(contest);
		return NULL;
	}
	refcount_set(&contest->refs, 1);
	return contest;
}

/* What the destination of a seat comes with now. */
static void renew_bid(const struct ip_vs_least *least, struct ip_vs_contest *contest, u32 seat)
{
	const struct ip_vs_dest *dest = contest->dests[seat];
	struct ip_vs_bid *bid = &contest->game.bids[seat];
	int weight = dest ? ip_vs_dest_weight(dest) : 0;

	if (weight <= 0 || ip_vs_dest_is_overloaded(dest)) {
		bid->weight = 0;
		return;
	}
	bid->weight = least->by_weight ? weight : 1;
	bid->load = least->load_of(dest);
}

static void take_seat(struct ip_vs_contest *contest, struct ip_vs_dest *dest)
{
	u32 seat = --contest->next;

	/* A pick may find it here without the lock. */
	smp_store_release(&contest->dests[seat], dest);
	WRITE_ONCE(dest->seat, seat);
	rcu_assign_pointer(dest->contest, contest);
}

static void leave_seat(struct ip_vs_contest *contest, struct ip_vs_dest *dest)
{
	RCU_INIT_POINTER(dest->contest, NULL);
	WRITE_ONCE(contest->dests[dest->seat], NULL);
}

/* All destinations that are in the list, which are not few. */
static struct ip_vs_contest *contest_open(const struct ip_vs_service *svc, const struct ip_vs_least *least)
{
	struct ip_vs_contest *contest;
	struct ip_vs_dest *dest;
	u32 seat;

	contest = contest_make(svc->num_dests);
	if (!contest)
		return NULL;
	contest->next = contest->game.size;
	list_for_each_entry_reverse(dest, &svc->dests, node) {
		take_seat(contest, dest);
		cond_resched();
	}
	for (seat = contest->next; seat < contest->game.size; seat++) {
		renew_bid(least, contest, seat);
		cond_resched();
	}
	ip_vs_tournament_play_all(&contest->game);
	refcount_inc(&contest->refs);
	call_rcu(&contest->settling, settle_rcu);
	return contest;
}

/* Destinations that have another one by now keep that. */
static void contest_close(struct ip_vs_contest *contest)
{
	struct ip_vs_dest *dest;
	u32 seat;

	for (seat = contest->next; seat < contest->game.size; seat++) {
		dest = contest->dests[seat];
		if (dest && rcu_access_pointer(dest->contest) == contest)
			RCU_INIT_POINTER(dest->contest, NULL);
		cond_resched();
	}
	static_branch_dec(&ip_vs_contests);
	call_rcu(&contest->rcu, contest_put_rcu);
}

/* The contest of all destinations there are, or none. */
static void renew(struct ip_vs_service *svc, struct ip_vs_least *least)
{
	struct ip_vs_contest *old = rcu_dereference_protected(least->contest, lockdep_is_held(&svc->ipvs->mutex));
	struct ip_vs_contest *contest = NULL;

	if (svc->num_dests >= LEAST_DESTS && svc->num_dests < MOST_DESTS) {
		/* Loads are told before they are looked at. */
		static_branch_inc(&ip_vs_contests);
		contest = contest_open(svc, least);
		if (!contest)
			static_branch_dec(&ip_vs_contests);
	}
	rcu_assign_pointer(least->contest, contest);
	if (old)
		contest_close(old);
}

void ipvs_least_begin(struct ip_vs_service *svc, void *data)
{
	lockdep_assert_held(&svc->ipvs->mutex);
	renew(svc, data);
}
EXPORT_SYMBOL_GPL(ipvs_least_begin);

void ipvs_least_exit(struct ip_vs_service *svc, void *data)
{
	struct ip_vs_least *least = data;
	struct ip_vs_contest *contest = rcu_dereference_protected(least->contest, lockdep_is_held(&svc->ipvs->mutex));

	if (!contest)
		return;
	RCU_INIT_POINTER(least->contest, NULL);
	contest_close(contest);
}
EXPORT_SYMBOL_GPL(ipvs_least_exit);

void ipvs_least_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest, enum ip_vs_sched_event event)
{
	struct ip_vs_least *least = data;
	struct ip_vs_contest *contest = rcu_dereference_protected(least->contest, lockdep_is_held(&svc->ipvs->mutex));

	/* So few that there need be none, or so many that there should be one. */
	if (!contest || svc->num_dests < LEAST_DESTS / 2 || event == IP_VS_SCHED_DESTS_CHANGED ||
	    (event == IP_VS_SCHED_DEST_ADDED && !contest->next)) {
		renew(svc, least);
		return;
	}
	spin_lock_bh(&svc->sched_lock);
	if (event == IP_VS_SCHED_DEST_ADDED) {
		take_seat(contest, dest);
		/* Who changes its load from now on marks it, or has done so before it is read. */
		smp_mb();
	} else if (event == IP_VS_SCHED_DEST_REMOVED) {
		leave_seat(contest, dest);
	}
	renew_bid(least, contest, dest->seat);
	ip_vs_tournament_play(&contest->game, dest->seat);
	spin_unlock_bh(&svc->sched_lock);
}
EXPORT_SYMBOL_GPL(ipvs_least_changed);

/*
 * Play again what has changed. Where that is much, all matches together are less work than one by one, and never more than
 * a walk along the list would be.
 */
static void catch_up(const struct ip_vs_least *least, struct ip_vs_contest *contest)
{
	unsigned int upper, lower, i, most = contest->game.size / 16, done = 0;
	unsigned long words, seats;
	u32 seat;

	for (upper = 0; upper < BITS_TO_LONGS(num_words(contest)); upper++) {
		if (!READ_ONCE(contest->stale_words[upper]))
			continue;
		words = xchg(&contest->stale_words[upper], 0);
		for_each_set_bit(i, &words, BITS_PER_LONG) {
			lower = upper * BITS_PER_LONG + i;
			seats = xchg(&contest->stale[lower], 0);
			while (seats) {
				seat = lower * BITS_PER_LONG + __ffs(seats);
				seats &= seats - 1;
				renew_bid(least, contest, seat);
				if (++done <= most)
					ip_vs_tournament_play(&contest->game, seat);
			}
		}
	}
	if (done > most)
		ip_vs_tournament_play_all(&contest->game);
}

static struct ip_vs_dest *winner(struct ip_vs_contest *contest)
{
	u32 seat;

	if (!ip_vs_tournament_winner(&contest->game, &seat))
		return NULL;
	WRITE_ONCE(contest->last, seat);
	atomic_set(&contest->num_borrowed, 0);
	return contest->dests[seat];
}

struct ip_vs_dest *ipvs_least_pick(struct ip_vs_service *svc, const struct ip_vs_least *least, struct ip_vs_contest *contest)
{
	struct ip_vs_dest *dest;

	local_bh_disable();
	if (!spin_trylock(&svc->sched_lock)) {
		/* Somebody else is picking, or changes the table: the last winner is as good as what he finds. */
		dest = READ_ONCE(contest->dests[READ_ONCE(contest->last)]);
		if (dest && ip_vs_dest_is_eligible(dest) && atomic_inc_return(&contest->num_borrowed) <= MOST_BORROWED)
			goto out;
		spin_lock(&svc->sched_lock);
	}
	catch_up(least, contest);
	dest = winner(contest);
	spin_unlock(&svc->sched_lock);
out:
	local_bh_enable();
	return dest;
}
EXPORT_SYMBOL_GPL(ipvs_least_pick);
