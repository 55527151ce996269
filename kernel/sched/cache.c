// SPDX-License-Identifier: GPL-2.0-only
/* The cache of lblc and lblcr, see cache.h. Source: spec/schedulers.md, sections 11 and 12. */
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "charge.h"
#include "sched/cache.h"
#include "svc/dest.h"
#include "svc/service.h"

#define CHECK_PERIOD (60 * HZ)
#define TRIM_IDLE    (6 * 60 * HZ)
#define EXPIRATION   (24 * 60 * 60 * HZ)
#define TRIM_STEPS   IP_VS_LOCALITY_SET

static union nf_inet_addr key_of(const struct ip_vs_service *svc, const union nf_inet_addr *addr)
{
	union nf_inet_addr key = {};

	if (svc->key.af == AF_INET6)
		key.in6 = addr->in6;
	else
		key.ip = addr->ip;
	return key;
}

/* Clients choose the address: with a hash they know they could put all entries into one bucket. */
static struct hlist_head *bucket_of(struct ip_vs_cache *cache, const union nf_inet_addr *key)
{
	u32 hash = hsiphash(key->all, sizeof(key->all), &cache->key);

	return &cache->buckets[hash % IP_VS_LOCALITY_BUCKETS];
}

static struct ip_vs_cache_entry *find(struct ip_vs_cache *cache, const union nf_inet_addr *key)
{
	struct ip_vs_cache_entry *entry;

	hlist_for_each_entry_rcu(entry, bucket_of(cache, key), node, lockdep_is_held(&cache->svc->sched_lock))
		if (nf_inet_addr_cmp(&entry->addr, key))
			return entry;
	return NULL;
}

struct ip_vs_cache_entry *ipvs_cache_find(struct ip_vs_cache *cache, const union nf_inet_addr *addr)
{
	union nf_inet_addr key = key_of(cache->svc, addr);
	struct ip_vs_cache_entry *entry = find(cache, &key);

	if (entry && READ_ONCE(entry->last_used) != jiffies)
		WRITE_ONCE(entry->last_used, jiffies);
	return entry;
}
EXPORT_SYMBOL_GPL(ipvs_cache_find);

static void remove_member(struct ip_vs_cache *cache, struct ip_vs_cache_entry *entry,
			  struct ip_vs_cache_member *member)
{
	lockdep_assert_held(&cache->svc->sched_lock);
	list_del_rcu(&member->node);
	WRITE_ONCE(entry->num_members, entry->num_members - 1);
	cache->num_members--;
	WRITE_ONCE(entry->changed, jiffies);
	ip_vs_dest_put(member->dest);
	kfree_rcu(member, rcu);
}

static void remove_entry(struct ip_vs_cache *cache, struct ip_vs_cache_entry *entry)
{
	struct ip_vs_cache_member *member, *next;

	lockdep_assert_held(&cache->svc->sched_lock);
	hlist_del_rcu(&entry->node);
	cache->num_entries--;
	list_for_each_entry_safe(member, next, &entry->members, node)
		remove_member(cache, entry, member);
	kfree_rcu(entry, rcu);
}

/* Zeroed; NULL without memory. */
static void *alloc(const struct ip_vs_cache *cache, size_t size)
{
	struct ip_vs_charge charge = ip_vs_charge_begin(cache->svc->ipvs);
	void *mem = kzalloc(size, charge.gfp);

	ip_vs_charge_end(cache->svc->ipvs, charge);
	return mem;
}

static struct ip_vs_cache_entry *add_entry(struct ip_vs_cache *cache, const union nf_inet_addr *key)
{
	struct ip_vs_cache_entry *entry;

