// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "shim.h"

struct task_struct shim_task;
struct workqueue_struct *const system_dfl_wq = NULL;
_Thread_local unsigned int shim_cpu;
u64 shim_seed;
static _Thread_local u64 random_state;

void shim_fail(const char *file, int line, const char *what)
{
	/* The whole program ends; other threads may be anywhere. */
	fprintf(stderr, "not ok - %s:%d: %s (seed %llu)\n", file, line, what, (unsigned long long)shim_seed);
	_exit(1);
}

/* --- RCU: each thread says in which period it began to read; a grace period waits for those of older ones --- */

#define MAX_THREADS 64
static u64 period = 1;
static u64 reading_since[MAX_THREADS]; /* 0: not reading */
static unsigned int num_threads;
static pthread_mutex_t grace_mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int rcu_slot = -1;
static _Thread_local int rcu_depth;

/*
 * A reader learns nothing from those who wait for it: so the order that it needs comes from a fence, which
 * ThreadSanitizer does not see.
 */
void rcu_read_lock(void)
{
	if (rcu_depth++)
		return;
	if (rcu_slot < 0)
		rcu_slot = __atomic_fetch_add(&num_threads, 1, __ATOMIC_RELAXED);
	assert(rcu_slot < MAX_THREADS);
	__atomic_store_n(&reading_since[rcu_slot], __atomic_load_n(&period, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void rcu_read_unlock(void)
{
	assert(rcu_depth > 0);
	if (!--rcu_depth)
		__atomic_store_n(&reading_since[rcu_slot], 0, __ATOMIC_RELEASE);
}

void synchronize_rcu(void)
{
	u64 now, since;
	int i;

	assert(!rcu_depth);
	pthread_mutex_lock(&grace_mutex);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	now = __atomic_add_fetch(&period, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i < MAX_THREADS; i++)
		while ((since = __atomic_load_n(&reading_since[i], __ATOMIC_ACQUIRE)) && since < now)
			sched_yield();
	pthread_mutex_unlock(&grace_mutex);
}

/* --- memory --- */

void *kvzalloc(size_t size, gfp_t gfp)
{
	void *memory;

	(void)gfp;
	/* as kmalloc() does: aligned like its size, if that is a power of two */
	if (posix_memalign(&memory, size & (size - 1) || size < 64 ? 64 : min(size, PAGE_SIZE), size))
		return NULL;
	return memset(memory, 0, size);
}

void kvfree(const void *memory)
{
	free((void *)memory);
}

/* --- randomness --- */

u32 shim_random(u32 limit)
{
	/* splitmix64, a stream for each thread */
	u64 z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (u32)((z ^ z >> 31) % limit);
}

void get_random_bytes(void *to, size_t size)
{
	while (size--)
		((u8 *)to)[size] = shim_random(256);
}

/* --- time and work --- */

/* They wrap soon. */
_Atomic u32 jiffies = (u32)-5000;
static unsigned int jiffy_length;
static u64 deadline_ms;
static pthread_mutex_t work_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_changed = PTHREAD_COND_INITIALIZER;
static struct work_struct *queued;
static bool stopping;
static pthread_t workers[2], clock_thread;

static void *run_clock(void *unused)
{
	struct timespec length = { .tv_nsec = jiffy_length };

	(void)unused;
	for (;;) {
		/* a chain that leads into itself has no end */
		must(shim_now_ms() < deadline_ms);
		pthread_mutex_lock(&work_mutex);
		if (stopping)
			break;
		pthread_cond_broadcast(&work_changed);
		pthread_mutex_unlock(&work_mutex);
		nanosleep(&length, NULL);
		__atomic_add_fetch(&jiffies, 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&work_mutex);
	return NULL;
}

/* Bring a work that is due to the caller; under the mutex. */
static struct work_struct *take_due(void)
{
	struct work_struct **link, *work;

	for (link = &queued; (work = *link); link = &work->next) {
		if (work->running || (s32)(jiffies - work->due) < 0)
			continue;
		*link = work->next;
		work->running = true;
		return work;
	}
	return NULL;
}

static void *run_work(void *number)
{
	struct work_struct *work;

	shim_cpu = (unsigned int)(uintptr_t)number;
	random_state = shim_seed + shim_cpu;
	pthread_mutex_lock(&work_mutex);
	while (!stopping) {
		work = take_due();
		if (!work) {
			pthread_cond_wait(&work_changed, &work_mutex);
			continue;
		}
		pthread_mutex_unlock(&work_mutex);
		/* From now on it can be queued again; what was done before that is seen by it. */
		__atomic_store_n(&work->pending, 0, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		work->func(work);
		pthread_mutex_lock(&work_mutex);
		work->running = false;
		pthread_cond_broadcast(&work_changed);
	}
	pthread_mutex_unlock(&work_mutex);
	return NULL;
}

void shim_queue(struct work_struct *work, u32 delay)
{
	if (__atomic_exchange_n(&work->pending, 1, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&work_mutex);
	if (work->cancelled) {
		__atomic_store_n(&work->pending, 0, __ATOMIC_SEQ_CST);
	} else {
		work->due = jiffies + delay;
		work->next = queued;
		queued = work;
		pthread_cond_broadcast(&work_changed);
	}
	pthread_mutex_unlock(&work_mutex);
}

void shim_cancel(struct work_struct *work)
{
	struct work_struct **link;

	pthread_mutex_lock(&work_mutex);
	work->cancelled = true;
	for (link = &queued; *link; link = &(*link)->next) {
		if (*link != work)
			continue;
		*link = work->next;
		__atomic_store_n(&work->pending, 0, __ATOMIC_SEQ_CST);
		break;
	}
	while (work->running)
		pthread_cond_wait(&work_changed, &work_mutex);
	work->cancelled = false;
	pthread_mutex_unlock(&work_mutex);
}

/* --- for the stresses --- */

void shim_start(unsigned int jiffy_ns)
{
	const char *seed = getenv("IPVS_TSAN_SEED");
	unsigned int i;

	shim_seed = seed ? strtoull(seed, NULL, 10) : (u64)time(NULL) * 1000 + getpid() % 1000;
	printf("seed %llu\n", (unsigned long long)shim_seed);
	fflush(stdout);
	random_state = shim_seed;
	jiffy_length = jiffy_ns;
	/* of two parts, on a machine that does a lot else */
	deadline_ms = shim_now_ms() + (2 * shim_seconds() * 3 + 3) * 1000;
	for (i = 0; i < 2; i++)
		pthread_create(&workers[i], NULL, run_work, (void *)(uintptr_t)i);
	pthread_create(&clock_thread, NULL, run_clock, NULL);
}

void shim_stop(void)
{
	int i;

	pthread_mutex_lock(&work_mutex);
	must(!queued);
	stopping = true;
	pthread_cond_broadcast(&work_changed);
	pthread_mutex_unlock(&work_mutex);
	for (i = 0; i < 2; i++)
		pthread_join(workers[i], NULL);
	pthread_join(clock_thread, NULL);
}

u64 shim_seconds(void)
{
	const char *seconds = getenv("IPVS_TSAN_SECONDS");

	return seconds ? strtoull(seconds, NULL, 10) : 3;
}

u64 shim_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void (*on_cpu)(unsigned int cpu);

static void *run_cpu(void *number)
{
	shim_cpu = (unsigned int)(uintptr_t)number;
	random_state = shim_seed + 1000 * (shim_cpu + 1);
	on_cpu(shim_cpu);
	return NULL;
}

void shim_on_all_cpus(void (*f)(unsigned int cpu))
{
	pthread_t threads[SHIM_CPUS];
	unsigned int i;

	on_cpu = f;
	for (i = 0; i < SHIM_CPUS; i++)
		pthread_create(&threads[i], NULL, run_cpu, (void *)(uintptr_t)i);
	for (i = 0; i < SHIM_CPUS; i++)
		pthread_join(threads[i], NULL);
}
