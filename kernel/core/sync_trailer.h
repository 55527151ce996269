/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What stands behind the records of a message, where an old receiver does not look: who sent it, which of his messages
 * it is, and a sum under a key. docs/sync-protocol.md has it byte by byte.
 */
#ifndef IP_VS_CORE_SYNC_TRAILER_H
#define IP_VS_CORE_SYNC_TRAILER_H

#include "core/base.h"

enum {
	IP_VS_SYNC_TRAILER_LEN = 32,
	IP_VS_SYNC_TAG_LEN = 32,	/* HMAC-SHA256 */
};

/**
 * struct ip_vs_sync_trailer - who sent a message, and which of his messages it is
 * @instance: a random number that a sender takes when it starts
 * @sequence: number of the message among those of this thread of his, from 1
 * @time_ms: when it was sent, milliseconds since 1970
 * @thread: number of the sender's thread
 * @is_table: the records are of the whole table, for somebody who has asked for it: they tell of entries, not of changes
 */
struct ip_vs_sync_trailer {
	u64 instance;
	u64 sequence;
	u64 time_ms;
	u8 thread;
	bool is_table;
};

/* Write it, with the zeros of a tag behind it if there is to be one. Returns its length. */
unsigned int ip_vs_sync_trailer_write(u8 *p, const struct ip_vs_sync_trailer *trailer, bool has_tag);

/**
 * ip_vs_sync_trailer_read() - is this a trailer?
 * @p, @len: all that stands behind the records
 * @tag: its last IP_VS_SYNC_TAG_LEN bytes, NULL if it has none
 */
bool ip_vs_sync_trailer_read(const u8 *p, unsigned int len, struct ip_vs_sync_trailer *trailer, const u8 **tag);

/* Are two tags equal? It takes as long if they are not, wherever they differ. */
bool ip_vs_sync_tag_is(const u8 *tag, const u8 *sum);

/**
 * struct ip_vs_sync_window - which messages of a sender's thread have come
 * @top: the highest number; 0 = none yet
 * @seen: bit n: @top - n has come
 * @lost: numbers that were left out, less those that came late
 */
struct ip_vs_sync_window {
	u64 top;
	u64 seen;
	u64 lost;
};

/* How late a message may be to be told from one that was there already. */
#define IP_VS_SYNC_WINDOW 64

/**
 * ip_vs_sync_window_take() - a message with this number has come
 *
 * Returns false if it was there already, or is so old that nobody knows: with a key it is dropped as
 * IP_VS_SYNC_REPLAY; without one that is only counted, as anybody could have sent a high number. The first number
 * leaves nothing out, wherever it begins.
 */
bool ip_vs_sync_window_take(struct ip_vs_sync_window *w, u64 sequence);

/*
 * With a key, the first message of a sender's thread must have been sent at about the present time, by both clocks:
 * else anybody could send again what he has recorded of senders that are no more. Else it is IP_VS_SYNC_STALE.
 */
#define IP_VS_SYNC_CLOCK_TOLERANCE_MS (120 * 1000)
bool ip_vs_sync_is_timely(u64 sent_ms, u64 now_ms);

#endif
