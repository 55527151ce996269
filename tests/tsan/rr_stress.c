// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Round robin on four CPUs. First the destinations stay: each gets as many packets as any other. Then one CPU takes some
 * out, frees them or adds them again, as kernel/svc/dest.c does it, and weights change: nobody is led to one that has been
 * gone for a grace period.
 */
#include <stdio.h>
#include "shim.h"

/* --- what a scheduler knows of destinations and services --- */

struct ip_vs_packet;

struct ip_vs_service {
	struct list_head dests;
};

struct ip_vs_dest {
	struct list_head node;
	struct list_head trash;
	int weight;
	bool is_retired; /* it has been gone for a grace period */
	atomic_t picks;
};

static bool ip_vs_dest_is_in_trash(const struct ip_vs_dest *dest)
{
	return !list_empty(&dest->trash);
}

static bool ip_vs_dest_is_eligible(const struct ip_vs_dest *dest)
{
	return READ_ONCE(dest->weight) > 0;
}

enum ip_vs_sched_event {
	IP_VS_SCHED_DEST_ADDED,
	IP_VS_SCHED_DEST_EDITED,
	IP_VS_SCHED_DEST_REMOVED,
	IP_VS_SCHED_DESTS_CHANGED,
};

struct ip_vs_scheduler {
	const char *name;
	const void *module;
	size_t data_size;
	int (*init)(struct ip_vs_service *svc, void *data);
	void (*changed)(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest, enum ip_vs_sched_event event);
	struct ip_vs_dest *(*pick)(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt);
};

#define THIS_MODULE NULL
#define IP_VS_SCHEDULER_MODULE(ops, text) static const struct ip_vs_scheduler *const scheduler = &(ops)

/* Between the look at a place and the exchange others must be able to do anything. */
static void before_exchange(void);
#undef cmpxchg
#define cmpxchg(p, from, to) (before_exchange(), shim_cmpxchg(p, from, to))

#include "sched/ip_vs_rr.c"

/* --- the stress --- */

#define NUM_DESTS 7

static struct ip_vs_service svc;
static void *data;
static u64 end_ms;
static atomic_t picks, changes, none;
static u32 sink;

static struct ip_vs_dest *add(void)
{
	struct ip_vs_dest *dest = calloc(1, sizeof(*dest));

	INIT_LIST_HEAD(&dest->trash);
	dest->weight = 1;
	list_add_rcu(&dest->node, &svc.dests);
	return dest;
}

static struct ip_vs_dest *pick(void)
{
	struct ip_vs_dest *dest = scheduler->pick(&svc, data, NULL);

	if (!dest) {
		atomic_inc(&none);
		return NULL;
	}
	must(!READ_ONCE(dest->is_retired));
	atomic_inc(&dest->picks);
	atomic_inc(&picks);
	return dest;
}

/* Packets do more than to choose a destination. */
static void pause_a_little(void)
{
	u32 n = shim_random(50);

	while (n--)
		__atomic_store_n(&sink, n, __ATOMIC_RELAXED);
}

static void pick_only(unsigned int cpu)
{
	while (shim_now_ms() < end_ms) {
		for (int i = 0; i < 100; i++) {
			rcu_read_lock();
			must(pick());
			rcu_read_unlock();
			pause_a_little();
		}
	}
}

/* Within one section they stay readable, whoever takes them out. */
static void pick_some(void)
{
	struct ip_vs_dest *dest;

	rcu_read_lock();
	for (u32 n = shim_random(4); n; n--) {
		dest = pick();
		pause_a_little();
		if (dest)
			must(!READ_ONCE(dest->is_retired));
	}
	rcu_read_unlock();
}

static void take_out(struct ip_vs_dest *dest, struct list_head *trash)
{
	list_del_rcu(&dest->node);
	list_add(&dest->trash, trash);
}

/* Nobody finds one any more that has left before; then those of the older section that did must have gone, too. */
static void retire(struct ip_vs_dest *dest)
{
	WRITE_ONCE(dest->is_retired, true);
	synchronize_rcu();
	free(dest);
}

