/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_LOCALITY_H
#define IP_VS_CORE_LOCALITY_H

#include "core/base.h"

/*
 * Locality-based scheduling: a cache remembers which server (lblc) or servers (lblcr) serve an address.
 * Source: spec/schedulers.md, sections 11 and 12.
 */
#define IP_VS_LOCALITY_BUCKETS 1024U
#define IP_VS_LOCALITY_MAX     (16 * IP_VS_LOCALITY_BUCKETS)
#define IP_VS_LOCALITY_SET     64U				/* servers of one address */
#define IP_VS_LOCALITY_MEMBERS (4 * IP_VS_LOCALITY_MAX)	/* of all addresses together */

/* Does a server do more than its share? Then others may take over, if one has room. */
static inline bool ip_vs_locality_is_loaded(u32 active, int weight)
{
	return (s64)active > weight;
}

/* Is a server less than half loaded? */
static inline bool ip_vs_locality_has_room(u32 active, int weight)
{
	return 2 * (s64)active < weight;
}

/* May another address be remembered? Those that have been are kept a bit above the maximum. */
static inline bool ip_vs_locality_is_full(u32 entries)
{
	return entries >= IP_VS_LOCALITY_MAX / 2 * 3;
}

/*
 * May an address have one server more, or has another one to go for it? A set grows by one with each new connection while
 * its servers do more than their share, which clients can bring about.
 *
 * @set: servers the address has
 * @members: servers of all addresses together
 */
static inline bool ip_vs_locality_may_grow(u32 set, u32 members)
{
	return !set || (set < IP_VS_LOCALITY_SET && members < IP_VS_LOCALITY_MEMBERS);
}

/* What the check that runs once a minute has to do. */
enum ip_vs_locality_check {
	IP_VS_LOCALITY_NOTHING,
	IP_VS_LOCALITY_TRIM,	/* some of what was not used lately */
	IP_VS_LOCALITY_EXPIRE,	/* all that has not been used for the configured time */
};

/**
 * ip_vs_locality_next_check() - another minute has passed
 * @minutes: since the last full check; starts at 1 and stands still while there are too many entries
 * @entries: in the cache
 * @goal: for TRIM: how many should go
 */
static inline enum ip_vs_locality_check ip_vs_locality_next_check(u32 *minutes, u32 entries, u32 *goal)
{
	u32 excess;

	if (*minutes % 30 == 0) {
		*minutes = 1;
		return IP_VS_LOCALITY_EXPIRE;
	}
	if (entries <= IP_VS_LOCALITY_MAX) {
		++*minutes;
		return IP_VS_LOCALITY_NOTHING;
	}
	excess = (entries - IP_VS_LOCALITY_MAX) * 4 / 3;
	*goal = excess < IP_VS_LOCALITY_MAX / 2 ? excess : IP_VS_LOCALITY_MAX / 2;
	return IP_VS_LOCALITY_TRIM;
}

#endif
