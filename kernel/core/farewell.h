/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_FAREWELL_H
#define IP_VS_CORE_FAREWELL_H

#include "core/base.h"

/*
 * A server that was deleted may be back in a moment: controllers delete and add where they mean to edit, often with
 * many other changes in between. For a second it is awaited. While servers and services go on coming and going, no
 * more than a second apart, the batch it left in may still be under way: then it is awaited as long as that, but no
 * longer than ten seconds, so that nobody who changes things all day puts the end off for ever.
 */
#define IP_VS_FAREWELL_SECONDS	 1
#define IP_VS_FAREWELL_LONGEST 10

/**
 * ip_vs_farewell_left() - how much longer a server is awaited; 0 or less: no longer
 * @now: ticks, as all of them
 * @left: when it was deleted
 * @changed: when the last server or service came or went; not before @left
 * @second: ticks of a second
 */
static inline s32 ip_vs_farewell_left(u32 now, u32 left, u32 changed, u32 second)
{
	u32 quiet = changed - left;	/* counted from its deletion, as the rest */
	u32 longest = IP_VS_FAREWELL_LONGEST * second;
	u32 due = IP_VS_FAREWELL_SECONDS * second;

	if (quiet < longest - due)
		due += quiet;
	else
		due = longest;
	return (s32)(left + due - now);
}

#endif
