// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kernel/hash on four CPUs: what comes in is found, once, until it is taken out; what stays is met by every walk;
 * all that while the table goes from a few buckets to many and back. Then the same with nodes that share a key.
 */
#include <stdio.h>
#include "shim.h"
#include "hash/hash.h"

static struct ip_vs_hash table;
static u64 end_ms;

static bool time_is_left(void)
{
	return shim_now_ms() < end_ms;
}

/* Few enough different hashes that chains are long in every size of the table. */
static u32 hash_of(u32 key)
{
	return (key & 0x3ff) * 0x9e3779b1u;
}

/* What a node says of itself, written before it is seen and when nobody sees it any more. */
static u32 seal(u32 key)
{
	return key ^ 0x5a5a5a5a;
}

/* --- what was taken out waits for its readers --- */

#define WAITING 64
static _Thread_local void *waiting[WAITING];
static _Thread_local int num_waiting;

static void free_waiting(void)
{
	synchronize_rcu();
	while (num_waiting)
		free(waiting[--num_waiting]);
}

static void free_later(void *memory)
{
	waiting[num_waiting++] = memory;
	if (num_waiting == WAITING)
		free_waiting();
}

/* --- unique keys --- */

struct item {
	struct ip_vs_hash_node node;
	u32 key;
	u32 sealed;
};

#define KEYS	  4096
#define PERMANENT 512 /* keys below that come first and stay; the others come and go */

static struct item *permanent[PERMANENT];
static int present[KEYS]; /* how many there are of a key, as those know who put them in and took them out */
static int inserted, removed;

static struct item *item_of(struct ip_vs_hash_node *node)
{
	return container_of(node, struct item, node);
}

static u32 item_hash(const struct ip_vs_hash_node *node)
{
	return hash_of(container_of(node, struct item, node)->key);
}

static bool item_matches(const struct ip_vs_hash_node *node, const void *key)
{
	return container_of(node, struct item, node)->key == *(const u32 *)key;
}

static struct item *make_item(u32 key)
{
	struct item *item = malloc(sizeof(*item));

	item->key = key;
	item->sealed = seal(key);
	return item;
}

static struct item *find(u32 key)
{
	struct ip_vs_hash_node *node = ip_vs_hash_find(&table, hash_of(key), &key, item_matches);

	if (!node)
		return NULL;
	must(item_of(node)->key == key && item_of(node)->sealed == seal(key));
	return item_of(node);
}

static void insert(u32 key)
{
	struct item *item = make_item(key);
	struct ip_vs_hash_node *other;

	rcu_read_lock();
	other = ip_vs_hash_insert_unique(&table, &item->node, hash_of(key), &key, item_matches);
	if (other)
		must(item_of(other)->key == key && item_of(other)->sealed == seal(key));
	rcu_read_unlock();
	if (other) {
		free(item);
		return;
	}
	__atomic_add_fetch(&present[key], 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&inserted, 1, __ATOMIC_RELAXED);
}

/* Of several who want to take it out one does. */
static void remove_key(u32 key)
{
	struct item *item;
	bool is_mine = false;

	rcu_read_lock();
	item = find(key);
	if (item)
		is_mine = ip_vs_hash_remove(&table, &item->node);
	rcu_read_unlock();
	if (!is_mine)
		return;
	__atomic_sub_fetch(&present[key], 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&removed, 1, __ATOMIC_RELAXED);
	free_later(item);
}

/* A key that only this CPU uses: it knows what must be found. */
static void own_key(u32 key)
{
	bool was_there;

	rcu_read_lock();
	was_there = find(key);
	rcu_read_unlock();
	must(was_there == !!__atomic_load_n(&present[key], __ATOMIC_RELAXED));
	if (was_there)
		remove_key(key);
	else
		insert(key);
	rcu_read_lock();
	must(!find(key) == was_there);
	rcu_read_unlock();
}

/*
 * Each permanent one is met, whatever is moved meanwhile; with pauses, in which those that were met may go, only
 * what is met can be looked at.
 */
