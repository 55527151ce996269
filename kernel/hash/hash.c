// SPDX-License-Identifier: GPL-2.0-only
/* Making, resizing and walking the tables of hash.h. */
#include <linux/log2.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "core/hash_size.h"
#include "hash/hash.h"

#define LIMIT_BITS 27
#define LEAST_BITS 2 /* the heads' address must leave room for IP_VS_HASH_BITS */

/* Steps before others may run: chains or nodes. */
#define STEPS 64
/* The most that a table is resized by at once, log2. A walk counts all that became of one bucket as one step. */
#define RESIZE_BITS 6

/* Returns 0 without memory. */
static unsigned long make_buckets(unsigned int bits, gfp_t gfp)
{
	/* Heads and nothing else, so that a power of two is allocated and not the next one. */
	unsigned long heads = (unsigned long)kvzalloc(sizeof(unsigned long) << bits, gfp);

	return heads ? heads | bits : 0;
}

static void free_buckets(unsigned long buckets)
{
	kvfree(ip_vs_hash_heads(buckets));
}

unsigned int ip_vs_hash_max_bits(void)
{
	/* A sixteenth of the memory may be heads of one table: what they lead to needs the rest. */
	unsigned long heads = totalram_pages() * (PAGE_SIZE / 16 / sizeof(unsigned long));

	return clamp_t(unsigned int, ilog2(heads), 8, LIMIT_BITS);
}

/* log2 of the number of buckets that @count nodes ask for. */
static unsigned int wanted_bits(const struct ip_vs_hash *table, unsigned int count)
{
	return clamp_t(int, ip_vs_hash_wanted_bits(count, READ_ONCE(table->lfactor)), table->min_bits,
		       table->max_bits);
}

static unsigned int limit(const struct ip_vs_hash *table, unsigned int bits)
{
	/* The largest one never grows, whatever its load. */
	return bits < table->max_bits ? ip_vs_hash_limit(bits, READ_ONCE(table->lfactor)) : UINT_MAX;
}

/*
 * Move the first node of a chain; false when there is none left. Of twins that is the newest, with all the
 * others behind it.
 */
static bool move_first(struct ip_vs_hash *table, unsigned long *from, unsigned long to)
{
	unsigned long pos = ip_vs_hash_first(from), after, *bucket;
	struct ip_vs_hash_node *node = ip_vs_hash_node(pos);

	if (ip_vs_hash_is_end(pos))
		return false;
	after = node->next;
	bucket = ip_vs_hash_bucket(to, table->hash(node));
	ip_vs_hash_lock(bucket);
	/* A reader that stands on it goes on in the new chain, and sees from its end that it was moved. */
	smp_store_release(&node->next, ip_vs_hash_first(bucket));
	ip_vs_hash_store_first(bucket, pos);
	ip_vs_hash_unlock(bucket);
	/* Only now out of the old chain: at no moment it is in none. */
	ip_vs_hash_store_first(from, after);
	return true;
}

/*
 * Most buckets hold few nodes or none: several are done before others may run. A chain that is longer may be left
 * half moved, since a node is in one of the two all the time, and whoever adds one looks into both.
 */
static void move_all(struct ip_vs_hash *table, unsigned long from, unsigned long to)
{
	unsigned long *bucket = ip_vs_hash_heads(from), *end = bucket + BIT(ip_vs_hash_bits(from));
	int steps;
	bool more;

	while (bucket < end) {
		local_bh_disable();
		for (steps = 0; steps < STEPS && bucket < end; steps++) {
			ip_vs_hash_lock(bucket);
			while ((more = move_first(table, bucket, to)) && ++steps < STEPS)
				;
			ip_vs_hash_unlock(bucket);
			if (!more)
				bucket++;
		}
		local_bh_enable();
		cond_resched();
	}
}

/* The size to go to. It shrinks only when much too large, so that it does not go up and down. */
static unsigned int next_bits(const struct ip_vs_hash *table, unsigned int bits)
{
	unsigned int wanted = wanted_bits(table, atomic_read(&table->count));

	if (wanted > bits)
		return wanted;
	return wanted + 4 <= bits ? wanted + 1 : bits;
}

/*
 * Heads of another size, for the account of who made the table. It works without, with longer chains: so nobody is
 * to lose memory for them, neither by the killer that a stubborn allocation calls, nor by a request that it meets
 * afterwards because we took the rest.
 */
