/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hash table that grows and shrinks while packets use it.
 *
 * Chains are singly linked: a node costs one pointer. Readers run under RCU and write nothing; each chain ends
 * in a mark that names its bucket, so that a reader who was led into another chain, because the node it
 * stood on was moved meanwhile, notices and starts again. Writers lock one bucket, by a bit of its head. Whatever
 * leads to a node is stored with release, also by those who only move it: so who comes that way sees what it holds,
 * whoever wrote that.
 *
 * A table is resized by moving one node after the other into new buckets. While that goes on both sets of
 * buckets are in use: who does not find a node in the old ones looks in the new ones, and new nodes go into
 * the new ones. So no reader ever misses a node.
 *
 * Where keys need not be unique, nodes with one key (twins) stand in a row of which only the newest is in the
 * chain: however many there are, they cost nobody else a step, and a resize moves them as one.
 *
 * A bucket is chosen by the uppermost bits of the hash, which does not change with the size. So a walk that
 * has come to some hash value can go on from there however often the table was resized. Hashes are to be made
 * with the table's key, which is random and nobody else's.
 *
 * Locking: bucket locks are innermost, taken with bottom halves off; old bucket before new.
 */
#ifndef IP_VS_HASH_HASH_H
#define IP_VS_HASH_HASH_H

#include <linux/atomic.h>
#include <linux/bit_spinlock.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/workqueue.h>
#include "core/census.h"

/*
 * The load that tables are given: 2^lfactor nodes a bucket, as far as memory goes (core/hash_size.h). Source:
 * spec/sysctl.md, section 3.3.
 */
#define IP_VS_HASH_LFACTOR_MIN (-8)
#define IP_VS_HASH_LFACTOR_MAX 8

struct mem_cgroup;

/*
 * @next: a node, or the mark of the bucket that the chain belongs to; of a twin that is not the newest, the next
 * newer one with both bits below: to readers who stand on it the end of another chain
 */
struct ip_vs_hash_node {
	unsigned long next;
};

/* A node of a table in which keys need not be unique. @older: the next one with its key */
struct ip_vs_hash_twin {
	struct ip_vs_hash_node node;
	struct ip_vs_hash_twin *older;
};

/**
 * struct ip_vs_hash - a table
 * @buckets: those in use, the older ones while the table is being resized: the address of 2^n heads, and n in
 *	the bits that are 0 in it. A head is the first node or the bucket's mark, and the lock; 0 if it has
 *	never held a node
 * @next: those that the nodes are being moved to, otherwise the same; changes at most once within a grace period
 * @key: for hashing
 * @count: nodes in chains: of twins one
 * @grow_at: more nodes than this are too many for the present size
 * @lfactor: see above
 * @min_bits, @max_bits: limits of the size, log2
 * @exact: the load was changed: go to the size it asks for, even if the present one would do
 * @hash: of a node, for moving it
 * @resize: does it
 * @memcg: of who made the table: its memory is charged there
 */
struct ip_vs_hash {
	unsigned long buckets;
	unsigned long next;
	hsiphash_key_t key;
	atomic_t count;
	unsigned int grow_at;
	int lfactor;
	u8 min_bits;
	u8 max_bits;
	bool exact;
	u32 (*hash)(const struct ip_vs_hash_node *node);
	struct work_struct resize;
	struct mem_cgroup *memcg;
};

/**
 * ip_vs_hash_init() - make an empty table
 * @min_bits: log2 of the number of buckets it begins with and keeps at least
 * @max_bits: at most 27; lowered on machines with little memory
 *
 * Returns 0 or ENOMEM. The memory is charged to the caller's control group, also what it grows by later.
 */
int ip_vs_hash_init(struct ip_vs_hash *table, unsigned int min_bits, unsigned int max_bits, int lfactor,
		    u32 (*hash)(const struct ip_vs_hash_node *node));

/* No reader or writer may be left. Nodes that are still in it are the caller's. */
void ip_vs_hash_uninit(struct ip_vs_hash *table);

