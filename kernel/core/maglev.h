/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_MAGLEV_H
#define IP_VS_CORE_MAGLEV_H

#include "core/word_hash.h"

/*
 * Maglev hashing (Eisenbud and others, NSDI 2016): every server has its own order of preference over all
 * slots of a table, and the servers take slots in turn. When one goes, the slots of the others hardly
 * change. Source: spec/schedulers.md, section 10.
 */
#define IP_VS_MAGLEV_SIZE 4093U		/* slots; a prime, so that every step width visits all of them */
#define IP_VS_MAGLEV_TURN_BITS 6	/* more turns in a row than 2^6 are scaled down */
#define IP_VS_MAGLEV_FREE U16_MAX

#define IP_VS_MAGLEV_KEY_SLOT 0x9E3779B1U
#define IP_VS_MAGLEV_KEY_SKIP 0x9E37A52CU

/**
 * struct ip_vs_maglev - a server while the table is filled
 * @slot: the slot it prefers next
 * @skip: from there to the one after
 * @turns: slots it takes in each round; 0 = it takes no part
 */
struct ip_vs_maglev {
	u16 slot;
	u16 skip;
	u32 turns;
};

/* The slot of a client: address as a number, plus port, plus the number of the attempt. */
static inline u32 ip_vs_maglev_slot(u32 value)
{
	return ip_vs_word_hash(value, IP_VS_MAGLEV_KEY_SLOT) % IP_VS_MAGLEV_SIZE;
}

/* The order of preference of a server; @value: its address as a number, plus its port. */
static inline void ip_vs_maglev_prefer(struct ip_vs_maglev *server, u32 value)
{
	server->slot = ip_vs_maglev_slot(value);
	server->skip = ip_vs_word_hash(value, IP_VS_MAGLEV_KEY_SKIP) % (IP_VS_MAGLEV_SIZE - 1) + 1;
}

/**
 * ip_vs_maglev_turns() - how many slots in a row a server takes
 * @weight: its weight
 * @gcd: greatest common divisor of all weights above 0
 * @max: the largest weight
 */
static inline u32 ip_vs_maglev_turns(u32 weight, u32 gcd, u32 max)
{
	u32 turns, highest;

	if (!weight)
		return 0;
	turns = weight / gcd;
	for (highest = max / gcd; highest >> IP_VS_MAGLEV_TURN_BITS; highest >>= 1)
		turns >>= 1;
	return turns ? turns : 1;
}

/* The next slot in the server's order that nobody has. There must be one. */
static inline u32 ip_vs_maglev_take(struct ip_vs_maglev *server, u16 owners[IP_VS_MAGLEV_SIZE], u16 number)
{
	u32 slot;

	do {
		slot = server->slot;
		server->slot = (slot + server->skip) % IP_VS_MAGLEV_SIZE;
	} while (owners[slot] != IP_VS_MAGLEV_FREE);
	owners[slot] = number;
	return slot;
}

/**
 * ip_vs_maglev_fill() - who has which slot
 * @owners: becomes the number of a server for each slot, or IP_VS_MAGLEV_FREE when nobody takes part
 * @servers: in the order of the list; what they prefer next is used up
 * @n: how many; at most IP_VS_MAGLEV_SIZE
 */
static inline void ip_vs_maglev_fill(u16 owners[IP_VS_MAGLEV_SIZE], struct ip_vs_maglev *servers, u32 n)
{
	u32 i, turn, filled = 0, before;

	for (i = 0; i < IP_VS_MAGLEV_SIZE; i++)
		owners[i] = IP_VS_MAGLEV_FREE;
	do {
		before = filled;
		for (i = 0; i < n; i++) {
			for (turn = 0; turn < servers[i].turns; turn++) {
				ip_vs_maglev_take(&servers[i], owners, i);
				if (++filled == IP_VS_MAGLEV_SIZE)
					return;
			}
		}
	} while (filled != before);
}

#endif
