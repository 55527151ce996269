// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole table for a director that has just joined: otherwise it would hear only of connections that have packets from
 * then on. A backup asks when it starts, or finds its interface again; a master that hears it sends all entries in slices, so
 * that neither packets nor the receiver have to wait for them. Directors that know nothing of this take the questions for
 * empty messages, and the answers for ordinary ones.
 *
 * A record of the table makes an entry where there is none, and changes none that there is: what the receiver knows is never
 * older. All of this is done by the first thread of a daemon, with a socket of its own beside the usual one.
 *
 * Source: docs/sync-protocol.md.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/kthread.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>
#include <linux/udp.h>
#include <net/sock.h>
#include "core/sync_own.h"
#include "sync/daemon.h"

/* A slice of the table, and how long the next one waits: some 12,000 entries a second. */
#define SLICE	    256
#define SLICE_PAUSE max(HZ / 50, 1)
/* As many messages may wait in the queue when a slice is added. */
#define QUEUE_ROOM 64
/* Between two tables, for whoever asks without end. */
#define REST (2 * HZ)
/* Questions until somebody answers. */
#define TRIES	  3
#define TRY_PAUSE HZ
/* When none has: twice as long each time until the next question to a master that is heard, but no longer. */
#define LONGEST_PAUSE (60 * HZ)

struct ip_vs_sync_trailer ip_vs_sync_stamp(struct ip_vs_sync_thread *thread)
{
	return (struct ip_vs_sync_trailer){
		.instance = thread->daemon->instance,
		.sequence = ++thread->sequence,
		.time_ms = div_u64(ktime_get_real_ns(), NSEC_PER_MSEC),
		.thread = thread->number,
	};
}

/* --- the master --- */

static void tell_progress(struct ip_vs_sync_thread *thread, enum ip_vs_sync_table_phase phase)
{
	const struct ip_vs_sync_giving *giving = &thread->daemon->giving;
	struct ip_vs_sync_table body = {
		.to = giving->to,
		.request = giving->request,
		.sent = giving->sent,
		.total = giving->total,
		.phase = phase,
	};

	ip_vs_sync_queue_table(thread, &body);
}

static void enter_table(struct ip_vs_sync_giving *giving, struct ip_vs_net *ipvs, int table)
{
	struct ip_vs_hash *tables[] = { &ipvs->templates, &ipvs->conns };

	giving->is_active = table < ARRAY_SIZE(tables);
	giving->table = table;
	if (giving->is_active)
		ip_vs_hash_walk_start(&giving->walk, tables[table], 0, IP_VS_HASH_END);
}

static void begin_table(struct ip_vs_sync_thread *thread, u64 to, u32 request)
{
	struct ip_vs_sync_giving *giving = &thread->daemon->giving;
	struct ip_vs_net *ipvs = thread->daemon->ipvs;

	giving->to = to;
	giving->request = request;
	giving->sent = 0;
	giving->total = atomic_read(&ipvs->num_conns);
	giving->next = jiffies;
	tell_progress(thread, IP_VS_SYNC_TABLE_BEGIN);
	/* Templates first: with them alone a client keeps its server. */
	enter_table(giving, ipvs, 0);
}

static void end_table(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_giving *giving = &thread->daemon->giving;

	tell_progress(thread, IP_VS_SYNC_TABLE_END);
	ip_vs_sync_count(giving->tables, 1);
	giving->next = jiffies + REST;
}

/* What is at the end of a slice comes once more: the walk goes on where it stood. */
static void give_slice(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_giving *giving = &thread->daemon->giving;
	struct ip_vs_hash_node *node;
	unsigned int n;

	rcu_read_lock();
	for (n = 0; n < SLICE; n++) {
		node = ip_vs_hash_walk_next(&giving->walk);
		if (!node)
			break;
		if (ip_vs_sync_queue_entry(thread, container_of(node, struct ip_vs_conn, node)))
			giving->sent++;
	}
	ip_vs_hash_walk_pause(&giving->walk);
	rcu_read_unlock();
	ip_vs_sync_end_slice(thread);
	giving->next = jiffies + SLICE_PAUSE;
	if (node)
		return;
	enter_table(giving, thread->daemon->ipvs, giving->table + 1);
	if (!giving->is_active)
		end_table(thread);
}

static bool has_datagram(const struct socket *sock)
{
	return !skb_queue_empty_lockless(&sock->sk->sk_receive_queue) ||
	       !skb_queue_empty_lockless(&udp_sk(sock->sk)->reader_queue);
}

