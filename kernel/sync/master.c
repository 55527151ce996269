// SPDX-License-Identifier: GPL-2.0-only
/*
 * The master: packets make records of their connections, records gather in messages, and a thread sends these. Each
 * thread has a queue with a lock of its own; a connection always comes to the same one, so that what is told of it stays in
 * order.
 *
 * Source: spec/sync.md, sections 9 and 10.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/hash.h>
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/sock.h>
#include "charge.h"
#include "pe/engine.h"
#include "svc/dest.h"
#include "svc/service.h"
#include "sync/daemon.h"

/* A message that is not filled is sent when it is so old. */
#define AGE_MAX (2 * HZ)
/* Full ones wait for others, but not long, and not for many. */
#define QUEUE_WAIT  max(HZ / 50, 1)
#define QUEUE_BURST 8
/* A controller may have one itself, and no more than that is known anywhere. */
#define CONTROLLERS_MAX 4

struct ip_vs_sync_buffer {
	struct list_head node;
	unsigned long since;		/* jiffies of its first record */
	unsigned int len;		/* once it is closed */
	bool is_stamped;		/* it has a trailer, which is completed when it is sent */
	bool is_table;
	struct ip_vs_sync_writer writer;
	u8 data[];
};

DEFINE_STATIC_KEY_FALSE(ip_vs_sync_masters);

/* --- messages and their queue --- */

static struct ip_vs_sync_buffer *alloc_buffer(const struct ip_vs_sync_daemon *daemon, unsigned int size)
{
	struct ip_vs_charge charge = ip_vs_charge_begin(daemon->ipvs);
	struct ip_vs_sync_buffer *buffer;

	buffer = kmalloc(struct_size(buffer, data, size), charge.gfp | __GFP_NOWARN);
	ip_vs_charge_end(daemon->ipvs, charge);
	if (!buffer)
		return NULL;
	buffer->since = jiffies;
	buffer->is_stamped = false;
	buffer->is_table = false;
	buffer->writer.count = 0;
	return buffer;
}

static struct ip_vs_sync_buffer *make_buffer(const struct ip_vs_sync_daemon *daemon, u8 version, bool is_table)
{
	unsigned int limit = daemon->config.maxlen;
	struct ip_vs_sync_buffer *buffer;

	buffer = alloc_buffer(daemon, max_t(unsigned int, limit, IP_VS_SYNC_MESSAGE_MIN_ROOM));
	if (!buffer)
		return NULL;
	buffer->is_stamped = is_table || daemon->hmac;
	buffer->is_table = is_table;
	ip_vs_sync_begin(&buffer->writer, buffer->data, limit, version, daemon->config.sync_id,
			 buffer->is_stamped ? ip_vs_sync_trailer_len(daemon) : 0);
	return buffer;
}

/* No more records. */
static void finish_buffer(struct ip_vs_sync_buffer *buffer)
{
	static const struct ip_vs_sync_trailer later;

	buffer->len = ip_vs_sync_finish(&buffer->writer, buffer->is_stamped ? &later : NULL);
}

/* A finished message into the queue, unless that is as long as it may be. */
static void queue_buffer(struct ip_vs_sync_thread *thread, struct ip_vs_sync_buffer *buffer)
{
	struct ip_vs_sync_sender *s = &thread->sender;

	lockdep_assert_held(&s->lock);
	if (s->queued >= READ_ONCE(thread->daemon->ipvs->sysctl.sync_qlen_max)) {
		ip_vs_sync_count(s->dropped_messages, 1);
		ip_vs_sync_count(s->dropped_records, buffer->writer.count);
		kfree(buffer);
		return;
	}
	list_add_tail(&buffer->node, &s->queue);
	if (!s->queued)
		s->due = jiffies + QUEUE_WAIT;
	ip_vs_sync_count(s->queued, 1);
	s->since_empty++;
	/* The first time it goes to sleep again until it is due. */
	if (s->since_empty == 1 || s->since_empty == QUEUE_BURST)
		wake_up_process(thread->task);
}

