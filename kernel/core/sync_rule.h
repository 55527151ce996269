/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packets make a record of their connection for the other directors. Asked for each packet from a client, after
 * it has changed the state and was sent on, while a master daemon runs:
 *
 *	packets = ...;				its own count raised by one
 *	if (ip_vs_sync_is_quiet(rule, packets, state, told.state) && !controller)
 *		return;				nearly all packets end here
 *	made = ip_vs_sync_decide(rule, &sight, told, &told);
 *	if (made == FORCED || (made == DUE && cmpxchg() of what the entry keeps))
 *		make a record;
 *	if (controller && ip_vs_sync_asks_controller(rule, made != NO))
 *		the same for the controller, and for its own
 *
 * An entry keeps two things for it, struct ip_vs_sync_told. They are noted before the record is queued: what a full
 * queue loses counts as told.
 */
#ifndef IP_VS_CORE_SYNC_RULE_H
#define IP_VS_CORE_SYNC_RULE_H

#include "core/base.h"
#include "core/sctp_state.h"
#include "core/tcp_state.h"

/**
 * struct ip_vs_sync_rule - what the sysctls say, made ready for packets
 * @factor, @bound, @first: a packet count n is one of those that make a record if it is not below @first, and
 *			    (n - @first) * @factor modulo 2^64 is not above @bound
 * @threshold: the first number of sync_threshold
 * @period: the second one
 * @refresh: sync_refresh_period in jiffies; 0 = off
 * @second: one second in jiffies
 * @retries: sync_retries
 * @version: sync_version
 * @persist_mode: sync_persist_mode
 *
 * It is replaced as a whole: packets must not see half of one and half of another.
 */
struct ip_vs_sync_rule {
	u64 factor;
	u64 bound;
	u32 first;
	u32 threshold;
	u32 period;
	u32 refresh;
	u32 second;
	u8 retries;
	u8 version;
	bool persist_mode;
};

/**
 * struct ip_vs_sync_told - what an entry keeps
 * @end: jiffies when the last record let its time end; creation at first
 * @state: the state in the last record, below IP_VS_SYNC_TOLD_RETRIES; 0 at first. Above it the retries, and whether
 *	   there was a record at all
 */
struct ip_vs_sync_told {
	u32 end;
	u8 state;
};

enum {
	IP_VS_SYNC_TOLD_STATE = 0x0f,
	IP_VS_SYNC_TOLD_RETRIES = 0x30,
	IP_VS_SYNC_TOLD_RETRIES_SHIFT = 4,
	IP_VS_SYNC_TOLD_ONCE = 0x40,
};

/* What a received entry keeps: as if it had told this state itself. Its count of packets becomes the threshold. */
static inline struct ip_vs_sync_told ip_vs_sync_told_by_other(u8 state, u32 now)
{
	return (struct ip_vs_sync_told){ .end = now, .state = (u8)(state & IP_VS_SYNC_TOLD_STATE) };
}

/**
 * ip_vs_sync_rule_set() - make a rule of sysctls
 * @period: 0, or above @threshold
 * @refresh_s: seconds; a negative number is a huge one
 * @hz: jiffies of a second
 */
static inline void ip_vs_sync_rule_set(struct ip_vs_sync_rule *rule, u32 threshold, u32 period, s32 refresh_s,
				       u8 retries, u8 version, bool persist_mode, u32 hz)
{
	u32 most = (u32)INT_MAX / hz;

	*rule = (struct ip_vs_sync_rule){};
	rule->threshold = threshold;
	rule->period = period;
	rule->refresh = refresh_s < 0 || (u32)refresh_s > most ? most * hz : (u32)refresh_s * hz;
	rule->second = hz;
	rule->retries = retries;
	rule->version = version;
	rule->persist_mode = persist_mode;
	if (period) {
		/* n is a multiple of p if n * ceil(2^64 / p) mod 2^64 is below ceil(2^64 / p), for 32 bits of both. */
		rule->factor = div_u64(~0ull, period) + 1;
		rule->bound = rule->factor - 1;
		rule->first = threshold;
	} else if (!rule->refresh) {
		/* that one alone */
		rule->factor = 1;
		rule->first = threshold;
	}
	/* else all: 0 * anything is 0 */
}