/* log2 of the largest table that this machine's memory allows, at most 27. */
unsigned int ip_vs_hash_max_bits(void);

/* Another load: resize to what it asks for, in the background. */
void ip_vs_hash_set_lfactor(struct ip_vs_hash *table, int lfactor);

/* To be called now and then: the table may have become much too large. */
void ip_vs_hash_review(struct ip_vs_hash *table);

/* Number of buckets; of the larger set while there are two. Under RCU. */
unsigned int ip_vs_hash_size(const struct ip_vs_hash *table);

/**
 * ip_vs_hash_census() - how full the table is
 *
 * Counts each bucket by the length of its chain. May sleep; returns false, and leaves @census alone, when the
 * table was resized again and again meanwhile.
 */
bool ip_vs_hash_census(struct ip_vs_hash *table, struct ip_vs_census *census);

/* Take a node out; returns false if it was not in. Bottom halves off, under RCU. */
bool ip_vs_hash_remove(struct ip_vs_hash *table, struct ip_vs_hash_node *node);
bool ip_vs_hash_remove_twin(struct ip_vs_hash *table, struct ip_vs_hash_twin *twin);

/*
 * Between two steps of a long walk, let others run. The RCU section, which must be the only one, is left for it:
 * cond_resched() alone does nothing within one, and cond_resched_rcu() nothing at all, where RCU is preemptible,
 * and that is how distributions build their kernels, whichever preemption is chosen at boot. What the caller had
 * found before may be gone.
 */
static inline void ip_vs_rcu_pause(void) __must_hold(RCU)
{
	rcu_read_unlock();
	cond_resched();
	rcu_read_lock();
}

/* --- for the inline functions below --- */

#define IP_VS_HASH_MARK 1UL /* this is no node but the end of a chain */
#define IP_VS_HASH_LOCK 1   /* number of the bit; in heads only */
#define IP_VS_HASH_TWIN 2UL /* together with the mark, in nodes: behind the twin with this address */
#define IP_VS_HASH_BITS 31UL /* the part of struct ip_vs_hash.buckets that is log2 of their number */

static inline unsigned int ip_vs_hash_bits(unsigned long buckets)
{
	return buckets & IP_VS_HASH_BITS;
}

static inline unsigned long *ip_vs_hash_heads(unsigned long buckets)
{
	return (unsigned long *)(buckets & ~IP_VS_HASH_BITS);
}

static inline unsigned long *ip_vs_hash_bucket(unsigned long buckets, u32 hash)
{
	/* 32 less their number's log2, which is neither 0 nor 32 */
	return &ip_vs_hash_heads(buckets)[hash >> (-buckets & IP_VS_HASH_BITS)];
}

static inline unsigned long ip_vs_hash_mark(const unsigned long *bucket)
{
	return (unsigned long)bucket | IP_VS_HASH_MARK;
}

/* The first node's address or the mark. */
static inline unsigned long ip_vs_hash_first(const unsigned long *bucket)
{
	return (READ_ONCE(*bucket) & ~BIT(IP_VS_HASH_LOCK)) ?: ip_vs_hash_mark(bucket);
}

static inline struct ip_vs_hash_node *ip_vs_hash_node(unsigned long address)
{
	return (struct ip_vs_hash_node *)address;
}

static inline bool ip_vs_hash_is_end(unsigned long address)
{
	return address & IP_VS_HASH_MARK;
}

/* The lock's bit stays in the head; storing a chain keeps it. */
static inline void ip_vs_hash_lock(unsigned long *bucket)
{
	lockdep_assert_in_softirq();
	bit_spin_lock(IP_VS_HASH_LOCK, bucket);
}

static inline void ip_vs_hash_unlock(unsigned long *bucket)
{
	bit_spin_unlock(IP_VS_HASH_LOCK, bucket);
}

