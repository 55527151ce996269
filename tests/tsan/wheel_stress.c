// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The timing wheel on four CPUs: connections are made, used, given other times, ended, and looked at when their time
 * is over, as kernel/conn/conn.c does it. Each ends once, none before its time, none is forgotten, also when a
 * worker stops because its stripe is empty just as an entry comes.
 */
#include <stdio.h>
#include "shim.h"
#include "conn/wheel.h"

/* A jiffy; a slot is 32 of them. */
#define JIFFY_NS 20000
/* Jiffies after the end of its time within which an entry must have gone: a slot and what the machine adds. */
#define LATE 20000

struct workqueue_struct *ip_vs_wq;
static struct ip_vs_net net;
static u64 end_ms;
static atomic_t made, ended, ended_early, visits;

static struct ip_vs_conn *gone; /* to be freed after a grace period */
static pthread_mutex_t gone_mutex = PTHREAD_MUTEX_INITIALIZER;

static void unlink_locked(struct ip_vs_conn *cp)
{
	must(!(cp->flags & IP_VS_CONN_F_DEAD));
	ip_vs_wheel_remove(net.wheel, cp);
	must(cp->slot == IP_VS_WHEEL_NONE);
	atomic_inc(&ended);
	WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_DEAD);
	atomic_dec(&net.num_conns);
	pthread_mutex_lock(&gone_mutex);
	cp->control = gone;
	gone = cp;
	pthread_mutex_unlock(&gone_mutex);
}

static void look_at(struct ip_vs_conn *cp, unsigned int number, void *data)
{
	spin_lock_bh(&cp->lock);
	if (cp->flags & IP_VS_CONN_F_DEAD || READ_ONCE(cp->slot) != IP_VS_WHEEL_NONE)
		;
	else if (ip_vs_conn_remaining(cp) <= 0)
		unlink_locked(cp);
	else
		ip_vs_wheel_give_back(net.wheel, cp, number);
	spin_unlock_bh(&cp->lock);
}

static void turned(struct ip_vs_net *ipvs)
{
}

/* A sweep ends one in three. */
static void end_some(struct ip_vs_conn *cp, unsigned int number, void *data)
{
	spin_lock_bh(&cp->lock);
	atomic_inc(&visits);
	if (cp->flags & IP_VS_CONN_F_DEAD)
		;
	else if (!shim_random(3))
		unlink_locked(cp);
	else if (READ_ONCE(cp->slot) == IP_VS_WHEEL_NONE)
		ip_vs_wheel_give_back(net.wheel, cp, number);
	spin_unlock_bh(&cp->lock);
}

static struct ip_vs_conn *make(u32 timeout)
{
	struct ip_vs_conn *cp = calloc(1, sizeof(*cp));

	spin_lock_init(&cp->lock);
	cp->ipvs = &net;
	cp->slot = IP_VS_WHEEL_NONE;
	cp->timeout = timeout;
	cp->last_used = (u32)jiffies;
	atomic_inc(&net.num_conns);
	atomic_inc(&made);
	spin_lock_bh(&cp->lock);
	ip_vs_wheel_put(net.wheel, cp);
	spin_unlock_bh(&cp->lock);
	return cp;
}

static bool is_dead(struct ip_vs_conn *cp)
{
	return READ_ONCE(cp->flags) & IP_VS_CONN_F_DEAD;
}

/* Another timeout, as by a packet that changes the state. */
static void restart(struct ip_vs_conn *cp, u32 timeout)
{
	spin_lock_bh(&cp->lock);
	if (!is_dead(cp)) {
		ip_vs_conn_touch(cp);
		smp_store_release(&cp->timeout, timeout);
		if (READ_ONCE(cp->slot) == IP_VS_WHEEL_NONE || (s32)(cp->last_used + cp->timeout - cp->due) < 0)
			ip_vs_wheel_put(net.wheel, cp);
	}
	spin_unlock_bh(&cp->lock);
}

