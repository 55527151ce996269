// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums and rates. Every number shown is computed here, from the per-CPU counters of the destinations, at the
 * moment it is asked for; only rates need the estimator. Who visits all destinations, for the rates or because
 * somebody reads the total, lets go of est_mutex after some of them, so that neither packets nor configuration
 * wait for him. What is told of the namespace are the destinations' counters themselves, together with those of
 * destinations that are gone; it does not matter whose they were, and each is taken once however they move meanwhile.
 */
#include <linux/kthread.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "core/rate.h"
#include "netns.h"
#include "svc/dest.h"
#include "svc/estimator.h"
#include "svc/service.h"
#include "svc/stats.h"

/* Destinations, or services, between two occasions for others to have est_mutex. */
#define SLICE 64

static void add(struct ip_vs_counts *sum, const struct ip_vs_counts *c)
{
	sum->conns += c->conns;
	sum->inpkts += c->inpkts;
	sum->outpkts += c->outpkts;
	sum->inbytes += c->inbytes;
	sum->outbytes += c->outbytes;
}

static void subtract(struct ip_vs_counts *sum, const struct ip_vs_counts *c)
{
	sum->conns -= c->conns;
	sum->inpkts -= c->inpkts;
	sum->outpkts -= c->outpkts;
	sum->inbytes -= c->inbytes;
	sum->outbytes -= c->outbytes;
}

/* What @dest has counted on one CPU since it was made. */
static struct ip_vs_counts count_on(const struct ip_vs_dest *dest, int cpu)
{
	const struct ip_vs_cpu_stats *s = per_cpu_ptr(dest->stats, cpu);
	struct ip_vs_counts c;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&s->syncp);
		c.conns = READ_ONCE(s->conns);
		c.inpkts = READ_ONCE(s->inpkts);
		c.outpkts = READ_ONCE(s->outpkts);
		c.inbytes = READ_ONCE(s->inbytes);
		c.outbytes = READ_ONCE(s->outbytes);
	} while (u64_stats_fetch_retry(&s->syncp, start));
	return c;
}

static struct ip_vs_counts sum_dest(const struct ip_vs_dest *dest)
{
	struct ip_vs_counts sum = {}, c;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = count_on(dest, cpu);
		add(&sum, &c);
	}
	return sum;
}

/* Members change only under the mutex, and so does what is retired. */
static struct ip_vs_counts sum_service(const struct ip_vs_service *svc)
{
	struct ip_vs_counts sum = svc->account.retired, c;
	const struct ip_vs_dest *dest;

	lockdep_assert_held(&svc->ipvs->mutex);
	list_for_each_entry(dest, &svc->dests, node) {
		c = sum_dest(dest);
		subtract(&c, &dest->svc_base);
		add(&sum, &c);
		cond_resched();
	}
	return sum;
}

/* --- walks --- */

static void let_others(struct ip_vs_net *ipvs, unsigned int *steps)
{
	if (++*steps % SLICE)
		return;
	mutex_unlock(&ipvs->est_mutex);
	cond_resched();
	mutex_lock(&ipvs->est_mutex);
}

static void walk_begin(struct ip_vs_net *ipvs, struct ip_vs_stats_walk *walk)
{
	lockdep_assert_held(&ipvs->est_mutex);
	walk->next = ipvs->counted.next;
	walk->reached = 0;
}

static struct ip_vs_dest *walk_next(struct ip_vs_net *ipvs, struct ip_vs_stats_walk *walk)
{
	struct ip_vs_dest *dest;

	lockdep_assert_held(&ipvs->est_mutex);
	if (walk->next == &ipvs->counted)
		return NULL;
	dest = list_entry(walk->next, struct ip_vs_dest, counted);
	walk->next = walk->next->next;
	walk->reached = dest->place;
	return dest;
}

static void walk_end(struct ip_vs_stats_walk *walk)
{
	walk->next = NULL;
}

static void enter(struct ip_vs_net *ipvs, struct ip_vs_dest *dest)
{
	lockdep_assert_held(&ipvs->est_mutex);
	if (dest->place)
		return;
	dest->place = ++ipvs->last_place;
	list_add_tail(&dest->counted, &ipvs->counted);
}

static void step_aside(struct ip_vs_stats_walk *walk, const struct ip_vs_dest *dest)
{
	if (walk->next == &dest->counted)
		walk->next = dest->counted.next;
}

static void leave(struct ip_vs_net *ipvs, struct ip_vs_dest *dest)
{
	lockdep_assert_held(&ipvs->est_mutex);
	step_aside(&ipvs->est_walk, dest);
	step_aside(&ipvs->reading.walk, dest);
	list_del(&dest->counted);
}

/* --- rates --- */

