// SPDX-License-Identifier: GPL-2.0-only
/* Making, resizing and walking the tables of hash.h. */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "hash/hash.h"

#define LIMIT_BITS 27

static struct ip_vs_hash_buckets *make_buckets(unsigned int bits)
{
	struct ip_vs_hash_buckets *buckets;

	buckets = kvzalloc(struct_size(buckets, heads, 1UL << bits), GFP_KERNEL);
	if (buckets)
		buckets->bits = bits;
	return buckets;
}

unsigned int ip_vs_hash_max_bits(void)
{
	/* An eighth of the memory may be heads: what they lead to needs the rest. */
	unsigned long heads = totalram_pages() * (PAGE_SIZE / 8 / sizeof(unsigned long));

	return clamp_t(unsigned int, ilog2(heads), 8, LIMIT_BITS);
}

/* log2 of the number of buckets that @count nodes ask for. */
static unsigned int wanted_bits(const struct ip_vs_hash *table, unsigned int count)
{
	int bits = count ? (int)order_base_2(count) - table->lfactor : 0;

	return clamp_t(int, bits, table->min_bits, table->max_bits);
}

static unsigned int limit(const struct ip_vs_hash *table, unsigned int bits)
{
	int nodes = (int)bits + table->lfactor;

	/* The largest one never grows, whatever its load. */
	if (bits >= table->max_bits || nodes > 31)
		return UINT_MAX;
	return nodes < 0 ? 0 : 1U << nodes;
}

/* Move the last node of a chain; false when there is none left. */
static bool move_last(struct ip_vs_hash *table, unsigned long *from, struct ip_vs_hash_buckets *to)
{
	unsigned long pos = ip_vs_hash_first(from), *bucket;
	struct ip_vs_hash_node *node, *before = NULL;

	if (ip_vs_hash_is_end(pos))
		return false;
	for (node = ip_vs_hash_node(pos); !ip_vs_hash_is_end(node->next); node = ip_vs_hash_node(node->next))
		before = node;

	bucket = ip_vs_hash_bucket(to, table->hash(node));
	ip_vs_hash_lock(bucket);
	/* A reader that stands on it goes on in the new chain, and sees from its end that it was moved. */
	WRITE_ONCE(node->next, ip_vs_hash_first(bucket));
	ip_vs_hash_store_first(bucket, (unsigned long)node);
	ip_vs_hash_unlock(bucket);
	/* Only now out of the old chain: at no moment it is in none. */
	if (before)
		smp_store_release(&before->next, ip_vs_hash_mark(from));
	else
		ip_vs_hash_store_first(from, ip_vs_hash_mark(from));
	return true;
}

/* Most buckets hold few nodes or none: several are done before others may run. */
static void move_all(struct ip_vs_hash *table, struct ip_vs_hash_buckets *from, struct ip_vs_hash_buckets *to)
{
	unsigned long i = 0;
	int steps;

	while (i < 1UL << from->bits) {
		local_bh_disable();
		for (steps = 0; steps < 64 && i < 1UL << from->bits; steps++, i++) {
			ip_vs_hash_lock(&from->heads[i]);
			while (move_last(table, &from->heads[i], to))
				steps++;
			ip_vs_hash_unlock(&from->heads[i]);
		}
		local_bh_enable();
		cond_resched();
	}
}

/*
 * The size to go to. A table that grows will grow more: with one size more than is wanted now it is moved half
 * as often. It shrinks only when much too large, so that it does not go up and down.
 */
static unsigned int next_bits(const struct ip_vs_hash *table, unsigned int bits)
{
	unsigned int wanted = wanted_bits(table, atomic_read(&table->count));

	if (wanted > bits)
		return min_t(unsigned int, wanted + 1, table->max_bits);
	return wanted + 4 <= bits ? wanted + 1 : bits;
}

static void resize_to(struct ip_vs_hash *table, struct ip_vs_hash_buckets *old, unsigned int bits)
{
	struct ip_vs_hash_buckets *new = make_buckets(bits);

	if (!new) {
		/* Longer chains until there are twice as many. */
		WRITE_ONCE(table->grow_at, max(2U * atomic_read(&table->count), limit(table, old->bits)));
		return;
	}
	rcu_assign_pointer(old->next, new);
	move_all(table, old, new);
	rcu_assign_pointer(table->buckets, new);
	WRITE_ONCE(table->grow_at, limit(table, bits));
	synchronize_rcu();
	kvfree(old);
}