static void walk(bool with_pauses)
{
	static _Thread_local u8 seen[PERMANENT];
	struct ip_vs_hash_walk walk;
	struct ip_vs_hash_node *node;
	struct item *item;
	u32 i;

	memset(seen, 0, sizeof(seen));
	ip_vs_hash_walk_start(&walk, &table, 0, IP_VS_HASH_END);
	rcu_read_lock();
	for (node = ip_vs_hash_walk_next(&walk); node; node = ip_vs_hash_walk_next(&walk)) {
		item = item_of(node);
		must(item->sealed == seal(item->key));
		if (item->key < PERMANENT)
			seen[item->key] = 1;
		if (with_pauses && !shim_random(50)) {
			ip_vs_hash_walk_pause(&walk);
			ip_vs_rcu_pause();
		}
	}
	rcu_read_unlock();
	for (i = 0; i < PERMANENT; i++)
		must(with_pauses || seen[i]);
}

static u8 sizes_seen[32];

static void resize(void)
{
	struct ip_vs_census census;

	ip_vs_hash_set_lfactor(&table, (int)shim_random(17) - 8);
	ip_vs_hash_review(&table);
	rcu_read_lock();
	__atomic_store_n(&sizes_seen[ilog2(ip_vs_hash_size(&table))], 1, __ATOMIC_RELAXED);
	rcu_read_unlock();
	ip_vs_hash_census(&table, &census);
}

static void unique_cpu(unsigned int cpu)
{
	u32 shared, own, stays;

	while (time_is_left()) {
		shared = PERMANENT + shim_random((KEYS - PERMANENT) / 2);
		own = PERMANENT + (KEYS - PERMANENT) / 2 + shim_random((KEYS - PERMANENT) / 2 / SHIM_CPUS) * SHIM_CPUS + cpu;
		stays = shim_random(PERMANENT);
		if (shim_random(2))
			insert(shared);
		else
			remove_key(shared);
		own_key(own);
		rcu_read_lock();
		must(find(stays) == permanent[stays]);
		rcu_read_unlock();
		if (!shim_random(500))
			walk(shim_random(2));
		if (!shim_random(200))
			resize();
	}
	free_waiting();
}

static int num_sizes(void)
{
	int i, n = 0;

	for (i = 0; i < 32; i++)
		n += sizes_seen[i];
	return n;
}

static void unique_keys(void)
{
	int left = 0;
	u32 key;

	must(!ip_vs_hash_init(&table, 2, 27, 0, item_hash));
	for (key = 0; key < PERMANENT; key++) {
		permanent[key] = make_item(key);
		rcu_read_lock();
		ip_vs_hash_insert(&table, &permanent[key]->node, hash_of(key));
		rcu_read_unlock();
	}
	end_ms = shim_now_ms() + shim_seconds() * 1000;
	shim_on_all_cpus(unique_cpu);
	walk(false);
	for (key = PERMANENT; key < KEYS; key++) {
		left += present[key];
		rcu_read_lock();
		must(!!find(key) == present[key]);
		rcu_read_unlock();
		remove_key(key);
		must(!present[key]);
	}
	must(atomic_read(&table.count) == PERMANENT);
	for (key = 0; key < PERMANENT; key++) {
		rcu_read_lock();
		must(ip_vs_hash_remove(&table, &permanent[key]->node));
		must(!ip_vs_hash_remove(&table, &permanent[key]->node));
		rcu_read_unlock();
		free_later(permanent[key]);
	}
	must(!atomic_read(&table.count));
	free_waiting();
	printf("unique keys: %d came, %d went before the end, %d sizes\n", inserted, removed - left, num_sizes());
	/* else nothing was proved */
	must(inserted > 1000 && num_sizes() > 3);
	ip_vs_hash_uninit(&table);
}

/* --- twins --- */

struct twin {
	struct ip_vs_hash_twin twin;
	u32 key;
	u32 sealed;
};

#define TWIN_KEYS 16
#define MOST_TWINS 256 /* of one CPU */

static int twins_made;

