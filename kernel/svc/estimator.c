// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include "core/rate.h"
#include "netns.h"
#include "svc/estimator.h"

#define PERIOD ((long)(IP_VS_RATE_PERIOD * HZ))

/* Services that come and go must not make a thread come and go with them. */
#define END_DELAY (5 * HZ)

/* Until the next beat, or until the thread is to stop. */
static void wait_for_beat(struct ip_vs_net *ipvs)
{
	long remaining;

	for (;;) {
		/* Idle: a sleeping estimator is no load. */
		set_current_state(TASK_IDLE);
		remaining = (long)(ipvs->est_next - jiffies);
		if (remaining <= 0 || kthread_should_stop())
			break;
		schedule_timeout(remaining);
	}
	__set_current_state(TASK_RUNNING);
}

/* There is one each period from @beat on. */
static unsigned long latest_beat(unsigned long beat)
{
	return beat + (jiffies - beat) / PERIOD * PERIOD;
}

/* However long the pass of that beat took: the next one on the beat. */
static void set_beat(struct ip_vs_net *ipvs, unsigned long beat)
{
	ipvs->est_last = beat;
	ipvs->est_next = latest_beat(beat) + PERIOD;
}

static int estimate(void *data)
{
	struct ip_vs_net *ipvs = data;
	long late = (long)(jiffies - ipvs->est_next);
	unsigned long beat;

	complete(&ipvs->estimator.started);
	/* A thread that goes on where another one ended keeps its beat; if that is past, nobody was looking. */
	if (late > 0 || late < -PERIOD) {
		beat = jiffies;
		ip_vs_stats_estimate(ipvs, 0);
		if (!kthread_should_stop())
			set_beat(ipvs, beat);
	}
	for (;;) {
		wait_for_beat(ipvs);
		if (kthread_should_stop())
			return 0;
		beat = latest_beat(ipvs->est_next);
		ip_vs_stats_estimate(ipvs, (beat - ipvs->est_last) / PERIOD);
		/* One that was ended on its way begins anew. */
		if (!kthread_should_stop())
			set_beat(ipvs, beat);
	}
}

/* Newer kernels may change the mask while it is read. */
static void copy_cpus(const struct ip_vs_estimator *est, struct cpumask *cpus)
{
	rcu_read_lock();
	cpumask_copy(cpus, est->has_cpus ? est->cpus : housekeeping_cpumask(HK_TYPE_KTHREAD));
	rcu_read_unlock();
}

static bool is_to_run(const struct ip_vs_net *ipvs)
{
	const struct ip_vs_estimator *est = &ipvs->estimator;

	return est->wanted && READ_ONCE(ipvs->sysctl.run_estimation) &&
	       !(est->has_cpus && cpumask_empty(est->cpus));
}

static void place(struct ip_vs_net *ipvs)
{
	struct ip_vs_estimator *est = &ipvs->estimator;
	cpumask_var_t cpus;

	set_user_nice(est->thread, READ_ONCE(ipvs->sysctl.est_nice));
	/* Where it runs is a wish: without memory, or when all of these CPUs are offline, it stays where it is. */
	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return;
	copy_cpus(est, cpus);
	set_cpus_allowed_ptr(est->thread, cpus);
	free_cpumask_var(cpus);
}

static void update(struct ip_vs_net *ipvs)
{
	struct ip_vs_estimator *est = &ipvs->estimator;
	struct task_struct *thread;

	lockdep_assert_held(&est->mutex);
	if (!is_to_run(ipvs)) {
		if (est->thread) {
			if (__ratelimit(&ipvs->log))
				pr_info("stopping estimator thread 0...\n");
			kthread_stop(est->thread);
			est->thread = NULL;
		}
		return;
	}
	if (est->thread) {
		place(ipvs);
		return;
	}
	thread = kthread_create(estimate, ipvs, "ipvs-e:%u:0", ipvs->number);
	if (IS_ERR(thread)) {
		/* Everything else works; the next service or setting tries again. */
		if (__ratelimit(&ipvs->log))
			pr_err("no estimator thread (error %ld): rates are not computed\n", PTR_ERR(thread));
		return;
	}
	if (__ratelimit(&ipvs->log))
		pr_info("starting estimator thread 0...\n");
	est->thread = thread;
	reinit_completion(&est->started);
	wake_up_process(thread);
	/* Since Linux 6.14 a thread that begins goes back to the CPUs that are for all of its kind. */
	wait_for_completion(&est->started);
	place(ipvs);
}

static void end_worker(struct work_struct *work)
{
	struct ip_vs_estimator *est = container_of(work, struct ip_vs_estimator, end_work.work);

	/* With a service again this changes nothing. */
	ip_vs_estimator_update(container_of(est, struct ip_vs_net, estimator));
}

void ip_vs_estimator_start(struct ip_vs_net *ipvs)
{
	struct ip_vs_estimator *est = &ipvs->estimator;

	mutex_lock(&est->mutex);
	WRITE_ONCE(est->wanted, true);
	/* Another service changes nothing for a thread that is there. */
	if (!est->thread)
		update(ipvs);
	mutex_unlock(&est->mutex);
}

void ip_vs_estimator_stop(struct ip_vs_net *ipvs)
{
	struct ip_vs_estimator *est = &ipvs->estimator;

	mutex_lock(&est->mutex);
	WRITE_ONCE(est->wanted, false);
	if (est->thread)
		mod_delayed_work(system_dfl_wq, &est->end_work, END_DELAY);
	mutex_unlock(&est->mutex);
}

void ip_vs_estimator_update(struct ip_vs_net *ipvs)
{
	mutex_lock(&ipvs->estimator.mutex);
	update(ipvs);
	mutex_unlock(&ipvs->estimator.mutex);
}

int ip_vs_estimator_set_cpus(struct ip_vs_net *ipvs, const struct cpumask *cpus)
{
	struct ip_vs_estimator *est = &ipvs->estimator;
	int err = 0;

	mutex_lock(&est->mutex);
	if (!est->has_cpus && !zalloc_cpumask_var(&est->cpus, GFP_KERNEL)) {
		err = -ENOMEM;
	} else {
		cpumask_copy(est->cpus, cpus);
		est->has_cpus = true;
		update(ipvs);
	}
	mutex_unlock(&est->mutex);
	return err;
}

void ip_vs_estimator_get_cpus(struct ip_vs_net *ipvs, struct cpumask *cpus)
{
	mutex_lock(&ipvs->estimator.mutex);
	copy_cpus(&ipvs->estimator, cpus);
	mutex_unlock(&ipvs->estimator.mutex);
}

bool ip_vs_estimator_is_running(struct ip_vs_net *ipvs)
{
	return READ_ONCE(ipvs->estimator.wanted) && READ_ONCE(ipvs->estimator.thread);
}

void ip_vs_estimator_init(struct ip_vs_net *ipvs)
{
	static atomic_t namespaces = ATOMIC_INIT(0);

	ipvs->number = atomic_inc_return(&namespaces) - 1;
	mutex_init(&ipvs->estimator.mutex);
	init_completion(&ipvs->estimator.started);
	INIT_DELAYED_WORK(&ipvs->estimator.end_work, end_worker);
}

void ip_vs_estimator_uninit(struct ip_vs_net *ipvs)
{
	ip_vs_estimator_stop(ipvs);
	cancel_delayed_work_sync(&ipvs->estimator.end_work);
	ip_vs_estimator_update(ipvs);
	if (ipvs->estimator.has_cpus)
		free_cpumask_var(ipvs->estimator.cpus);
}
