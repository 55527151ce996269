// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backup: entries are made and changed by what other directors tell of theirs. Anybody who can send to the group may
 * do so: what is in a message was checked when it was read (core/sync_message.h), what it leads to is bounded by
 * conn_max and charged as what packets make.
 *
 * Sequence data is checked and not kept: nothing here uses it.
 *
 * Source: spec/sync.md, sections 7 and 11.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/udp.h>
#include <net/sock.h>
#include "pe/engine.h"
#include "svc/dest.h"
#include "svc/service.h"
#include "sync/daemon.h"

/* What templates and protocols without states of their own live when nothing else is told. */
#define DEFAULT_TIMEOUT (180 * HZ)
/* The longest there is; listings of the original show no more. */
#define TIMEOUT_MAX min(4294966, INT_MAX / HZ)

DEFINE_STATIC_KEY_FALSE(ip_vs_sync_backups);

/* --- the server of an entry --- */

struct wanted_server {
	u16 af;
	u16 protocol;
	u32 mark;
	const void *vaddr;
	const void *daddr;
	__be16 vport;
	__be16 dport;
	bool is_nat;
};

/*
 * The server of a mark's service may be one for all ports. Its weight and load do not matter: the choice was made
 * elsewhere. Under RCU.
 */
static struct ip_vs_dest *find_server(struct ip_vs_net *ipvs, const struct wanted_server *w)
{
	bool is_any_port = w->mark && !w->is_nat;
	struct ip_vs_dest_key key = { .af = w->af, .port = is_any_port ? 0 : w->dport };
	union nf_inet_addr vaddr = {};
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;

	ip_vs_sync_copy_address(&vaddr.in6, w->af, w->vaddr);
	svc = ip_vs_service_find(ipvs, w->af, w->mark, w->protocol, &vaddr, w->vport);
	if (!svc)
		return NULL;
	ip_vs_sync_copy_address(&key.addr.in6, w->af, w->daddr);
	dest = ip_vs_dest_find_by_key(svc, &key);
	if (dest)
		return dest;
	key.port = is_any_port ? w->dport : 0;
	return ip_vs_dest_find_by_key(svc, &key);
}

/* For an entry that exists. */
static struct ip_vs_dest *find_server_of(const struct ip_vs_conn *cp)
{
	struct wanted_server wanted = {
		.af = cp->af,
		.protocol = cp->protocol,
		.mark = READ_ONCE(cp->mark),
		.vaddr = ip_vs_conn_vaddr(cp),
		.daddr = ip_vs_conn_daddr(cp),
		.vport = cp->vport,
		.dport = cp->dport,
		.is_nat = ip_vs_conn_is_nat(cp),
	};

	return find_server(cp->ipvs, &wanted);
}

static void bind_worker(struct work_struct *work)
{
	ip_vs_conn_bind_all(container_of(work, struct ip_vs_net, sync.bind_work), find_server_of);
}

void ip_vs_sync_servers_added(struct ip_vs_net *ipvs)
{
	smp_mb(); /* look_again() has the other half */
	if (unlikely(atomic_read(&ipvs->num_unbound)))
		queue_work(system_dfl_wq, &ipvs->sync.bind_work);
}

/* --- records --- */

/* As this director would have it. */
static u32 own_timeout(const struct ip_vs_net *ipvs, const struct ip_vs_sync_record *record)
{
	if (record->flags & IP_VS_SYNC_F_TEMPLATE)
		return DEFAULT_TIMEOUT;
	switch (record->protocol) {
	case IPPROTO_TCP:
		return READ_ONCE(ipvs->tcp_timeouts[record->state]);
	case IPPROTO_UDP:
		return READ_ONCE(ipvs->udp_timeout);
	case IPPROTO_SCTP:
		return READ_ONCE(ipvs->sctp_timeouts[record->state]);
	default:
		return DEFAULT_TIMEOUT;
	}
}

/* Up to TIMEOUT_MAX; msecs_to_jiffies() takes what is negative as a signed number, from 24.8 days on, for endless. */
static u32 to_jiffies(u32 ms)
{
	return div_u64((u64)ms * HZ + MSEC_PER_SEC - 1, MSEC_PER_SEC);
}

/* In jiffies; and how much of it has passed, if that was told, too. */
static u32 timeout_of(const struct ip_vs_net *ipvs, const struct ip_vs_sync_record *record, u32 *passed)
{
	*passed = 0;
	if (record->has_time && record->timeout_ms && record->left_ms <= record->timeout_ms &&
	    record->timeout_ms / MSEC_PER_SEC < TIMEOUT_MAX) {
		*passed = to_jiffies(record->timeout_ms - record->left_ms);
		return to_jiffies(record->timeout_ms);
	}
	if (!record->timeout)
		return own_timeout(ipvs, record);
	return min_t(u32, record->timeout, TIMEOUT_MAX) * HZ;
}