/* What @dest has counted since it was looked at last counts for its service and the namespace, too. */
static struct ip_vs_counts grow(struct ip_vs_dest *dest, struct ip_vs_service *svc, const struct ip_vs_counts *sum)
{
	struct ip_vs_counts delta = *sum;

	lockdep_assert_held(&svc->ipvs->est_mutex);
	subtract(&delta, &dest->account.last);
	dest->account.last = *sum;
	add(&svc->account.grown, &delta);
	add(&svc->ipvs->account.grown, &delta);
	return delta;
}

static void estimate(struct ip_vs_account *account, const struct ip_vs_counts *delta, unsigned int periods)
{
	struct ip_vs_counts *a = &account->average;

	a->conns = ip_vs_rate_after(a->conns, delta->conns, periods, IP_VS_RATE_PACKETS_SHIFT);
	a->inpkts = ip_vs_rate_after(a->inpkts, delta->inpkts, periods, IP_VS_RATE_PACKETS_SHIFT);
	a->outpkts = ip_vs_rate_after(a->outpkts, delta->outpkts, periods, IP_VS_RATE_PACKETS_SHIFT);
	a->inbytes = ip_vs_rate_after(a->inbytes, delta->inbytes, periods, IP_VS_RATE_BYTES_SHIFT);
	a->outbytes = ip_vs_rate_after(a->outbytes, delta->outbytes, periods, IP_VS_RATE_BYTES_SHIFT);
}

static void estimate_grown(struct ip_vs_account *account, unsigned int periods)
{
	estimate(account, &account->grown, periods);
	memset(&account->grown, 0, sizeof(account->grown));
}

static void show(const struct ip_vs_account *account, const struct ip_vs_counts *sum,
		 struct ip_vs_stats_shown *shown)
{
	const struct ip_vs_counts *a = &account->average;

	shown->count = *sum;
	subtract(&shown->count, &account->zero);
	shown->rate.conns = ip_vs_rate_shown(a->conns, IP_VS_RATE_PACKETS_SHIFT);
	shown->rate.inpkts = ip_vs_rate_shown(a->inpkts, IP_VS_RATE_PACKETS_SHIFT);
	shown->rate.outpkts = ip_vs_rate_shown(a->outpkts, IP_VS_RATE_PACKETS_SHIFT);
	shown->rate.inbytes = ip_vs_rate_shown(a->inbytes, IP_VS_RATE_BYTES_SHIFT);
	shown->rate.outbytes = ip_vs_rate_shown(a->outbytes, IP_VS_RATE_BYTES_SHIFT);
}

/* --- reading --- */

void ip_vs_stats_dest(struct ip_vs_dest *dest, struct ip_vs_stats_shown *shown)
{
	struct ip_vs_net *ipvs = dest->svc->ipvs;
	struct ip_vs_counts sum = sum_dest(dest);

	lockdep_assert_held(&ipvs->mutex);
	mutex_lock(&ipvs->est_mutex);
	show(&dest->account, &sum, shown);
	mutex_unlock(&ipvs->est_mutex);
}

void ip_vs_stats_service(struct ip_vs_service *svc, struct ip_vs_stats_shown *shown)
{
	struct ip_vs_counts sum = sum_service(svc);

	mutex_lock(&svc->ipvs->est_mutex);
	show(&svc->account, &sum, shown);
	mutex_unlock(&svc->ipvs->est_mutex);
}

static void add_cpus(struct ip_vs_counts *cpus, const struct ip_vs_dest *dest)
{
	struct ip_vs_counts c;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = count_on(dest, cpu);
		add(&cpus[cpu], &c);
	}
}

static void read_cpus(struct ip_vs_net *ipvs)
{
	struct ip_vs_stats_reading *reading = &ipvs->reading;
	struct ip_vs_dest *dest;
	unsigned int steps = 0;
	long number;
	int cpu;

	lockdep_assert_held(&reading->mutex);
	/* Whoever has seen the number that was before, has seen it before the first counter is read. */
	number = atomic_long_inc_return(&reading->begun);
	mutex_lock(&ipvs->est_mutex);
	for_each_possible_cpu(cpu)
		reading->cpus[cpu] = *per_cpu_ptr(ipvs->gone, cpu);
	walk_begin(ipvs, &reading->walk);
	while ((dest = walk_next(ipvs, &reading->walk))) {
		add_cpus(reading->cpus, dest);
		let_others(ipvs, &steps);
	}
	walk_end(&reading->walk);
	mutex_unlock(&ipvs->est_mutex);
	reading->finished = number;
}

static struct ip_vs_counts sum_cpus(const struct ip_vs_counts *cpus)
{
	struct ip_vs_counts sum = {};
	int cpu;

	for_each_possible_cpu(cpu)
		add(&sum, &cpus[cpu]);
	return sum;
}

