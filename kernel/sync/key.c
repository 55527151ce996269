// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages under a shared key. A sender puts a sum of each message behind it; a receiver takes only those with the right
 * sum, and each of them once: of every thread of a sender it remembers which of its last messages have come.
 *
 * Source: docs/sync-protocol.md.
 */
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "sync/daemon.h"

#if IS_ENABLED(CONFIG_CRYPTO_HASH)
#include <crypto/hash.h>

int ip_vs_sync_key_set(struct ip_vs_sync_daemon *daemon, const u8 *key, unsigned int len, struct netlink_ext_ack *extack)
{
	struct crypto_shash *hmac = crypto_alloc_shash("hmac(sha256)", 0, 0);
	int err;

	if (IS_ERR(hmac)) {
		NL_SET_ERR_MSG(extack, "this kernel has no HMAC-SHA256 for the key");
		return PTR_ERR(hmac);
	}
	err = crypto_shash_setkey(hmac, key, len);
	if (err) {
		NL_SET_ERR_MSG(extack, "this key cannot be used");
		crypto_free_shash(hmac);
		return err;
	}
	daemon->hmac = hmac;
	return 0;
}

void ip_vs_sync_key_free(struct ip_vs_sync_daemon *daemon)
{
	if (daemon->hmac)
		crypto_free_shash(daemon->hmac);
}

bool ip_vs_sync_key_sum(const struct ip_vs_sync_daemon *daemon, const void *data, unsigned int len, u8 *sum)
{
	return !crypto_shash_tfm_digest(daemon->hmac, data, len, sum);
}
#else
int ip_vs_sync_key_set(struct ip_vs_sync_daemon *daemon, const u8 *key, unsigned int len, struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack, "this kernel was built without what a key needs");
	return -EOPNOTSUPP;
}

void ip_vs_sync_key_free(struct ip_vs_sync_daemon *daemon)
{
}

bool ip_vs_sync_key_sum(const struct ip_vs_sync_daemon *daemon, const void *data, unsigned int len, u8 *sum)
{
	return false;
}
#endif

int ip_vs_sync_seen_make(struct ip_vs_sync_thread *thread)
{
	if (!thread->daemon->hmac)
		return 0;
	thread->heard = kcalloc(IP_VS_SYNC_HEARD_MAX, sizeof(*thread->heard), GFP_KERNEL_ACCOUNT);
	return thread->heard ? 0 : -ENOMEM;
}

/*
 * A receiver that has just begun knows no number of a sender: the first message may be a recorded one. Within so much time the
 * sender's own heartbeats have come, which have later numbers.
 */
#define IP_VS_SYNC_SETTLED_MS 2000

/*
 * A place for a sender that is not known yet: a free one, or that of one that was silent for so long that none of its
 * messages could be sent again by others: for them it would be a new one, from another time.
 */
static struct ip_vs_sync_heard *find_place(struct ip_vs_sync_thread *thread, u64 now_ms)
{
	unsigned int i;

	for (i = 0; i < IP_VS_SYNC_HEARD_MAX; i++) {
		struct ip_vs_sync_heard *heard = &thread->heard[i];

		if (!heard->instance || now_ms - heard->last_ms > 2 * IP_VS_SYNC_CLOCK_TOLERANCE_MS)
			return heard;
	}
	return NULL;
}

static struct ip_vs_sync_heard *find_sender(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_trailer *trailer)
{
	unsigned int i;

	for (i = 0; i < IP_VS_SYNC_HEARD_MAX; i++)
		if (thread->heard[i].instance == trailer->instance && thread->heard[i].thread == trailer->thread)
			return &thread->heard[i];
	return NULL;
}

/* Of this director: of this daemon, or of the other one in the namespace. */
static bool is_own_instance(const struct ip_vs_sync_daemon *daemon, u64 instance)
{
	const struct ip_vs_sync_daemon *other;
	bool is_other;

	rcu_read_lock();
	other = rcu_dereference(daemon->ipvs->sync.daemons[IP_VS_SYNC_ROLES - 1 - daemon->ops->role]);
	is_other = other && other->instance == instance;
	rcu_read_unlock();
	return is_other || instance == daemon->instance;
}

/* By the clock that directors share. Who is silent is found by one that nobody sets. */
static bool is_timely(const struct ip_vs_sync_trailer *trailer)
{
	return ip_vs_sync_is_timely(trailer->time_ms, div_u64(ktime_get_real_ns(), NSEC_PER_MSEC));
}

/* Its sum is right. Has it come before? */
static enum ip_vs_sync_reason take_once(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_trailer *trailer)
{
	u64 now_ms = div_u64(ktime_get_boottime_ns(), NSEC_PER_MSEC);
	struct ip_vs_sync_heard *heard;

	thread->is_news = false;
	if (is_own_instance(thread->daemon, trailer->instance))
		return IP_VS_SYNC_ECHO;
	/* Each thread has a port of its own: to another one it was sent by somebody who has recorded it. */
	if (trailer->thread != thread->number)
		return IP_VS_SYNC_REPLAY;
	heard = find_sender(thread, trailer);
	if (!heard) {
		if (!trailer->instance || !is_timely(trailer))
			return IP_VS_SYNC_STALE;
		heard = find_place(thread, now_ms);
		if (!heard)
			return IP_VS_SYNC_SENDERS;
		*heard = (struct ip_vs_sync_heard){
			.instance = trailer->instance, .thread = trailer->thread, .first_ms = now_ms,
		};
	}
	if (!ip_vs_sync_window_take(&heard->window, trailer->sequence))
		return IP_VS_SYNC_REPLAY;
	heard->last_ms = now_ms;
	thread->is_news = trailer->sequence == heard->window.top && now_ms - heard->first_ms >= IP_VS_SYNC_SETTLED_MS;
	return IP_VS_SYNC_FINE;
}

enum ip_vs_sync_reason ip_vs_sync_believe(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_reader *reader)
{
	u8 sum[IP_VS_SYNC_TAG_LEN] = {};
	enum ip_vs_sync_reason reason;

	if (!thread->daemon->hmac)
		return IP_VS_SYNC_FINE;
	if (reader->tag && !ip_vs_sync_key_sum(thread->daemon, reader->data, reader->len - IP_VS_SYNC_TAG_LEN, sum))
		return IP_VS_SYNC_BAD_TAG;
	reason = ip_vs_sync_admit(reader, true, sum);
	return reason ?: take_once(thread, &reader->trailer);
}
