// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "conn/wheel.h"
#include "core/tick.h"
#include "faults/pause.h"

/* A slot is a power of two of jiffies, a quarter to half a second: a shift instead of a division. */
#define SLOT_SHIFT (ilog2(HZ / 2))

/* After so many turns with nothing to do a worker asks whether its stripe is empty. */
#define IDLE_TURNS 8

struct slot {
	struct hlist_head conns;
	spinlock_t lock; /* the list, and conn->slot of its members */
};

struct stripe {
	struct ip_vs_wheel *wheel;
	struct delayed_work work;
	u32 done;	   /* the last tick that was turned; the worker */
	unsigned int idle; /* turns without an entry; the worker */
	struct slot slots[IP_VS_WHEEL_SLOTS] ____cacheline_aligned;
};

struct ip_vs_wheel {
	struct ip_vs_net *ipvs;
	ip_vs_wheel_visit_fn *look_at;
	void (*turned)(struct ip_vs_net *ipvs);
	bool stopped;
	unsigned int num_stripes; /* power of two */
	struct stripe stripes[];
};

static_assert(IP_VS_WHEEL_STRIPES * IP_VS_WHEEL_SLOTS <= IP_VS_WHEEL_NONE);

static u32 now_tick(void)
{
	return ip_vs_tick((u32)jiffies, SLOT_SHIFT);
}

static struct slot *slot_of(struct ip_vs_wheel *wheel, unsigned int number)
{
	return &wheel->stripes[number / IP_VS_WHEEL_SLOTS].slots[number % IP_VS_WHEEL_SLOTS];
}

void ip_vs_wheel_remove(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp)
{
	/*
	 * Who has popped it did not hold the connection's lock. What he wrote into cp->wheel must come before what
	 * our caller puts there: another list, or that of the dead.
	 */
	u16 number = smp_load_acquire(&cp->slot);
	struct slot *slot;

	lockdep_assert_held(&cp->lock);
	if (number == IP_VS_WHEEL_NONE)
		return;
	slot = slot_of(wheel, number);
	spin_lock(&slot->lock);
	/* It can only have been popped meanwhile: into a slot it comes under the lock that we hold. */
	if (cp->slot == number) {
		hlist_del(&cp->wheel);
		WRITE_ONCE(cp->slot, IP_VS_WHEEL_NONE);
	}
	spin_unlock(&slot->lock);
}

/*
 * There is an entry: the worker has to run. Here or in is_empty() the other side is seen: the worker's mark of
 * being queued is taken away, with a barrier, before it looks into the slots, and we look at the mark after the
 * entry is in one.
 */
static void start(struct stripe *stripe)
{
	smp_mb();
	if (unlikely(!delayed_work_pending(&stripe->work) && !READ_ONCE(stripe->wheel->stopped)))
		queue_delayed_work(ip_vs_wq, &stripe->work, 1UL << SLOT_SHIFT);
}

/*
 * Is this tick over? Only then its slot may have been emptied for it: the worker turns nothing that by its clock is not
 * over, and whoever holds the slot's lock after it reads no earlier time. What the worker has turned last says nothing
 * about that: in a stripe that was empty for months it stands still, and would lie in the future by now.
 */
static bool is_past(u32 tick)
{
	return ip_vs_tick_is_past(tick, (u32)jiffies, SLOT_SHIFT);
}

static void put(struct stripe *stripe, struct ip_vs_conn *cp)
{
	s32 remaining = ip_vs_conn_remaining(cp);
	/* What ends later than the wheel reaches is looked at on the way. */
	u32 wait = clamp_t(s32, remaining, 0, (s32)(IP_VS_WHEEL_SLOTS - 2) << SLOT_SHIFT);
	u32 due = (u32)jiffies + wait;
	u32 tick = ip_vs_tick(due, SLOT_SHIFT);
	struct slot *slot;

	ip_vs_wheel_remove(stripe->wheel, cp);
	cp->due = due;
	for (;;) {
		slot = &stripe->slots[tick % IP_VS_WHEEL_SLOTS];
		spin_lock(&slot->lock);
		/* We may have been held up: a slot that was emptied for this tick comes round only after minutes. */
		if (likely(!is_past(tick)))
			break;
		spin_unlock(&slot->lock);
		tick = now_tick();
	}
	hlist_add_head(&cp->wheel, &slot->conns);
	WRITE_ONCE(cp->slot, (stripe - stripe->wheel->stripes) * IP_VS_WHEEL_SLOTS + tick % IP_VS_WHEEL_SLOTS);
	spin_unlock(&slot->lock);
	start(stripe);
}

void ip_vs_wheel_put(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp)
{
	/* Bottom halves are off. */
	put(&wheel->stripes[smp_processor_id() & (wheel->num_stripes - 1)], cp);
}

void ip_vs_wheel_give_back(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp, unsigned int number)
{
	put(&wheel->stripes[number / IP_VS_WHEEL_SLOTS], cp);
}