/* One that nobody is answering yet, of a director that belongs to us; one that hears everybody has SyncID 0. */
static void take_question(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_reader *reader)
{
	struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct ip_vs_sync_giving *giving = &daemon->giving;
	struct ip_vs_sync_want_table question;
	u64 from = reader->trailer.instance;

	if (reader->syncid && reader->syncid != daemon->config.sync_id)
		return;
	if (ip_vs_sync_believe(thread, reader))
		return;
	if (ip_vs_sync_read_want_table(reader, &question) || (question.to && question.to != daemon->instance))
		return;
	if (from == giving->to && question.request == giving->request)
		return;
	/* While others are answered he goes on asking, or has part of what they get, and hears the rest later. */
	giving->is_asked = true;
	giving->asked_by = from;
	giving->asked_for = question.request;
}

/* A backup is there, with the SyncID of this director, or one for all. */
static void take_pulse(struct ip_vs_sync_thread *thread, const struct sockaddr_storage *from,
		       const struct ip_vs_sync_reader *reader)
{
	struct ip_vs_sync_heartbeat beat;

	if (reader->syncid && reader->syncid != thread->daemon->config.sync_id)
		return;
	/* Those of other masters are none of its business. */
	if (ip_vs_sync_read_heartbeat(reader, &beat) || beat.role != IP_VS_SYNC_IS_BACKUP ||
	    ip_vs_sync_believe(thread, reader))
		return;
	ip_vs_sync_count(thread->heartbeats, 1);
	ip_vs_sync_heard_from(thread, from, reader, &beat);
}

/* Questions and heartbeats are short: of anything longer nothing is looked at. */
static void hear_questions(struct ip_vs_sync_thread *thread)
{
	u8 data[IP_VS_SYNC_OWN_MAX];
	struct ip_vs_sync_reader reader;
	struct sockaddr_storage from;
	struct msghdr msg;
	struct kvec vec;
	int len, n;

	for (n = 0; n < SLICE && thread->aside; n++) {
		msg = (struct msghdr){ .msg_name = &from };
		vec = (struct kvec){ .iov_base = data, .iov_len = sizeof(data) };
		len = kernel_recvmsg(thread->aside, &msg, &vec, 1, sizeof(data), MSG_DONTWAIT);
		if (len < 0)
			return;
		if (msg.msg_flags & MSG_TRUNC || !ip_vs_sync_is_peer(thread->daemon, &from) ||
		    ip_vs_sync_is_own(thread->daemon, &from) || ip_vs_sync_open(&reader, data, len, 0))
			continue;
		if (reader.kind == IP_VS_SYNC_OURS && reader.own_kind == IP_VS_SYNC_WANT_TABLE)
			take_question(thread, &reader);
		else if (reader.kind == IP_VS_SYNC_OURS && reader.own_kind == IP_VS_SYNC_HEARTBEAT)
			take_pulse(thread, &from, &reader);
	}
}

bool ip_vs_sync_has_room(const struct ip_vs_sync_thread *thread)
{
	unsigned long max = READ_ONCE(thread->daemon->ipvs->sysctl.sync_qlen_max);

	/* Where no message may wait there is none that waits: it is dropped, and counted. */
	return READ_ONCE(thread->sender.queued) < clamp_t(unsigned long, max, 1, QUEUE_ROOM);
}

void ip_vs_sync_give_table(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_giving *giving = &thread->daemon->giving;
	struct ip_vs_net *ipvs = thread->daemon->ipvs;

	if (thread->number)
		return;
	hear_questions(thread);
	/* A datagram may wake it before the daemon is seen, and known what is told: the answer would be an empty table. */
	if (!rcu_access_pointer(ipvs->sync.rule))
		return;
	if ((long)(jiffies - giving->next) < 0 || !ip_vs_sync_has_room(thread))
		return;
	if (giving->is_active) {
		give_slice(thread);
	} else if (giving->is_asked && smp_load_acquire(&ipvs->conn_ready)) {
		giving->is_asked = false;
		begin_table(thread, giving->asked_by, giving->asked_for);
	}
}

long ip_vs_sync_table_wait(const struct ip_vs_sync_thread *thread)
{
	const struct ip_vs_sync_giving *giving = &thread->daemon->giving;

	if (thread->number)
		return HZ;
	if (thread->aside && has_datagram(thread->aside))
		return 0;
	if (giving->is_active)
		return max_t(long, (long)(giving->next - jiffies), 1);
	return HZ;
}

/* --- the backup --- */

void ip_vs_sync_table_wanted(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_asking *asking = &thread->daemon->asking;

	if (thread->number)
		return;
	asking->ups = atomic_read(&thread->daemon->ups);
	asking->first_request = ++asking->request;
	asking->tries = TRIES;
	asking->next = jiffies;
	asking->pause = 2 * TRY_PAUSE;
	asking->is_unanswered = true;
}

