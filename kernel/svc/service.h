/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_SVC_SERVICE_H
#define IP_VS_SVC_SERVICE_H

#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include "hash/hash.h"
#include "svc/stats.h"

struct ip_vs_engine;
struct ip_vs_net;
struct ip_vs_scheduler;

/* Identity of a service. Unused members are 0: it is compared as memory. */
struct ip_vs_service_key {
	union nf_inet_addr addr;	/* 0 with a mark */
	u32 fwmark;			/* 0 = an address service */
	u16 af;
	u16 protocol;			/* 0 with a mark, see struct ip_vs_mark_alias */
	__be16 port;			/* 0 with a mark */
	u16 pad;
};

/*
 * What else a mark service was given as its identity when it was added. It means nothing, but the socket options,
 * which can say so, show it again, and ask for the service by that protocol.
 */
struct ip_vs_mark_alias {
	__be32 addr;
	__be16 port;
	u16 protocol;	/* 0: TCP, as for netlink */
};

/* What of a service can be edited. */
struct ip_vs_service_options {
	u32 flags;
	u32 flags_mask;
	u32 timeout;		/* seconds */
	u32 netmask;		/* IPv4: network order; IPv6: prefix length */
	struct ip_vs_mark_alias alias;	/* when it is added */
	const struct ip_vs_engine *engine;	/* held by the caller, as the scheduler is; NULL = none */
};

/* A scheduler at work for one service: its functions and its state change as one object. */
struct ip_vs_sched_instance {
	const struct ip_vs_scheduler *ops;
	struct rcu_head rcu;
	long data[];
};

/**
 * struct ip_vs_service - a virtual service
 * @dests: newest first; RCU list, changed under the configuration mutex
 * @sched: NULL = no scheduler ("none"): nothing can be chosen
 * @engine: for persistence; NULL = none
 * @sched_lock: the scheduler's own state; innermost lock, packets of some schedulers take it
 * @refs: the table and each destination, also one in the trash
 * @linked: in the table; configuration mutex
 * @alias: of a mark service
 * @kept_by: the last replacement of the whole table that named it; configuration mutex
 * @reported: jiffies when the log was last told that no destination is available, 0 = never
 * @unreported: how often it was not told since then
 */
struct ip_vs_service {
	struct ip_vs_hash_node node;
	struct ip_vs_service_key key;
	u32 flags;
	u32 timeout;		/* persistence, jiffies */
	u32 netmask;
	u32 id;			/* position in listings: the order of making, for the first 2^32 */
	struct list_head dests;
	struct ip_vs_sched_instance __rcu *sched;
	const struct ip_vs_engine *engine;
	spinlock_t sched_lock;
	struct ip_vs_net *ipvs;
	unsigned int num_dests;
	bool linked;
	bool is_tracked;	/* it has had a NAT server, and its helper needs connection tracking */
	struct ip_vs_mark_alias alias;
	u32 kept_by;
	refcount_t refs;
	unsigned long reported;
	atomic_t unreported;
	struct ip_vs_account account;
	struct rcu_head rcu;
};

static inline bool ip_vs_service_is_persistent(const struct ip_vs_service *svc)
{
	return READ_ONCE(svc->flags) & IP_VS_SVC_F_PERSISTENT;
}

/* Exact lookup, under RCU or the configuration mutex. */
struct ip_vs_service *ip_vs_service_get(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key);

/**
 * ip_vs_service_find() - the service a packet belongs to
 * @protocol: of the packet
 * @addr: the packet's virtual address
 * @port: and port
 *
 * Tries, in this order: the packet's mark, address and port, the FTP service of the address for its data
 * ports, port 0 of the address (spec/packet-path.md, section 4.2). Under RCU.
 */
struct ip_vs_service *ip_vs_service_find(struct ip_vs_net *ipvs, u16 af, u32 fwmark, u16 protocol,
					 const union nf_inet_addr *addr, __be16 port);

/*
 * Changes, under the configuration mutex. 0 or a negative errno with a text in @extack.
 *
 * @sched: the scheduler to use; NULL = none. On failure the caller keeps what he holds of it and of the engine.
 */
int ip_vs_service_add(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
		      const struct ip_vs_service_options *opt, const struct ip_vs_scheduler *sched,
		      struct netlink_ext_ack *extack); /* EEXIST, EINVAL, ENOMEM, ENOSPC, ENOPROTOOPT */
int ip_vs_service_edit(struct ip_vs_service *svc, const struct ip_vs_service_options *opt,
		       const struct ip_vs_scheduler *sched, struct netlink_ext_ack *extack); /* EINVAL, ENOMEM */
void ip_vs_service_delete(struct ip_vs_service *svc);
void ip_vs_service_flush(struct ip_vs_net *ipvs);

/*
 * Parts of the above, for changes of many services that must all be possible before the first is made. Under the
 * configuration mutex.
 */

/* The options, by themselves. EINVAL. */
int ip_vs_service_check(u16 af, const struct ip_vs_service_options *opt, struct netlink_ext_ack *extack);

/* Can the scheduler serve so many? It may be NULL. EINVAL. */
int ip_vs_service_check_size(const struct ip_vs_scheduler *sched, unsigned int num_dests, struct netlink_ext_ack *extack);

/* A service that nobody sees yet; of scheduler and engine it takes no hold until it is linked. ENOMEM, ENOSPC,
 * ENOPROTOOPT. */
struct ip_vs_service *ip_vs_service_prepare(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
					    const struct ip_vs_service_options *opt,
					    struct netlink_ext_ack *extack);
int ip_vs_service_start_scheduler(struct ip_vs_service *svc, const struct ip_vs_scheduler *sched,
				  struct netlink_ext_ack *extack); /* EINVAL, ENOMEM */
void ip_vs_service_cancel(struct ip_vs_service *svc);
void ip_vs_service_link(struct ip_vs_service *svc);

/* What was taken but will do something that may surprise has a text, of the service or of one of its servers. False: none. */
bool ip_vs_service_remark(const struct ip_vs_service *svc, struct netlink_ext_ack *extack);

/* @instance: the new scheduler at work, NULL if it stays the same or there is to be none. EINVAL, ENOMEM. */
int ip_vs_service_prepare_edit(struct ip_vs_service *svc, const struct ip_vs_scheduler *sched,
			       struct ip_vs_sched_instance **instance, struct netlink_ext_ack *extack);
void ip_vs_service_cancel_edit(struct ip_vs_service *svc, struct ip_vs_sched_instance *instance);
void ip_vs_service_apply(struct ip_vs_service *svc, const struct ip_vs_service_options *opt,
			 const struct ip_vs_scheduler *sched, struct ip_vs_sched_instance *instance);

/* The first service in the order of their ids with one of at least @id; under RCU or the mutex. */
struct ip_vs_service *ip_vs_service_next(struct ip_vs_net *ipvs, u32 id);

/*
 * The service is to have a server with this forwarding method. If that is NAT, and it is of FTP, connection tracking is
 * switched on for its family, until it is deleted. Under the configuration mutex. The errors are those of tracking.
 */
int ip_vs_service_track(struct ip_vs_service *svc, u32 fwd, struct netlink_ext_ack *extack);

void ip_vs_service_put(struct ip_vs_service *svc);

int ip_vs_service_init(struct ip_vs_net *ipvs);
void ip_vs_service_uninit(struct ip_vs_net *ipvs);

#endif
