/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_OVERLOAD_H
#define IP_VS_CORE_OVERLOAD_H

#include "core/base.h"

/**
 * ip_vs_overload_lower() - the count below which an overloaded server is usable again
 * @upper: configured upper threshold, connections; 0 = no limit
 * @lower: configured lower threshold; 0 = three quarters of the upper one
 */
static inline u32 ip_vs_overload_lower(u32 upper, u32 lower)
{
	return lower ? lower : upper - upper / 4;
}

/**
 * ip_vs_overload_next() - is a server overloaded after its connection count or a threshold changed?
 * @was: was it before?
 * @conns: its connections, active and inactive, without templates
 * @upper: configured upper threshold; 0 = no limit
 * @lower: configured lower threshold
 *
 * Between the two thresholds the answer stays what it was (spec/connections.md, section 5).
 */
static inline bool ip_vs_overload_next(bool was, u32 conns, u32 upper, u32 lower)
{
	if (!upper)
		return false;
	if (conns >= upper)
		return true;
	if (conns < ip_vs_overload_lower(upper, lower))
		return false;
	return was;
}

#endif
