/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The weights of a service, and what they have in common: kept in a tree, in which each node knows the greatest common
 * divisor of those below it, so that one change costs the same however many there are. Under the configuration mutex;
 * packets do not look at it. It refers to destinations without references: the scheduler is told of each that goes.
 */
#ifndef IP_VS_SCHED_WEIGHTS_H
#define IP_VS_SCHED_WEIGHTS_H

#include <linux/rbtree_augmented.h>
#include "core/wrr.h"
#include "svc/dest.h"
#include "svc/service.h"

struct ip_vs_weights {
	struct rb_root root;
};

static inline int ip_vs_weights_gcd_below(const struct rb_node *node)
{
	return node ? rb_entry(node, struct ip_vs_dest_rank, node)->gcd : 0;
}

/* As the tree wants it: true = @exit was allowed and nothing has changed. */
static inline bool ip_vs_weights_compute(struct ip_vs_dest_rank *rank, bool exit)
{
	int gcd = ip_vs_wrr_gcd(rank->weight, ip_vs_wrr_gcd(ip_vs_weights_gcd_below(rank->node.rb_left),
							    ip_vs_weights_gcd_below(rank->node.rb_right)));

	if (exit && rank->gcd == gcd)
		return true;
	rank->gcd = gcd;
	return false;
}

RB_DECLARE_CALLBACKS(static, ip_vs_weights_callbacks, struct ip_vs_dest_rank, node, gcd, ip_vs_weights_compute)

/* Weights of 0 take no part. */
static inline void ip_vs_weights_add(struct ip_vs_weights *weights, struct ip_vs_dest *dest)
{
	struct rb_node **link = &weights->root.rb_node, *parent = NULL;
	struct ip_vs_dest_rank *rank = &dest->rank;

	rank->weight = max(ip_vs_dest_weight(dest), 0);
	rank->gcd = rank->weight;
	if (!rank->weight)
		return;
	while (*link) {
		parent = *link;
		link = rank->weight < rb_entry(parent, struct ip_vs_dest_rank, node)->weight ? &parent->rb_left :
											      &parent->rb_right;
	}
	rb_link_node(&rank->node, parent, link);
	ip_vs_weights_callbacks.propagate(parent, NULL);
	rb_insert_augmented(&rank->node, &weights->root, &ip_vs_weights_callbacks);
}

static inline void ip_vs_weights_remove(struct ip_vs_weights *weights, struct ip_vs_dest *dest)
{
	if (dest->rank.weight)
		rb_erase_augmented(&dest->rank.node, &weights->root, &ip_vs_weights_callbacks);
	dest->rank.weight = 0;
}

static inline void ip_vs_weights_edit(struct ip_vs_weights *weights, struct ip_vs_dest *dest)
{
	if (dest->rank.weight == ip_vs_dest_weight(dest))
		return;
	ip_vs_weights_remove(weights, dest);
	ip_vs_weights_add(weights, dest);
}

/* Those of the destinations there are, whatever was there before. */
static inline void ip_vs_weights_collect(struct ip_vs_weights *weights, const struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;

	weights->root = RB_ROOT;
	list_for_each_entry(dest, &svc->dests, node) {
		ip_vs_weights_add(weights, dest);
		cond_resched();
	}
}

/* Of all weights above 0; 0 = there are none. */
static inline int ip_vs_weights_gcd(const struct ip_vs_weights *weights)
{
	return ip_vs_weights_gcd_below(weights->root.rb_node);
}

static inline int ip_vs_weights_max(const struct ip_vs_weights *weights)
{
	const struct rb_node *last = rb_last(&weights->root);

	return last ? rb_entry(last, struct ip_vs_dest_rank, node)->weight : 0;
}

#endif
