// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums and rates. Every number shown is computed here, from the per-CPU counters of the destinations, at the
 * moment it is asked for; only rates need the estimator, which visits a service at a time so that neither
 * packets nor configuration wait for it.
 */
#include <linux/kthread.h>
#include <linux/rculist.h>
#include "core/rate.h"
#include "netns.h"
#include "svc/dest.h"
#include "svc/estimator.h"
#include "svc/service.h"
#include "svc/stats.h"

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

static struct ip_vs_counts sum_service(const struct ip_vs_service *svc)
{
	struct ip_vs_counts sum = svc->account.retired, c;
	const struct ip_vs_dest *dest;

	lockdep_assert_held(&svc->ipvs->est_mutex);
	list_for_each_entry_rcu(dest, &svc->dests, node, lockdep_is_held(&svc->ipvs->est_mutex)) {
		c = sum_dest(dest);
		subtract(&c, &dest->svc_base);
		add(&sum, &c);
	}
	return sum;
}

static struct ip_vs_counts sum_total(struct ip_vs_net *ipvs)
{
	struct ip_vs_counts sum = ipvs->account.retired, c;
	struct ip_vs_service *svc;
	u32 id = 0;

	lockdep_assert_held(&ipvs->mutex);
	while ((svc = ip_vs_service_next(ipvs, id))) {
		c = sum_service(svc);
		add(&sum, &c);
		id = svc->id + 1;
	}
	return sum;
}