/* The message at @open, that of the thread or that of the table, is complete. */
static void close_open(struct ip_vs_sync_thread *thread, struct ip_vs_sync_buffer **open)
{
	struct ip_vs_sync_buffer *buffer = *open;

	*open = NULL;
	finish_buffer(buffer);
	queue_buffer(thread, buffer);
}

static bool write_record(struct ip_vs_sync_thread *thread, struct ip_vs_sync_buffer **open,
			 const struct ip_vs_sync_record *record, u8 version)
{
	struct ip_vs_sync_sender *s = &thread->sender;
	enum ip_vs_sync_written written;

	lockdep_assert_held(&s->lock);
	if (*open && (*open)->writer.version != version)
		close_open(thread, open);
	do {
		if (!*open)
			*open = make_buffer(thread->daemon, version, open == &s->table);
		if (!*open) {
			ip_vs_sync_count(s->no_memory, 1);
			if (__ratelimit(&thread->daemon->ipvs->log))
				pr_err("ip_vs_sync_buff_create failed.\n");
			return false;
		}
		written = ip_vs_sync_write(&(*open)->writer, record);
		if (written == IP_VS_SYNC_FULL)
			close_open(thread, open);
	} while (written == IP_VS_SYNC_FULL); /* an empty one takes any record */
	if (written == IP_VS_SYNC_WRITTEN)
		ip_vs_sync_count(s->records, 1);
	else
		ip_vs_sync_count(s->inexpressible, 1);
	return written == IP_VS_SYNC_WRITTEN;
}

/* Of the queue, or the open one if it is old enough; NULL if there is nothing to send. */
static struct ip_vs_sync_buffer *take_buffer(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_sender *s = &thread->sender;
	struct ip_vs_sync_buffer *buffer = NULL;

	spin_lock_bh(&s->lock);
	if (s->queued) {
		buffer = list_first_entry(&s->queue, struct ip_vs_sync_buffer, node);
		list_del(&buffer->node);
		ip_vs_sync_count(s->queued, -1);
		if (!s->queued)
			s->since_empty = 0;
	} else if (s->open && time_after_eq(jiffies, s->open->since + AGE_MAX)) {
		buffer = s->open;
		s->open = NULL;
		finish_buffer(buffer);
	}
	spin_unlock_bh(&s->lock);
	return buffer;
}

/* Jiffies until there may be something to send, 0 or less = now. */
static long time_to_wait(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_sender *s = &thread->sender;
	long wait = max_t(long, (long)(thread->next_beat - jiffies), 1);

	spin_lock_bh(&s->lock);
	if (s->since_empty >= QUEUE_BURST)
		wait = 0;
	else if (s->queued)
		wait = min_t(long, wait, (long)(s->due - jiffies));
	else if (s->open)
		wait = min_t(long, wait, (long)(s->open->since + AGE_MAX - jiffies));
	spin_unlock_bh(&s->lock);
	return wait;
}

void ip_vs_sync_queue_state(struct ip_vs_sync_thread *thread, u32 *queued, u32 *age_ms)
{
	struct ip_vs_sync_sender *s = &thread->sender;
	const struct ip_vs_sync_buffer *first;

	spin_lock_bh(&s->lock);
	first = list_first_entry_or_null(&s->queue, struct ip_vs_sync_buffer, node);
	*queued = min_t(unsigned long, s->queued, U32_MAX);
	*age_ms = first ? jiffies_to_msecs(jiffies - first->since) : 0;
	spin_unlock_bh(&s->lock);
}

/* --- the thread --- */

/* Its buffer is full: until there is room, or something else is to be done. */
static void wait_for_room(struct ip_vs_sync_thread *thread, struct sock *sk)
{
	/* It was refused for something else: that has no wake-up. */
	if (sock_writeable(sk)) {
		schedule_timeout_idle(1);
		return;
	}
	wait_event_interruptible_timeout(*sk_sleep(sk),
					 sock_writeable(sk) || kthread_should_stop() ||
						 ip_vs_sync_socket_is_doubtful(thread),
					 HZ);
}

