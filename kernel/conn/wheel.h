/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timing wheel: where connections wait for the end of their time. A packet only notes when it came; an
 * entry is looked at when its slot comes round, and goes into a later one by what remains. All but
 * ip_vs_wheel_pop() is called under the lock of the connection.
 */
#ifndef IP_VS_CONN_WHEEL_H
#define IP_VS_CONN_WHEEL_H

#include "conn/conn.h"

#define IP_VS_WHEEL_SLOTS 2048 /* power of two */

struct ip_vs_wheel *ip_vs_wheel_make(void);
void ip_vs_wheel_free(struct ip_vs_wheel *wheel);

/* Into the slot of the time at which @cp ends, from wherever it is. */
void ip_vs_wheel_put(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp);
void ip_vs_wheel_remove(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp);

/* Move all entries of a slot to @list. They still belong to the slot and are protected by its lock. */
void ip_vs_wheel_take(struct ip_vs_wheel *wheel, unsigned int slot, struct hlist_head *list);

/* Take the first entry off such a list; it is in no slot then. Under RCU. */
struct ip_vs_conn *ip_vs_wheel_pop(struct ip_vs_wheel *wheel, unsigned int slot, struct hlist_head *list);

/**
 * ip_vs_wheel_turn() - which slots have come round
 * @first: the first of them
 *
 * Returns how many there are, from @first on, and counts them as done. One caller at a time.
 */
unsigned int ip_vs_wheel_turn(struct ip_vs_wheel *wheel, unsigned int *first);

/* Jiffies between two looks at the wheel. */
unsigned long ip_vs_wheel_interval(void);

#endif
