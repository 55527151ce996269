/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which addresses packets of connections are sent to and come from, for whoever has to pass by all others as fast as
 * he can. Bits are set when connections are made and never cleared: one that is no longer needed costs time, no more.
 */
#ifndef IP_VS_CONN_WATCH_H
#define IP_VS_CONN_WATCH_H

#include <linux/bitops.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/jump_label.h>
#include "core/address_set.h"

struct ip_vs_net;

/**
 * struct ip_vs_watch - the addresses of a namespace's connections
 * @virtuals: where clients send to
 * @servers: where replies of NAT servers come from
 */
struct ip_vs_watch {
	unsigned long virtuals[BITS_TO_LONGS(IP_VS_ADDRESS_SET_SIZE)];
	unsigned long servers[BITS_TO_LONGS(IP_VS_ADDRESS_SET_SIZE)];
};

/* Does any namespace watch? */
DECLARE_STATIC_KEY_FALSE(ip_vs_watches);

static __always_inline bool ip_vs_watch_has(const unsigned long *set, u32 place)
{
	return READ_ONCE(set[BIT_WORD(place)]) & BIT_MASK(place);
}

/**
 * ip_vs_watch_conns() - add the addresses of all connections that exist to what is in ipvs->watch
 *
 * It has been there for a grace period: those that come from now on add their own. Of a table that is being resized some may
 * be missed. May sleep.
 */
void ip_vs_watch_conns(struct ip_vs_net *ipvs);

#endif