	lockdep_assert_held(&cache->svc->sched_lock);
	if (cache->is_closed || ip_vs_locality_is_full(cache->num_entries))
		return NULL;
	entry = alloc(cache, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->addr = *key;
	INIT_LIST_HEAD(&entry->members);
	entry->last_used = jiffies;
	hlist_add_head_rcu(&entry->node, bucket_of(cache, key));
	cache->num_entries++;
	return entry;
}

static bool has_member(const struct ip_vs_cache_entry *entry, const struct ip_vs_dest *dest)
{
	struct ip_vs_cache_member *member;

	list_for_each_entry(member, &entry->members, node)
		if (member->dest == dest)
			return true;
	return false;
}

static void add_member(struct ip_vs_cache *cache, struct ip_vs_cache_entry *entry, struct ip_vs_cache_member *member,
		       struct ip_vs_dest *dest)
{
	lockdep_assert_held(&cache->svc->sched_lock);
	ip_vs_dest_get(dest);
	member->dest = dest;
	list_add_rcu(&member->node, &entry->members);
	WRITE_ONCE(entry->num_members, entry->num_members + 1);
	cache->num_members++;
	WRITE_ONCE(entry->changed, jiffies);
}

/* All but the newest one. */
static void remove_predecessors(struct ip_vs_cache *cache, struct ip_vs_cache_entry *entry)
{
	while (entry->num_members > 1)
		remove_member(cache, entry, list_last_entry(&entry->members, struct ip_vs_cache_member, node));
}

/* For another one: those that have left their service, or else the oldest. */
static void make_room(struct ip_vs_cache *cache, struct ip_vs_cache_entry *entry)
{
	struct ip_vs_cache_member *member, *next;

	list_for_each_entry_safe(member, next, &entry->members, node)
		if (!ip_vs_dest_is_available(member->dest))
			remove_member(cache, entry, member);
	while (!ip_vs_locality_may_grow(entry->num_members, cache->num_members))
		remove_member(cache, entry, list_last_entry(&entry->members, struct ip_vs_cache_member, node));
}

void ipvs_cache_remember(struct ip_vs_cache *cache, const union nf_inet_addr *addr, struct ip_vs_dest *dest,
			 bool alone)
{
	union nf_inet_addr key = key_of(cache->svc, addr);
	struct ip_vs_cache_member *member;
	struct ip_vs_cache_entry *entry;

	/* New addresses in a flood are not to queue for a lock behind which there is no room for them. */
	if (ip_vs_locality_is_full(READ_ONCE(cache->num_entries)) && !find(cache, &key))
		return;
	member = alloc(cache, sizeof(*member));
	if (!member)
		return;
	spin_lock_bh(&cache->svc->sched_lock);
	entry = find(cache, &key) ?: add_entry(cache, &key);
	if (entry && !has_member(entry, dest)) {
		if (!alone && !ip_vs_locality_may_grow(entry->num_members, cache->num_members))
			make_room(cache, entry);
		add_member(cache, entry, member, dest);
		member = NULL;
		if (alone)
			remove_predecessors(cache, entry);
	}
	spin_unlock_bh(&cache->svc->sched_lock);
	kfree(member);
}
EXPORT_SYMBOL_GPL(ipvs_cache_remember);

static bool is_reducible(const struct ip_vs_cache *cache, const struct ip_vs_cache_entry *entry)
{
	return READ_ONCE(entry->num_members) > 1 &&
	       time_after(jiffies, READ_ONCE(entry->changed) + READ_ONCE(cache->settings->expiration));
}

static struct ip_vs_cache_member *most_loaded(const struct ip_vs_cache_entry *entry)
{
	struct ip_vs_cache_member *member, *most = NULL;
	u64 load, most_load = 0;
	int weight, most_weight = 0;

