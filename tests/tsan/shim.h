/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernel/hash, kernel/conn/wheel.c and kernel/sched/ip_vs_rr.c take from the kernel, for user space under
 * ThreadSanitizer: each thread is a CPU. Read in before every file; the kernel's headers themselves are empty files (build.mk).
 *
 * ThreadSanitizer knows the order that loads and stores of C11 make, and no fences. So READ_ONCE() is a load with
 * acquire, the nearest that C11 has to the dependency of an address, on which readers under RCU rely; WRITE_ONCE()
 * gives no order. What is missing at a writer is found, a missing smp_rmb() is not.
 */
#pragma once
#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include "core_shim.h"

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define __must_hold(x)
#define ____cacheline_aligned __attribute__((aligned(64)))
#define BIT(n)	      (1UL << (n))
#define PAGE_SIZE     4096UL
#define HZ	      100
#define U16_MAX	      UINT16_MAX
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define struct_size(p, member, n)     (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define DIV_ROUND_UP(n, d)	      (((n) + (d) - 1) / (d))

#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define clamp_t(type, v, lo, hi) min(max((type)(v), (type)(lo)), (type)(hi))
#define ilog2(n)		(63 - __builtin_clzl(n))
#define rounddown_pow_of_two(n) (1UL << ilog2(n))

/* A property of the code under test. Ends the program if it does not hold. */
#define must(condition) ((condition) ? (void)0 : shim_fail(__FILE__, __LINE__, #condition))
void shim_fail(const char *file, int line, const char *what) __attribute__((noreturn));

/* --- memory order --- */

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define xchg(p, v)		({ __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST); })
/* What was there. */
#define shim_cmpxchg(p, from, to)                                                                  \
	({                                                                                         \
		__typeof__(*(p)) cmpxchg_was = (from);                                             \
		__atomic_compare_exchange_n((p), &cmpxchg_was, (to), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
		cmpxchg_was;                                                                       \
	})
#define cmpxchg(p, from, to)	shim_cmpxchg(p, from, to)
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)

typedef struct {
	int counter;
} atomic_t;

#define atomic_read(a)	      __atomic_load_n(&(a)->counter, __ATOMIC_RELAXED)
#define atomic_set(a, v)      __atomic_store_n(&(a)->counter, (v), __ATOMIC_RELAXED)
#define atomic_inc(a)	      ((void)__atomic_add_fetch(&(a)->counter, 1, __ATOMIC_RELAXED))
#define atomic_dec(a)	      ((void)__atomic_sub_fetch(&(a)->counter, 1, __ATOMIC_RELAXED))
#define atomic_inc_return(a)  __atomic_add_fetch(&(a)->counter, 1, __ATOMIC_SEQ_CST)

/* --- locks: without softirqs nothing interrupts who holds one --- */

static inline void local_bh_disable(void)
{
}
static inline void local_bh_enable(void)
{
}
static inline void cond_resched(void)
{
}
static inline void lockdep_assert_in_softirq(void)
{
}

static inline void bit_spin_lock(int nr, unsigned long *word)
{
	while (__atomic_fetch_or(word, BIT(nr), __ATOMIC_ACQUIRE) & BIT(nr))
		sched_yield();
}

static inline void bit_spin_unlock(int nr, unsigned long *word)
{
	__atomic_fetch_and(word, ~BIT(nr), __ATOMIC_RELEASE);
}

/* A mutex, because ThreadSanitizer also reports two of them that are taken in both orders. */
typedef struct {
	pthread_mutex_t mutex;
} spinlock_t;

#define spin_lock_init(lock)	 pthread_mutex_init(&(lock)->mutex, NULL)
#define spin_lock(lock)		 pthread_mutex_lock(&(lock)->mutex)
#define spin_unlock(lock)	 pthread_mutex_unlock(&(lock)->mutex)
#define spin_lock_bh(lock)	 spin_lock(lock)
#define spin_unlock_bh(lock)	 spin_unlock(lock)
#define lockdep_assert_held(lock) assert(pthread_mutex_trylock(&(lock)->mutex) == EBUSY)

/* --- RCU --- */

#define rcu_dereference(p) READ_ONCE(p)
void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);

/* --- memory --- */

typedef int gfp_t;
enum { GFP_KERNEL_ACCOUNT, __GFP_NORETRY = 0, __GFP_NOWARN = 0 };
void *kvzalloc(size_t size, gfp_t gfp);
void kvfree(const void *memory);

/* Pages: enough for the largest table of a stress. */
static inline unsigned long totalram_pages(void)
{
	return 1UL << 20;
}
static inline long si_mem_available(void)
{
	return 1L << 20;
}

