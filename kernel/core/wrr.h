/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CORE_WRR_H
#define IP_VS_CORE_WRR_H

#include "core/base.h"

/*
 * Weighted round robin uses the weights in descending layers: in a layer of weight cw every server of at
 * least that weight is picked once, then the layer sinks by the greatest common divisor of all weights.
 * Source: spec/schedulers.md, section 3.
 */
struct ip_vs_wrr {
	int cw;	/* weight of the present layer */
	int mw;	/* weight of the highest layer; 0 = no server has a weight */
	int di;	/* distance of two layers */
};

static inline int ip_vs_wrr_gcd(int a, int b)
{
	while (b) {
		int rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/**
 * ip_vs_wrr_layers() - layers for a set of weights
 * @gcd: greatest common divisor of the weights above 0; 0 = there are none
 * @max: the largest weight
 */
static inline void ip_vs_wrr_layers(struct ip_vs_wrr *wrr, int gcd, int max)
{
	wrr->di = gcd ? gcd : 1;
	wrr->mw = max - (wrr->di - 1);
	if (wrr->mw < 0)
		wrr->mw = 0;
}

static inline void ip_vs_wrr_start(struct ip_vs_wrr *wrr, int gcd, int max)
{
	ip_vs_wrr_layers(wrr, gcd, max);
	wrr->cw = wrr->mw;
}

/* A server came, went or changed its weight: stay in the present layer as far as it still exists. */
static inline void ip_vs_wrr_change(struct ip_vs_wrr *wrr, int gcd, int max)
{
	ip_vs_wrr_layers(wrr, gcd, max);
	if (wrr->cw > wrr->mw || !wrr->cw)
		wrr->cw = wrr->mw;
	else if (wrr->di > 1)
		wrr->cw = wrr->cw / wrr->di * wrr->di + 1;
}

/* The end of the list is reached: sink to the next layer. Returns false when the lowest one is done. */
static inline bool ip_vs_wrr_sink(struct ip_vs_wrr *wrr)
{
	wrr->cw -= wrr->di;
	if (wrr->cw > 0)
		return true;
	wrr->cw = wrr->mw;
	return false;
}

#endif
