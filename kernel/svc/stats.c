// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums and rates. Every number shown is computed here, from the per-CPU counters of the destinations, at the
 * moment it is asked for; only rates need the worker, which visits a service at a time so that neither
 * packets nor configuration wait for it.
 */
#include <linux/rculist.h>
#include "core/rate.h"
#include "netns.h"
#include "svc/dest.h"
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

static struct ip_vs_counts sum_dest(const struct ip_vs_dest *dest)
{
	struct ip_vs_counts sum = {}, c;
	unsigned int start;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct ip_vs_cpu_stats *s = per_cpu_ptr(dest->stats, cpu);

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			c.conns = u64_stats_read(&s->conns);
			c.inpkts = u64_stats_read(&s->inpkts);
			c.outpkts = u64_stats_read(&s->outpkts);
			c.inbytes = u64_stats_read(&s->inbytes);
			c.outbytes = u64_stats_read(&s->outbytes);
		} while (u64_stats_fetch_retry(&s->syncp, start));
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

/* One period: services in slices, then the total. */
static void estimation_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, est_work.work);
	struct ip_vs_counts total, sum;
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;
	bool any = false;
	u32 id = 0;

	if (!READ_ONCE(ipvs->sysctl.run_estimation))
		goto again;

	mutex_lock(&ipvs->est_mutex);
	total = ipvs->account.retired;
	for (;;) {
		rcu_read_lock();
		svc = ip_vs_service_next(ipvs, id);
		if (!svc) {
			rcu_read_unlock();
			break;
		}
		id = svc->id + 1;
		/* Not linked: its sum is in the namespace's books already, or it has none yet. */
		if (svc->linked) {
			any = true;
			sum = sum_service(svc);
			add(&total, &sum);
			estimate(&svc->account, &sum);
			list_for_each_entry_rcu(dest, &svc->dests, node) {
				sum = sum_dest(dest);
				estimate(&dest->account, &sum);
			}
		}
		rcu_read_unlock();
		if (need_resched() || mutex_is_locked(&ipvs->mutex)) {
			mutex_unlock(&ipvs->est_mutex);
			cond_resched();
			mutex_lock(&ipvs->est_mutex);
		}
	}
	/*
	 * A service that was deleted while we let others run is in total twice or not at all. The total
	 * never runs backwards by it: the next pass puts it right.
	 */
	if ((s64)(total.inpkts - ipvs->account.last.inpkts) >= 0 &&
	    (s64)(total.conns - ipvs->account.last.conns) >= 0)
		estimate(&ipvs->account, &total);
	mutex_unlock(&ipvs->est_mutex);
	if (!any && !READ_ONCE(ipvs->num_services[IP_VS_V4]) && !READ_ONCE(ipvs->num_services[IP_VS_V6]))
		return;
again:
	/* On the beat of the first pass, however long this one took. */
	ipvs->est_next += IP_VS_RATE_PERIOD * HZ;
	if (time_before(ipvs->est_next, jiffies))
		ipvs->est_next = jiffies + IP_VS_RATE_PERIOD * HZ;
	queue_delayed_work(system_unbound_wq, &ipvs->est_work, ipvs->est_next - jiffies);
}

void ip_vs_stats_start(struct ip_vs_net *ipvs)
{
	if (delayed_work_pending(&ipvs->est_work))
		return;
	ipvs->est_next = jiffies + IP_VS_RATE_PERIOD * HZ;
	queue_delayed_work(system_unbound_wq, &ipvs->est_work, IP_VS_RATE_PERIOD * HZ);
}

void ip_vs_stats_init(struct ip_vs_net *ipvs)
{
	mutex_init(&ipvs->est_mutex);
	INIT_DELAYED_WORK(&ipvs->est_work, estimation_worker);
}

void ip_vs_stats_uninit(struct ip_vs_net *ipvs)
{
	cancel_delayed_work_sync(&ipvs->est_work);
}
