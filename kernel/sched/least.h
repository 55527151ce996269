/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_SCHED_LEAST_H
#define IP_VS_SCHED_LEAST_H

#include <linux/rculist.h>
#include "core/load.h"
#include "svc/dest.h"
#include "svc/service.h"

/* The load of a destination if it got one more connection, of active ones alone. */
static inline u64 ip_vs_dest_expected_load(const struct ip_vs_dest *dest)
{
	return (u64)atomic_read(&dest->active) + 1;
}

/**
 * ip_vs_least_loaded() - the eligible destination with the least load in proportion to its weight
 * @load_of: what counts as load
 *
 * The first one of equals; NULL if none is eligible. Under RCU.
 */
static __always_inline struct ip_vs_dest *
ip_vs_least_loaded(const struct ip_vs_service *svc, u64 (*load_of)(const struct ip_vs_dest *dest))
{
	struct ip_vs_dest *dest, *least = NULL;
	u64 load, least_load = 0;
	int weight, least_weight = 0;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		weight = ip_vs_dest_weight(dest);
		if (weight <= 0 || ip_vs_dest_is_overloaded(dest))
			continue;
		load = load_of(dest);
		if (!least || ip_vs_load_less(load, weight, least_load, least_weight)) {
			least = dest;
			least_load = load;
			least_weight = weight;
		}
	}
	return least;
}

#endif