static unsigned long make_other_buckets(struct ip_vs_hash *table, unsigned int bits)
{
	struct mem_cgroup *before;
	unsigned long buckets;

	if (DIV_ROUND_UP(sizeof(unsigned long) << bits, PAGE_SIZE) > max(si_mem_available() / 8, 64L))
		return 0;
	before = set_active_memcg(table->memcg);
	buckets = make_buckets(bits, GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	set_active_memcg(before);
	return buckets;
}

static bool resize_to(struct ip_vs_hash *table, unsigned long old, unsigned int bits)
{
	unsigned long new = make_other_buckets(table, bits);

	if (!new)
		return false;
	smp_store_release(&table->next, new);
	move_all(table, old, new);
	smp_store_release(&table->buckets, new);
	synchronize_rcu();
	free_buckets(old);
	return true;
}

static void resize_worker(struct work_struct *work)
{
	struct ip_vs_hash *table = container_of(work, struct ip_vs_hash, resize);
	bool exact = xchg(&table->exact, false);
	unsigned int bits, goal;

	for (;;) {
		/* Nobody but this worker changes it. */
		bits = ip_vs_hash_bits(table->buckets);
		goal = exact ? wanted_bits(table, atomic_read(&table->count)) : next_bits(table, bits);
		if (goal == bits)
			break;
		/* Asked for once, even if the number of nodes goes up and down. */
		exact &= abs((int)(goal - bits)) > RESIZE_BITS;
		goal = clamp_t(int, goal, (int)bits - RESIZE_BITS, bits + RESIZE_BITS);
		if (!resize_to(table, table->buckets, goal)) {
			/* Longer chains until there are twice as many. */
			WRITE_ONCE(table->grow_at, max(2U * atomic_read(&table->count), limit(table, bits)));
			return;
		}
	}
	WRITE_ONCE(table->grow_at, limit(table, bits));
}

void ip_vs_hash_grown(struct ip_vs_hash *table)
{
	/* Once is enough; the worker sets a new limit. */
	WRITE_ONCE(table->grow_at, UINT_MAX);
	queue_work(system_dfl_wq, &table->resize);
}

void ip_vs_hash_review(struct ip_vs_hash *table)
{
	unsigned int bits = ip_vs_hash_bits(READ_ONCE(table->buckets));

	if (next_bits(table, bits) < bits)
		queue_work(system_dfl_wq, &table->resize);
}

void ip_vs_hash_set_lfactor(struct ip_vs_hash *table, int lfactor)
{
	WRITE_ONCE(table->lfactor, lfactor);
	xchg(&table->exact, true);
	queue_work(system_dfl_wq, &table->resize);
}

unsigned int ip_vs_hash_size(const struct ip_vs_hash *table)
{
	unsigned int bits = ip_vs_hash_bits(READ_ONCE(table->buckets));

	return 1U << max(bits, ip_vs_hash_bits(READ_ONCE(table->next)));
}

int ip_vs_hash_init(struct ip_vs_hash *table, unsigned int min_bits, unsigned int max_bits, int lfactor,
		    u32 (*hash)(const struct ip_vs_hash_node *node))
{
	*table = (struct ip_vs_hash){
		.max_bits = min(max_bits, ip_vs_hash_max_bits()),
		.lfactor = lfactor,
		.hash = hash,
	};
	table->min_bits = clamp_t(unsigned int, min_bits, LEAST_BITS, table->max_bits);
	get_random_bytes(&table->key, sizeof(table->key));
	INIT_WORK(&table->resize, resize_worker);
	table->buckets = make_buckets(table->min_bits, GFP_KERNEL_ACCOUNT);
	if (!table->buckets)
		return -ENOMEM;
	table->next = table->buckets;
	table->grow_at = limit(table, table->min_bits);
	table->memcg = get_mem_cgroup_from_mm(current->mm);
	return 0;
}

void ip_vs_hash_uninit(struct ip_vs_hash *table)
{
	cancel_work_sync(&table->resize);
	free_buckets(table->buckets);
	mem_cgroup_put(table->memcg);
}

void ip_vs_hash_insert(struct ip_vs_hash *table, struct ip_vs_hash_node *node, u32 hash)
{
	unsigned long buckets = READ_ONCE(table->buckets), next, *bucket;

	for (;;) {
		bucket = ip_vs_hash_bucket(buckets, hash);
		ip_vs_hash_lock(bucket);
		next = READ_ONCE(table->next);
		if (next == buckets)
			break;
		ip_vs_hash_unlock(bucket);
		buckets = next;
	}
	node->next = ip_vs_hash_first(bucket);
	ip_vs_hash_store_first(bucket, (unsigned long)node);
	ip_vs_hash_unlock(bucket);
	ip_vs_hash_count_in(table);
}

/* What leads to a node in a locked chain: a head or another node; NULL if it is not in this chain. */
static unsigned long *find_link(unsigned long *bucket, const struct ip_vs_hash_node *node)
{
	unsigned long *link = bucket, pos = ip_vs_hash_first(bucket);

	for (; !ip_vs_hash_is_end(pos); pos = *link) {
		if (pos == (unsigned long)node)
			return link;
		link = &ip_vs_hash_node(pos)->next;
	}
	return NULL;
}

/* Whoever comes along @link to the node there also sees what it holds. */
static void store_link(unsigned long *bucket, unsigned long *link, unsigned long pos)
{
	if (link == bucket)
		ip_vs_hash_store_first(bucket, pos);
	else
		smp_store_release(link, pos);
}

bool ip_vs_hash_remove(struct ip_vs_hash *table, struct ip_vs_hash_node *node)
{
	unsigned long buckets = READ_ONCE(table->buckets), next, *bucket, *link;
	u32 hash = table->hash(node);

	for (;;) {
		bucket = ip_vs_hash_bucket(buckets, hash);
		ip_vs_hash_lock(bucket);
		link = find_link(bucket, node);
		if (link)
			store_link(bucket, link, node->next);
		/* If it has been moved its old bucket was locked for that: we see where to. */
		next = READ_ONCE(table->next);
		ip_vs_hash_unlock(bucket);
		if (link || next == buckets)
			break;
		buckets = next;
	}
	if (link)
		atomic_dec(&table->count);
	return link;
}

void ip_vs_hash_add(struct ip_vs_hash *table, struct ip_vs_hash_node *node, u32 hash)
{
	rcu_read_lock();
	local_bh_disable();
	ip_vs_hash_insert(table, node, hash);
	local_bh_enable();
	rcu_read_unlock();
}

void ip_vs_hash_delete(struct ip_vs_hash *table, struct ip_vs_hash_node *node)
{
	rcu_read_lock();
	local_bh_disable();
	ip_vs_hash_remove(table, node);
	local_bh_enable();
	rcu_read_unlock();
	ip_vs_hash_review(table);
}

/* --- twins: the newest in the chain, the others in a row behind it --- */

static unsigned long behind(const struct ip_vs_hash_twin *newer)
{
	return (unsigned long)&newer->node | IP_VS_HASH_TWIN | IP_VS_HASH_MARK;
}

static bool is_behind(const struct ip_vs_hash_twin *twin)
{
	return twin->node.next & IP_VS_HASH_TWIN;
}

static struct ip_vs_hash_twin *newer_twin(const struct ip_vs_hash_twin *twin)
{
	unsigned long next = twin->node.next & ~(IP_VS_HASH_TWIN | IP_VS_HASH_MARK);

	return container_of(ip_vs_hash_node(next), struct ip_vs_hash_twin, node);
}

void ip_vs_hash_put_before(unsigned long *bucket, unsigned long *link, struct ip_vs_hash_twin *twin,
			   struct ip_vs_hash_twin *older)
{
	twin->older = older;
	twin->node.next = older->node.next;
	store_link(bucket, link, (unsigned long)&twin->node);
	/* Who stands on the older one starts again: for him the chain ends at another's mark. */
	smp_store_release(&older->node.next, behind(twin));
}

/* Out of the middle or the end of its row. */
static void leave_row(struct ip_vs_hash_twin *twin)
{
	struct ip_vs_hash_twin *newer = newer_twin(twin), *older = twin->older;

	smp_store_release(&newer->older, older);
	if (older)
		WRITE_ONCE(older->node.next, behind(newer));
	WRITE_ONCE(twin->node.next, IP_VS_HASH_MARK);
}

/* Out of the chain; the next newest takes its place. */
static void leave_chain(unsigned long *bucket, unsigned long *link, struct ip_vs_hash_twin *twin)
{
	unsigned long after = twin->node.next;

	if (twin->older) {
		smp_store_release(&twin->older->node.next, after);
		after = (unsigned long)&twin->older->node;
	}
	store_link(bucket, link, after);
}

/* With all chains locked that the row may be in. Returns false if it is not in @bucket. */
static bool take_out(struct ip_vs_hash *table, unsigned long *bucket, struct ip_vs_hash_twin *twin)
{
	unsigned long *link;

	if (is_behind(twin)) {
		leave_row(twin);
		return true;
	}
	link = find_link(bucket, &twin->node);
	if (!link)
		return false;
	leave_chain(bucket, link, twin);
	/* Only the last of its key leaves the chain shorter. */
	if (!twin->older)
		atomic_dec(&table->count);
	return true;
}

bool ip_vs_hash_remove_twin(struct ip_vs_hash *table, struct ip_vs_hash_twin *twin)
{
	unsigned long buckets = READ_ONCE(table->buckets), next, *old, *new;
	u32 hash = table->hash(&twin->node);
	bool found;

	old = ip_vs_hash_bucket(buckets, hash);
	ip_vs_hash_lock(old);
	next = READ_ONCE(table->next);
	if (likely(next == buckets)) {
		found = take_out(table, old, twin);
	} else {
		/* From behind one cannot see which of two chains the row is in: both locks. */
		new = ip_vs_hash_bucket(next, hash);
		ip_vs_hash_lock(new);
		found = take_out(table, old, twin) || take_out(table, new, twin);
		ip_vs_hash_unlock(new);
	}
	ip_vs_hash_unlock(old);
	return found;
}

/* --- how full --- */

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
	struct ip_vs_census found = {};
	unsigned long buckets, i;
	u32 steps = 0, length;
	bool is_resized = true;
	int tries;

	rcu_read_lock();
	for (tries = 0; is_resized && tries < 5; tries++) {
		memset(&found, 0, sizeof(found));
		buckets = READ_ONCE(table->buckets);
		is_resized = false;
		for (i = 0; !is_resized && i < BIT(ip_vs_hash_bits(buckets)); i++) {
			length = chain_length(&ip_vs_hash_heads(buckets)[i]);
			ip_vs_census_add(&found, length);
			steps += 1 + length;
			if (steps >= STEPS) {
				steps = 0;
				ip_vs_rcu_pause();
				is_resized = buckets != READ_ONCE(table->buckets);
			}
		}
	}
	rcu_read_unlock();
	if (!is_resized)
		*census = found;
	return !is_resized;
}