/*
 * A master is there that has not heard the questions, or whose answer has not come: an interface was not ready then, or a
 * switch between the two. Who has answered one answers none with the same number.
 */
static void ask_again(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_asking *asking = &thread->daemon->asking;

	if (thread->number || !asking->is_unanswered || asking->tries)
		return;
	asking->request++;
	asking->tries = 1;
}

/* It was down: what was told meanwhile is lost, and so may be the questions that are on their way. */
static void ask_after_up(struct ip_vs_sync_thread *thread)
{
	if (!thread->number && thread->aside && thread->daemon->asking.ups != atomic_read(&thread->daemon->ups))
		ip_vs_sync_table_wanted(thread);
}

void ip_vs_sync_ask_for_table(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct ip_vs_sync_want_table question = {};
	struct ip_vs_sync_trailer stamp;
	u8 data[IP_VS_SYNC_OWN_MAX];
	unsigned int len, next = 0;
	int err;

	ask_after_up(thread);
	if (thread->number || !daemon->asking.tries || !thread->aside || (long)(jiffies - daemon->asking.next) < 0)
		return;
	daemon->asking.next = jiffies + TRY_PAUSE;
	question.request = daemon->asking.request;
	stamp = ip_vs_sync_stamp(thread);
	len = ip_vs_sync_write_want_table(data, daemon->config.sync_id, &question, &stamp, daemon->hmac);
	if (daemon->hmac &&
	    !ip_vs_sync_key_sum(daemon, data, len - IP_VS_SYNC_TAG_LEN, data + len - IP_VS_SYNC_TAG_LEN))
		return;
	err = ip_vs_sync_send(thread, thread->aside, true, data, len, &next);
	if (err == -EAGAIN)
		return;
	/* What gets lost, or one of the peers cannot be sent, is asked again; when nobody answers, not until a master is heard. */
	if (!--daemon->asking.tries) {
		daemon->asking.next = jiffies + daemon->asking.pause;
		daemon->asking.pause = min(2 * daemon->asking.pause, (unsigned long)LONGEST_PAUSE);
	}
	ip_vs_sync_count(daemon->asking.asked, 1);
}

/* Of others that hear there is nothing to know. */
static enum ip_vs_sync_reason take_heartbeat(struct ip_vs_sync_thread *thread, const struct sockaddr_storage *from,
					     const struct ip_vs_sync_reader *reader)
{
	struct ip_vs_sync_heartbeat beat;
	enum ip_vs_sync_reason reason = ip_vs_sync_read_heartbeat(reader, &beat);

	if (reason || beat.role != IP_VS_SYNC_IS_MASTER)
		return reason;
	ip_vs_sync_count(thread->heartbeats, 1);
	ip_vs_sync_heard_from(thread, from, reader, &beat);
	ask_again(thread);
	return IP_VS_SYNC_FINE;
}

/* A master says how far it is with a table: an answer to this backup's question? */
static enum ip_vs_sync_reason take_progress(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_reader *reader)
{
	struct ip_vs_sync_asking *asking = &thread->daemon->asking;
	struct ip_vs_sync_table progress;
	enum ip_vs_sync_reason reason = ip_vs_sync_read_table(reader, &progress);

	if (reason || thread->number || progress.to != thread->daemon->instance)
		return reason;
	/* An answer may be to a question before the last one. */
	if (progress.request - asking->first_request > asking->request - asking->first_request)
		return IP_VS_SYNC_FINE;
	asking->tries = 0;
	asking->is_unanswered = false;
	if (progress.phase == IP_VS_SYNC_TABLE_END)
		ip_vs_sync_count(asking->tables, 1);
	return IP_VS_SYNC_FINE;
}

enum ip_vs_sync_reason ip_vs_sync_take_own(struct ip_vs_sync_thread *thread, const struct sockaddr_storage *from,
					   const struct ip_vs_sync_reader *reader)
{
	switch (reader->own_kind) {
	case IP_VS_SYNC_HEARTBEAT:
		return take_heartbeat(thread, from, reader);
	case IP_VS_SYNC_WANT_TABLE:
		return IP_VS_SYNC_FINE;
	case IP_VS_SYNC_SERVERS:
		ip_vs_sync_heard_from(thread, from, reader, NULL);
		return ip_vs_sync_take_servers(thread, reader);
	case IP_VS_SYNC_TABLE:
		ip_vs_sync_heard_from(thread, from, reader, NULL);
		return take_progress(thread, reader);
	default:
		return IP_VS_SYNC_KIND;
	}
}