static inline void ip_vs_hash_store_first(unsigned long *bucket, unsigned long first)
{
	/* Whoever finds the node also sees what it holds. */
	smp_store_release(bucket, first | BIT(IP_VS_HASH_LOCK));
}

/* A node was added: has the table become too small? */
void ip_vs_hash_grown(struct ip_vs_hash *table);

static inline void ip_vs_hash_count_in(struct ip_vs_hash *table)
{
	if (unlikely((unsigned int)atomic_inc_return(&table->count) > READ_ONCE(table->grow_at)))
		ip_vs_hash_grown(table);
}

static __always_inline struct ip_vs_hash_node *
ip_vs_hash_search(const unsigned long *bucket, unsigned long *end, const void *key,
		  bool (*matches)(const struct ip_vs_hash_node *node, const void *key))
{
	unsigned long pos = ip_vs_hash_first(bucket);

	for (; !ip_vs_hash_is_end(pos); pos = READ_ONCE(ip_vs_hash_node(pos)->next))
		if (matches(ip_vs_hash_node(pos), key))
			return ip_vs_hash_node(pos);
	*end = pos;
	return NULL;
}

/**
 * ip_vs_hash_find() - the node with a key
 * @hash: of the key
 * @matches: compares; a constant, to be inlined
 *
 * Under RCU. Of twins the newest is found.
 */
static __always_inline struct ip_vs_hash_node *
ip_vs_hash_find(const struct ip_vs_hash *table, u32 hash, const void *key,
		bool (*matches)(const struct ip_vs_hash_node *node, const void *key))
{
	/* Depends on nothing but the address: as with rcu_dereference() */
	unsigned long buckets = READ_ONCE(table->buckets), next;
	struct ip_vs_hash_node *node;
	const unsigned long *bucket;
	unsigned long end;

	for (;;) {
		bucket = ip_vs_hash_bucket(buckets, hash);
		do {
			node = ip_vs_hash_search(bucket, &end, key, matches);
			if (likely(node))
				return node;
		} while (unlikely(end != ip_vs_hash_mark(bucket)));
		/* A node that has just left these buckets is in the next ones already. */
		smp_rmb();
		next = READ_ONCE(table->next);
		if (likely(next == buckets))
			return NULL;
		buckets = next;
	}
}

/**
 * ip_vs_hash_insert_unique() - add a node unless its key is there already
 *
 * Returns NULL, or the node that has the key. Bottom halves off, under RCU.
 */
static __always_inline struct ip_vs_hash_node *
ip_vs_hash_insert_unique(struct ip_vs_hash *table, struct ip_vs_hash_node *node, u32 hash, const void *key,
			 bool (*matches)(const struct ip_vs_hash_node *node, const void *key))
{
	unsigned long buckets = READ_ONCE(table->buckets), next, *bucket, end;
	struct ip_vs_hash_node *other;

	for (;;) {
		bucket = ip_vs_hash_bucket(buckets, hash);
		ip_vs_hash_lock(bucket);
		other = ip_vs_hash_search(bucket, &end, key, matches);
		/* Nothing comes into a bucket any more once its lock shows where to. */
		next = READ_ONCE(table->next);
		if (other || next == buckets)
			break;
		ip_vs_hash_unlock(bucket);
		buckets = next;
	}
	if (!other) {
		node->next = ip_vs_hash_first(bucket);
		ip_vs_hash_store_first(bucket, (unsigned long)node);
	}
	ip_vs_hash_unlock(bucket);
	if (!other)
		ip_vs_hash_count_in(table);
	return other;
}

/* Put @twin in front of @older, which @link leads to; the bucket is locked. */
void ip_vs_hash_put_before(unsigned long *bucket, unsigned long *link, struct ip_vs_hash_twin *twin,
			   struct ip_vs_hash_twin *older);

/**
 * ip_vs_hash_insert_twin() - add a node in front of those that have its key
 *
 * The row stays where it is, also while the table is being resized: so all of it is in one chain. Bottom halves
 * off, under RCU.
 */