/* --- walks: a part is what one bucket of the older set covers --- */

static unsigned int shift(unsigned long buckets)
{
	return 32 - ip_vs_hash_bits(buckets);
}

static unsigned long *walked_bucket(const struct ip_vs_hash_walk *walk)
{
	return &ip_vs_hash_heads(walk->buckets)[walk->bucket];
}

static void enter_chain(struct ip_vs_hash_walk *walk)
{
	walk->steps++;
	walk->skip_before = walk->skip;
	walk->pos = ip_vs_hash_first(walked_bucket(walk));
}

static void enter_buckets(struct ip_vs_hash_walk *walk, unsigned long buckets)
{
	walk->buckets = buckets;
	walk->bucket = walk->at >> shift(buckets);
	enter_chain(walk);
}

static void enter_part(struct ip_vs_hash_walk *walk)
{
	unsigned long buckets = READ_ONCE(walk->table->buckets);

	walk->end = min(((walk->at >> shift(buckets)) + 1) << shift(buckets), walk->to);
	enter_buckets(walk, buckets);
}

/* To the next chain of the present part. */
static bool next_chain(struct ip_vs_hash_walk *walk)
{
	unsigned long next;

	if ((u64)++walk->bucket << shift(walk->buckets) < walk->end) {
		enter_chain(walk);
		return true;
	}
	/* What has left these buckets meanwhile is in the next ones already. */
	smp_rmb();
	next = READ_ONCE(walk->table->next);
	if (next == walk->buckets)
		return false;
	enter_buckets(walk, next);
	return true;
}