/* Now that it is sent: its number and the time; and the sum over all of it. */
static bool stamp_buffer(struct ip_vs_sync_thread *thread, struct ip_vs_sync_buffer *buffer)
{
	struct ip_vs_sync_trailer stamp = ip_vs_sync_stamp(thread);
	unsigned int signed_len = buffer->len - IP_VS_SYNC_TAG_LEN;

	stamp.is_table = buffer->is_table;
	ip_vs_sync_restamp(buffer->data, buffer->len, thread->daemon->hmac, &stamp);
	return !thread->daemon->hmac ||
	       ip_vs_sync_key_sum(thread->daemon, buffer->data, signed_len, buffer->data + signed_len);
}

static void send_buffer(struct ip_vs_sync_thread *thread, struct ip_vs_sync_buffer *buffer)
{
	struct ip_vs_sync_sender *s = &thread->sender;
	unsigned int next = 0;
	struct socket *sock;
	int err;

	/* Whoever does not get it knows by the next heartbeat that there was something. */
	s->told++;
	if (buffer->is_stamped && !stamp_buffer(thread, buffer)) {
		ip_vs_sync_count(s->errors, 1);
		return;
	}
	for (;;) {
		sock = ip_vs_sync_socket(thread);
		if (!sock) {
			/* When there is an interface again this would be old. */
			ip_vs_sync_count(s->unsent, 1);
			return;
		}
		err = ip_vs_sync_send(thread, sock, false, buffer->data, buffer->len, &next);
		if (err != -EAGAIN || kthread_should_stop())
			break;
		wait_for_room(thread, sock->sk);
	}
	if (err) {
		ip_vs_sync_count(s->errors, 1);
		if (__ratelimit(&thread->daemon->ipvs->log))
			pr_err("ip_vs_send_async error %d\n", err);
		return;
	}
	ip_vs_sync_count(s->messages, 1);
	ip_vs_sync_count(s->sent_records, buffer->writer.count);
	ip_vs_sync_count(s->bytes, buffer->len);
	WRITE_ONCE(thread->last, ktime_get_real_seconds());
}

static int run(void *data)
{
	struct ip_vs_sync_thread *thread = data;
	struct ip_vs_sync_buffer *buffer;
	long wait;

	while (!kthread_should_stop()) {
		ip_vs_sync_beat(thread, ip_vs_sync_socket(thread));
		ip_vs_sync_give_table(thread);
		ip_vs_sync_say_servers(thread);
		/* Who asks without end keeps it awake. */
		cond_resched();
		/* Idle: one that waits for packets is no load. */
		set_current_state(TASK_IDLE);
		wait = min3(time_to_wait(thread), ip_vs_sync_table_wait(thread), ip_vs_sync_servers_wait(thread));
		if (wait > 0 && !kthread_should_stop() &&
		    (!thread->sock || !ip_vs_sync_socket_is_doubtful(thread))) {
			schedule_timeout(wait);
			continue;
		}
		__set_current_state(TASK_RUNNING);
		while (!kthread_should_stop() && (buffer = take_buffer(thread))) {
			send_buffer(thread, buffer);
			kfree(buffer);
			cond_resched();
		}
	}
	return 0;
}

static int prepare(struct ip_vs_sync_thread *thread)
{
	spin_lock_init(&thread->sender.lock);
	INIT_LIST_HEAD(&thread->sender.queue);
	return 0;
}

static void release(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_buffer *buffer, *next;

	list_for_each_entry_safe(buffer, next, &thread->sender.queue, node)
		kfree(buffer);
	kfree(thread->sender.open);
	kfree(thread->sender.table);
}