	list_for_each_entry(member, &entry->members, node) {
		weight = ip_vs_dest_weight(member->dest);
		if (weight <= 0)
			continue;
		load = ip_vs_dest_load(member->dest);
		if (!most || ip_vs_load_less(most_load, most_weight, load, weight)) {
			most = member;
			most_load = load;
			most_weight = weight;
		}
	}
	return most;
}

void ipvs_cache_reduce(struct ip_vs_cache *cache, struct ip_vs_cache_entry *entry)
{
	struct ip_vs_cache_member *member;

	if (likely(!is_reducible(cache, entry)))
		return;
	spin_lock_bh(&cache->svc->sched_lock);
	/* Another CPU may have been faster, or the entry may be gone. */
	if (is_reducible(cache, entry)) {
		member = most_loaded(entry);
		if (member)
			remove_member(cache, entry, member);
	}
	spin_unlock_bh(&cache->svc->sched_lock);
}
EXPORT_SYMBOL_GPL(ipvs_cache_reduce);

bool ipvs_cache_is_overburdened(const struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	struct ip_vs_dest *other;

	if (!ip_vs_locality_is_loaded(atomic_read(&dest->active), ip_vs_dest_weight(dest)))
		return false;
	list_for_each_entry_rcu(other, &svc->dests, node)
		if (ip_vs_locality_has_room(atomic_read(&other->active), ip_vs_dest_weight(other)))
			return true;
	return false;
}
EXPORT_SYMBOL_GPL(ipvs_cache_is_overburdened);

/*
 * Drop what nobody has used for @idle jiffies from the next bucket, but no more than a few entries; how many went. Their
 * members go with them.
 */
static u32 trim_bucket(struct ip_vs_cache *cache, long idle, struct hlist_head *bucket)
{
	struct ip_vs_cache_entry *entry;
	struct hlist_node *next;
	u32 removed = 0, steps = 0;

	spin_lock_bh(&cache->svc->sched_lock);
	hlist_for_each_entry_safe(entry, next, bucket, node) {
		if ((long)(jiffies - READ_ONCE(entry->last_used)) < idle)
			continue;
		if (removed && steps + entry->num_members >= TRIM_STEPS)
			break;
		steps += 1 + entry->num_members;
		remove_entry(cache, entry);
		removed++;
	}
	spin_unlock_bh(&cache->svc->sched_lock);
	return removed;
}

static u32 trim_next_bucket(struct ip_vs_cache *cache, long idle)
{
	struct hlist_head *bucket = &cache->buckets[cache->next];
	u32 removed, all = 0;

	/* Packets may be waiting for the lock; those that add again what has just gone do not keep us here. */
	do {
		removed = trim_bucket(cache, idle, bucket);
		all += removed;
		cond_resched();
	} while (removed && all < IP_VS_LOCALITY_MAX);
	cache->next = (cache->next + 1) % IP_VS_LOCALITY_BUCKETS;
	return all;
}

/* Once round all buckets at most, and no further than until @goal entries have gone. */
static void trim(struct ip_vs_cache *cache, long idle, u32 goal)
{
	u32 i, removed = 0;

	for (i = 0; i < IP_VS_LOCALITY_BUCKETS && removed < goal; i++) {
		removed += trim_next_bucket(cache, idle);
		cond_resched();
	}
}

static void check(struct work_struct *work)
{
	struct ip_vs_cache *cache = container_of(work, struct ip_vs_cache, work.work);
	u32 goal;

	switch (ip_vs_locality_next_check(&cache->minutes, READ_ONCE(cache->num_entries), &goal)) {
	case IP_VS_LOCALITY_EXPIRE:
		trim(cache, READ_ONCE(cache->settings->expiration), U32_MAX);
		break;
	case IP_VS_LOCALITY_TRIM:
		trim(cache, TRIM_IDLE, goal);
		break;
	case IP_VS_LOCALITY_NOTHING:
		break;
	}
	queue_delayed_work(system_dfl_wq, &cache->work, CHECK_PERIOD);
}

void ipvs_cache_init(struct ip_vs_cache *cache, struct ip_vs_service *svc,
		     const struct ip_vs_cache_net *settings)
{
	cache->svc = svc;
	cache->settings = settings;
	get_random_bytes(&cache->key, sizeof(cache->key));
	cache->minutes = 1;
	INIT_DELAYED_WORK(&cache->work, check);
	queue_delayed_work(system_dfl_wq, &cache->work, CHECK_PERIOD);
}
EXPORT_SYMBOL_GPL(ipvs_cache_init);

void ipvs_cache_exit(struct ip_vs_cache *cache)
{
	cancel_delayed_work_sync(&cache->work);
	spin_lock_bh(&cache->svc->sched_lock);
	cache->is_closed = true;
	spin_unlock_bh(&cache->svc->sched_lock);
	trim(cache, LONG_MIN, U32_MAX);
}
EXPORT_SYMBOL_GPL(ipvs_cache_exit);

int ipvs_cache_net_init(struct net *net, struct ip_vs_cache_net *settings, const char *name)
{
	settings->expiration = EXPIRATION;
	/* The root of a container does not decide how much of the host's memory is kept how long. */
	if (net->user_ns != &init_user_ns)
		return 0;
	settings->table[0] = (struct ctl_table){
		.procname = name,
		.data = &settings->expiration,
		.maxlen = sizeof(settings->expiration),
		.mode = 0644,
		.proc_handler = proc_dointvec_jiffies,
	};
	settings->header = register_net_sysctl_sz(net, "net/ipv4/vs", settings->table, 1);
	return settings->header ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_GPL(ipvs_cache_net_init);

void ipvs_cache_net_exit(struct ip_vs_cache_net *settings)
{
	if (settings->header)
		unregister_net_sysctl_table(settings->header);
}
EXPORT_SYMBOL_GPL(ipvs_cache_net_exit);