const struct ip_vs_counts *ip_vs_stats_read_begin(struct ip_vs_net *ipvs, struct ip_vs_stats_shown *total)
{
	struct ip_vs_stats_reading *reading = &ipvs->reading;
	struct ip_vs_counts sum;
	long begun;

	/* What the caller knows to be counted is, to one that has not begun by now. */
	smp_mb();
	begun = atomic_long_read(&reading->begun);
	if (mutex_lock_killable(&reading->mutex))
		return NULL;
	if (reading->finished - begun <= 0)
		read_cpus(ipvs);
	sum = sum_cpus(reading->cpus);
	mutex_lock(&ipvs->est_mutex);
	show(&ipvs->account, &sum, total);
	mutex_unlock(&ipvs->est_mutex);
	return reading->cpus;
}

void ip_vs_stats_read_end(struct ip_vs_net *ipvs)
{
	mutex_unlock(&ipvs->reading.mutex);
}

/* --- setting to zero --- */

static struct ip_vs_counts zero_dest(struct ip_vs_dest *dest)
{
	struct ip_vs_counts sum = sum_dest(dest);

	grow(dest, dest->svc, &sum);
	dest->account.zero = sum;
	memset(&dest->account.average, 0, sizeof(dest->account.average));
	return sum;
}

static void zero_sum(struct ip_vs_account *account, const struct ip_vs_counts *sum)
{
	account->zero = *sum;
	memset(&account->grown, 0, sizeof(account->grown));
	memset(&account->average, 0, sizeof(account->average));
}

void ip_vs_stats_zero_service(struct ip_vs_service *svc)
{
	struct ip_vs_counts sum = svc->account.retired, c;
	struct ip_vs_net *ipvs = svc->ipvs;
	struct ip_vs_dest *dest;
	unsigned int steps = 0;

	lockdep_assert_held(&ipvs->mutex);
	mutex_lock(&ipvs->est_mutex);
	list_for_each_entry(dest, &svc->dests, node) {
		c = zero_dest(dest);
		subtract(&c, &dest->svc_base);
		add(&sum, &c);
		let_others(ipvs, &steps);
	}
	zero_sum(&svc->account, &sum);
	mutex_unlock(&ipvs->est_mutex);
}

void ip_vs_stats_zero_all(struct ip_vs_net *ipvs)
{
	struct ip_vs_service *svc;
	struct ip_vs_counts sum;
	u32 id = 0;

	lockdep_assert_held(&ipvs->mutex);
	while ((svc = ip_vs_service_next(ipvs, id))) {
		ip_vs_stats_zero_service(svc);
		id = svc->id + 1;
	}
	/* Nobody may subtract this from what he has read before. */
	mutex_lock(&ipvs->reading.mutex);
	read_cpus(ipvs);
	sum = sum_cpus(ipvs->reading.cpus);
	mutex_lock(&ipvs->est_mutex);
	zero_sum(&ipvs->account, &sum);
	mutex_unlock(&ipvs->est_mutex);
	mutex_unlock(&ipvs->reading.mutex);
}

/* --- coming and going --- */

/* What @dest has counted since it was booked last goes to its service. */
static void settle(struct ip_vs_dest *dest)
{
	struct ip_vs_service *svc = dest->svc;
	struct ip_vs_counts sum = sum_dest(dest), since = sum;

	grow(dest, svc, &sum);
	subtract(&since, &dest->svc_base);
	add(&svc->account.retired, &since);
	dest->svc_base = sum;
}

void ip_vs_stats_settle_dest(struct ip_vs_dest *dest)
{
	struct mutex *est_mutex = &dest->svc->ipvs->est_mutex;

	mutex_lock(est_mutex);
	settle(dest);
	mutex_unlock(est_mutex);
}

void ip_vs_stats_retire_dest(struct ip_vs_dest *dest)
{
	struct ip_vs_net *ipvs = dest->svc->ipvs;
	struct ip_vs_stats_reading *reading = &ipvs->reading;
	struct ip_vs_counts c;
	int cpu;

	lockdep_assert_held(&ipvs->mutex);
	mutex_lock(&ipvs->est_mutex);
	settle(dest);
	for_each_possible_cpu(cpu) {
		c = count_on(dest, cpu);
		add(per_cpu_ptr(ipvs->gone, cpu), &c);
	}
	/* A reading that has read what is gone and has not come here yet must not miss it. */
	if (reading->walk.next && dest->place > reading->walk.reached)
		add_cpus(reading->cpus, dest);
	leave(ipvs, dest);
	mutex_unlock(&ipvs->est_mutex);
}