static void show(struct seq_file *seq, const struct ip_vs_sync_daemon *daemon)
{
	seq_printf(seq, "master messages:\t%lu\n", ip_vs_sync_sum(daemon, sender.messages));
	seq_printf(seq, "master records:\t%lu\n", ip_vs_sync_sum(daemon, sender.sent_records));
	seq_printf(seq, "master bytes:\t%lu\n", ip_vs_sync_sum(daemon, sender.bytes));
	seq_printf(seq, "master records made:\t%lu\n", ip_vs_sync_sum(daemon, sender.records));
	seq_printf(seq, "master queue:\t%lu\n", ip_vs_sync_sum(daemon, sender.queued));
	seq_printf(seq, "master queue max:\t%lu\n", READ_ONCE(daemon->ipvs->sysctl.sync_qlen_max));
	seq_printf(seq, "master messages dropped queue:\t%lu\n", ip_vs_sync_sum(daemon, sender.dropped_messages));
	seq_printf(seq, "master records dropped queue:\t%lu\n", ip_vs_sync_sum(daemon, sender.dropped_records));
	seq_printf(seq, "master records dropped memory:\t%lu\n", ip_vs_sync_sum(daemon, sender.no_memory));
	seq_printf(seq, "master records dropped inexpressible:\t%lu\n", ip_vs_sync_sum(daemon, sender.inexpressible));
	seq_printf(seq, "master messages dropped send:\t%lu\n", ip_vs_sync_sum(daemon, sender.errors));
	seq_printf(seq, "master messages dropped interface:\t%lu\n", ip_vs_sync_sum(daemon, sender.unsent));
	seq_printf(seq, "master tables:\t%lu\n", READ_ONCE(daemon->giving.tables));
	seq_printf(seq, "master servers gone:\t%lu\n", READ_ONCE(daemon->saying.gone));
	seq_printf(seq, "master servers back:\t%lu\n", READ_ONCE(daemon->saying.back));
}

const struct ip_vs_sync_role_ops ip_vs_sync_master_ops = {
	.role = IP_VS_SYNC_MASTER,
	.name = "master",
	.title = "MASTER",
	.letter = 'm',
	.prepare = prepare,
	.release = release,
	.run = run,
	.show = show,
};

/* --- records --- */

/*
 * The mark that led to the service. In-tree it is the mark of the packet that made the connection; there is no room to
 * keep that, and it serves no other purpose than to find this service.
 */
static u32 mark_of(const struct ip_vs_conn *cp)
{
	u32 mark = READ_ONCE(cp->mark);
	const struct ip_vs_dest *dest;

	/* First, for it shares its place: bind_locked() has the other half. */
	smp_rmb();
	dest = READ_ONCE(cp->dest);
	if (dest)
		return READ_ONCE(dest->svc)->key.fwmark;
	return ip_vs_conn_is_unbound(cp) ? mark : 0;
}

static void fill_record(struct ip_vs_sync_record *record, const struct ip_vs_conn *cp)
{
	const struct ip_vs_engine_data *data = ip_vs_conn_engine_data(cp);

	*record = (struct ip_vs_sync_record){
		.is_v6 = cp->af == AF_INET6,
		.protocol = cp->protocol,
		.state = READ_ONCE(cp->state),
		.flags = READ_ONCE(cp->flags),
		.cport = cp->cport,
		.vport = cp->vport,
		.dport = cp->dport,
		.fwmark = mark_of(cp),
		.timeout = READ_ONCE(cp->timeout) / HZ,
	};
	ip_vs_sync_copy_address(&record->caddr, cp->af, ip_vs_conn_caddr(cp));
	ip_vs_sync_copy_address(&record->vaddr, cp->af, ip_vs_conn_vaddr(cp));
	ip_vs_sync_copy_address(&record->daddr, cp->af, ip_vs_conn_daddr(cp));
	if (!data)
		return;
	record->engine_data = data->bytes;
	record->engine_data_len = data->len;
	record->has_engine = true;
	strscpy(record->engine, data->engine->name, sizeof(record->engine));
}

