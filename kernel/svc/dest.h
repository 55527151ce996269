/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_SVC_DEST_H
#define IP_VS_SVC_DEST_H

#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/rbtree_types.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include "core/load.h"
#include "hash/hash.h"
#include "svc/contest.h"
#include "svc/nat_server.h"
#include "svc/stats.h"

struct ip_vs_net;
struct ip_vs_service;
struct ip_vs_service_key;

/* Identity of a destination within its service. It is compared as memory. */
struct ip_vs_dest_key {
	union nf_inet_addr addr;
	u16 af;
	__be16 port;
};

/* What of a destination can be edited. */
struct ip_vs_dest_options {
	u32 fwd;		/* IP_VS_CONN_F_FWD_MASK */
	u32 conn_flags;		/* IP_VS_CONN_F_ONE_PACKET, _NFCT: for its connections whatever else says */
	int weight;		/* 0 = quiesced */
	u32 u_threshold;	/* connections, 0 = no limit */
	u32 l_threshold;
	u8 tun_type;
	__be16 tun_port;
	u16 tun_flags;
};

/* The tunnel to a destination. One word: packets see all of an edit or nothing. */
struct ip_vs_dest_tunnel {
	u8 type;	/* IP_VS_CONN_F_TUNNEL_TYPE_* */
	u8 flags;	/* IP_VS_TUNNEL_ENCAP_FLAG_* */
	__be16 port;
} __aligned(4);

/* Where a destination stands among the weights of its service, see sched/weights.h; of the scheduler that wants to know. */
struct ip_vs_dest_rank {
	struct rb_node node;
	int weight;
	int gcd;	/* of all weights below the node */
};

struct dst_entry;
struct neighbour;

/*
 * A route to a destination. What it was made for is kept with it: a route made for NAT lacks what direct
 * routing needs, and after an edit old connections may still use the other method.
 */
struct ip_vs_route {
	struct dst_entry *dst;
	u32 cookie;
	u8 kind;			/* enum ip_vs_route_kind */
	bool is_plain;			/* nothing but a device and a next hop: the fast path may use it */
	struct neighbour *neigh;	/* the next hop; NULL until the fast path has needed it, then always the same */
	union nf_inet_addr saddr;	/* tunnels: outer source */
	struct rcu_head rcu;
};

/* Bits of ip_vs_dest.state. They are changed by different owners, hence atomically. */
enum {
	IP_VS_DEST_AVAILABLE,	/* in its service; configuration mutex */
	IP_VS_DEST_AWAITED,	/* it has left, but may be back in a moment; configuration mutex */
	IP_VS_DEST_OVERLOAD,	/* too many connections; dest->lock */
	IP_VS_DEST_SAID_GONE,	/* other directors were told that it has left; sync.moved_lock */
};

/**
 * struct ip_vs_dest - a real server of one service
 * @node: in the service's list (RCU)
 * @trash: in the trash; a node of its own, because readers may still stand on @node
 * @conn_flags: what new connections have besides
 * @fwd: forwarding method for new connections
 * @last_weight: last weight other than 0
 * @conns: all connections bound to it, without templates; the inactive ones are the rest to @active
 * @route: cached route of xmit/route.c; replaced under @lock
 * @lock: overload decision and route; packets take it, bottom halves off
 * @refs: the list or trash, each connection, each entry of a scheduler's cache
 * @id: position in listings; newest is highest. Of 64 bits, so that it never starts again
 * @svc: the service it belongs or belonged to; holds a reference
 * @svc_base: what it had counted when it came to that service
 * @rank: configuration mutex
 * @contest: where its load counts, if its service has many destinations; @seat: its place there, stored before
 * @moved: what other directors are to be told of; sync.moved_lock
 * @by_identity: in the namespace's table of destinations, also while it is in the trash
 * @nat: to be found by address and port alone, while it is a NAT server
 * @kept_by: the last replacement of the whole table that named it; configuration mutex
 * @counted: in the namespace's list of all that have ever counted something; est_mutex
 * @place: in that list; rising
 */
struct ip_vs_dest {
	struct list_head node;
	struct ip_vs_dest_key key;
	u32 conn_flags;
	unsigned long state;
	int weight;
	u32 fwd;
	atomic_t active;
	atomic_t conns;
	struct ip_vs_cpu_stats __percpu *stats;
	struct ip_vs_route __rcu *route;
	spinlock_t lock;
	refcount_t refs;
	u32 u_threshold;
	u32 l_threshold;
	atomic_t templates;
	int last_weight;
	struct ip_vs_service *svc;
	struct ip_vs_dest_rank rank;
	struct ip_vs_contest __rcu *contest;
	u32 seat;
	struct list_head trash;
	struct list_head moved;
	struct ip_vs_hash_node by_identity;
	struct ip_vs_nat_server nat;
	u32 kept_by;
	struct ip_vs_dest_tunnel tunnel;
	u64 id;
	struct list_head counted;
	u64 place;
	struct ip_vs_counts svc_base;
	struct ip_vs_account account;
	u32 left;			/* in the trash: jiffies when it came there */
	unsigned long idle_since;	/* in the trash: jiffies of the first idle visit, 0 = none yet */
	unsigned long unlinked;		/* grace period cookie: readers of the old list are gone after it */
	struct rcu_head rcu;
};

static inline bool ip_vs_dest_is_available(const struct ip_vs_dest *dest)
{
	return test_bit(IP_VS_DEST_AVAILABLE, &dest->state);
}

/*
 * Has it left for good, as far as its connections are concerned? One look at both bits: it may just be coming back. While
 * a destination is awaited it is not available, and its connections are kept.
 */
