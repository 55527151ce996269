/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hash table that grows and shrinks while packets use it.
 *
 * Chains are singly linked: a node costs one pointer. Readers run under RCU and write nothing; each chain ends
 * in a mark that names its bucket, so that a reader who was led into another chain, because the node it
 * stood on was moved meanwhile, notices and starts again. Writers lock one bucket, by a bit of its head.
 *
 * A table is resized by moving one node after the other into new buckets. While that goes on both sets of
 * buckets are in use: who does not find a node in the old ones looks in the new ones, and new nodes go into
 * the new ones. So no reader ever misses a node.
 *
 * A bucket is chosen by the uppermost bits of the hash, which does not change with the size. So a walk that
 * has come to some hash value can go on from there however often the table was resized.
 *
 * Locking: bucket locks are innermost, taken with bottom halves off; old bucket before new.
 */
#ifndef IP_VS_HASH_HASH_H
#define IP_VS_HASH_HASH_H

#include <linux/atomic.h>
#include <linux/bit_spinlock.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include "core/census.h"

/* The load that tables are given: 2^lfactor nodes a bucket. Source: spec/sysctl.md, section 3.3. */
#define IP_VS_HASH_LFACTOR_MIN (-8)
#define IP_VS_HASH_LFACTOR_MAX 8

/* @next: a node, or the mark of the bucket that the chain belongs to */
struct ip_vs_hash_node {
	unsigned long next;
};

/**
 * struct ip_vs_hash_buckets - the buckets of one size
 * @bits: log2 of their number, at least 1
 * @next: those that the nodes are being moved to
 * @heads: first node or the bucket's mark, and the lock; 0 in a bucket that has never held a node
 */
struct ip_vs_hash_buckets {
	unsigned int bits;
	struct ip_vs_hash_buckets __rcu *next;
	unsigned long heads[];
};

/**
 * struct ip_vs_hash - a table
 * @buckets: those in use, the older ones while the table is being resized
 * @count: nodes
 * @grow_at: more nodes than this are too many for the present size
 * @lfactor: see above
 * @min_bits, @max_bits: limits of the size, log2
 * @exact: the load was changed: go to the size it asks for, even if the present one would do
 * @hash: of a node, for moving it
 * @resize: does it
 */
struct ip_vs_hash {
	struct ip_vs_hash_buckets __rcu *buckets;
	atomic_t count;
	unsigned int grow_at;
	int lfactor;
	u8 min_bits;
	u8 max_bits;
	bool exact;
	u32 (*hash)(const struct ip_vs_hash_node *node);
	struct work_struct resize;
};

/**
 * ip_vs_hash_init() - make an empty table
 * @min_bits: log2 of the number of buckets it begins with and keeps at least
 * @max_bits: at most 27; lowered on machines with little memory
 *
 * Returns 0 or ENOMEM.
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

/* --- for the inline functions below --- */

#define IP_VS_HASH_MARK 1UL /* this is no node but the end of a chain */
#define IP_VS_HASH_LOCK 1   /* number of the bit; in heads only */

static inline unsigned long *ip_vs_hash_bucket(struct ip_vs_hash_buckets *buckets, u32 hash)
{
	return &buckets->heads[hash >> (32 - buckets->bits)];
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
 * Under RCU. Of several nodes with the key the newest is found.
 */
static __always_inline struct ip_vs_hash_node *
ip_vs_hash_find(const struct ip_vs_hash *table, u32 hash, const void *key,
		bool (*matches)(const struct ip_vs_hash_node *node, const void *key))
{
	struct ip_vs_hash_buckets *buckets = rcu_dereference(table->buckets);
	struct ip_vs_hash_node *node;
	const unsigned long *bucket;
	unsigned long end;

	do {
		bucket = ip_vs_hash_bucket(buckets, hash);
		do {
			node = ip_vs_hash_search(bucket, &end, key, matches);
			if (likely(node))
				return node;
		} while (unlikely(end != ip_vs_hash_mark(bucket)));
		/* A node that has just left these buckets is in the next ones already. */
		smp_rmb();
		buckets = rcu_dereference(buckets->next);
	} while (unlikely(buckets));
	return NULL;
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
	struct ip_vs_hash_buckets *buckets = rcu_dereference(table->buckets), *next;
	struct ip_vs_hash_node *other;
	unsigned long *bucket, end;

	for (;;) {
		bucket = ip_vs_hash_bucket(buckets, hash);
		ip_vs_hash_lock(bucket);
		other = ip_vs_hash_search(bucket, &end, key, matches);
		/* Once the bucket has been emptied whoever locks it sees where to. */
		next = rcu_dereference(buckets->next);
		if (other || !next)
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

/* Add a node in front of those that have its key. Bottom halves off, under RCU. */
void ip_vs_hash_insert(struct ip_vs_hash *table, struct ip_vs_hash_node *node, u32 hash);

/**
 * struct ip_vs_hash_walk - where a walk over all nodes is
 *
 * Between two steps the RCU section may be left if ip_vs_hash_walk_pause() and _resume() are called. Nodes
 * come twice if they are moved meanwhile; of those added or removed meanwhile some may be missed.
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
	struct ip_vs_hash_buckets *buckets;	/* where it stands; valid within the RCU section */
	u64 end;				/* hash value at which the present part ends */
	unsigned int bucket;
	unsigned long pos;
};

/* Over the nodes with hash values from @from to @to - 1: all of them from 0 to IP_VS_HASH_END. */
#define IP_VS_HASH_END (1ULL << 32)
void ip_vs_hash_walk_start(struct ip_vs_hash_walk *walk, struct ip_vs_hash *table, u32 from, u64 to);
void ip_vs_hash_walk_pause(struct ip_vs_hash_walk *walk);

/**
 * ip_vs_hash_walk_next() - the next node, NULL at the end
 *
 * Under RCU, in process context: while it meets no node it lets others run, so what the caller had found
 * before may be gone.
 */
struct ip_vs_hash_node *ip_vs_hash_walk_next(struct ip_vs_hash_walk *walk);

/* The node that the walk stood on when it was paused, or the next one. Under RCU. */
struct ip_vs_hash_node *ip_vs_hash_walk_resume(struct ip_vs_hash_walk *walk);

#endif
