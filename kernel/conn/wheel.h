/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The timing wheel: where connections wait for the end of their time. A packet only notes when it came; an
 * entry is looked at when its slot comes round, and goes into a later one by what remains.
 *
 * There are several wheels side by side, the stripes: the connections that a CPU makes go into its stripe, so that
 * CPUs do not meet at the lock of the one slot in which all new connections of a moment end. Each stripe has a
 * worker, which runs while there are entries in it.
 */
#ifndef IP_VS_CONN_WHEEL_H
#define IP_VS_CONN_WHEEL_H

#include "conn/conn.h"

#define IP_VS_WHEEL_SLOTS   2048 /* of a stripe; power of two */
#define IP_VS_WHEEL_STRIPES 8	 /* at most; all slots together have numbers below IP_VS_WHEEL_NONE */

/* Told of an entry that has been taken out of a slot of this number. Under RCU. */
typedef void ip_vs_wheel_visit_fn(struct ip_vs_conn *cp, unsigned int number, void *data);

/**
 * ip_vs_wheel_make() - an empty wheel, or NULL without memory
 * @look_at: called for each entry when its slot has come round; ends it or gives it back
 * @turned: called after each turn
 */
struct ip_vs_wheel *ip_vs_wheel_make(struct ip_vs_net *ipvs, ip_vs_wheel_visit_fn *look_at,
				     void (*turned)(struct ip_vs_net *ipvs));

/* It stands still for good. May sleep. */
void ip_vs_wheel_stop(struct ip_vs_wheel *wheel);
void ip_vs_wheel_free(struct ip_vs_wheel *wheel);

/* Into the slot of the time at which @cp ends, from wherever it is. These three under the connection's lock. */
void ip_vs_wheel_put(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp);
void ip_vs_wheel_remove(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp);

/* The same for one that was taken out of the slot @number: it stays in its stripe. */
void ip_vs_wheel_give_back(struct ip_vs_wheel *wheel, struct ip_vs_conn *cp, unsigned int number);

/*
 * Take one entry after the other out of all slots and hand it to @visit. What comes back into a slot that is
 * done is not met again. Lets others run after each; may sleep.
 */
void ip_vs_wheel_visit(struct ip_vs_wheel *wheel, ip_vs_wheel_visit_fn *visit, void *data);

#endif