static inline bool ip_vs_dest_is_lost(const struct ip_vs_dest *dest)
{
	return !(READ_ONCE(dest->state) & (BIT(IP_VS_DEST_AVAILABLE) | BIT(IP_VS_DEST_AWAITED)));
}

/*
 * Out of the list of its service, or about to come into it. Under the configuration mutex, or, of one that was found in the
 * list, in the same RCU section: until that is left it does not come back.
 */
static inline bool ip_vs_dest_is_in_trash(const struct ip_vs_dest *dest)
{
	return !list_empty(&dest->trash);
}

static inline bool ip_vs_dest_is_overloaded(const struct ip_vs_dest *dest)
{
	return test_bit(IP_VS_DEST_OVERLOAD, &dest->state);
}

static inline int ip_vs_dest_weight(const struct ip_vs_dest *dest)
{
	return READ_ONCE(dest->weight);
}

/* May a new connection be given to it? */
static inline bool ip_vs_dest_is_eligible(const struct ip_vs_dest *dest)
{
	return ip_vs_dest_weight(dest) > 0 && !ip_vs_dest_is_overloaded(dest);
}

static inline u32 ip_vs_dest_inactive(const struct ip_vs_dest *dest)
{
	return max(atomic_read(&dest->conns) - atomic_read(&dest->active), 0);
}

static inline u64 ip_vs_dest_load(const struct ip_vs_dest *dest)
{
	return ip_vs_load(atomic_read(&dest->active), ip_vs_dest_inactive(dest));
}

static inline void ip_vs_dest_get(struct ip_vs_dest *dest)
{
	refcount_inc(&dest->refs);
}

void ip_vs_dest_put(struct ip_vs_dest *dest);

/* Replace the cached route; takes over @route, which may be NULL. A destination that left keeps none. */
void ip_vs_dest_set_route(struct ip_vs_dest *dest, struct ip_vs_route *route);

/* Its load is another one: the scheduler has to look. */
static __always_inline void ip_vs_dest_load_changed(struct ip_vs_dest *dest)
{
	if (static_branch_unlikely(&ip_vs_contests))
		ip_vs_contest_tell(&dest->contest, &dest->seat);
}

/* A connection came or went: recompute the overload mark, tell the scheduler. */
void ip_vs_dest_conns_changed(struct ip_vs_dest *dest);

/* Give up all cached routes of a namespace that @is_stale says. Takes no mutex: device notifiers call it. */
void ip_vs_dest_forget_routes(struct ip_vs_net *ipvs,
			      bool (*is_stale)(const struct ip_vs_route *route, const void *data), const void *data);

/*
 * Changes, under the configuration mutex. 0 or a negative errno with a text in @extack: EEXIST, ENOENT,
 * ERANGE, EINVAL, ENOMEM, ENOSPC.
 */
int ip_vs_dest_add(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
		   const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack);
int ip_vs_dest_edit(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
		    const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack);
int ip_vs_dest_delete(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
		      struct netlink_ext_ack *extack);

/*
 * Parts of the above, for changes of many destinations that must all be possible before the first is made.
 * Under the configuration mutex.
 */

/* The options, by themselves. ERANGE, EINVAL. */
int ip_vs_dest_check(u16 service_af, const struct ip_vs_dest_key *key, const struct ip_vs_dest_options *opt,
		     struct netlink_ext_ack *extack);

/* In the service, not in the trash; NULL if it is not there. */
struct ip_vs_dest *ip_vs_dest_get_by_key(struct ip_vs_service *svc, const struct ip_vs_dest_key *key);

/* The same under RCU: it may leave at any time. */
struct ip_vs_dest *ip_vs_dest_find_by_key(struct ip_vs_service *svc, const struct ip_vs_dest_key *key);

/* A new one with these options, or that from the trash, which nobody sees yet. EINVAL, ENOMEM, ENOSPC. */
struct ip_vs_dest *ip_vs_dest_prepare(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
				      const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack);
void ip_vs_dest_cancel(struct ip_vs_dest *dest);

/* It becomes part of the service. The scheduler is not told. */
void ip_vs_dest_link(struct ip_vs_service *svc, struct ip_vs_dest *dest);

bool ip_vs_dest_has_options(const struct ip_vs_dest *dest, const struct ip_vs_dest_options *opt);

/* The scheduler is not told. */
void ip_vs_dest_apply(struct ip_vs_dest *dest, const struct ip_vs_dest_options *opt);

/*
 * It is no part of the service any more. In two steps: out of the list, onto @gone, and, when the scheduler has been told
 * and no packet is led there any more, away for its connections, too.
 */
void ip_vs_dest_unlist(struct ip_vs_dest *dest, struct list_head *gone);
void ip_vs_dest_leave_all(struct ip_vs_net *ipvs, struct list_head *gone);

/*
 * What was taken but will do something that may surprise has a text: after the scheduler was told. @dest: the one that was
 * changed, NULL = any, or the service. False: there is none.
 */
bool ip_vs_dest_remark(const struct ip_vs_service *svc, const struct ip_vs_dest *dest, struct netlink_ext_ack *extack);

/* Any number of the above was done to the service. */
void ip_vs_dest_tell_scheduler(struct ip_vs_service *svc);

/* The service goes and with it all its destinations; under the configuration mutex. */
void ip_vs_dest_delete_all(struct ip_vs_service *svc);

int ip_vs_dest_init(struct ip_vs_net *ipvs); /* ENOMEM */

/* Nobody is awaited any more, and no connections are ended for that. Before those are flushed. */
void ip_vs_dest_close(struct ip_vs_net *ipvs);

/* Empty the trash for good; no connection is left. */
void ip_vs_dest_uninit(struct ip_vs_net *ipvs);

#endif