/* Take the first entry off a list of entries that still belong to the slot; it is in no slot then. Under RCU. */
static struct ip_vs_conn *pop(struct slot *slot, struct hlist_head *list)
{
	struct ip_vs_conn *cp = NULL;

	spin_lock_bh(&slot->lock);
	if (!hlist_empty(list)) {
		cp = hlist_entry(list->first, struct ip_vs_conn, wheel);
		hlist_del(&cp->wheel);
		/* From now on the holder of its lock may put it elsewhere, without ours: see ip_vs_wheel_remove(). */
		smp_store_release(&cp->slot, IP_VS_WHEEL_NONE);
	}
	spin_unlock_bh(&slot->lock);
	return cp;
}

/* False if there was none. */
static bool visit_slot(struct ip_vs_wheel *wheel, unsigned int number, ip_vs_wheel_visit_fn *visit, void *data)
{
	struct slot *slot = slot_of(wheel, number);
	struct hlist_head list;
	struct ip_vs_conn *cp;
	bool any = false;

	spin_lock_bh(&slot->lock);
	hlist_move_list(&slot->conns, &list);
	spin_unlock_bh(&slot->lock);
	do {
		rcu_read_lock();
		cp = pop(slot, &list);
		if (cp) {
			any = true;
			visit(cp, number, data);
		}
		rcu_read_unlock();
		cond_resched();
	} while (cp);
	return any;
}

void ip_vs_wheel_visit(struct ip_vs_wheel *wheel, ip_vs_wheel_visit_fn *visit, void *data)
{
	unsigned int number;

	for (number = 0; number < wheel->num_stripes * IP_VS_WHEEL_SLOTS; number++)
		visit_slot(wheel, number, visit, data);
}

static bool is_empty(const struct stripe *stripe)
{
	int i;

	for (i = 0; i < IP_VS_WHEEL_SLOTS; i++)
		if (!hlist_empty(&stripe->slots[i].conns))
			return false;
	return true;
}

/* All slots that have come round since the last time. False if nothing was in them. */
static bool turn(struct stripe *stripe)
{
	struct ip_vs_wheel *wheel = stripe->wheel;
	unsigned int base = (stripe - wheel->stripes) * IP_VS_WHEEL_SLOTS;
	/* The present tick is not over: entries may still come into its slot. */
	u32 last = now_tick() - 1;
	u32 n = min_t(u32, last - stripe->done, IP_VS_WHEEL_SLOTS), tick;
	bool any = false;

	stripe->done = last;
	for (tick = last - n + 1; n; n--, tick++)
		any |= visit_slot(wheel, base + tick % IP_VS_WHEEL_SLOTS, wheel->look_at, NULL);
	return any;
}

static void turn_worker(struct work_struct *work)
{
	struct stripe *stripe = container_of(work, struct stripe, work.work);

	stripe->idle = turn(stripe) ? 0 : stripe->idle + 1;
	stripe->wheel->turned(stripe->wheel->ipvs);
	if (stripe->idle >= IDLE_TURNS) {
		stripe->idle = 0;
		if (is_empty(stripe))
			return;
	}
	queue_delayed_work(ip_vs_wq, &stripe->work, 1UL << SLOT_SHIFT);
}

static void init_stripe(struct stripe *stripe, struct ip_vs_wheel *wheel)
{
	int i;

	stripe->wheel = wheel;
	stripe->done = ip_vs_tick((u32)jiffies - ip_vs_wheel_stood_still(), SLOT_SHIFT) - 1;
	INIT_DELAYED_WORK(&stripe->work, turn_worker);
	for (i = 0; i < IP_VS_WHEEL_SLOTS; i++)
		spin_lock_init(&stripe->slots[i].lock);
}

struct ip_vs_wheel *ip_vs_wheel_make(struct ip_vs_net *ipvs, ip_vs_wheel_visit_fn *look_at,
				     void (*turned)(struct ip_vs_net *ipvs))
{
	unsigned int n = rounddown_pow_of_two(min_t(unsigned int, num_possible_cpus(), IP_VS_WHEEL_STRIPES)), i;
	struct ip_vs_wheel *wheel;

	wheel = kvzalloc(struct_size(wheel, stripes, n), GFP_KERNEL_ACCOUNT);
	if (!wheel)
		return NULL;
	wheel->ipvs = ipvs;
	wheel->look_at = look_at;
	wheel->turned = turned;
	wheel->num_stripes = n;
	for (i = 0; i < n; i++)
		init_stripe(&wheel->stripes[i], wheel);
	return wheel;
}

void ip_vs_wheel_stop(struct ip_vs_wheel *wheel)
{
	unsigned int i;

	WRITE_ONCE(wheel->stopped, true);
	for (i = 0; i < wheel->num_stripes; i++)
		cancel_delayed_work_sync(&wheel->stripes[i].work);
}

void ip_vs_wheel_free(struct ip_vs_wheel *wheel)
{
	kvfree(wheel);
}