static __always_inline void
ip_vs_hash_insert_twin(struct ip_vs_hash *table, struct ip_vs_hash_twin *twin, u32 hash, const void *key,
		       bool (*matches)(const struct ip_vs_hash_node *node, const void *key))
{
	unsigned long buckets = READ_ONCE(table->buckets), next, *bucket, *link, pos;
	bool is_first;

	for (;;) {
		bucket = ip_vs_hash_bucket(buckets, hash);
		ip_vs_hash_lock(bucket);
		link = bucket;
		pos = ip_vs_hash_first(bucket);
		while (!ip_vs_hash_is_end(pos) && !matches(ip_vs_hash_node(pos), key)) {
			link = &ip_vs_hash_node(pos)->next;
			pos = *link;
		}
		is_first = ip_vs_hash_is_end(pos);
		next = READ_ONCE(table->next);
		if (!is_first || next == buckets)
			break;
		ip_vs_hash_unlock(bucket);
		buckets = next;
	}
	if (is_first) {
		twin->older = NULL;
		twin->node.next = ip_vs_hash_first(bucket);
		ip_vs_hash_store_first(bucket, (unsigned long)&twin->node);
	} else {
		ip_vs_hash_put_before(bucket, link, twin,
				      container_of(ip_vs_hash_node(pos), struct ip_vs_hash_twin, node));
	}
	ip_vs_hash_unlock(bucket);
	if (is_first)
		ip_vs_hash_count_in(table);
}

/* Add a node whose key, as the caller knows, is not there yet. Bottom halves off, under RCU. */
void ip_vs_hash_insert(struct ip_vs_hash *table, struct ip_vs_hash_node *node, u32 hash);

/* Add and take out in process context, and see then whether the table has become too large. */
void ip_vs_hash_add(struct ip_vs_hash *table, struct ip_vs_hash_node *node, u32 hash);
void ip_vs_hash_delete(struct ip_vs_hash *table, struct ip_vs_hash_node *node);

/**
 * struct ip_vs_hash_walk - where a walk over all nodes is
 *
 * Between two steps the RCU section may be left if ip_vs_hash_walk_pause() and _resume() are called. Nodes
 * come twice if they are moved meanwhile; of those added or removed meanwhile some may be missed. After a pause,
 * in which nodes that were met have left their chain, for good or for another, as many others of it may be missed,
 * too: what has been done is remembered as a number.
 *
 * @at: the hash value up to which it is done
 * @to: where it ends, at most 2^32
 * @skip: nodes after that which are done too
 */
struct ip_vs_hash_walk {
	struct ip_vs_hash *table;
	u64 at;
	u64 to;
	unsigned int skip;
	unsigned long buckets;		/* where it stands; valid within the RCU section, 0 outside */
	u64 end;			/* hash value at which the present part ends */
	unsigned int bucket;
	unsigned int skip_before;	/* @skip when it entered the chain */
	unsigned int steps;		/* since others could run */
	unsigned long pos;
};

/* Over the nodes with hash values from @from to @to - 1: all of them from 0 to IP_VS_HASH_END. */
#define IP_VS_HASH_END (1ULL << 32)
void ip_vs_hash_walk_start(struct ip_vs_hash_walk *walk, struct ip_vs_hash *table, u32 from, u64 to);
void ip_vs_hash_walk_pause(struct ip_vs_hash_walk *walk);

/**
 * ip_vs_hash_walk_next() - the next node, NULL at the end
 *
 * Under RCU, in process context. Now and then the RCU section is left to let others run, so what the caller had
 * found before may be gone; what is returned is not.
 */
struct ip_vs_hash_node *ip_vs_hash_walk_next(struct ip_vs_hash_walk *walk);

/* The node that the walk stood on when it was paused, or the next one. Under RCU. */
struct ip_vs_hash_node *ip_vs_hash_walk_resume(struct ip_vs_hash_walk *walk);

#endif
