/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lblc and lblcr remember: for each address the destination, or destinations, that serve it. Packets
 * look entries up under RCU and write the time there; everything else happens under svc->sched_lock. An entry
 * holds references on its destinations, also on deleted ones.
 */
#ifndef IP_VS_SCHED_CACHE_H
#define IP_VS_SCHED_CACHE_H

#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/rcupdate.h>
#include <linux/siphash.h>
#include <linux/sysctl.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include "core/locality.h"

struct ip_vs_dest;
struct ip_vs_service;

struct ip_vs_cache_member {
	struct list_head node;
	struct ip_vs_dest *dest;
	struct rcu_head rcu;
};

/**
 * struct ip_vs_cache_entry - who serves an address
 * @members: newest first; RCU list
 * @num_members: 0 once the entry is out of the cache
 * @last_used: jiffies
 * @changed: jiffies when a member last came or went
 */
struct ip_vs_cache_entry {
	struct hlist_node node;
	union nf_inet_addr addr;
	struct list_head members;
	unsigned int num_members;
	unsigned long last_used;
	unsigned long changed;
	struct rcu_head rcu;
};

/* The sysctl of a namespace: after how many jiffies an entry that nobody uses goes. */
struct ip_vs_cache_net {
	int expiration;
	struct ctl_table table[2];
	struct ctl_table_header *header;
};

/**
 * struct ip_vs_cache - the cache of a service
 * @num_members: of all entries
 * @is_closed: the service goes: nothing may come in any more
 * @next: bucket where the next check begins; only the worker
 * @minutes: see ip_vs_locality_next_check(); only the worker
 */
struct ip_vs_cache {
	struct ip_vs_service *svc;
	const struct ip_vs_cache_net *settings;
	hsiphash_key_t key;
	u32 num_entries;
	u32 num_members;
	bool is_closed;
	u32 next;
	u32 minutes;
	struct delayed_work work;
	struct hlist_head buckets[IP_VS_LOCALITY_BUCKETS];
};

void ipvs_cache_init(struct ip_vs_cache *cache, struct ip_vs_service *svc,
		     const struct ip_vs_cache_net *settings);

/* Stop its worker for good and drop all entries; may sleep. Packets may still be reading. */
void ipvs_cache_exit(struct ip_vs_cache *cache);

/* Under RCU; notes the use. */
struct ip_vs_cache_entry *ipvs_cache_find(struct ip_vs_cache *cache, const union nf_inet_addr *addr);

/**
 * ipvs_cache_remember() - a destination serves an address from now on
 * @alone: in place of those that did; else besides them, as long as there is room (ip_vs_locality_may_grow()), and then
 *	   in place of the oldest, or of those that have been deleted
 *
 * Under RCU. Does nothing when there is no memory or no room: the cache is a help, not a duty.
 */
void ipvs_cache_remember(struct ip_vs_cache *cache, const union nf_inet_addr *addr, struct ip_vs_dest *dest,
			 bool alone);

/* If the set has not changed for the time of expiration its most loaded member has to leave. Under RCU. */
void ipvs_cache_reduce(struct ip_vs_cache *cache, struct ip_vs_cache_entry *entry);

/* Is the destination loaded while another one of the service has room? Under RCU. */
bool ipvs_cache_is_overburdened(const struct ip_vs_service *svc, const struct ip_vs_dest *dest);

/* The file @name in /proc/sys/net/ipv4/vs of a namespace, for as long as the scheduler's module is loaded. */
int ipvs_cache_net_init(struct net *net, struct ip_vs_cache_net *settings, const char *name);
void ipvs_cache_net_exit(struct ip_vs_cache_net *settings);

#endif