static struct twin *twin_of(struct ip_vs_hash_node *node)
{
	return container_of(node, struct twin, twin.node);
}

static u32 twin_hash(const struct ip_vs_hash_node *node)
{
	return hash_of(container_of(node, struct twin, twin.node)->key);
}

static bool twin_matches(const struct ip_vs_hash_node *node, const void *key)
{
	return container_of(node, struct twin, twin.node)->key == *(const u32 *)key;
}

static struct twin *find_twin(u32 key)
{
	struct ip_vs_hash_node *node = ip_vs_hash_find(&table, hash_of(key), &key, twin_matches);

	return node ? twin_of(node) : NULL;
}

/* Along the row, as who looks for one that is alive. Those that leave meanwhile lead on, if they led anywhere. */
static void read_row(u32 key)
{
	struct ip_vs_hash_twin *at;
	struct twin *twin;
	int steps = 64;

	rcu_read_lock();
	twin = find_twin(key);
	for (at = twin ? &twin->twin : NULL; at && steps--; at = READ_ONCE(at->older)) {
		twin = container_of(at, struct twin, twin);
		must(twin->key == key && twin->sealed == seal(key));
	}
	rcu_read_unlock();
}

static void twins_cpu(unsigned int cpu)
{
	/* one key of its own, the others are everybody's */
	u32 own = TWIN_KEYS + cpu, key;
	struct twin *mine[MOST_TWINS], *twin;
	struct twin *newest = NULL;
	int n = 0, i;

	while (time_is_left()) {
		if (n < MOST_TWINS && shim_random(2)) {
			key = shim_random(4) ? shim_random(TWIN_KEYS) : own;
			twin = malloc(sizeof(*twin));
			twin->key = key;
			twin->sealed = seal(key);
			rcu_read_lock();
			ip_vs_hash_insert_twin(&table, &twin->twin, hash_of(key), &key, twin_matches);
			if (key == own) {
				newest = twin;
				must(find_twin(own) == newest);
			} else {
				must(find_twin(key));
			}
			rcu_read_unlock();
			mine[n++] = twin;
			__atomic_add_fetch(&twins_made, 1, __ATOMIC_RELAXED);
		} else if (n) {
			i = shim_random(n);
			twin = mine[i];
			rcu_read_lock();
			must(ip_vs_hash_remove_twin(&table, &twin->twin));
			rcu_read_unlock();
			/* the order of those that stay is that of their coming */
			memmove(&mine[i], &mine[i + 1], (--n - i) * sizeof(mine[0]));
			if (twin == newest) {
				newest = NULL;
				for (i = 0; i < n; i++)
					if (mine[i]->key == own)
						newest = mine[i];
			}
			free_later(twin);
		}
		rcu_read_lock();
		must(find_twin(own) == newest);
		rcu_read_unlock();
		read_row(shim_random(TWIN_KEYS + SHIM_CPUS));
		if (!shim_random(100))
			resize();
	}
	while (n) {
		rcu_read_lock();
		must(ip_vs_hash_remove_twin(&table, &mine[--n]->twin));
		rcu_read_unlock();
		free_later(mine[n]);
	}
	free_waiting();
}

static void equal_keys(void)
{
	u32 key;

	memset(sizes_seen, 0, sizeof(sizes_seen));
	must(!ip_vs_hash_init(&table, 2, 27, 0, twin_hash));
	end_ms = shim_now_ms() + shim_seconds() * 1000;
	shim_on_all_cpus(twins_cpu);
	/* the table may be resized yet */
	for (key = 0; key < TWIN_KEYS + SHIM_CPUS; key++) {
		rcu_read_lock();
		must(!find_twin(key));
		rcu_read_unlock();
	}
	must(!atomic_read(&table.count));
	printf("equal keys: %d came and went, %d sizes\n", twins_made, num_sizes());
	must(twins_made > 1000 && num_sizes() > 3);
	ip_vs_hash_uninit(&table);
}

int main(void)
{
	shim_start(1000000);
	unique_keys();
	equal_keys();
	shim_stop();
	return 0;
}
