// SPDX-License-Identifier: GPL-2.0-only
#include "core/sync_trailer.h"
#include "core/bytes.h"

#define MAGIC 0xc5495653u	/* a byte that is no letter, and "IVS" */

enum {
	LAYOUT = 1,
	HAS_TAG = 1,
	IS_TABLE = 2,

	LAYOUT_AT = 4,
	FLAGS_AT = 5,
	THREAD_AT = 6,
	LEN_AT = 7,
	INSTANCE_AT = 8,
	SEQUENCE_AT = 16,
	TIME_AT = 24,
};

unsigned int ip_vs_sync_trailer_write(u8 *p, const struct ip_vs_sync_trailer *trailer, bool has_tag)
{
	unsigned int len = IP_VS_SYNC_TRAILER_LEN + (has_tag ? IP_VS_SYNC_TAG_LEN : 0);

	ip_vs_put32(p, MAGIC);
	p[LAYOUT_AT] = LAYOUT;
	p[FLAGS_AT] = (u8)((has_tag ? HAS_TAG : 0) | (trailer->is_table ? IS_TABLE : 0));
	p[THREAD_AT] = trailer->thread;
	p[LEN_AT] = (u8)len;
	ip_vs_put64(p + INSTANCE_AT, trailer->instance);
	ip_vs_put64(p + SEQUENCE_AT, trailer->sequence);
	ip_vs_put64(p + TIME_AT, trailer->time_ms);
	if (has_tag)
		memset(p + IP_VS_SYNC_TRAILER_LEN, 0, IP_VS_SYNC_TAG_LEN);
	return len;
}

bool ip_vs_sync_trailer_read(const u8 *p, unsigned int len, struct ip_vs_sync_trailer *trailer, const u8 **tag)
{
	bool has_tag;

	*tag = NULL;
	if (len < IP_VS_SYNC_TRAILER_LEN || ip_vs_get32(p) != MAGIC || p[LAYOUT_AT] != LAYOUT ||
	    p[LEN_AT] != len)
		return false;
	has_tag = p[FLAGS_AT] & HAS_TAG;
	/* A longer one has more of a later sender in it, in front of the tag. */
	if (has_tag && len < IP_VS_SYNC_TRAILER_LEN + IP_VS_SYNC_TAG_LEN)
		return false;
	trailer->thread = p[THREAD_AT];
	trailer->is_table = p[FLAGS_AT] & IS_TABLE;
	trailer->instance = ip_vs_get64(p + INSTANCE_AT);
	trailer->sequence = ip_vs_get64(p + SEQUENCE_AT);
	trailer->time_ms = ip_vs_get64(p + TIME_AT);
	if (has_tag)
		*tag = p + len - IP_VS_SYNC_TAG_LEN;
	return true;
}

bool ip_vs_sync_tag_is(const u8 *tag, const u8 *sum)
{
	/* Without volatile a compiler might leave the loop at the first difference. */
	volatile u8 differs = 0;
	unsigned int i;

	for (i = 0; i < IP_VS_SYNC_TAG_LEN; i++)
		differs |= tag[i] ^ sum[i];
	return !differs;
}

bool ip_vs_sync_window_take(struct ip_vs_sync_window *w, u64 sequence)
{
	u64 ahead, behind;

	if (!sequence)
		return false;
	if (sequence > w->top) {
		ahead = sequence - w->top;
		if (w->top)
			w->lost += ahead - 1;
		w->seen = ahead < IP_VS_SYNC_WINDOW ? w->seen << ahead | 1 : 1;
		/* What is in front of the first one was never expected: one that comes yet is not late, but a repetition. */
		if (!w->top)
			w->seen = ~0ull;
		w->top = sequence;
		return true;
	}
	behind = w->top - sequence;
	if (behind >= IP_VS_SYNC_WINDOW || w->seen >> behind & 1)
		return false;
	w->seen |= 1ull << behind;
	w->lost--;
	return true;
}

bool ip_vs_sync_is_timely(u64 sent_ms, u64 now_ms)
{
	u64 away = sent_ms > now_ms ? sent_ms - now_ms : now_ms - sent_ms;

	return away <= IP_VS_SYNC_CLOCK_TOLERANCE_MS;
}