static void read_param(struct ip_vs_net *ipvs, const struct ip_vs_sync_record *record, struct ip_vs_conn_param *p)
{
	struct wanted_server wanted = {
		.af = record->is_v6 ? AF_INET6 : AF_INET,
		.protocol = record->protocol,
		.mark = record->fwmark,
		.vaddr = &record->vaddr,
		.daddr = &record->daddr,
		.vport = record->vport,
		.dport = record->dport,
		.is_nat = (record->flags & IP_VS_SYNC_F_FWD_MASK) == IP_VS_CONN_F_MASQ,
	};
	u32 kept = IP_VS_SYNC_F_NEW & ~IP_VS_SYNC_F_SEQ_MASK, passed;

	*p = (struct ip_vs_conn_param){
		.af = wanted.af,
		.protocol = record->protocol,
		.caddr = &record->caddr,
		.vaddr = &record->vaddr,
		.daddr = &record->daddr,
		.cport = record->cport,
		.vport = record->vport,
		.dport = record->dport,
		.flags = (record->flags & kept) | IP_VS_CONN_F_SYNC,
		.timeout = timeout_of(ipvs, record, &passed),
		.passed = passed,
		.state = record->state,
		.mark = record->fwmark,
		.in_pkts = READ_ONCE(ipvs->sysctl.sync_threshold[0]),
	};
	/* Where nothing was chosen there is nobody to look for. */
	if ((record->flags & IP_VS_SYNC_F_FWD_MASK) != IP_VS_CONN_F_BYPASS)
		p->dest = find_server(ipvs, &wanted);
}

static bool is_same_destination(const struct ip_vs_conn *cp, const struct ip_vs_conn_param *p)
{
	unsigned int len = p->af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32);

	return cp->dport == p->dport && !memcmp(ip_vs_conn_daddr(cp), p->daddr, len);
}

/* One that there is, unless it is to make room for another destination: NULL then. */
static struct ip_vs_conn *keep_or_retire(struct ip_vs_conn *cp, const struct ip_vs_conn_param *p, bool *is_late)
{
	*is_late = false;
	if (is_same_destination(cp, p))
		return cp;
	/* A connection that ended after its place was taken. Of templates this says nothing: all of them are inactive. */
	*is_late = !(p->flags & IP_VS_CONN_F_TEMPLATE) && p->flags & IP_VS_CONN_F_INACTIVE;
	if (*is_late)
		return NULL;
	ip_vs_conn_retire(cp, false);
	return NULL;
}

/*
 * A new entry without a server. One may have been added since it was looked for: whoever adds it sees that there is an
 * unbound entry, or it is seen here.
 */
static void look_again(struct ip_vs_conn *cp, struct ip_vs_conn_param *p)
{
	smp_mb();
	p->dest = find_server_of(cp);
	if (p->dest)
		ip_vs_conn_tell(cp, p);
}

/* Under RCU. @p's engine data is used up. @is_table: what there is stays as it is; @is_known says that there is one. */
static enum ip_vs_sync_reason take_param(struct ip_vs_net *ipvs, struct ip_vs_conn_param *p, bool is_table, bool *is_known)
{
	struct ip_vs_conn *cp;
	bool is_late = false;

	if (p->flags & IP_VS_CONN_F_TEMPLATE)
		cp = ip_vs_conn_find_template(ipvs, p);
	else
		cp = ip_vs_conn_find_by_ends(ipvs, p);
	*is_known = cp && is_table;
	if (cp && !is_table)
		cp = keep_or_retire(cp, p, &is_late);
	if (cp || is_late) {
		ip_vs_engine_data_free(p->engine_data);
		if (cp && !is_table)
			ip_vs_conn_tell(cp, p);
		return cp ? IP_VS_SYNC_FINE : IP_VS_SYNC_REPLACED;
	}
	/* If a packet has just made one with the same key that stays: what is told next will say more. */
	cp = ip_vs_conn_make(ipvs, p);
	if (cp && ip_vs_conn_is_unbound(cp))
		look_again(cp, p);
	if (cp)
		return IP_VS_SYNC_FINE;
	return ip_vs_conn_is_full(ipvs) ? IP_VS_SYNC_CONN_MAX : IP_VS_SYNC_NO_MEMORY;
}

