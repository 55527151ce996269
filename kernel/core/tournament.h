/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_TOURNAMENT_H
#define IP_VS_CORE_TOURNAMENT_H

#include "core/base.h"
#include "core/load.h"

/*
 * Who of many has the least load in proportion to the weight? A tree of matches: the players sit in a row, neighbours play
 * each other, winners play winners. When one player has changed, those matches are played again that it was, or is, in: at
 * most as many as the tree is high, and nearly always one, if it neither won nor wins.
 *
 * The winner is the one that a walk along the row finds which keeps the first of equals.
 */

/* What a player comes with. Weight 0: it takes no part. */
struct ip_vs_bid {
	u64 load;
	u32 weight;
};

/**
 * struct ip_vs_tournament - all players
 * @size: seats, a power of two, at least 2
 * @bids: one a seat
 * @winners: of each match the seat of who won it: match 1 is the last one; match m is between the winners of 2m and 2m + 1, and
 *	     those from size / 2 on are between two seats
 */
struct ip_vs_tournament {
	u32 size;
	struct ip_vs_bid *bids;
	u32 *winners;
};

static inline u32 ip_vs_tournament_match(const struct ip_vs_tournament *t, u32 left, u32 right)
{
	const struct ip_vs_bid *x = &t->bids[left], *y = &t->bids[right];

	/* Whoever takes no part must not win by being first. */
	if (!x->weight)
		return right;
	return y->weight && ip_vs_load_less(y->load, y->weight, x->load, x->weight) ? right : left;
}

/* Who comes to match @m from below, from the left or the right. */
static inline u32 ip_vs_tournament_comer(const struct ip_vs_tournament *t, u32 m, u32 side)
{
	u32 below = 2 * m + side;

	return below < t->size ? t->winners[below] : below - t->size;
}

static inline u32 ip_vs_tournament_play_match(const struct ip_vs_tournament *t, u32 m)
{
	return ip_vs_tournament_match(t, ip_vs_tournament_comer(t, m, 0), ip_vs_tournament_comer(t, m, 1));
}

/* All matches: after any number of bids has changed. */
static inline void ip_vs_tournament_play_all(struct ip_vs_tournament *t)
{
	u32 m;

	for (m = t->size - 1; m; m--)
		t->winners[m] = ip_vs_tournament_play_match(t, m);
}

/* The bid of one seat has changed, and no other since the last game. */
static inline void ip_vs_tournament_play(struct ip_vs_tournament *t, u32 seat)
{
	u32 m, winner;

	for (m = (t->size + seat) / 2; m; m /= 2) {
		winner = ip_vs_tournament_play_match(t, m);
		/* Those above have seen this winner with this bid. */
		if (winner == t->winners[m] && winner != seat)
			return;
		t->winners[m] = winner;
	}
}

/* The seat of the winner; false if nobody takes part. */
static inline bool ip_vs_tournament_winner(const struct ip_vs_tournament *t, u32 *seat)
{
	*seat = t->winners[1];
	return t->bids[*seat].weight;
}

#endif
