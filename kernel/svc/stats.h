/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters and rates. A packet is counted once, on its destination and the present CPU. What a service and
 * the namespace show are sums over their destinations, so they always add up. A destination that leaves hands
 * what it has counted to its service, a service to the namespace ("retired").
 */
#ifndef IP_VS_SVC_STATS_H
#define IP_VS_SVC_STATS_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

struct ip_vs_net;
struct ip_vs_dest;
struct ip_vs_service;

struct ip_vs_cpu_stats {
	u64 conns;
	u64 inpkts;
	u64 outpkts;
	u64 inbytes;
	u64 outbytes;
	struct u64_stats_sync syncp;
};

struct ip_vs_counts {
	u64 conns;
	u64 inpkts;
	u64 outpkts;
	u64 inbytes;
	u64 outbytes;
};

/* The books of one destination, service or namespace; under est_mutex. */
struct ip_vs_account {
	struct ip_vs_counts retired;	/* a service's: from what is gone */
	struct ip_vs_counts zero;	/* what ZERO subtracts */
	struct ip_vs_counts last;	/* a destination's: as far as the rates have it */
	struct ip_vs_counts grown;	/* of services and namespace: what was counted since the last estimation */
	struct ip_vs_counts average;	/* rates with fraction bits, core/rate.h */
};

/* Somebody on his way along all destinations, who lets go of est_mutex now and then; under it. */
struct ip_vs_stats_walk {
	struct list_head *next;	/* where to go on, NULL when nobody is on his way; moves on when that one leaves */
	u64 reached;		/* place of the last one visited */
};

/* What each CPU has counted, read for whoever asks. One reading serves all who asked before it began. */
struct ip_vs_stats_reading {
	struct mutex mutex;	/* the reading and what it has found; taken inside the configuration mutex */
	atomic_long_t begun;	/* how many have */
	long finished;		/* number of the last one that has */
	struct ip_vs_counts *cpus; /* by number */
	struct ip_vs_stats_walk walk;
};

/* As the user sees them. */
struct ip_vs_stats_shown {
	struct ip_vs_counts count;
	struct ip_vs_counts rate; /* per second; bytes, not bits */
};

/*
 * A counter of 64 bits is one instruction on a machine of 64 bits, and needs nothing else to be right, whoever
 * interrupts. Others keep readers from seeing half of it.
 */
#if BITS_PER_LONG == 64
#define IP_VS_COUNT(stats, counter, n) this_cpu_add((stats)->counter, n)
#else
#define IP_VS_COUNT(stats, counter, n)                                                             \
	do {                                                                                       \
		struct ip_vs_cpu_stats *s_;                                                        \
                                                                                                   \
		local_bh_disable();                                                                \
		s_ = this_cpu_ptr(stats);                                                          \
		u64_stats_update_begin(&s_->syncp);                                                \
		s_->counter += (n);                                                                \
		u64_stats_update_end(&s_->syncp);                                                  \
		local_bh_enable();                                                                 \
	} while (0)
#endif

static inline void ip_vs_count_conn(struct ip_vs_cpu_stats __percpu *stats)
{
	IP_VS_COUNT(stats, conns, 1);
}

static inline void ip_vs_count_in(struct ip_vs_cpu_stats __percpu *stats, unsigned int len)
{
	IP_VS_COUNT(stats, inpkts, 1);
	IP_VS_COUNT(stats, inbytes, len);
}

static inline void ip_vs_count_out(struct ip_vs_cpu_stats __percpu *stats, unsigned int len)
{
	IP_VS_COUNT(stats, outpkts, 1);
	IP_VS_COUNT(stats, outbytes, len);
}

/* For listings, under the configuration mutex. */
void ip_vs_stats_dest(struct ip_vs_dest *dest, struct ip_vs_stats_shown *shown);
void ip_vs_stats_service(struct ip_vs_service *svc, struct ip_vs_stats_shown *shown);

/**
 * ip_vs_stats_read_begin() - what was counted in a namespace until now, or a little later
 * @total: of all CPUs since it was set to 0, with the rates
 *
 * Anybody may ask as often as he likes: not under the configuration mutex, which he must not keep from others, and
 * however many ask, one at a time does the work for all. Returns, by CPU, all that was ever counted, also by what is
 * gone; valid until ip_vs_stats_read_end(). NULL: whoever asks was killed while he waited.
 */
const struct ip_vs_counts *ip_vs_stats_read_begin(struct ip_vs_net *ipvs, struct ip_vs_stats_shown *total);
void ip_vs_stats_read_end(struct ip_vs_net *ipvs);

/* Under the configuration mutex. */
void ip_vs_stats_zero_service(struct ip_vs_service *svc);
void ip_vs_stats_zero_all(struct ip_vs_net *ipvs);

/*
 * Membership changes with the books, so that a sum never misses a destination. Under the configuration
 * mutex.
 */
void ip_vs_stats_link_dest(struct ip_vs_dest *dest, struct ip_vs_service *svc); /* puts it into svc->dests */
void ip_vs_stats_unlink_dest(struct ip_vs_dest *dest);
void ip_vs_stats_link_service(struct ip_vs_service *svc); /* makes it part of the total */
void ip_vs_stats_unlink_service(struct ip_vs_service *svc);

/* A destination is not available any more: book what was counted since it left the list. */
void ip_vs_stats_settle_dest(struct ip_vs_dest *dest);

/* It leaves for good. Under the configuration mutex. */
void ip_vs_stats_retire_dest(struct ip_vs_dest *dest);

/*
 * So many periods have passed: the next value of every rate. 0 if nobody was looking: rates stay, and are computed
 * from what will be counted from now on. The estimator's thread.
 */
void ip_vs_stats_estimate(struct ip_vs_net *ipvs, unsigned int periods);

int ip_vs_stats_init(struct ip_vs_net *ipvs); /* ENOMEM */
void ip_vs_stats_uninit(struct ip_vs_net *ipvs);

#endif