/* The next node of the present chain. */
static struct ip_vs_hash_node *next_in_chain(struct ip_vs_hash_walk *walk)
{
	struct ip_vs_hash_node *node;
	u32 hash;

	for (;;) {
		while (!ip_vs_hash_is_end(walk->pos)) {
			node = ip_vs_hash_node(walk->pos);
			walk->pos = READ_ONCE(node->next);
			walk->steps++;
			/* Buckets of another size hold nodes of other parts, too. */
			hash = walk->table->hash(node);
			if (hash < walk->at || hash >= walk->end)
				continue;
			walk->skip++;
			return node;
		}
		if (walk->pos == ip_vs_hash_mark(walked_bucket(walk)))
			return NULL;
		/* The node it stood on was moved, and it with that: what came behind is still to be seen. */
		walk->skip = walk->skip_before;
		enter_chain(walk);
	}
}

/* The next node of the present part. */
static struct ip_vs_hash_node *next_in_part(struct ip_vs_hash_walk *walk)
{
	struct ip_vs_hash_node *node;

	do {
		node = next_in_chain(walk);
	} while (!node && next_chain(walk));
	return node;
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
	walk->buckets = 0;
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
		/* Between two parts nothing is remembered that could go meanwhile. */
		if (walk->steps >= STEPS) {
			walk->steps = 0;
			ip_vs_rcu_pause();
		}
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
