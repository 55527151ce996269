/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Defence against overload: drop_packet, drop_entry, secure_tcp. A look at the memory once a second, while
 * packets come here and one of the modes is not off.
 */
#ifndef IP_VS_PATH_DEFENSE_H
#define IP_VS_PATH_DEFENSE_H

#include "netns.h"

/* Is this new connection to be refused? Any context. */
static inline bool ip_vs_defense_refuses(struct ip_vs_net *ipvs)
{
	int rate = READ_ONCE(ipvs->defense.drop_rate);

	return unlikely(rate) && ip_vs_defense_is_turn(&ipvs->defense.drop_counter, rate);
}

/**
 * ip_vs_defense_set_mode() - the user has chosen
 * @mode: drop_entry, drop_packet or secure_tcp of this namespace
 * @value: enum ip_vs_defense_mode
 *
 * A change takes effect at once.
 */
void ip_vs_defense_set_mode(struct ip_vs_net *ipvs, int *mode, int value);

/* Packets will come here from now on. */
void ip_vs_defense_start(struct ip_vs_net *ipvs);

void ip_vs_defense_init(struct ip_vs_net *ipvs);
void ip_vs_defense_uninit(struct ip_vs_net *ipvs);

#endif
