/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Defence against overload: when it is on, and what it gives up. Source: spec/connections.md, section 9.
 */
#ifndef IP_VS_CORE_DEFENSE_H
#define IP_VS_CORE_DEFENSE_H

#include "core/base.h"

/* Values of drop_entry, drop_packet and secure_tcp. The two middle ones change into each other. */
enum ip_vs_defense_mode {
	IP_VS_DEFENSE_OFF,
	IP_VS_DEFENSE_READY,	/* automatic, and memory suffices */
	IP_VS_DEFENSE_ACTIVE,	/* automatic, and memory is short */
	IP_VS_DEFENSE_ALWAYS,
};

/* The pages below which memory is short. */
static inline u64 ip_vs_defense_threshold(int amemthresh)
{
	return amemthresh > 0 ? amemthresh : 0;
}

static inline bool ip_vs_defense_is_low(u64 available, int amemthresh)
{
	return available < ip_vs_defense_threshold(amemthresh);
}

/* The mode after a look at the memory. */
static inline int ip_vs_defense_next(int mode, bool low)
{
	if (mode == IP_VS_DEFENSE_READY || mode == IP_VS_DEFENSE_ACTIVE)
		return low ? IP_VS_DEFENSE_ACTIVE : IP_VS_DEFENSE_READY;
	return mode;
}

static inline bool ip_vs_defense_is_on(int mode)
{
	return mode >= IP_VS_DEFENSE_ACTIVE;
}

/**
 * ip_vs_defense_drop_rate() - one of how many new connections is refused
 * @mode: of drop_packet, after ip_vs_defense_next()
 * @available: pages
 * @amemthresh: pages
 * @always_rate: am_droprate
 *
 * Returns 0 for none; 1 is all of them. The less memory there is the more are refused.
 */
static inline int ip_vs_defense_drop_rate(int mode, u64 available, int amemthresh, int always_rate)
{
	u64 threshold = ip_vs_defense_threshold(amemthresh);

	if (mode == IP_VS_DEFENSE_ALWAYS)
		return always_rate > 0 ? always_rate : 0;
	if (mode != IP_VS_DEFENSE_ACTIVE || available >= threshold)
		return 0;
	return (u32)threshold / (u32)(threshold - available);
}

/*
 * A new connection comes: is it the one of @rate (not 0)? @counter says how many pass before the next.
 */
static inline bool ip_vs_defense_is_turn(int *counter, int rate)
{
	if (--*counter > 0)
		return false;
	*counter = rate;
	return true;
}

/* Protocols and states that matter below, by their numbers on the wire and in listings. */
enum {
	IP_VS_DEFENSE_TCP = 6,
	IP_VS_DEFENSE_SCTP = 132,
	IP_VS_DEFENSE_SCTP_INIT1 = 1,
	IP_VS_DEFENSE_SCTP_INIT = 2,
	IP_VS_DEFENSE_SCTP_ESTABLISHED = 8,
};

#define IP_VS_DEFENSE_IDLE	 60 /* seconds without a packet */
#define IP_VS_DEFENSE_MAX_PACKETS 8

/**
 * struct ip_vs_defense_entry - what drop_entry looks at
 * @is_controller: other entries depend on it
 * @is_template: persistence template
 * @is_assured: template of which a connection was established or answered
 * @is_one_packet: template of a one-packet service
 * @is_idle: no packet for IP_VS_DEFENSE_IDLE seconds
 * @packets: from the client
 */
struct ip_vs_defense_entry {
	u8 protocol;
	u8 state;
	bool is_controller;
	bool is_template;
	bool is_assured;
	bool is_one_packet;
	bool is_idle;
	u32 packets;
};

/* Idle candidates seen since one of them was given up, by their number of packets. */
struct ip_vs_defense_idle {
	u8 seen[IP_VS_DEFENSE_MAX_PACKETS + 1];
};

/* An entry that was used less is given up sooner: of those with n packets every n-th. */
static inline bool ip_vs_defense_gives_up_idle(const struct ip_vs_defense_entry *entry,
					       struct ip_vs_defense_idle *idle)
{
	u32 n = entry->packets;

	if (!entry->is_idle || n < 1 || n > IP_VS_DEFENSE_MAX_PACKETS)
		return false;
	if (++idle->seen[n] < n)
		return false;
	idle->seen[n] = 0;
	return true;
}

/* Is this entry to be removed? */
bool ip_vs_defense_gives_up(const struct ip_vs_defense_entry *entry, struct ip_vs_defense_idle *idle);

#endif
