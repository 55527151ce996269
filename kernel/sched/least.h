/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schedulers that look for the eligible destination with the least load: by a walk along the list, or, where there are many,
 * by a contest (sched/contest.c), with the same result.
 */
#ifndef IP_VS_SCHED_LEAST_H
#define IP_VS_SCHED_LEAST_H

#include <linux/rculist.h>
#include "core/load.h"
#include "sched/scheduler.h"
#include "svc/contest.h"
#include "svc/dest.h"
#include "svc/service.h"

/* The load of a destination if it got one more connection, of active ones alone. */
static inline u64 ip_vs_dest_expected_load(const struct ip_vs_dest *dest)
{
	return (u64)atomic_read(&dest->active) + 1;
}

/**
 * ip_vs_least_loaded() - the eligible destination with the least load, in proportion to its weight
 * @load_of: what counts as load
 * @by_weight: else the load counts as it is
 *
 * The first one of equals; NULL if none is eligible. Under RCU.
 */
static __always_inline struct ip_vs_dest *
ip_vs_least_loaded(const struct ip_vs_service *svc, u64 (*load_of)(const struct ip_vs_dest *dest), bool by_weight)
{
	struct ip_vs_dest *dest, *least = NULL;
	u64 load, least_load = 0;
	int weight, least_weight = 0;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		weight = ip_vs_dest_weight(dest);
		if (weight <= 0 || ip_vs_dest_is_overloaded(dest))
			continue;
		if (!by_weight)
			weight = 1;
		load = load_of(dest);
		if (!least || ip_vs_load_less(load, weight, least_load, least_weight)) {
			least = dest;
			least_load = load;
			least_weight = weight;
		}
	}
	return least;
}

/**
 * struct ip_vs_least - a scheduler's state for one service
 * @contest: NULL = there are few destinations; changed under the configuration mutex
 */
struct ip_vs_least {
	struct ip_vs_contest __rcu *contest;
	u64 (*load_of)(const struct ip_vs_dest *dest);
	bool by_weight;
};

void ipvs_least_begin(struct ip_vs_service *svc, void *data);
void ipvs_least_exit(struct ip_vs_service *svc, void *data);
void ipvs_least_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest, enum ip_vs_sched_event event);

/* The winner; NULL if none is eligible. Under RCU. */
struct ip_vs_dest *ipvs_least_pick(struct ip_vs_service *svc, const struct ip_vs_least *least,
				   struct ip_vs_contest *contest);

/* A whole scheduler of this kind. @by_walk: how it picks without a contest, of the service @svc. */
#define IP_VS_LEAST_SCHEDULER(id, load, weighs, by_walk, text)                                     \
	static int id##_init(struct ip_vs_service *svc, void *data)                                \
	{                                                                                          \
		struct ip_vs_least *least = data;                                                  \
                                                                                                   \
		least->load_of = load;                                                             \
		least->by_weight = weighs;                                                         \
		return 0;                                                                          \
	}                                                                                          \
	static struct ip_vs_dest *id##_pick(struct ip_vs_service *svc, void *data,                 \
					    const struct ip_vs_packet *pkt)                        \
	{                                                                                          \
		const struct ip_vs_least *least = data;                                            \
		struct ip_vs_contest *contest = rcu_dereference(least->contest);                   \
                                                                                                   \
		return likely(!contest) ? (by_walk) : ipvs_least_pick(svc, least, contest);        \
	}                                                                                          \
	static const struct ip_vs_scheduler id##_scheduler = {                                     \
		.name = #id,                                                                       \
		.module = THIS_MODULE,                                                             \
		.data_size = sizeof(struct ip_vs_least),                                           \
		.init = id##_init,                                                                 \
		.begin = ipvs_least_begin,                                                         \
		.exit = ipvs_least_exit,                                                           \
		.changed = ipvs_least_changed,                                                     \
		.pick = id##_pick,                                                                 \
	};                                                                                         \
	IP_VS_SCHEDULER_MODULE(id##_scheduler, text)

#endif