void ip_vs_stats_link_dest(struct ip_vs_dest *dest, struct ip_vs_service *svc)
{
	lockdep_assert_held(&svc->ipvs->mutex);
	mutex_lock(&svc->ipvs->est_mutex);
	enter(svc->ipvs, dest);
	/* In the trash, and since it is available again, it has counted for the service that it was in. */
	settle(dest);
	/* A service made anew starts at zero, and so do its destinations, even one that had been deleted. */
	if (dest->svc != svc) {
		dest->account.zero = dest->svc_base;
		memset(&dest->account.average, 0, sizeof(dest->account.average));
	}
	list_add_rcu(&dest->node, &svc->dests);
	mutex_unlock(&svc->ipvs->est_mutex);
}

void ip_vs_stats_unlink_dest(struct ip_vs_dest *dest)
{
	lockdep_assert_held(&dest->svc->ipvs->mutex);
	mutex_lock(&dest->svc->ipvs->est_mutex);
	list_del_rcu(&dest->node);
	settle(dest);
	memset(&dest->account.average, 0, sizeof(dest->account.average));
	mutex_unlock(&dest->svc->ipvs->est_mutex);
}

void ip_vs_stats_link_service(struct ip_vs_service *svc)
{
	mutex_lock(&svc->ipvs->est_mutex);
	svc->linked = true;
	mutex_unlock(&svc->ipvs->est_mutex);
}

void ip_vs_stats_unlink_service(struct ip_vs_service *svc)
{
	mutex_lock(&svc->ipvs->est_mutex);
	svc->linked = false;
	mutex_unlock(&svc->ipvs->est_mutex);
}

/* --- estimation --- */

/* Returns whether there was something to estimate: nobody asks for the rates of what is in the trash. */
static bool estimate_dest(struct ip_vs_dest *dest, unsigned int periods)
{
	struct ip_vs_counts sum, delta;
	bool is_available;

	/* One that has just come back may still show the service it was in, which others may give up meanwhile. */
	rcu_read_lock();
	is_available = ip_vs_dest_is_available(dest);
	if (is_available) {
		sum = sum_dest(dest);
		delta = grow(dest, READ_ONCE(dest->svc), &sum);
		estimate(&dest->account, &delta, periods);
	}
	rcu_read_unlock();
	return is_available;
}

/*
 * A service of the total with an id of at least @id. est_mutex keeps it there: without it, it cannot be
 * unlinked and goes on living.
 */
static struct ip_vs_service *next_linked(struct ip_vs_net *ipvs, u32 id)
{
	struct ip_vs_service *svc;

	lockdep_assert_held(&ipvs->est_mutex);
	rcu_read_lock();
	while ((svc = ip_vs_service_next(ipvs, id)) && !svc->linked)
		id = svc->id + 1;
	rcu_read_unlock();
	return svc;
}

/* What has grown counts until it has been made a rate: services that come and go do the total no harm. */
void ip_vs_stats_estimate(struct ip_vs_net *ipvs, unsigned int periods)
{
	unsigned int num = 1, steps = 0;
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;
	u32 id = 0;

	mutex_lock(&ipvs->est_mutex);
	walk_begin(ipvs, &ipvs->est_walk);
	while (!kthread_should_stop() && (dest = walk_next(ipvs, &ipvs->est_walk))) {
		num += estimate_dest(dest, periods);
		let_others(ipvs, &steps);
	}
	walk_end(&ipvs->est_walk);
	while (!kthread_should_stop() && (svc = next_linked(ipvs, id))) {
		id = svc->id + 1;
		num++;
		estimate_grown(&svc->account, periods);
		let_others(ipvs, &steps);
	}
	if (!kthread_should_stop()) {
		estimate_grown(&ipvs->account, periods);
		WRITE_ONCE(ipvs->num_estimated, num);
	}
	mutex_unlock(&ipvs->est_mutex);
}

int ip_vs_stats_init(struct ip_vs_net *ipvs)
{
	ipvs->gone = alloc_percpu_gfp(struct ip_vs_counts, GFP_KERNEL_ACCOUNT);
	if (!ipvs->gone)
		return -ENOMEM;
	ipvs->reading.cpus = kvcalloc(nr_cpu_ids, sizeof(*ipvs->reading.cpus), GFP_KERNEL_ACCOUNT);
	if (!ipvs->reading.cpus) {
		free_percpu(ipvs->gone);
		return -ENOMEM;
	}
	mutex_init(&ipvs->est_mutex);
	mutex_init(&ipvs->reading.mutex);
	INIT_LIST_HEAD(&ipvs->counted);
	ip_vs_estimator_init(ipvs);
	return 0;
}

void ip_vs_stats_uninit(struct ip_vs_net *ipvs)
{
	ip_vs_estimator_uninit(ipvs);
	kvfree(ipvs->reading.cpus);
	free_percpu(ipvs->gone);
}