static enum ip_vs_sync_reason take_record(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_record *record,
					  bool is_table)
{
	struct ip_vs_net *ipvs = thread->daemon->ipvs;
	struct ip_vs_engine_data *data = NULL;
	enum ip_vs_sync_reason reason;
	struct ip_vs_conn_param p;
	bool is_known;

	if (record->has_server && record->server & IP_VS_SYNC_SERVER_GONE && READ_ONCE(ipvs->sysctl.expire_nodest_conn))
		return IP_VS_SYNC_SERVER_LOST;
	if (record->engine_data) {
		data = ip_vs_engine_data_make(ipvs, record->engine, record->engine_data, record->engine_data_len,
					      &is_known);
		if (!data)
			return is_known ? IP_VS_SYNC_NO_MEMORY : IP_VS_SYNC_ENGINE_UNKNOWN;
		if (!(record->flags & IP_VS_SYNC_F_TEMPLATE)) {
			ip_vs_engine_data_free(data);
			data = NULL;
		}
	}
	rcu_read_lock();
	read_param(ipvs, record, &p);
	p.engine_data = data;
	reason = take_param(ipvs, &p, is_table, &is_known);
	rcu_read_unlock();
	if (is_known)
		ip_vs_sync_count(thread->receiver.known, 1);
	else if (!reason)
		ip_vs_sync_count(thread->receiver.records, 1);
	return reason;
}

/* --- messages --- */

static void count_reason(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_reader *reader,
			 enum ip_vs_sync_reason reason)
{
	const char *text = ip_vs_sync_reason_log(reason);

	ip_vs_sync_count(thread->receiver.reasons[reason], 1);
	if (!text || !__ratelimit(&thread->daemon->ipvs->log))
		return;
	if (reason == IP_VS_SYNC_VERSION)
		pr_warn("BACKUP, Dropping buffer, Unknown version %u\n", reader->record_version);
	else
		pr_warn("%s\n", text);
}

static void take_message(struct ip_vs_sync_thread *thread, const struct sockaddr_storage *from, unsigned int len)
{
	struct ip_vs_sync_receiver *r = &thread->receiver;
	struct ip_vs_sync_reader reader;
	struct ip_vs_sync_record record;
	enum ip_vs_sync_reason reason;
	enum ip_vs_sync_step step;

	reason = ip_vs_sync_open(&reader, r->buffer, len, thread->daemon->config.sync_id);
	if (reason || reader.kind != IP_VS_SYNC_OURS || reader.own_kind != IP_VS_SYNC_HEARTBEAT) {
		ip_vs_sync_count(r->messages, 1);
		ip_vs_sync_count(r->bytes, len);
	}
	if (!reason)
		reason = ip_vs_sync_believe(thread, &reader);
	if (!reason && reader.kind == IP_VS_SYNC_OURS)
		reason = ip_vs_sync_take_own(thread, from, &reader);
	else if (!reason)
		ip_vs_sync_heard_from(thread, from, &reader, NULL);
	if (reason) {
		count_reason(thread, &reader, reason);
		return;
	}
	WRITE_ONCE(thread->last, ktime_get_real_seconds());
	if (reader.kind == IP_VS_SYNC_OURS)
		return;
	while ((step = ip_vs_sync_next(&reader, &record, &reason)) != IP_VS_SYNC_END) {
		if (step == IP_VS_SYNC_RECORD)
			reason = take_record(thread, &record, reader.has_trailer && reader.trailer.is_table);
		if (reason)
			count_reason(thread, &reader, reason);
		cond_resched();
	}
}

/* --- the thread --- */

/* A reader takes what has come over to a queue of its own, so there may be something in either. */
static bool has_datagram(const struct sock *sk)
{
	return !skb_queue_empty_lockless(&sk->sk_receive_queue) || !skb_queue_empty_lockless(&udp_sk(sk)->reader_queue);
}

/* One datagram; false if there is none. What is longer than the buffer is no message. */
static bool receive(struct ip_vs_sync_thread *thread, struct socket *sock)
{
	struct ip_vs_sync_receiver *r = &thread->receiver;
	struct sockaddr_storage from;
	struct msghdr msg = { .msg_name = &from };
	struct kvec vec = { .iov_base = r->buffer, .iov_len = thread->daemon->config.maxlen };
	int len = kernel_recvmsg(sock, &msg, &vec, 1, vec.iov_len, MSG_DONTWAIT);

	if (len == -EAGAIN)
		return false;
	if (len < 0) {
		ip_vs_sync_count(r->errors, 1);
		if (__ratelimit(&thread->daemon->ipvs->log))
			pr_err("receiving message error\n");
		return false;
	}
	if (unlikely(!ip_vs_sync_is_peer(thread->daemon, &from)))
		ip_vs_sync_count(r->strangers, 1);
	else if (unlikely(ip_vs_sync_is_own(thread->daemon, &from)))
		ip_vs_sync_count(r->reasons[IP_VS_SYNC_ECHO], 1);
	else
		take_message(thread, &from, len);
	return true;
}