static void resize_worker(struct work_struct *work)
{
	struct ip_vs_hash *table = container_of(work, struct ip_vs_hash, resize);
	/* Nobody but this worker changes it. */
	struct ip_vs_hash_buckets *old = rcu_dereference_protected(table->buckets, true);
	unsigned int bits = next_bits(table, old->bits);

	if (xchg(&table->exact, false))
		bits = wanted_bits(table, atomic_read(&table->count));
	if (bits != old->bits)
		resize_to(table, old, bits);
	else
		WRITE_ONCE(table->grow_at, limit(table, bits));
}

void ip_vs_hash_grown(struct ip_vs_hash *table)
{
	/* Once is enough; the worker sets a new limit. */
	WRITE_ONCE(table->grow_at, UINT_MAX);
	queue_work(system_unbound_wq, &table->resize);
}

void ip_vs_hash_review(struct ip_vs_hash *table)
{
	unsigned int bits;

	rcu_read_lock();
	bits = rcu_dereference(table->buckets)->bits;
	rcu_read_unlock();
	if (next_bits(table, bits) < bits)
		queue_work(system_unbound_wq, &table->resize);
}

void ip_vs_hash_set_lfactor(struct ip_vs_hash *table, int lfactor)
{
	WRITE_ONCE(table->lfactor, lfactor);
	xchg(&table->exact, true);
	queue_work(system_unbound_wq, &table->resize);
}

unsigned int ip_vs_hash_size(const struct ip_vs_hash *table)
{
	const struct ip_vs_hash_buckets *buckets = rcu_dereference(table->buckets);
	const struct ip_vs_hash_buckets *next = rcu_dereference(buckets->next);

	return 1U << max(buckets->bits, next ? next->bits : 0);
}

int ip_vs_hash_init(struct ip_vs_hash *table, unsigned int min_bits, unsigned int max_bits, int lfactor,
		    u32 (*hash)(const struct ip_vs_hash_node *node))
{
	struct ip_vs_hash_buckets *buckets;

	*table = (struct ip_vs_hash){
		.max_bits = min(max_bits, ip_vs_hash_max_bits()),
		.lfactor = lfactor,
		.hash = hash,
	};
	table->min_bits = clamp_t(unsigned int, min_bits, 1, table->max_bits);
	INIT_WORK(&table->resize, resize_worker);
	buckets = make_buckets(table->min_bits);
	if (!buckets)
		return -ENOMEM;
	RCU_INIT_POINTER(table->buckets, buckets);
	table->grow_at = limit(table, table->min_bits);
	return 0;
}

void ip_vs_hash_uninit(struct ip_vs_hash *table)
{
	cancel_work_sync(&table->resize);
	kvfree(rcu_dereference_protected(table->buckets, true));
}

void ip_vs_hash_insert(struct ip_vs_hash *table, struct ip_vs_hash_node *node, u32 hash)
{
	struct ip_vs_hash_buckets *buckets = rcu_dereference(table->buckets), *next;
	unsigned long *bucket;

	for (;;) {
		bucket = ip_vs_hash_bucket(buckets, hash);
		ip_vs_hash_lock(bucket);
		next = rcu_dereference(buckets->next);
		if (!next)
			break;
		ip_vs_hash_unlock(bucket);
		buckets = next;
	}
	node->next = ip_vs_hash_first(bucket);
	ip_vs_hash_store_first(bucket, (unsigned long)node);
	ip_vs_hash_unlock(bucket);
	ip_vs_hash_count_in(table);
}

/* Take @node out of a locked chain. */
static bool unlink(unsigned long *bucket, struct ip_vs_hash_node *node)
{
	unsigned long pos = ip_vs_hash_first(bucket);

	if (pos == (unsigned long)node) {
		ip_vs_hash_store_first(bucket, node->next);
		return true;
	}
	for (; !ip_vs_hash_is_end(pos); pos = ip_vs_hash_node(pos)->next) {
		if (ip_vs_hash_node(pos)->next != (unsigned long)node)
			continue;
		WRITE_ONCE(ip_vs_hash_node(pos)->next, node->next);
		return true;
	}
	return false;
}

bool ip_vs_hash_remove(struct ip_vs_hash *table, struct ip_vs_hash_node *node)
{
	struct ip_vs_hash_buckets *buckets = rcu_dereference(table->buckets);
	u32 hash = table->hash(node);
	unsigned long *bucket;
	bool found;

	do {
		bucket = ip_vs_hash_bucket(buckets, hash);
		ip_vs_hash_lock(bucket);
		found = unlink(bucket, node);
		/* If it has been moved its old bucket was locked for that: we see where to. */
		buckets = rcu_dereference(buckets->next);
		ip_vs_hash_unlock(bucket);
	} while (!found && buckets);
	if (found)
		atomic_dec(&table->count);
	return found;
}

