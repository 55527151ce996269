// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "conn/wheel.h"

/* A slot is a power of two of jiffies, a quarter to half a second: a shift instead of a division. */
#define SLOT_SHIFT (ilog2(HZ / 2))

struct slot {
	struct hlist_head conns;
	spinlock_t lock; /* the list, and conn->slot of its members */
};

struct ip_vs_wheel {
	u32 done; /* the last tick that was turned */
	struct slot slots[IP_VS_WHEEL_SLOTS];
};

static u32 now_tick(void)
{
	return (u32)jiffies >> SLOT_SHIFT;
}

unsigned long ip_vs_wheel_interval(void)
{
	return 1UL << SLOT_SHIFT;
}

struct ip_vs_wheel *ip_vs_wheel_make(void)
{
	struct ip_vs_wheel *wheel = kvzalloc(sizeof(*wheel), GFP_KERNEL);
	int i;

	if (!wheel)
		return NULL;
	for (i = 0; i < IP_VS_WHEEL_SLOTS; i++)
		spin_lock_init(&wheel->slots[i].lock);
	wheel->done = now_tick() - 1;
	return wheel;
}

void ip_vs_wheel_free(struct ip_vs_wheel *wheel)
{
	kvfree(wheel);
}

void ip_vs_wheel_remove(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp)
{
	u16 number = READ_ONCE(cp->slot);
	struct slot *slot;

	lockdep_assert_held(&cp->lock);
	if (number == IP_VS_WHEEL_NONE)
		return;
	slot = &wheel->slots[number];
	spin_lock(&slot->lock);
	/* It can only have been popped meanwhile: into a slot it comes under the lock that we hold. */
	if (cp->slot == number) {
		hlist_del(&cp->wheel);
		WRITE_ONCE(cp->slot, IP_VS_WHEEL_NONE);
	}
	spin_unlock(&slot->lock);
}

void ip_vs_wheel_put(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp)
{
	s32 remaining = ip_vs_conn_remaining(cp);
	/* What ends later than the wheel reaches is looked at on the way. */
	u32 wait = clamp_t(s32, remaining, 0, (s32)(IP_VS_WHEEL_SLOTS - 2) << SLOT_SHIFT);
	u32 due = (u32)jiffies + wait;
	u16 number = (due >> SLOT_SHIFT) & (IP_VS_WHEEL_SLOTS - 1);
	struct slot *slot = &wheel->slots[number];

	ip_vs_wheel_remove(wheel, cp);
	cp->due = due;
	spin_lock(&slot->lock);
	hlist_add_head(&cp->wheel, &slot->conns);
	WRITE_ONCE(cp->slot, number);
	spin_unlock(&slot->lock);
}

void ip_vs_wheel_take(struct ip_vs_wheel *wheel, unsigned int number, struct hlist_head *list)
{
	struct slot *slot = &wheel->slots[number];

	spin_lock_bh(&slot->lock);
	hlist_move_list(&slot->conns, list);
	spin_unlock_bh(&slot->lock);
}

struct ip_vs_conn *ip_vs_wheel_pop(struct ip_vs_wheel *wheel, unsigned int number, struct hlist_head *list)
{
	struct slot *slot = &wheel->slots[number];
	struct ip_vs_conn *cp = NULL;

	spin_lock_bh(&slot->lock);
	if (!hlist_empty(list)) {
		cp = hlist_entry(list->first, struct ip_vs_conn, wheel);
		hlist_del(&cp->wheel);
		WRITE_ONCE(cp->slot, IP_VS_WHEEL_NONE);
	}
	spin_unlock_bh(&slot->lock);
	return cp;
}

unsigned int ip_vs_wheel_turn(struct ip_vs_wheel *wheel, unsigned int *first)
{
	/* The present tick is not over: entries may still come into its slot. */
	u32 last = now_tick() - 1;
	u32 n = last - wheel->done;

	if (n >= IP_VS_WHEEL_SLOTS)
		n = IP_VS_WHEEL_SLOTS;
	*first = (last - n + 1) & (IP_VS_WHEEL_SLOTS - 1);
	wheel->done = last;
	return n;
}
