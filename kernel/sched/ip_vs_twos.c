// SPDX-License-Identifier: GPL-2.0-only
/* Power of two choices, explained in core/twos.h. Source: spec/schedulers.md, section 7. */
#include <linux/math64.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include "core/twos.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

static u64 weights_sum(const struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;
	u64 sum = 0;
	int weight;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		weight = ip_vs_dest_weight(dest);
		if (weight > 0 && !ip_vs_dest_is_overloaded(dest))
			sum += weight;
	}
	return sum;
}

static s64 draw(u64 sum)
{
	return mul_u64_u64_shr(get_random_u64(), sum + 1, 64);
}

struct choice {
	struct ip_vs_dest *dest;
	int weight;
	u64 load;
};

static struct choice choose(struct ip_vs_dest *dest, int weight)
{
	return (struct choice){ .dest = dest, .weight = weight, .load = ip_vs_dest_load(dest) };
}

static struct ip_vs_dest *twos_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	struct choice one = {}, two = {};
	struct ip_vs_dest *dest;
	s64 lot_one, lot_two;
	u64 sum;
	int weight;

	sum = weights_sum(svc);
	if (!sum)
		return NULL;
	lot_one = draw(sum);
	lot_two = draw(sum);
	list_for_each_entry_rcu(dest, &svc->dests, node) {
		weight = ip_vs_dest_weight(dest);
		if (weight <= 0 || ip_vs_dest_is_overloaded(dest))
			continue;
		/* If weights shrink while we look a lot may fall behind the list's end: the first serves. */
		if (ip_vs_twos_hits(&lot_one, weight) || !one.dest)
			one = choose(dest, weight);
		if (ip_vs_twos_hits(&lot_two, weight) || !two.dest)
			two = choose(dest, weight);
	}
	if (two.dest && ip_vs_load_less(two.load, two.weight, one.load, one.weight))
		return two.dest;
	return one.dest;
}

static const struct ip_vs_scheduler twos_scheduler = {
	.name = "twos",
	.module = THIS_MODULE,
	.pick = twos_pick,
};

IP_VS_SCHEDULER_MODULE(twos_scheduler, "IPVS power of two choices scheduler");
