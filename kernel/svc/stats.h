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
	u64_stats_t conns;
	u64_stats_t inpkts;
	u64_stats_t outpkts;
	u64_stats_t inbytes;
	u64_stats_t outbytes;
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

static inline void ip_vs_count_conn(struct ip_vs_cpu_stats __percpu *stats)
{
	struct ip_vs_cpu_stats *s;

	local_bh_disable();
	s = this_cpu_ptr(stats);
	u64_stats_update_begin(&s->syncp);
	u64_stats_inc(&s->conns);
	u64_stats_update_end(&s->syncp);
	local_bh_enable();
}

static inline void ip_vs_count_in(struct ip_vs_cpu_stats __percpu *stats, unsigned int len)
{
	struct ip_vs_cpu_stats *s;

	local_bh_disable();
	s = this_cpu_ptr(stats);
	u64_stats_update_begin(&s->syncp);
	u64_stats_inc(&s->inpkts);
	u64_stats_add(&s->inbytes, len);
	u64_stats_update_end(&s->syncp);
	local_bh_enable();
}

static inline void ip_vs_count_out(struct ip_vs_cpu_stats __percpu *stats, unsigned int len)
{
	struct ip_vs_cpu_stats *s;

	local_bh_disable();
	s = this_cpu_ptr(stats);
	u64_stats_update_begin(&s->syncp);
	u64_stats_inc(&s->outpkts);
	u64_stats_add(&s->outbytes, len);
	u64_stats_update_end(&s->syncp);
	local_bh_enable();
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
