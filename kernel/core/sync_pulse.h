/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a receiver makes of a sender's heartbeats: whether he is there, how old what he tells is when it comes, and how much of
 * it never comes. Without a key everybody may say anything: this is for people and programs that look, nothing is decided by it.
 */
#ifndef IP_VS_CORE_SYNC_PULSE_H
#define IP_VS_CORE_SYNC_PULSE_H

#include "core/sync_own.h"

/* After so many intervals without a message he is gone. */
#define IP_VS_SYNC_MISSED_BEATS 3
/* Clocks drift: what is the least time on the way is found anew after so many heartbeats. */
#define IP_VS_SYNC_BEATS_KEPT 64

/**
 * struct ip_vs_sync_pulse - one thread of one sender
 * @instance: of the daemon that the heartbeats are of; 0 = none has come
 * @messages: that have come, without heartbeats
 * @first_told: what the first heartbeat of that daemon said of its messages
 * @first_messages: @messages then
 * @lost: messages that did not come
 * @beats: heartbeats of that daemon
 * @least_ms: least difference of the clocks and time on the way: of the last heartbeats, and of those before
 * @lag_ms: how much longer the last one took, and how long others wait there
 * @interval_ms, @queued, @entries, @threads: as the last one said
 */
struct ip_vs_sync_pulse {
	u64 instance;
	u64 messages;
	u64 first_told;
	u64 first_messages;
	u64 lost;
	u64 beats;
	s64 least_ms[2];
	u32 lag_ms;
	u32 interval_ms;
	u32 queued;
	u32 entries;
	u8 threads;
};

/* A number of milliseconds that anybody may have sent. */
static inline u32 ip_vs_sync_cap_ms(u64 ms)
{
	return ms > UINT_MAX ? UINT_MAX : (u32)ms;
}

static inline void ip_vs_sync_pulse_restart(struct ip_vs_sync_pulse *p, const struct ip_vs_sync_heartbeat *beat, u64 instance)
{
	p->instance = instance;
	p->first_told = beat->told;
	p->first_messages = p->messages;
	p->beats = 0;
}

/* @way_ms: a clock here less a clock there, so only its changes say something. Returns what is beyond the least of late. */
static inline u64 ip_vs_sync_pulse_delay(struct ip_vs_sync_pulse *p, s64 way_ms)
{
	s64 least;

	if (!p->beats)
		p->least_ms[1] = way_ms;
	if (p->beats % IP_VS_SYNC_BEATS_KEPT == 0) {
		if (p->beats)
			p->least_ms[1] = p->least_ms[0];
		p->least_ms[0] = way_ms;
	}
	if (way_ms < p->least_ms[0])
		p->least_ms[0] = way_ms;
	least = p->least_ms[0] < p->least_ms[1] ? p->least_ms[0] : p->least_ms[1];
	return (u64)way_ms - (u64)least;
}

/**
 * ip_vs_sync_pulse_beat() - a heartbeat has come
 * @instance, @sent_ms: of its trailer
 * @now_ms: milliseconds since 1970
 */
static inline void ip_vs_sync_pulse_beat(struct ip_vs_sync_pulse *p, const struct ip_vs_sync_heartbeat *beat, u64 instance,
					 u64 sent_ms, u64 now_ms)
{
	u64 told, came, delay;

	if (p->instance != instance || beat->told < p->first_told)
		ip_vs_sync_pulse_restart(p, beat, instance);
	told = beat->told - p->first_told;
	came = p->messages - p->first_messages;
	/* One that comes twice, or late, makes up for another. */
	p->lost = told > came ? told - came : 0;
	delay = ip_vs_sync_pulse_delay(p, (s64)(now_ms - sent_ms));
	p->lag_ms = ip_vs_sync_cap_ms((u64)ip_vs_sync_cap_ms(delay) + beat->age_ms);
	p->beats++;
	p->interval_ms = beat->interval_ms;
	p->queued = beat->queued;
	p->entries = beat->entries;
	p->threads = beat->threads;
}

/* Is somebody there who has been silent for so long? Only of one who has sent heartbeats. */
static inline bool ip_vs_sync_pulse_is_alive(const struct ip_vs_sync_pulse *p, u64 silent_ms)
{
	return silent_ms <= (u64)p->interval_ms * IP_VS_SYNC_MISSED_BEATS;
}

#endif