static __always_inline bool ip_vs_sync_count_matches(const struct ip_vs_sync_rule *rule, u32 packets)
{
	return packets >= rule->first && (packets - rule->first) * rule->factor <= rule->bound;
}

/**
 * ip_vs_sync_is_quiet() - does a packet surely make no record of its connection?
 *
 * True for nearly all. False says nothing: ask ip_vs_sync_decide().
 */
static __always_inline bool ip_vs_sync_is_quiet(const struct ip_vs_sync_rule *rule, u32 packets, u8 state,
						u8 told_state)
{
	/* A refresh period makes fewer records of these, never more; without other numbers all packets match. */
	return !ip_vs_sync_count_matches(rule, packets) &&
	       (state == IP_VS_TCP_ESTABLISHED || state == (told_state & IP_VS_SYNC_TOLD_STATE));
}

/**
 * struct ip_vs_sync_sight - what the rule looks at
 * @packets: from the client; of a template, of connections of it. For a controller that is no template, and when a
 *	     timer asks: rule->threshold
 * @timeout: jiffies
 * @now: jiffies
 * @protocol: IP protocol
 * @state: of a template IP_VS_SYNC_TEMPLATE_*
 * @is_v6: IPv6
 * @is_template: a template
 * @is_one_packet: a connection of one packet
 * @is_controller: asked because of a connection that it controls
 * @has_template: its controller, or the controller's and so on, is a template
 */
struct ip_vs_sync_sight {
	u32 packets;
	u32 timeout;
	u32 now;
	u8 protocol;
	u8 state;
	bool is_v6;
	bool is_template;
	bool is_one_packet;
	bool is_controller;
	bool has_template;
};

enum ip_vs_sync_decision {
	IP_VS_SYNC_NO,
	IP_VS_SYNC_DUE,		/* unless another CPU was faster to note it */
	IP_VS_SYNC_FORCED,	/* in any case: the state has changed */
};

static inline bool ip_vs_sync_is_eligible(const struct ip_vs_sync_rule *rule, const struct ip_vs_sync_sight *s)
{
	const u32 tcp = 1u << IP_VS_TCP_ESTABLISHED | 1u << IP_VS_TCP_FIN_WAIT | 1u << IP_VS_TCP_CLOSE |
			1u << IP_VS_TCP_CLOSE_WAIT | 1u << IP_VS_TCP_TIME_WAIT;
	const u32 sctp = 1u << IP_VS_SCTP_ESTABLISHED | 1u << IP_VS_SCTP_SHUTDOWN_SENT |
			 1u << IP_VS_SCTP_SHUTDOWN_RECEIVED | 1u << IP_VS_SCTP_SHUTDOWN_ACK_SENT |
			 1u << IP_VS_SCTP_CLOSED;

	if (s->is_one_packet || (s->is_v6 && !rule->version))
		return false;
	if (s->is_template)
		return true;
	if (s->has_template && rule->persist_mode)
		return false;
	if (s->protocol == IPPROTO_TCP)
		return s->state < IP_VS_TCP_STATES && tcp >> s->state & 1;
	if (s->protocol == IPPROTO_SCTP)
		return s->state < IP_VS_SCTP_STATES && sctp >> s->state & 1;
	return true;
}

/* Has the state changed to one that is told at once? */
static inline bool ip_vs_sync_is_change(const struct ip_vs_sync_sight *s, u8 told_state)
{
	u8 established;

	if (s->is_template)
		return false;
	if (s->protocol == IPPROTO_TCP)
		established = IP_VS_TCP_ESTABLISHED;
	else if (s->protocol == IPPROTO_SCTP)
		established = IP_VS_SCTP_ESTABLISHED;
	else
		return false;
	return s->state != established && s->state != (told_state & IP_VS_SYNC_TOLD_STATE);
}