/*
 * A template that waits, out of the table, for those it controls: has the client got another one meanwhile? Whoever hears
 * of both would take turns with them.
 */
static bool is_superseded(const struct ip_vs_conn *cp)
{
	struct ip_vs_conn_param key = {
		.af = cp->af,
		.protocol = cp->protocol,
		.caddr = ip_vs_conn_caddr(cp),
		.vaddr = ip_vs_conn_vaddr(cp),
		.vport = cp->vport,
		.engine_data = (struct ip_vs_engine_data *)ip_vs_conn_engine_data(cp),
	};

	if (!ip_vs_conn_is_template(cp) || READ_ONCE(cp->flags) & IP_VS_CONN_F_HASHED)
		return false;
	return ip_vs_conn_find_template(cp->ipvs, &key);
}

/* One record has room for one family of addresses. What an engine knows is of no use to anybody without a server. */
static bool is_expressible(const struct ip_vs_conn *cp)
{
	const struct ip_vs_dest *dest = READ_ONCE(cp->dest);

	return dest ? dest->key.af == cp->af : !ip_vs_conn_engine_data(cp);
}

static void tell(const struct ip_vs_conn *cp, const struct ip_vs_sync_rule *rule)
{
	struct ip_vs_sync_daemon *daemon = rcu_dereference(cp->ipvs->sync.daemons[IP_VS_SYNC_MASTER]);
	struct ip_vs_sync_thread *thread;
	struct ip_vs_sync_record record;

	if (!daemon || is_superseded(cp))
		return;
	/* Where it lies in memory stays the same for its life. */
	thread = &daemon->threads[daemon->num_threads > 1 ? hash_ptr(cp, ilog2(daemon->num_threads)) : 0];
	if (!is_expressible(cp)) {
		spin_lock_bh(&thread->sender.lock);
		ip_vs_sync_count(thread->sender.inexpressible, 1);
		spin_unlock_bh(&thread->sender.lock);
		return;
	}
	fill_record(&record, cp);
	spin_lock_bh(&thread->sender.lock);
	write_record(thread, &thread->sender.open, &record, rule->version);
	spin_unlock_bh(&thread->sender.lock);
}

/* --- the whole table --- */

/* With the time that is left: it does not start again because somebody has asked. */
static void fill_times(struct ip_vs_sync_record *record, const struct ip_vs_conn *cp)
{
	u32 timeout = READ_ONCE(cp->timeout);

	/* What does not fit, some 49 days, is told in seconds, from its start. */
	record->has_time = timeout / HZ < U32_MAX / MSEC_PER_SEC;
	if (!record->has_time)
		return;
	record->timeout_ms = jiffies_to_msecs(timeout);
	record->left_ms = jiffies_to_msecs(min_t(u32, max(ip_vs_conn_remaining(cp), 0), timeout));
}

void ip_vs_sync_end_slice(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_sender *s = &thread->sender;

	spin_lock_bh(&s->lock);
	if (s->table)
		close_open(thread, &s->table);
	spin_unlock_bh(&s->lock);
}

void ip_vs_sync_queue_table(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_table *body)
{
	static const struct ip_vs_sync_trailer later;
	struct ip_vs_sync_buffer *buffer = alloc_buffer(thread->daemon, IP_VS_SYNC_OWN_MAX);

	/* The records come all the same: whoever has asked knows less of them, and asks in vain until it gives up. */
	if (!buffer)
		return;
	buffer->is_stamped = true;
	buffer->len = ip_vs_sync_write_table(buffer->data, thread->daemon->config.sync_id, body, &later,
					     thread->daemon->hmac);
	spin_lock_bh(&thread->sender.lock);
	queue_buffer(thread, buffer);
	spin_unlock_bh(&thread->sender.lock);
}