static void change(struct ip_vs_dest **all)
{
	struct list_head trash;
	u32 i, first = shim_random(NUM_DESTS), n = 1 + shim_random(3);

	INIT_LIST_HEAD(&trash);
	/* neighbours in the list, in one order or the other */
	for (i = 0; i < n; i++) {
		take_out(all[(first + i) % NUM_DESTS], &trash);
		if (n == 1)
			scheduler->changed(&svc, data, all[first], IP_VS_SCHED_DEST_REMOVED);
	}
	if (n > 1)
		scheduler->changed(&svc, data, NULL, IP_VS_SCHED_DESTS_CHANGED);
	synchronize_rcu();
	for (i = 0; i < n; i++) {
		struct ip_vs_dest **dest = &all[(first + i) % NUM_DESTS];

		if (shim_random(3)) {
			retire(*dest);
			*dest = add();
		} else {
			list_del_init(&(*dest)->trash);
			list_add_rcu(&(*dest)->node, &svc.dests);
		}
	}
	WRITE_ONCE(all[shim_random(NUM_DESTS)]->weight, shim_random(4));
	scheduler->changed(&svc, data, NULL, IP_VS_SCHED_DESTS_CHANGED);
	atomic_inc(&changes);
}

static struct ip_vs_dest *all[NUM_DESTS];
static atomic_t round_number, num_picked;

/* Some packets of pick_rarely() are stopped until the destination has left. */
static _Thread_local int stops_in_round;
static atomic_t round_told;

static void before_exchange(void)
{
	while (stops_in_round && smp_load_acquire(&round_told.counter) != stops_in_round && shim_now_ms() < end_ms)
		sched_yield();
}

/*
 * A packet comes just when the destination that is next leaves, and then none for as long as it takes to be freed: what the
 * place stands on must be there for the first of the next round.
 */
static void pick_rarely(unsigned int cpu)
{
	const struct rr *rr = data;
	struct list_head trash, *next;
	int seen = 0, i;

	while (cpu && shim_now_ms() < end_ms) {
		if (atomic_read(&round_number) == seen) {
			sched_yield();
			continue;
		}
		seen = atomic_read(&round_number);
		rcu_read_lock();
		stops_in_round = shim_random(2) ? seen : 0;
		/* another one would move the place on */
		if (cpu - 1 == seen % (SHIM_CPUS - 1))
			pick();
		stops_in_round = 0;
		rcu_read_unlock();
		atomic_inc(&num_picked);
	}
	while (!cpu && shim_now_ms() < end_ms) {
		atomic_set(&num_picked, 0);
		next = READ_ONCE(rr->last)->next;
		if (next == &svc.dests)
			next = svc.dests.next;
		for (i = 0; &all[i]->node != next; i++)
			;
		INIT_LIST_HEAD(&trash);
		atomic_inc(&round_number);
		pause_a_little();
		take_out(all[i], &trash);
		scheduler->changed(&svc, data, all[i], IP_VS_SCHED_DEST_REMOVED);
		smp_store_release(&round_told.counter, atomic_read(&round_number));
		while (atomic_read(&num_picked) < SHIM_CPUS - 1 && shim_now_ms() < end_ms)
			sched_yield();
		synchronize_rcu();
		retire(all[i]);
		all[i] = add();
	}
}

static void pick_and_change(unsigned int cpu)
{
	while (shim_now_ms() < end_ms) {
		if (cpu == 0)
			change(all);
		else
			pick_some();
	}
}

int main(void)
{
	int i, least = INT_MAX, most = 0, fair;

	shim_start(1000000);
	INIT_LIST_HEAD(&svc.dests);
	data = calloc(1, scheduler->data_size);
	must(!scheduler->init(&svc, data));
	for (i = 0; i < NUM_DESTS; i++)
		all[i] = add();
	all[3]->weight = 0;

	end_ms = shim_now_ms() + shim_seconds() * 1000;
	shim_on_all_cpus(pick_only);
	fair = atomic_read(&picks);
	for (i = 0; i < NUM_DESTS; i++) {
		if (i == 3)
			continue;
		least = min(least, atomic_read(&all[i]->picks));
		most = max(most, atomic_read(&all[i]->picks));
	}
	printf("round robin: %d picks, each had %d to %d\n", fair, least, most);
	fflush(stdout);
	must(!atomic_read(&all[3]->picks));
	/* One, and who gives way after so many lost races. */
	must(most - least <= 3);

	end_ms = shim_now_ms() + shim_seconds() * 1000;
	shim_on_all_cpus(pick_and_change);
	printf("%d picks, %d of none, with %d changes", atomic_read(&picks) - fair, atomic_read(&none),
	       atomic_read(&changes));
	fflush(stdout);
	end_ms = shim_now_ms() + shim_seconds() * 1000;
	shim_on_all_cpus(pick_rarely);
	printf("; %d rounds of rare ones\n", atomic_read(&round_number));
		must(atomic_read(&round_number) > 100);
	must(fair > 10000 && atomic_read(&picks) - fair > 10000 && atomic_read(&changes) > 10);
	for (i = 0; i < NUM_DESTS; i++)
		free(all[i]);
	free(data);
	shim_stop();
	return 0;
}
