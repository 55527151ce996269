/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of buckets that dh and sh have in common. It is built aside and published at once. A table that
 * was replaced is read until the grace period is over, and so are the destinations in it.
 */
#ifndef IP_VS_SCHED_SPREAD_H
#define IP_VS_SCHED_SPREAD_H

#include <linux/slab.h>
#include "core/spread.h"
#include "netns.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

struct ip_vs_spread {
	struct rcu_head rcu;
	struct ip_vs_dest *dests[IP_VS_SPREAD_SIZE]; /* all NULL without destinations */
};

/* A scheduler's state for one service; @spread is replaced under the configuration mutex. */
struct ip_vs_spread_data {
	struct ip_vs_spread __rcu *spread;
};

static inline struct ip_vs_dest *ip_vs_spread_next(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	if (list_is_last(&dest->node, &svc->dests))
		return list_first_entry(&svc->dests, struct ip_vs_dest, node);
	return list_next_entry(dest, node);
}

static inline void ip_vs_spread_fill(struct ip_vs_spread *spread, struct ip_vs_service *svc,
				     int (*share_of)(const struct ip_vs_dest *dest))
{
	struct ip_vs_dest *dest = list_first_entry_or_null(&svc->dests, struct ip_vs_dest, node);
	u32 i, given = 0;

	for (i = 0; i < IP_VS_SPREAD_SIZE; i++) {
		WRITE_ONCE(spread->dests[i], dest);
		if (dest && ip_vs_spread_is_served(&given, share_of(dest)))
			dest = ip_vs_spread_next(svc, dest);
	}
}

/* 0 or ENOMEM. @share_of: buckets in a row */
static inline int ip_vs_spread_init(struct ip_vs_service *svc, struct ip_vs_spread_data *data,
				    int (*share_of)(const struct ip_vs_dest *dest))
{
	struct ip_vs_spread *spread = kzalloc(sizeof(*spread), GFP_KERNEL_ACCOUNT);

	if (!spread)
		return -ENOMEM;
	ip_vs_spread_fill(spread, svc, share_of);
	RCU_INIT_POINTER(data->spread, spread);
	return 0;
}

static inline void ip_vs_spread_rebuild(struct ip_vs_service *svc, struct ip_vs_spread_data *data,
					int (*share_of)(const struct ip_vs_dest *dest))
{
	struct ip_vs_spread *old, *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);

	old = rcu_dereference_protected(data->spread, lockdep_is_held(&svc->ipvs->mutex));
	if (!new) {
		/* Then bucket by bucket under the readers' eyes: better than a destination that has left. */
		ip_vs_spread_fill(old, svc, share_of);
		return;
	}
	ip_vs_spread_fill(new, svc, share_of);
	rcu_assign_pointer(data->spread, new);
	kfree_rcu(old, rcu);
}

/* @dest: the one that was changed, NULL = any. @has_fallback: clients of a destination that is quiesced get another one. */
static inline enum ip_vs_sched_remark ip_vs_spread_remark(const struct ip_vs_service *svc, const struct ip_vs_dest *dest,
							  int (*share_of)(const struct ip_vs_dest *dest), bool has_fallback)
{
	const struct ip_vs_dest *pos;
	int room = IP_VS_SPREAD_SIZE;

	list_for_each_entry(pos, &svc->dests, node) {
		if (!has_fallback && (!dest || pos == dest) && !ip_vs_dest_weight(pos))
			return IP_VS_SCHED_REFUSES_CLIENTS;
		room = ip_vs_spread_room(room, share_of(pos));
		if (room < 0)
			return IP_VS_SCHED_LACKS_ROOM;
	}
	return IP_VS_SCHED_NO_REMARK;
}

/* Nobody changes it any more; packets may still be looking. */
static inline void ip_vs_spread_exit(struct ip_vs_spread_data *data)
{
	struct ip_vs_spread *spread = rcu_dereference_protected(data->spread, true);

	kfree_rcu(spread, rcu);
}

static inline struct ip_vs_dest *ip_vs_spread_get(const struct ip_vs_spread *spread, u32 bucket)
{
	return READ_ONCE(spread->dests[bucket]);
}

#endif
