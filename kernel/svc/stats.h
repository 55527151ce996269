/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters and rates. A packet is counted once, on its destination and the present CPU. What a service and
 * the namespace show are sums over their destinations, so they always add up. A destination that leaves hands
 * what it has counted to its service, a service to the namespace ("retired").
 */
#ifndef IP_VS_SVC_STATS_H
#define IP_VS_SVC_STATS_H

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
	struct ip_vs_counts retired;	/* from what is gone */
	struct ip_vs_counts zero;	/* what ZERO subtracts */
	struct ip_vs_counts last;	/* at the last estimation */
	struct ip_vs_counts average;	/* rates with fraction bits, core/rate.h */
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
void ip_vs_stats_total(struct ip_vs_net *ipvs, struct ip_vs_stats_shown *shown);

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

/* A destination comes back from the trash: book the packets that were under way when it left. */
void ip_vs_stats_settle_dest(struct ip_vs_dest *dest);

/* It leaves for good. Under the configuration mutex. */
void ip_vs_stats_retire_dest(struct ip_vs_dest *dest);

/* All that was ever counted on a CPU, also by what is gone. Under the configuration mutex. */
struct ip_vs_counts ip_vs_stats_cpu(struct ip_vs_net *ipvs, int cpu);

/* One period has passed: the next value of every rate. The estimator's thread. */
void ip_vs_stats_estimate(struct ip_vs_net *ipvs);

int ip_vs_stats_init(struct ip_vs_net *ipvs); /* ENOMEM */
void ip_vs_stats_uninit(struct ip_vs_net *ipvs);

#endif