static void end(struct ip_vs_conn *cp)
{
	spin_lock_bh(&cp->lock);
	if (!is_dead(cp)) {
		atomic_inc(&ended_early);
		unlink_locked(cp);
	}
	spin_unlock_bh(&cp->lock);
}

static void free_gone(void)
{
	struct ip_vs_conn *cp, *next;

	pthread_mutex_lock(&gone_mutex);
	cp = gone;
	gone = NULL;
	pthread_mutex_unlock(&gone_mutex);
	synchronize_rcu();
	for (; cp; cp = next) {
		next = cp->control;
		pthread_mutex_destroy(&cp->lock.mutex);
		free(cp);
	}
}

/* Until the wheel has ended all; the jiffies that others may take to get to it are waited for. */
static bool all_gone(u32 most)
{
	u32 begin = (u32)jiffies;

	while (atomic_read(&net.num_conns)) {
		if ((u32)jiffies - begin > most)
			return false;
		sched_yield();
	}
	return true;
}

#define MINE 64

static void busy_cpu(unsigned int cpu)
{
	struct ip_vs_conn *cp;
	int i, n;

	while (shim_now_ms() < end_ms) {
		struct ip_vs_conn *mine[MINE];

		/* within a section they stay readable, whoever ends them */
		rcu_read_lock();
		n = 1 + shim_random(MINE);
		for (i = 0; i < n; i++)
			mine[i] = make(shim_random(4) ? shim_random(200) : 1000 + shim_random(2000));
		for (i = 0; i < 4 * n; i++) {
			cp = mine[shim_random(n)];
			switch (shim_random(8)) {
			case 0:
				end(cp);
				break;
			case 1:
				restart(cp, shim_random(3000));
				break;
			case 2:
				restart(cp, 1 + shim_random(3));
				break;
			default:
				ip_vs_conn_touch(cp);
			}
		}
		rcu_read_unlock();
		if (cpu == 0 && !shim_random(20))
			ip_vs_wheel_visit(net.wheel, end_some, NULL);
		if (cpu == 1)
			free_gone();
	}
}

/* One at a time and none for as long as it takes a worker to stop, give or take. */
static void lonely_cpu(unsigned int cpu)
{
	struct ip_vs_conn *cp;
	u32 begin, pause;

	while (shim_now_ms() < end_ms) {
		rcu_read_lock();
		cp = make(1);
		begin = (u32)jiffies;
		while (!is_dead(cp)) {
			must((u32)jiffies - begin < LATE);
			sched_yield();
		}
		rcu_read_unlock();
		free_gone();
		begin = (u32)jiffies;
		pause = 32 * 7 + shim_random(32 * 4);
		while ((u32)jiffies - begin < pause)
			sched_yield();
	}
}

int main(void)
{
	int busy, lonely;

	shim_start(JIFFY_NS);
	net.wheel = ip_vs_wheel_make(&net, look_at, turned);
	must(net.wheel);
	end_ms = shim_now_ms() + shim_seconds() * 1000;
	shim_on_all_cpus(busy_cpu);
	must(all_gone(3000 + LATE));
	must(atomic_read(&made) == atomic_read(&ended));
	busy = atomic_read(&made);
	end_ms = shim_now_ms() + shim_seconds() * 1000;
	shim_on_all_cpus(lonely_cpu);
	must(atomic_read(&made) == atomic_read(&ended));
	lonely = atomic_read(&made) - busy;
	printf("wheel: %d connections, %d ended before their time, %d visits; one at a time: %d\n", busy,
	       atomic_read(&ended_early), atomic_read(&visits), lonely);
	must(busy > 1000 && atomic_read(&visits) > 100 && atomic_read(&ended_early) > 100 && lonely > 10);
	ip_vs_wheel_stop(net.wheel);
	free_gone();
	ip_vs_wheel_free(net.wheel);
	shim_stop();
	return 0;
}
