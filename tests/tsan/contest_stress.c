// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contest of the least loaded on four CPUs: loads change and destinations are picked, while one CPU adds some, takes some
 * out, edits weights and has the whole contest made anew. Whenever all stand still, a pick is what a walk along the list finds.
 */
#include <stdio.h>
#include "shim.h"

/* --- what it takes from the kernel besides --- */

#define __rcu
#define BITS_PER_LONG	 64
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define roundup_pow_of_two(n)	  (1UL << (64 - __builtin_clzl((n) - 1)))
#define smp_wmb()		  __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_mb__after_atomic()	  smp_mb()
#define __ffs(word)		  ((unsigned int)__builtin_ctzl(word))
#define for_each_set_bit(i, word, size) \
	for (i = 0; i < (size); i++)    \
		if (*(word) >> i & 1)
#define EXPORT_SYMBOL_GPL(name)
#define DECLARE_STATIC_KEY_FALSE(name) extern int name
#define DEFINE_STATIC_KEY_FALSE(name)  int name
#define static_branch_inc(key)	       __atomic_add_fetch(key, 1, __ATOMIC_SEQ_CST)
#define static_branch_dec(key)	       __atomic_sub_fetch(key, 1, __ATOMIC_SEQ_CST)
#define rcu_assign_pointer(p, v)       smp_store_release(&(p), v)
#define RCU_INIT_POINTER(p, v)	       WRITE_ONCE(p, v)
#define rcu_access_pointer(p)	       READ_ONCE(p)
#define rcu_dereference_protected(p, c) READ_ONCE(p)
#define kzalloc(size, gfp)	       calloc(1, size)
#define kvcalloc(n, size, gfp)	       calloc(n, size)
#define kfree(p)		       free(p)
#define kvfree(p)		       free((void *)(p))
#define spin_trylock(lock)	       (!pthread_mutex_trylock(&(lock)->mutex))
#define list_for_each_entry_reverse(p, head, member)                                               \
	for (p = list_entry((head)->prev, __typeof__(*p), member); &p->member != (head);          \
	     p = list_entry(p->member.prev, __typeof__(*p), member))

static bool test_bit(unsigned long n, const unsigned long *bits)
{
	return __atomic_load_n(&bits[n / BITS_PER_LONG], __ATOMIC_RELAXED) >> n % BITS_PER_LONG & 1;
}

static void set_bit(unsigned long n, unsigned long *bits)
{
	__atomic_fetch_or(&bits[n / BITS_PER_LONG], BIT(n % BITS_PER_LONG), __ATOMIC_RELAXED);
}

typedef atomic_t refcount_t;
#define refcount_set(r, n)	  atomic_set(r, n)
#define refcount_inc(r)		  atomic_inc(r)
#define refcount_dec_and_test(r)  (!__atomic_sub_fetch(&(r)->counter, 1, __ATOMIC_SEQ_CST))

/* Callbacks wait until whoever changes things lets a grace period pass. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
static struct rcu_head *called;

static void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	head->next = called;
	called = head;
}

/* --- what it knows of destinations, services, schedulers --- */

struct ip_vs_contest;

struct ip_vs_dest {
	struct list_head node;
	atomic_t active;
	int weight;
	struct ip_vs_contest *contest;
	u32 seat;
};

struct net_stub {
	spinlock_t mutex;
};

struct ip_vs_service {
	struct list_head dests;
	unsigned int num_dests;
	spinlock_t sched_lock;
	struct net_stub *ipvs;
};

enum ip_vs_sched_event {
	IP_VS_SCHED_DEST_ADDED,
	IP_VS_SCHED_DEST_EDITED,
	IP_VS_SCHED_DEST_REMOVED,
	IP_VS_SCHED_DESTS_CHANGED,
};

struct ip_vs_least {
	struct ip_vs_contest *contest;
	u64 (*load_of)(const struct ip_vs_dest *dest);
	bool by_weight;
};

static int ip_vs_dest_weight(const struct ip_vs_dest *dest)
{
	return READ_ONCE(dest->weight);
}

static bool ip_vs_dest_is_overloaded(const struct ip_vs_dest *dest)
{
	(void)dest;
	return false;
}

static bool ip_vs_dest_is_eligible(const struct ip_vs_dest *dest)
{
	return ip_vs_dest_weight(dest) > 0;
}

#undef lockdep_assert_held
#define lockdep_assert_held(lock)

#include "svc/contest.h"
#include "sched/contest.c"

/* --- the stress --- */

#define NUM_DESTS 200
#define MOST 600

static struct net_stub net;
static struct ip_vs_service svc;
static u64 load_of(const struct ip_vs_dest *dest)
{
	return atomic_read(&dest->active);
}
static struct ip_vs_least least = { .load_of = load_of, .by_weight = true };
static struct ip_vs_dest *all[MOST];	/* those that are in the list; only CPU 0 changes it, between rounds */
static u32 num_all;
static struct ip_vs_dest *gone[MOST];
static u32 num_gone;
static pthread_barrier_t barrier;
static atomic_t picks, rounds;
static bool is_over;