static void wait_for_datagram(struct ip_vs_sync_thread *thread, struct sock *sk)
{
	/* With an end, lest a socket whose error nobody takes keep it awake or asleep for ever. */
	wait_event_interruptible_timeout(*sk_sleep(sk),
					 has_datagram(sk) || kthread_should_stop() ||
						 ip_vs_sync_socket_is_doubtful(thread),
					 HZ);
}

static int run(void *data)
{
	struct ip_vs_sync_thread *thread = data;
	struct socket *sock;

	while (!kthread_should_stop()) {
		sock = ip_vs_sync_socket(thread);
		if (!sock) {
			set_current_state(TASK_IDLE);
			if (!kthread_should_stop())
				schedule_timeout(HZ);
			__set_current_state(TASK_RUNNING);
			continue;
		}
		ip_vs_sync_ask_for_table(thread);
		ip_vs_sync_beat(thread, thread->aside);
		if (receive(thread, sock))
			cond_resched();
		else
			wait_for_datagram(thread, sock->sk);
	}
	return 0;
}

static int prepare(struct ip_vs_sync_thread *thread)
{
	thread->receiver.buffer = kvmalloc(thread->daemon->config.maxlen, GFP_KERNEL_ACCOUNT);
	return thread->receiver.buffer ? 0 : -ENOMEM;
}

static void release(struct ip_vs_sync_thread *thread)
{
	kvfree(thread->receiver.buffer);
}

static void show(struct seq_file *seq, const struct ip_vs_sync_daemon *daemon)
{
	unsigned int reason;

	seq_printf(seq, "backup messages:\t%lu\n", ip_vs_sync_sum(daemon, receiver.messages));
	seq_printf(seq, "backup records:\t%lu\n", ip_vs_sync_sum(daemon, receiver.records));
	seq_printf(seq, "backup bytes:\t%lu\n", ip_vs_sync_sum(daemon, receiver.bytes));
	seq_printf(seq, "backup table questions:\t%lu\n", READ_ONCE(daemon->asking.asked));
	seq_printf(seq, "backup tables:\t%lu\n", READ_ONCE(daemon->asking.tables));
	seq_printf(seq, "backup table records known:\t%lu\n", ip_vs_sync_sum(daemon, receiver.known));
	seq_printf(seq, "backup entries unbound:\t%d\n", atomic_read(&daemon->ipvs->num_unbound));
	seq_printf(seq, "backup entries ended:\t%lu\n", READ_ONCE(daemon->ipvs->sync.ended));
	seq_printf(seq, "backup servers gone:\t%lu\n", ip_vs_sync_sum(daemon, receiver.gone));
	seq_printf(seq, "backup servers back:\t%lu\n", ip_vs_sync_sum(daemon, receiver.back));
	seq_printf(seq, "backup servers unheeded:\t%lu\n", ip_vs_sync_sum(daemon, receiver.unheeded));
	seq_printf(seq, "backup dropped stranger:\t%lu\n", ip_vs_sync_sum(daemon, receiver.strangers));
	seq_printf(seq, "backup socket errors:\t%lu\n", ip_vs_sync_sum(daemon, receiver.errors));
	for (reason = IP_VS_SYNC_FINE + 1; reason < IP_VS_SYNC_REASONS; reason++)
		seq_printf(seq, "backup dropped %s:\t%lu\n", ip_vs_sync_reason_name(reason),
			   ip_vs_sync_sum(daemon, receiver.reasons[reason]));
}

const struct ip_vs_sync_role_ops ip_vs_sync_backup_ops = {
	.role = IP_VS_SYNC_BACKUP,
	.name = "backup",
	.title = "BACKUP",
	.letter = 'b',
	.prepare = prepare,
	.release = release,
	.run = run,
	.show = show,
};

void ip_vs_sync_backup_init(struct ip_vs_net *ipvs)
{
	INIT_WORK(&ipvs->sync.bind_work, bind_worker);
}

void ip_vs_sync_backup_uninit(struct ip_vs_net *ipvs)
{
	cancel_work_sync(&ipvs->sync.bind_work);
}