/* How far the end of the entry's time is from what was told, in jiffies: 0 at once after a record. */
static inline s32 ip_vs_sync_drift(const struct ip_vs_sync_sight *s, u32 told_end)
{
	return (s32)(s->now + s->timeout - told_end);
}

/*
 * The refresh period, if there is one. Returns false if it is no time for a record yet; else what becomes of the
 * number of retries.
 */
static inline bool ip_vs_sync_is_refreshed(const struct ip_vs_sync_rule *rule, const struct ip_vs_sync_sight *s,
					   struct ip_vs_sync_told told, u8 *retries)
{
	u8 tried = (told.state & IP_VS_SYNC_TOLD_RETRIES) >> IP_VS_SYNC_TOLD_RETRIES_SHIFT;
	s32 drift = ip_vs_sync_drift(s, told.end);
	u32 limit = s->timeout / 2, away = drift < 0 ? -(u32)drift : (u32)drift;

	if (limit < 10 * rule->second)
		limit = 10 * rule->second;
	if (limit > rule->refresh)
		limit = rule->refresh;
	*retries = 0;
	if (away >= limit)
		return true;
	*retries = (u8)(tried + 1);
	return tried < rule->retries && drift >= (s32)(rule->refresh / 8);
}

/*
 * A controller is asked for each packet of what it controls. One that was told with the same state and timeout less
 * than a second ago, or a quarter of that timeout, is not told again. (Another destination is another entry.)
 */
static inline bool ip_vs_sync_is_repetition(const struct ip_vs_sync_rule *rule, const struct ip_vs_sync_sight *s,
					    struct ip_vs_sync_told told)
{
	s32 drift = ip_vs_sync_drift(s, told.end);
	u32 pause = s->timeout / 4 < rule->second ? s->timeout / 4 : rule->second;

	return s->is_controller && told.state & IP_VS_SYNC_TOLD_ONCE &&
	       s->state == (told.state & IP_VS_SYNC_TOLD_STATE) && drift >= 0 && (u32)drift < pause;
}

/**
 * ip_vs_sync_decide() - shall there be a record?
 * @told: what the entry keeps
 * @next: what it is to keep if there is one
 */
static inline enum ip_vs_sync_decision ip_vs_sync_decide(const struct ip_vs_sync_rule *rule,
							 const struct ip_vs_sync_sight *s,
							 struct ip_vs_sync_told told, struct ip_vs_sync_told *next)
{
	enum ip_vs_sync_decision decision = IP_VS_SYNC_DUE;
	u8 retries = 0;

	if (!ip_vs_sync_is_eligible(rule, s))
		return IP_VS_SYNC_NO;
	if (ip_vs_sync_is_change(s, told.state)) {
		decision = IP_VS_SYNC_FORCED;
	} else {
		if (rule->refresh && !ip_vs_sync_is_refreshed(rule, s, told, &retries))
			return IP_VS_SYNC_NO;
		if (!(s->is_template && rule->period) && !ip_vs_sync_count_matches(rule, s->packets))
			return IP_VS_SYNC_NO;
		if (ip_vs_sync_is_repetition(rule, s, told))
			return IP_VS_SYNC_NO;
	}
	next->end = s->now + s->timeout;
	next->state = (u8)((s->state & IP_VS_SYNC_TOLD_STATE) | retries << IP_VS_SYNC_TOLD_RETRIES_SHIFT |
			   IP_VS_SYNC_TOLD_ONCE);
	return decision;
}

/**
 * ip_vs_sync_asks_controller() - is the controller of a connection asked, too?
 * @made_record: a record of the connection was made
 *
 * Version 0 asks only after a record; not so with persist_mode, where templates are all that is told.
 */
static inline bool ip_vs_sync_asks_controller(const struct ip_vs_sync_rule *rule, bool made_record)
{
	return rule->version || made_record || rule->persist_mode;
}

#endif