void ip_vs_sync_queue_servers(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_server *servers, unsigned int n)
{
	static const struct ip_vs_sync_trailer later;
	unsigned int size = IP_VS_SYNC_OWN_MAX + (n - 1) * IP_VS_SYNC_SERVER_ENTRY_LEN;
	struct ip_vs_sync_buffer *buffer = alloc_buffer(thread->daemon, size);

	spin_lock_bh(&thread->sender.lock);
	if (buffer) {
		buffer->is_stamped = true;
		buffer->len = ip_vs_sync_write_servers(buffer->data, thread->daemon->config.sync_id, servers, n, &later,
						       thread->daemon->hmac);
		queue_buffer(thread, buffer);
	} else {
		ip_vs_sync_count(thread->sender.no_memory, n);
	}
	spin_unlock_bh(&thread->sender.lock);
}

/* --- which --- */

/* Why an entry is looked at. */
enum occasion { ITS_PACKET, A_CONTROLLED_ONE, ITS_TIMER };

static bool has_template(const struct ip_vs_conn *cp)
{
	int i;

	for (i = 0; cp->control && i < CONTROLLERS_MAX; i++) {
		cp = cp->control;
		if (ip_vs_conn_is_template(cp))
			return true;
	}
	return false;
}

static u32 packets_of(struct ip_vs_conn *cp, const struct ip_vs_sync_rule *rule, enum occasion occasion)
{
	u32 packets;

	if (occasion == ITS_TIMER || (occasion == A_CONTROLLED_ONE && !ip_vs_conn_is_template(cp)))
		return rule->threshold;
	packets = READ_ONCE(cp->in_pkts);
	if (occasion == A_CONTROLLED_ONE)
		WRITE_ONCE(cp->in_pkts, ++packets);
	return packets;
}

static struct ip_vs_sync_sight sight_of(const struct ip_vs_conn *cp, enum occasion occasion, u32 packets)
{
	return (struct ip_vs_sync_sight){
		.packets = packets,
		.timeout = READ_ONCE(cp->timeout),
		.now = (u32)jiffies,
		.protocol = cp->protocol,
		.state = READ_ONCE(cp->state),
		.is_v6 = cp->af == AF_INET6,
		.is_template = ip_vs_conn_is_template(cp),
		.is_controller = occasion == A_CONTROLLED_ONE,
		.has_template = has_template(cp),
	};
}

/*
 * Tell of an entry if it is due. Of several CPUs that come to that at once one does so, but for changes of the state. An
 * unbound entry keeps something else where the end of its time would stand, and is told by its packets alone. Returns
 * whether it was told.
 */
static bool tell_if_due(struct ip_vs_conn *cp, const struct ip_vs_sync_rule *rule, enum occasion occasion)
{
	bool is_unbound = ip_vs_conn_is_unbound(cp);
	struct ip_vs_sync_sight sight = sight_of(cp, occasion, packets_of(cp, rule, occasion));
	struct ip_vs_sync_told told = { .end = READ_ONCE(cp->told_end), .state = READ_ONCE(cp->told_state) }, next;

	if (is_unbound)
		told.end = sight.now;
	switch (ip_vs_sync_decide(rule, &sight, told, &next)) {
	case IP_VS_SYNC_NO:
		return false;
	case IP_VS_SYNC_DUE:
		if (!is_unbound && cmpxchg(&cp->told_end, told.end, next.end) != told.end)
			return false;
		break;
	case IP_VS_SYNC_FORCED:
		if (!is_unbound)
			WRITE_ONCE(cp->told_end, next.end);
		break;
	}
	WRITE_ONCE(cp->told_state, next.state);
	tell(cp, rule);
	return true;
}

/* Whoever controls it, and who controls that. */
static void consider_controllers(const struct ip_vs_conn *cp, const struct ip_vs_sync_rule *rule, bool was_told)
{
	struct ip_vs_conn *control = cp->control;
	int i;

	for (i = 0; control && i < CONTROLLERS_MAX && ip_vs_sync_asks_controller(rule, was_told); i++) {
		was_told = tell_if_due(control, rule, A_CONTROLLED_ONE);
		control = control->control;
	}
}