static void estimate(struct ip_vs_account *account, const struct ip_vs_counts *sum)
{
	struct ip_vs_counts delta = *sum;
	struct ip_vs_counts *a = &account->average;

	subtract(&delta, &account->last);
	account->last = *sum;
	a->conns = ip_vs_rate_next(a->conns, delta.conns, IP_VS_RATE_PACKETS_SHIFT);
	a->inpkts = ip_vs_rate_next(a->inpkts, delta.inpkts, IP_VS_RATE_PACKETS_SHIFT);
	a->outpkts = ip_vs_rate_next(a->outpkts, delta.outpkts, IP_VS_RATE_PACKETS_SHIFT);
	a->inbytes = ip_vs_rate_next(a->inbytes, delta.inbytes, IP_VS_RATE_BYTES_SHIFT);
	a->outbytes = ip_vs_rate_next(a->outbytes, delta.outbytes, IP_VS_RATE_BYTES_SHIFT);
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

static void zero(struct ip_vs_account *account, const struct ip_vs_counts *sum)
{
	account->zero = *sum;
	account->last = *sum;
	memset(&account->average, 0, sizeof(account->average));
}

void ip_vs_stats_dest(struct ip_vs_dest *dest, struct ip_vs_stats_shown *shown)
{
	struct ip_vs_net *ipvs = dest->svc->ipvs;
	struct ip_vs_counts sum;

	mutex_lock(&ipvs->est_mutex);
	sum = sum_dest(dest);
	show(&dest->account, &sum, shown);
	mutex_unlock(&ipvs->est_mutex);
}

void ip_vs_stats_service(struct ip_vs_service *svc, struct ip_vs_stats_shown *shown)
{
	struct ip_vs_counts sum;

	mutex_lock(&svc->ipvs->est_mutex);
	sum = sum_service(svc);
	show(&svc->account, &sum, shown);
	mutex_unlock(&svc->ipvs->est_mutex);
}

void ip_vs_stats_total(struct ip_vs_net *ipvs, struct ip_vs_stats_shown *shown)
{
	struct ip_vs_counts sum;

	mutex_lock(&ipvs->est_mutex);
	sum = sum_total(ipvs);
	show(&ipvs->account, &sum, shown);
	mutex_unlock(&ipvs->est_mutex);
}

static void zero_service(struct ip_vs_service *svc)
{
	struct ip_vs_counts sum = sum_service(svc);
	struct ip_vs_dest *dest;

	zero(&svc->account, &sum);
	list_for_each_entry(dest, &svc->dests, node) {
		sum = sum_dest(dest);
		zero(&dest->account, &sum);
	}
}

void ip_vs_stats_zero_service(struct ip_vs_service *svc)
{
	lockdep_assert_held(&svc->ipvs->mutex);
	mutex_lock(&svc->ipvs->est_mutex);
	zero_service(svc);
	mutex_unlock(&svc->ipvs->est_mutex);
}

void ip_vs_stats_zero_all(struct ip_vs_net *ipvs)
{
	struct ip_vs_service *svc;
	struct ip_vs_counts sum;
	u32 id = 0;

	lockdep_assert_held(&ipvs->mutex);
	mutex_lock(&ipvs->est_mutex);
	while ((svc = ip_vs_service_next(ipvs, id))) {
		zero_service(svc);
		id = svc->id + 1;
	}
	sum = sum_total(ipvs);
	zero(&ipvs->account, &sum);
	mutex_unlock(&ipvs->est_mutex);
}

/* What @dest has counted since it was booked last goes to its service, or, without one, to the total. */
static void settle(struct ip_vs_dest *dest)
{
	struct ip_vs_service *svc = dest->svc;
	struct ip_vs_counts sum = sum_dest(dest), since = sum;

	subtract(&since, &dest->svc_base);
	add(svc->linked ? &svc->account.retired : &svc->ipvs->account.retired, &since);
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
	struct ip_vs_counts c;
	int cpu;

	lockdep_assert_held(&ipvs->mutex);
	ip_vs_stats_settle_dest(dest);
	for_each_possible_cpu(cpu) {
		c = count_on(dest, cpu);
		add(per_cpu_ptr(ipvs->gone, cpu), &c);
	}
}

struct ip_vs_counts ip_vs_stats_cpu(struct ip_vs_net *ipvs, int cpu)
{
	struct ip_vs_counts sum = *per_cpu_ptr(ipvs->gone, cpu), c;
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;
	u32 id = 0;

	lockdep_assert_held(&ipvs->mutex);
	while ((svc = ip_vs_service_next(ipvs, id))) {
		list_for_each_entry(dest, &svc->dests, node) {
			c = count_on(dest, cpu);
			add(&sum, &c);
		}
		id = svc->id + 1;
	}
	list_for_each_entry(dest, &ipvs->trash, trash) {
		c = count_on(dest, cpu);
		add(&sum, &c);
	}
	return sum;
}

void ip_vs_stats_link_dest(struct ip_vs_dest *dest, struct ip_vs_service *svc)
{
	lockdep_assert_held(&svc->ipvs->mutex);
	mutex_lock(&svc->ipvs->est_mutex);
	dest->svc_base = sum_dest(dest);
	dest->account.last = dest->svc_base;
	/* A service made anew starts at zero, and so do its destinations, even one that had been deleted. */
	if (dest->svc != svc)
		zero(&dest->account, &dest->svc_base);
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
	struct ip_vs_net *ipvs = svc->ipvs;
	struct ip_vs_counts sum;

	lockdep_assert_held(&ipvs->mutex);
	mutex_lock(&ipvs->est_mutex);
	sum = sum_service(svc);
	add(&ipvs->account.retired, &sum);
	svc->linked = false;
	mutex_unlock(&ipvs->est_mutex);
}

/* Returns the number of destinations. */
static unsigned int estimate_service(struct ip_vs_service *svc)
{
	struct ip_vs_counts total = svc->account.retired, sum;
	struct ip_vs_dest *dest;
	unsigned int num = 0;

	lockdep_assert_held(&svc->ipvs->est_mutex);
	list_for_each_entry(dest, &svc->dests, node) {
		sum = sum_dest(dest);
		estimate(&dest->account, &sum);
		subtract(&sum, &dest->svc_base);
		add(&total, &sum);
		num++;
		cond_resched();
	}
	estimate(&svc->account, &total);
	return num;
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

/* From what the services had at their estimation, so that services which come and go do no harm. */
static void estimate_total(struct ip_vs_net *ipvs)
{
	struct ip_vs_counts total = ipvs->account.retired;
	struct ip_vs_service *svc;
	u32 id = 0;

	while ((svc = next_linked(ipvs, id))) {
		add(&total, &svc->account.last);
		id = svc->id + 1;
	}
	estimate(&ipvs->account, &total);
}

void ip_vs_stats_estimate(struct ip_vs_net *ipvs)
{
	struct ip_vs_service *svc;
	unsigned int num = 1;
	u32 id = 0;

	mutex_lock(&ipvs->est_mutex);
	while (!kthread_should_stop() && (svc = next_linked(ipvs, id))) {
		id = svc->id + 1;
		num += 1 + estimate_service(svc);
		if (need_resched() || mutex_is_locked(&ipvs->mutex)) {
			mutex_unlock(&ipvs->est_mutex);
			cond_resched();
			mutex_lock(&ipvs->est_mutex);
		}
	}
	if (!kthread_should_stop()) {
		estimate_total(ipvs);
		WRITE_ONCE(ipvs->num_estimated, num);
	}
	mutex_unlock(&ipvs->est_mutex);
}

int ip_vs_stats_init(struct ip_vs_net *ipvs)
{
	ipvs->gone = alloc_percpu(struct ip_vs_counts);
	if (!ipvs->gone)
		return -ENOMEM;
	mutex_init(&ipvs->est_mutex);
	ip_vs_estimator_init(ipvs);
	return 0;
}

void ip_vs_stats_uninit(struct ip_vs_net *ipvs)
{
	ip_vs_estimator_uninit(ipvs);
	free_percpu(ipvs->gone);
}