static u32 chain_length(const unsigned long *bucket)
{
	unsigned long pos = ip_vs_hash_first(bucket);
	u32 length = 0;

	for (; !ip_vs_hash_is_end(pos); pos = READ_ONCE(ip_vs_hash_node(pos)->next))
		length++;
	return length;
}

bool ip_vs_hash_census(struct ip_vs_hash *table, struct ip_vs_census *census)
{
	const struct ip_vs_hash_buckets *buckets;
	struct ip_vs_census found = {};
	bool is_resized = true;
	unsigned long i;
	int tries;

	rcu_read_lock();
	for (tries = 0; is_resized && tries < 5; tries++) {
		memset(&found, 0, sizeof(found));
		buckets = rcu_dereference(table->buckets);
		is_resized = false;
		for (i = 0; !is_resized && i < 1UL << buckets->bits; i++) {
			ip_vs_census_add(&found, chain_length(&buckets->heads[i]));
			cond_resched_rcu();
			is_resized = buckets != rcu_access_pointer(table->buckets);
		}
	}
	rcu_read_unlock();
	if (!is_resized)
		*census = found;
	return !is_resized;
}

/* --- walks: a part is what one bucket of the older set covers --- */

static unsigned int shift(const struct ip_vs_hash_buckets *buckets)
{
	return 32 - buckets->bits;
}

static void enter_buckets(struct ip_vs_hash_walk *walk, struct ip_vs_hash_buckets *buckets)
{
	walk->buckets = buckets;
	walk->bucket = walk->at >> shift(buckets);
	walk->pos = ip_vs_hash_first(&buckets->heads[walk->bucket]);
}

static void enter_part(struct ip_vs_hash_walk *walk)
{
	struct ip_vs_hash_buckets *buckets = rcu_dereference(walk->table->buckets);

	walk->end = min(((walk->at >> shift(buckets)) + 1) << shift(buckets), walk->to);
	enter_buckets(walk, buckets);
}

/* To the next chain of the present part. */
static bool next_chain(struct ip_vs_hash_walk *walk)
{
	struct ip_vs_hash_buckets *next;

	if ((u64)++walk->bucket << shift(walk->buckets) < walk->end) {
		walk->pos = ip_vs_hash_first(&walk->buckets->heads[walk->bucket]);
		return true;
	}
	/* What has left these buckets meanwhile is in the next ones already. */
	smp_rmb();
	next = rcu_dereference(walk->buckets->next);
	if (next)
		enter_buckets(walk, next);
	return next;
}

/* The next node of the present part. */
static struct ip_vs_hash_node *next_in_part(struct ip_vs_hash_walk *walk)
{
	struct ip_vs_hash_node *node;
	u32 hash;

	do {
		while (!ip_vs_hash_is_end(walk->pos)) {
			node = ip_vs_hash_node(walk->pos);
			walk->pos = READ_ONCE(node->next);
			/* Buckets of another size hold nodes of other parts, too. */
			hash = walk->table->hash(node);
			if (hash < walk->at || hash >= walk->end)
				continue;
			walk->skip++;
			return node;
		}
	} while (next_chain(walk));
	return NULL;
}

static bool is_over(const struct ip_vs_hash_walk *walk)
{
	return walk->at >= walk->to;
}

void ip_vs_hash_walk_start(struct ip_vs_hash_walk *walk, struct ip_vs_hash *table, u32 from, u64 to)
{
	*walk = (struct ip_vs_hash_walk){ .table = table, .at = from, .to = to };
}

void ip_vs_hash_walk_pause(struct ip_vs_hash_walk *walk)
{
	walk->buckets = NULL;
}

struct ip_vs_hash_node *ip_vs_hash_walk_next(struct ip_vs_hash_walk *walk)
{
	struct ip_vs_hash_node *node;

	if (is_over(walk))
		return NULL;
	if (!walk->buckets)
		return ip_vs_hash_walk_resume(walk);
	while (!(node = next_in_part(walk))) {
		walk->at = walk->end;
		walk->skip = 0;
		if (is_over(walk))
			return NULL;
		cond_resched_rcu();
		enter_part(walk);
	}
	return node;
}

struct ip_vs_hash_node *ip_vs_hash_walk_resume(struct ip_vs_hash_walk *walk)
{
	unsigned int done = walk->skip ? walk->skip - 1 : 0;
	struct ip_vs_hash_node *node;
	u64 part = walk->at;

	if (is_over(walk))
		return NULL;
	walk->skip = 0;
	enter_part(walk);
	node = ip_vs_hash_walk_next(walk);
	while (done-- && node && walk->at == part)
		node = ip_vs_hash_walk_next(walk);
	return node;
}