static struct ip_vs_dest *pick(void)
{
	struct ip_vs_contest *contest = rcu_dereference(least.contest);

	atomic_inc(&picks);
	return contest ? ipvs_least_pick(&svc, &least, contest) : NULL;
}

static struct ip_vs_dest *walk(void)
{
	struct ip_vs_dest *dest, *best = NULL;
	struct list_head *node;

	for (node = svc.dests.next; node != &svc.dests; node = node->next) {
		dest = list_entry(node, struct ip_vs_dest, node);
		if (dest->weight > 0 &&
		    (!best || ip_vs_load_less(load_of(dest), dest->weight, load_of(best), best->weight)))
			best = dest;
	}
	return best;
}

static void add(void)
{
	struct ip_vs_dest *dest = calloc(1, sizeof(*dest));

	dest->weight = shim_random(4);
	atomic_set(&dest->active, shim_random(5));
	list_add_rcu(&dest->node, &svc.dests);
	svc.num_dests++;
	all[num_all++] = dest;
}

static struct ip_vs_dest *take_out(void)
{
	u32 i = shim_random(num_all);
	struct ip_vs_dest *dest = all[i];

	all[i] = all[--num_all];
	svc.num_dests--;
	list_del_rcu(&dest->node);
	/* Others may still change its load in this round. */
	gone[num_gone++] = dest;
	return dest;
}

/* All who were in a section have left; callbacks run, in whatever order. */
static void grace_period(void)
{
	struct rcu_head *head;

	synchronize_rcu();
	while ((head = called)) {
		called = head->next;
		head->func(head);
	}
}

/* What the configuration does in a round. Loads change meanwhile, of those that were there at its beginning. */
static void configure(void)
{
	struct ip_vs_dest *dest;
	u32 n;

	for (n = shim_random(6); n; n--) {
		switch (shim_random(8)) {
		case 0:
			if (num_all < MOST - 10) {
				add();
				ipvs_least_changed(&svc, &least, all[num_all - 1], IP_VS_SCHED_DEST_ADDED);
			}
			break;
		case 1:
			if (num_all > NUM_DESTS - 60) {
				dest = take_out();
				ipvs_least_changed(&svc, &least, dest, IP_VS_SCHED_DEST_REMOVED);
			}
			break;
		case 2:
			add();
			take_out();
			ipvs_least_changed(&svc, &least, NULL, IP_VS_SCHED_DESTS_CHANGED);
			break;
		case 3:
			grace_period();
			break;
		default:
			dest = all[shim_random(num_all)];
			WRITE_ONCE(dest->weight, shim_random(4));
			ipvs_least_changed(&svc, &least, dest, IP_VS_SCHED_DEST_EDITED);
		}
	}
}

static struct ip_vs_dest *known[MOST]; /* of this round */
static u32 num_known;

static void change_loads(void)
{
	struct ip_vs_dest *dest;
	u32 n;

	for (n = 30; n; n--) {
		rcu_read_lock();
		dest = known[shim_random(num_known)];
		if (shim_random(2) && atomic_read(&dest->active) > 0)
			atomic_dec(&dest->active);
		else
			atomic_inc(&dest->active);
		ip_vs_contest_tell(&dest->contest, &dest->seat);
		if (!shim_random(4))
			pick();
		rcu_read_unlock();
	}
}

static void check_pick(void)
{
	struct ip_vs_dest *found;

	/* Who changed a load of the old contest may have been late for the new one: that is over a grace period later. */
	grace_period();
	rcu_read_lock();
	found = pick();
	rcu_read_unlock();
	must(found == walk());
	while (num_gone)
		free(gone[--num_gone]);
	atomic_inc(&rounds);
}

static void stress(unsigned int cpu)
{
	u64 end_ms = shim_now_ms() + shim_seconds() * 1000;

	for (;;) {
		if (!cpu) {
			memcpy(known, all, sizeof(known));
			num_known = num_all;
			is_over = shim_now_ms() >= end_ms;
		}
		pthread_barrier_wait(&barrier);
		if (is_over)
			return;
		if (cpu)
			change_loads();
		else
			configure();
		pthread_barrier_wait(&barrier);
		if (!cpu)
			check_pick();
	}
}

int main(void)
{
	u32 i;

	shim_start(1000000);
	spin_lock_init(&svc.sched_lock);
	INIT_LIST_HEAD(&svc.dests);
	svc.ipvs = &net;
	pthread_barrier_init(&barrier, NULL, SHIM_CPUS);
	for (i = 0; i < NUM_DESTS; i++)
		add();
	ipvs_least_begin(&svc, &least);
	must(least.contest);
	shim_on_all_cpus(stress);
	ipvs_least_exit(&svc, &least);
	grace_period();
	must(!ip_vs_contests);
	for (i = 0; i < num_all; i++) {
		must(!all[i]->contest);
		free(all[i]);
	}
	printf("%d rounds, %d picks\n", atomic_read(&rounds), atomic_read(&picks));
	shim_stop();
	return 0;
}