struct mem_cgroup;
struct task_struct {
	void *mm;
};
extern struct task_struct shim_task;
#define current (&shim_task)
static inline struct mem_cgroup *get_mem_cgroup_from_mm(void *mm)
{
	return mm;
}
static inline struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg)
{
	return memcg;
}
static inline void mem_cgroup_put(struct mem_cgroup *memcg)
{
	(void)memcg;
}

/* --- randomness: of the seed --- */

typedef struct {
	u64 key[2];
} hsiphash_key_t;

void get_random_bytes(void *to, size_t size);

/* --- time: jiffies go as fast as shim_start() says --- */

extern _Atomic u32 jiffies;

/* --- CPUs --- */

#define SHIM_CPUS 4
extern _Thread_local unsigned int shim_cpu;
#define num_possible_cpus()  SHIM_CPUS
#define smp_processor_id()   shim_cpu

/* --- work queues: one queue, two threads, no work twice at a time --- */

struct workqueue_struct;
extern struct workqueue_struct *const system_dfl_wq;

struct work_struct {
	void (*func)(struct work_struct *work);
	struct work_struct *next;
	int pending;	/* queued; atomic */
	u32 due;
	bool running;	/* these two under the queue's lock */
	bool cancelled;
};

struct delayed_work {
	struct work_struct work;
};

#define INIT_WORK(w, f)		(*(w) = (struct work_struct){ .func = (f) })
#define INIT_DELAYED_WORK(d, f) INIT_WORK(&(d)->work, f)
void shim_queue(struct work_struct *work, u32 delay);
void shim_cancel(struct work_struct *work);
#define queue_work(wq, w)		((void)(wq), shim_queue(w, 0))
#define queue_delayed_work(wq, d, delay) ((void)(wq), shim_queue(&(d)->work, delay))
#define delayed_work_pending(d)		__atomic_load_n(&(d)->work.pending, __ATOMIC_SEQ_CST)
#define cancel_work_sync(w)		shim_cancel(w)
#define cancel_delayed_work_sync(d)	shim_cancel(&(d)->work)

/* --- lists --- */

struct list_head {
	struct list_head *next, *prev;
};

#define list_entry(p, type, member) container_of(p, type, member)
#define list_next_rcu(node)	    ((node)->next)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
	return READ_ONCE(list->next) == list;
}

/* The kernel's list_add() stores the node's own pointers plainly; a word is stored at once. */
static inline void list_add_rcu(struct list_head *node, struct list_head *head)
{
	struct list_head *first = head->next;

	WRITE_ONCE(node->next, first);
	node->prev = head;
	smp_store_release(&head->next, node);
	first->prev = node;
}
#define list_add(node, head) list_add_rcu(node, head)

static inline void list_del_rcu(struct list_head *node)
{
	WRITE_ONCE(node->prev->next, node->next);
	node->next->prev = node->prev;
	node->prev = NULL;
}

static inline void list_del_init(struct list_head *node)
{
	list_del_rcu(node);
	INIT_LIST_HEAD(node);
}

/* In a connection; nobody here ends one for good. */
struct llist_node {
	struct llist_node *next;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};

#define hlist_entry(p, type, member) container_of(p, type, member)
#define hlist_empty(head)	     (!READ_ONCE((head)->first))

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	struct hlist_node *first = head->first;

	node->next = first;
	if (first)
		first->pprev = &node->next;
	WRITE_ONCE(head->first, node);
	node->pprev = &head->first;
}

static inline void hlist_del(struct hlist_node *node)
{
	must(node->pprev);
	WRITE_ONCE(*node->pprev, node->next);
	if (node->next)
		node->next->pprev = node->pprev;
	node->next = NULL;
	node->pprev = NULL;
}

static inline void hlist_move_list(struct hlist_head *from, struct hlist_head *to)
{
	to->first = from->first;
	if (to->first)
		to->first->pprev = &to->first;
	WRITE_ONCE(from->first, NULL);
}

/* --- for the stresses --- */

/* Starts the clock and the work queue; @jiffy_ns is how long a jiffy takes. */
void shim_start(unsigned int jiffy_ns);
/* No work may be left. */
void shim_stop(void);

/* IPVS_TSAN_SEED, else another one each time; printed. The next number of a thread, below @limit. */
extern u64 shim_seed;
u32 shim_random(u32 limit);

/* Seconds that a stress is to last: IPVS_TSAN_SECONDS. */
u64 shim_seconds(void);
u64 shim_now_ms(void);

/* Runs it on SHIM_CPUS threads, with their numbers. */
void shim_on_all_cpus(void (*f)(unsigned int cpu));
