/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_TWOS_H
#define IP_VS_CORE_TWOS_H

#include "core/base.h"

/*
 * Power of two choices: two servers are drawn by lot, in proportion to their weights, and the less loaded of
 * them is taken. Source: spec/schedulers.md, section 7.
 */

/**
 * ip_vs_twos_hits() - does a lot fall on this server of the walk?
 * @lot: drawn from 0 to the sum of the weights; the weights of the servers passed are taken off
 * @weight: of this server, above 0
 *
 * True for one server of a walk at most.
 */
static inline bool ip_vs_twos_hits(s64 *lot, u32 weight)
{
	bool is_open = *lot >= 0;

	*lot -= weight;
	if (!is_open || *lot > 0)
		return false;
	*lot = -1;
	return true;
}

#endif