unsigned int ip_vs_sync_consider(struct ip_vs_conn *cp, const struct ip_vs_sync_rule *rule, unsigned int verdict)
{
	consider_controllers(cp, rule, tell_if_due(cp, rule, ITS_PACKET));
	return verdict;
}

void ip_vs_sync_one_packet(const struct ip_vs_conn *cp)
{
	const struct ip_vs_sync_rule *rule = rcu_dereference(cp->ipvs->sync.rule);

	if (rule)
		consider_controllers(cp, rule, false);
}

static void controller_stays(struct ip_vs_conn *cp)
{
	const struct ip_vs_sync_rule *rule = rcu_dereference(cp->ipvs->sync.rule);

	if (rule)
		tell_if_due(cp, rule, ITS_TIMER);
}

bool ip_vs_sync_queue_entry(struct ip_vs_sync_thread *thread, struct ip_vs_conn *cp)
{
	const struct ip_vs_sync_rule *rule = rcu_dereference(cp->ipvs->sync.rule);
	struct ip_vs_sync_record record;
	struct ip_vs_sync_sight sight;
	bool is_written;

	if (!rule || !is_expressible(cp))
		return false;
	sight = sight_of(cp, ITS_TIMER, 0);
	if (!ip_vs_sync_is_eligible(rule, &sight) || ip_vs_conn_remaining(cp) <= 0)
		return false;
	fill_record(&record, cp);
	fill_times(&record, cp);
	if (cp->dest && ip_vs_dest_is_lost(cp->dest)) {
		record.has_server = true;
		record.server = IP_VS_SYNC_SERVER_GONE;
	}
	spin_lock_bh(&thread->sender.lock);
	is_written = write_record(thread, &thread->sender.table, &record, rule->version);
	spin_unlock_bh(&thread->sender.lock);
	return is_written;
}

/* --- the rule --- */

/* Packets read one while the other one is made; a rule that was replaced has no readers when it is made again. */
static void set_rule(struct ip_vs_net *ipvs)
{
	const struct ip_vs_sysctl *sysctl = &ipvs->sysctl;
	struct ip_vs_sync_rule *old = rcu_dereference_protected(ipvs->sync.rule, lockdep_is_held(&ipvs->sync.mutex));
	struct ip_vs_sync_rule *rule = &ipvs->sync.rules[old == &ipvs->sync.rules[0]];

	ip_vs_sync_rule_set(rule, READ_ONCE(sysctl->sync_threshold[0]), READ_ONCE(sysctl->sync_threshold[1]),
			    READ_ONCE(sysctl->sync_refresh_period) / HZ, READ_ONCE(sysctl->sync_retries),
			    READ_ONCE(sysctl->sync_version), READ_ONCE(sysctl->sync_persist_mode), HZ);
	rcu_assign_pointer(ipvs->sync.rule, rule);
}

void ip_vs_sync_rule_changed(struct ip_vs_net *ipvs)
{
	mutex_lock(&ipvs->sync.mutex);
	if (rcu_access_pointer(ipvs->sync.rule)) {
		set_rule(ipvs);
		/* Before the next one. */
		synchronize_rcu();
	}
	mutex_unlock(&ipvs->sync.mutex);
}

void ip_vs_sync_master_begin(struct ip_vs_net *ipvs)
{
	lockdep_assert_held(&ipvs->sync.mutex);
	set_rule(ipvs);
	static_branch_inc(&ip_vs_sync_masters);
}

void ip_vs_sync_master_end(struct ip_vs_net *ipvs)
{
	lockdep_assert_held(&ipvs->sync.mutex);
	static_branch_dec(&ip_vs_sync_masters);
	RCU_INIT_POINTER(ipvs->sync.rule, NULL);
}

void ip_vs_sync_master_init(struct ip_vs_net *ipvs)
{
	ipvs->controller_stays = controller_stays;
}
