// SPDX-License-Identifier: GPL-2.0-only
/* The life of a connection: made, bound to its server, given states, ended. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/delay.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "app/app.h"
#include "charge.h"
#include "conn/conn.h"
#include "conn/help.h"
#include "conn/table.h"
#include "conn/wheel.h"
#include "faults/pause.h"
#include "pe/engine.h"
#include "proto/conntrack.h"
#include "proto/names.h"
#include "svc/dest.h"
#include "svc/service.h"

/* Those that a helper looks after are larger. */
enum { PLAIN, HELPED, KINDS };
static struct kmem_cache *caches[IP_VS_FAMILIES][KINDS] __read_mostly;

/* The first cache line holds all that an established connection needs. */
static_assert(IS_ENABLED(CONFIG_DEBUG_SPINLOCK) || IS_ENABLED(CONFIG_PREEMPT_RT) ||
	      (offsetof(struct ip_vs_conn, lock) < 64 && sizeof(struct ip_vs_conn) <= 128));

static void free_conn(struct ip_vs_conn *cp)
{
	bool is_helped = cp->flags & IP_VS_CONN_F_HELPED;

	if (cp->dest)
		ip_vs_dest_put(cp->dest);
	if (ip_vs_conn_is_template(cp))
		ip_vs_engine_data_free(cp->engine_data);
	if (is_helped)
		ip_vs_app_put(cp->ipvs, ip_vs_conn_help(cp)->port);
	kmem_cache_free(caches[ip_vs_family_index(cp->af)][is_helped ? HELPED : PLAIN], cp);
}

/*
 * Those that have ended are freed after a grace period, by a worker, all together: a callback each would do it with bottom
 * halves off, and when many end at once packets wait for that. What ends meanwhile is for the next time.
 *
 * Whoever sets is_burying may touch what stands beside it, until it is taken back.
 */
static void start_burial(struct ip_vs_net *ipvs)
{
	/* Both exchanges are barriers: whoever is too late to find nobody at it has added before that looks again. */
	while (!llist_empty(&ipvs->dead) && !atomic_xchg(&ipvs->is_burying, 1)) {
		ipvs->buried = llist_del_all(&ipvs->dead);
		if (ipvs->buried) {
			queue_rcu_work(ip_vs_wq, &ipvs->burial);
			return;
		}
		atomic_xchg(&ipvs->is_burying, 0);
	}
}

static void burial_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(to_rcu_work(work), struct ip_vs_net, burial);
	struct ip_vs_conn *cp, *next;

	llist_for_each_entry_safe(cp, next, ipvs->buried, dead) {
		free_conn(cp);
		cond_resched();
	}
	atomic_xchg(&ipvs->is_burying, 0);
	ip_vs_pause(IP_VS_PAUSE_BURIAL);
	start_burial(ipvs);
}

static void bury(struct ip_vs_conn *cp)
{
	struct ip_vs_net *ipvs = cp->ipvs;

	/* Who was not the first need not start anything. */
	if (llist_add(&cp->dead, &ipvs->dead))
		start_burial(ipvs);
}

/* Nothing ends any more. */
static void await_burial(struct ip_vs_net *ipvs)
{
	/* In this order: what was in the list before it is seen empty is buried when nobody is at it afterwards. */
	while (smp_load_acquire(&ipvs->dead.first) || atomic_read(&ipvs->is_burying))
		flush_rcu_work(&ipvs->burial);
	/* The worker takes is_burying back first, and then looks whether there is more. */
	flush_work(&ipvs->burial.work);
}

/*
 * It counts at its server once nobody else can be first with its key: a count that is taken back may have left the
 * mark of overload behind.
 */
static void count_at_dest(struct ip_vs_conn *cp, bool is_new)
{
	struct ip_vs_dest *dest = cp->dest;

	if (!dest)
		return;
	if (ip_vs_conn_is_template(cp)) {
		atomic_inc(&dest->templates);
		return;
	}
	atomic_inc(&dest->conns);
	/* One that is made here becomes active with its first state. */
	if (!(cp->flags & IP_VS_CONN_F_INACTIVE))
		atomic_inc(&dest->active);
	ip_vs_dest_conns_changed(dest);
	/* What another director has told of was given to nobody here. */
	if (is_new && !(cp->flags & IP_VS_CONN_F_SYNC))
		ip_vs_count_conn(dest->stats);
}

/* The counters only; the reference lasts as long as the entry. */
static void uncount_at_dest(struct ip_vs_conn *cp)
{
	struct ip_vs_dest *dest = cp->dest;

	if (!dest)
		return;
	if (ip_vs_conn_is_template(cp)) {
		atomic_dec(&dest->templates);
		return;
	}
	if (!(cp->flags & IP_VS_CONN_F_INACTIVE))
		atomic_dec(&dest->active);
	atomic_dec(&dest->conns);
	ip_vs_dest_conns_changed(dest);
}

/* Only NAT has something to do with what the servers send. */
static u32 without_output(u32 flags)
{
	return (flags & IP_VS_CONN_F_FWD_MASK) == IP_VS_CONN_F_MASQ ? flags : flags | IP_VS_CONN_F_NOOUTPUT;
}

/* What an entry has of its server, whatever the other director's is: all but the one packet of a service. */
static u32 flags_of_server(u32 flags, const struct ip_vs_dest *dest)
{
	flags &= ~(IP_VS_CONN_F_FWD_MASK | IP_VS_CONN_F_NOOUTPUT);
	return without_output(flags | READ_ONCE(dest->fwd) | (READ_ONCE(dest->conn_flags) & ~IP_VS_CONN_F_ONE_PACKET));
}

static u32 initial_flags_synced(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	u32 flags = p->flags;

	if (READ_ONCE(ipvs->sysctl.conntrack))
		flags |= IP_VS_CONN_F_NFCT;
	return p->dest ? flags_of_server(flags, p->dest) : flags;
}

static u32 initial_flags(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	u32 flags = p->flags;

	if (READ_ONCE(ipvs->sysctl.conntrack))
		flags |= IP_VS_CONN_F_NFCT;

	if (p->dest)
		flags = without_output(flags | READ_ONCE(p->dest->fwd) | READ_ONCE(p->dest->conn_flags));
	if (p->protocol != IPPROTO_UDP || flags & IP_VS_CONN_F_TEMPLATE)
		flags &= ~IP_VS_CONN_F_ONE_PACKET;
	return flags | IP_VS_CONN_F_INACTIVE;
}

/* It has come from another director: as if it had told the same state itself. */
static void note_told(struct ip_vs_conn *cp, const struct ip_vs_conn_param *p)
{
	struct ip_vs_sync_told told = ip_vs_sync_told_by_other(p->state, (u32)jiffies);

	WRITE_ONCE(cp->told_state, told.state);
	if (!ip_vs_conn_is_unbound(cp))
		WRITE_ONCE(cp->told_end, told.end);
	WRITE_ONCE(cp->in_pkts, p->in_pkts);
	if (ip_vs_conn_is_template(cp) && p->state)
		WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_ASSURED);
}

/* Who looks after connections like this one? */
static const struct ip_vs_app_port *get_helper(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p, u32 flags)
{
	if (flags & (IP_VS_CONN_F_FWD_MASK | IP_VS_CONN_F_TEMPLATE))
		return NULL;
	return ip_vs_app_get(ipvs, p->protocol, p->vport);
}

static struct ip_vs_conn *alloc(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	u32 flags = unlikely(p->flags & IP_VS_CONN_F_SYNC) ? initial_flags_synced(ipvs, p) : initial_flags(ipvs, p);
	const struct ip_vs_app_port *helper = get_helper(ipvs, p, flags);
	struct ip_vs_charge charge = ip_vs_charge_begin(ipvs);
	struct ip_vs_conn *cp = kmem_cache_alloc(caches[ip_vs_family_index(p->af)][helper ? HELPED : PLAIN],
						 charge.gfp | __GFP_ZERO);
	/* The address of a tunnel server of the other family stands at cp->dest. */
	bool is_same_family = !p->dest || p->dest->key.af == p->af;

	ip_vs_charge_end(ipvs, charge);
	if (!cp) {
		if (helper)
			ip_vs_app_put(ipvs, helper);
		return NULL;
	}
	cp->af = p->af;
	cp->protocol = p->protocol;
	cp->cport = p->cport;
	cp->vport = p->vport;
	cp->dport = p->dport;
	if (p->af == AF_INET6) {
		memcpy(&cp->addr6[IP_VS_CONN_CADDR], p->caddr, sizeof(struct in6_addr));
		memcpy(&cp->addr6[IP_VS_CONN_VADDR], p->vaddr, sizeof(struct in6_addr));
		if (is_same_family)
			memcpy(&cp->addr6[IP_VS_CONN_DADDR], p->daddr, sizeof(struct in6_addr));
	} else {
		memcpy(&cp->caddr, p->caddr, sizeof(__be32));
		memcpy(&cp->vaddr, p->vaddr, sizeof(__be32));
		if (is_same_family)
			memcpy(&cp->daddr, p->daddr, sizeof(__be32));
	}
	cp->ipvs = ipvs;
	cp->timeout = p->timeout;
	cp->hash = p->hash;
	cp->last_used = (u32)jiffies - p->passed;
	cp->slot = IP_VS_WHEEL_NONE;
	spin_lock_init(&cp->lock);
	atomic_set(&cp->num_controlled, 0);
	cp->told_end = (u32)jiffies;
	cp->flags = flags;
	if (helper) {
		ip_vs_conn_help(cp)->port = helper;
		cp->flags |= IP_VS_CONN_F_HELPED | helper->app->conn_flags;
	}
	if (unlikely(p->flags & IP_VS_CONN_F_SYNC)) {
		cp->state = p->state;
		note_told(cp, p);
	}
	if (ip_vs_conn_is_template(cp))
		cp->engine_data = p->engine_data;
	if (p->dest) {
		ip_vs_dest_get(p->dest);
		cp->dest = p->dest;
	} else if (ip_vs_conn_is_unbound(cp)) {
		cp->mark = p->mark;
	}
	return cp;
}

static void release_control(struct ip_vs_conn *cp);

static void unhash_locked(struct ip_vs_conn *cp)
{
	lockdep_assert_held(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_HASHED))
		return;
	if (!(cp->flags & IP_VS_CONN_F_ONE_PACKET))
		ip_vs_table_remove(cp);
	if (ip_vs_conn_is_nat(cp) && !ip_vs_conn_is_template(cp))
		ip_vs_table_remove_reply(cp);
	if (cp->flags & IP_VS_CONN_F_NO_CPORT)
		atomic_dec(&cp->ipvs->num_portless);
	WRITE_ONCE(cp->flags, cp->flags & ~IP_VS_CONN_F_HASHED);
}

/* A tracking entry that was kept for this connection ends with it. Nothing can be tracked without a port. */
static void kill_track(const struct ip_vs_conn *cp)
{
	struct ip_vs_track_end client = { ip_vs_conn_caddr(cp), cp->cport };
	struct ip_vs_track_end virtual = { ip_vs_conn_vaddr(cp), cp->vport };

	if (cp->flags & IP_VS_CONN_F_NFCT && !(cp->flags & IP_VS_CONN_F_ONE_PACKET) && cp->cport &&
	    !READ_ONCE(cp->ipvs->conn_closing))
		ip_vs_track_kill(cp->ipvs->net, cp->af, cp->protocol, &client, &virtual);
}

/* Out of everything; the caller holds the lock and has found it alive. */
static void unlink_locked(struct ip_vs_conn *cp)
{
	struct ip_vs_net *ipvs = cp->ipvs;

	lockdep_assert_held(&cp->lock);
	unhash_locked(cp);
	kill_track(cp);
	ip_vs_wheel_remove(ipvs->wheel, cp);
	/* One of one packet has been taken back already. */
	if (!(cp->flags & IP_VS_CONN_F_ONE_PACKET))
		uncount_at_dest(cp);
	if (ip_vs_conn_is_unbound(cp))
		atomic_dec(&ipvs->num_unbound);
	release_control(cp);
	/* Last: from now on nobody changes counters or the wheel for it. */
	WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_DEAD);
	atomic_dec(&ipvs->num_conns);
	bury(cp);
}

/* Has it left the table while it controlled connections, and does it control none any more? */
static bool has_waited_enough(const struct ip_vs_conn *control)
{
	return !(READ_ONCE(control->flags) & (IP_VS_CONN_F_HASHED | IP_VS_CONN_F_DEAD)) &&
	       !atomic_read(&control->num_controlled);
}

/*
 * The connection that a template, or another connection, controls has gone. If it was the last one and its controller has
 * only been waiting for it, out of the table, it goes, too: otherwise it would be there, for nobody to see, until it is
 * looked at again.
 *
 * Locking: a connection's lock before its controller's. There are three at most, a template, a connection that was made
 * from it, and one that was announced there: each has a depth of its own.
 */
static void release_control(struct ip_vs_conn *cp)
{
	struct ip_vs_conn *control = cp->control;

	if (!control || ip_vs_forgets_control())
		return;
	rcu_read_lock();
	if (atomic_dec_and_test(&control->num_controlled) && has_waited_enough(control)) {
		local_bh_disable();
		spin_lock_nested(&control->lock, ip_vs_conn_is_template(control) ? 2 : SINGLE_DEPTH_NESTING);
		if (has_waited_enough(control))
			unlink_locked(control);
		spin_unlock(&control->lock);
		local_bh_enable();
	}
	rcu_read_unlock();
}

/* Nobody else has ever seen it, so no grace period is needed: in a flood they would pile up until its end. */
static void free_unseen(struct ip_vs_conn *cp)
{
	release_control(cp);
	atomic_dec(&cp->ipvs->num_conns);
	free_conn(cp);
}

/* How long after the last packet replies to a connection of one packet are awaited, in jiffies. */
#define ONE_PACKET_TIMEOUT (10 * HZ)

bool ip_vs_conn_await_reply(struct ip_vs_conn *cp)
{
	if (!ip_vs_conn_is_nat(cp) || ip_vs_conn_reply_is_awaited(cp))
		return false;
	/* At its server it counts no longer than the packet. */
	uncount_at_dest(cp);
	spin_lock_bh(&cp->lock);
	cp->timeout = min_t(u32, cp->timeout, ONE_PACKET_TIMEOUT);
	ip_vs_table_insert_reply(cp);
	WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_HASHED);
	ip_vs_wheel_put(cp->ipvs->wheel, cp);
	spin_unlock_bh(&cp->lock);
	return true;
}

void ip_vs_conn_end(struct ip_vs_conn *cp)
{
	if (cp->flags & IP_VS_CONN_F_ONE_PACKET) {
		uncount_at_dest(cp);
		free_unseen(cp);
		return;
	}
	spin_lock_bh(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_DEAD) && !atomic_read(&cp->num_controlled))
		unlink_locked(cp);
	spin_unlock_bh(&cp->lock);
}

/* Has conn_max kept a connection out within the last ten seconds? */
static bool is_short_of_room(const struct ip_vs_net *ipvs)
{
	u32 at = READ_ONCE(ipvs->refused_at);

	return at && (u32)jiffies - at < 10 * HZ;
}

/*
 * A connection has ended by itself. When there is no room, the template that it leaves behind goes with it if none
 * of its connections was ever established or answered. Under RCU.
 */
static void end_template_behind(struct ip_vs_conn *template)
{
	if (!template || !is_short_of_room(template->ipvs))
		return;
	spin_lock_bh(&template->lock);
	if (!(template->flags & (IP_VS_CONN_F_DEAD | IP_VS_CONN_F_ASSURED)) &&
	    !atomic_read(&template->num_controlled))
		unlink_locked(template);
	spin_unlock_bh(&template->lock);
}

static bool is_over(const struct ip_vs_conn *cp)
{
	lockdep_assert_held(&cp->lock);
	return ip_vs_conn_remaining(cp) <= 0 && !atomic_read(&cp->num_controlled);
}

bool ip_vs_conn_end_if_over(struct ip_vs_conn *cp)
{
	struct ip_vs_conn *template = NULL;
	bool is_gone;

	spin_lock_bh(&cp->lock);
	is_gone = cp->flags & IP_VS_CONN_F_DEAD;
	if (!is_gone && is_over(cp)) {
		template = ip_vs_conn_template(cp);
		unlink_locked(cp);
		is_gone = true;
	}
	spin_unlock_bh(&cp->lock);
	end_template_behind(template);
	return is_gone;
}

/*
 * Take part in the control of a template, or of another connection. It may just be expiring: who finds it dead makes
 * its connection without it, which costs the client a new choice of server next time.
 */
static void bind_control(struct ip_vs_conn *cp, struct ip_vs_conn *control)
{
	spin_lock_bh(&control->lock);
	if (!(control->flags & IP_VS_CONN_F_DEAD)) {
		atomic_inc(&control->num_controlled);
		cp->control = control;
	}
	spin_unlock_bh(&control->lock);
}

/* Where an entry counts: at its server, and in the statistics; at its server only; nowhere, somebody has counted it. */
enum counting { COUNT_NEW, COUNT_ENTRY, COUNT_NOTHING };

/* Put a complete entry where others see it. NULL = done, else who was first. */
static struct ip_vs_conn *hash(struct ip_vs_conn *cp, enum counting counting)
{
	bool is_portless = cp->flags & IP_VS_CONN_F_NO_CPORT;
	struct ip_vs_conn *other;

	/* Before it can be found: a packet that needs it must not think that there is none. */
	if (is_portless)
		atomic_inc(&cp->ipvs->num_portless);

	/* Whoever finds it at once waits here until it is in the other tables too. */
	spin_lock_bh(&cp->lock);
	other = ip_vs_table_insert(cp);
	if (!other) {
		if (ip_vs_conn_is_nat(cp) && !ip_vs_conn_is_template(cp))
			ip_vs_table_insert_reply(cp);
		WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_HASHED);
		if (counting != COUNT_NOTHING)
			count_at_dest(cp, counting == COUNT_NEW);
		if (unlikely(ip_vs_conn_is_unbound(cp)))
			atomic_inc(&cp->ipvs->num_unbound);
		ip_vs_wheel_put(cp->ipvs->wheel, cp);
	} else if (is_portless) {
		atomic_dec(&cp->ipvs->num_portless);
	}
	spin_unlock_bh(&cp->lock);
	return other;
}

/* There is no room. A worker makes some, a second later at the earliest: it looks at all templates. */
static void note_refusal(struct ip_vs_net *ipvs)
{
	u32 now = (u32)jiffies ?: 1;

	if (READ_ONCE(ipvs->refused_at) != now)
		WRITE_ONCE(ipvs->refused_at, now);
	if (!delayed_work_pending(&ipvs->room_work))
		queue_delayed_work(ip_vs_wq, &ipvs->room_work, HZ);
}

/*
 * Count a new entry, unless the namespace has enough. The count is taken before the memory, so that however
 * many CPUs try there are never too many. Source: spec/connections.md, section 4.
 */
static bool count_conn(struct ip_vs_net *ipvs)
{
	if (likely(atomic_inc_return(&ipvs->num_conns) <= READ_ONCE(ipvs->sysctl.conn_max)))
		return true;
	ip_vs_pause(IP_VS_PAUSE_COUNT);
	atomic_dec(&ipvs->num_conns);
	note_refusal(ipvs);
	return false;
}

struct ip_vs_conn *ip_vs_conn_make(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	struct ip_vs_conn *cp, *other;

	if (!count_conn(ipvs)) {
		ip_vs_engine_data_free(p->engine_data);
		return NULL;
	}
	cp = alloc(ipvs, p);
	if (!cp) {
		ip_vs_engine_data_free(p->engine_data);
		atomic_dec(&ipvs->num_conns);
		return NULL;
	}
	if (p->control)
		bind_control(cp, p->control);
	if (cp->flags & IP_VS_CONN_F_ONE_PACKET) {
		count_at_dest(cp, true);
		return cp;
	}

	ip_vs_pause(IP_VS_PAUSE_MAKE);
	other = hash(cp, p->is_uncounted ? COUNT_ENTRY : COUNT_NEW);
	if (likely(!other))
		return cp;
	free_unseen(cp);
	return other;
}

/*
 * Only one packet has its way: another one, from the same port even, is lost in these moments and will be sent again.
 * The new entry is in the table before the old one leaves, so that there is always one of them; it is not counted twice,
 * and needs no room.
 */
static bool take(struct ip_vs_conn *cp, struct ip_vs_conn *heir)
{
	bool is_mine;

	spin_lock_bh(&cp->lock);
	is_mine = !(cp->flags & (IP_VS_CONN_F_DEAD | IP_VS_CONN_F_TAKEN));
	if (is_mine) {
		WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_TAKEN);
		heir->flags = (cp->flags & ~(IP_VS_CONN_F_TAKEN | IP_VS_CONN_F_NO_CPORT | IP_VS_CONN_F_HASHED |
					     IP_VS_CONN_F_HELPED)) | (heir->flags & IP_VS_CONN_F_HELPED);
		heir->state = cp->state;
		heir->timeout = cp->timeout;
		heir->in_pkts = cp->in_pkts;
		/* Of an unbound one, which its heir will be, the mark. */
		heir->told_end = cp->told_end;
		heir->told_state = cp->told_state;
		/* As long as the old one is alive its controller is. */
		heir->control = cp->control;
		if (heir->control)
			atomic_inc(&heir->control->num_controlled);
	}
	spin_unlock_bh(&cp->lock);
	return is_mine;
}

/* The old one leaves. Has it been counted at its server until now, so that the new one is? */
static bool leave_to_heir(struct ip_vs_conn *cp)
{
	bool was_counted;

	spin_lock_bh(&cp->lock);
	was_counted = !(cp->flags & IP_VS_CONN_F_DEAD);
	if (was_counted) {
		unhash_locked(cp);
		ip_vs_wheel_remove(cp->ipvs->wheel, cp);
		release_control(cp);
		if (ip_vs_conn_is_unbound(cp))
			atomic_dec(&cp->ipvs->num_unbound);
		WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_DEAD);
		atomic_dec(&cp->ipvs->num_conns);
		bury(cp);
	}
	spin_unlock_bh(&cp->lock);
	return was_counted;
}

struct ip_vs_conn *ip_vs_conn_take_port(struct ip_vs_conn *cp, __be16 port)
{
	struct ip_vs_conn_param p = {
		.af = cp->af,
		.protocol = cp->protocol,
		.caddr = ip_vs_conn_caddr(cp),
		.vaddr = ip_vs_conn_vaddr(cp),
		.daddr = ip_vs_conn_daddr(cp),
		.cport = port,
		.vport = cp->vport,
		.dport = cp->dport,
		.dest = cp->dest,
	};
	struct ip_vs_conn *heir = alloc(cp->ipvs, &p), *other;

	if (!heir)
		return NULL;
	atomic_inc(&cp->ipvs->num_conns);
	if (!take(cp, heir)) {
		free_unseen(heir);
		return NULL;
	}
	other = hash(heir, COUNT_NOTHING);
	if (unlikely(other)) {
		/* This very connection has been made meanwhile, and counts by itself. */
		free_unseen(heir);
		ip_vs_conn_end(cp);
		return other;
	}
	if (!leave_to_heir(cp)) {
		spin_lock_bh(&heir->lock);
		if (!(heir->flags & IP_VS_CONN_F_DEAD))
			count_at_dest(heir, false);
		spin_unlock_bh(&heir->lock);
	}
	return heir;
}

static void requeue_if_earlier(struct ip_vs_conn *cp)
{
	/* It ends before the wheel would look at it. */
	if (READ_ONCE(cp->slot) == IP_VS_WHEEL_NONE || (s32)(cp->last_used + cp->timeout - cp->due) < 0)
		ip_vs_wheel_put(cp->ipvs->wheel, cp);
}

/*
 * Its time starts again, with another timeout. Others read the two words without a lock, so the older time must
 * never be seen with the newer timeout: after a long pause a shorter one would be over already. Hence the time is
 * stored first, and read last (ip_vs_conn_remaining()). The newer time with the older timeout is harmless: what
 * has just been used is not over.
 */
static void set_timeout(struct ip_vs_conn *cp, u32 timeout)
{
	lockdep_assert_held(&cp->lock);
	ip_vs_conn_touch(cp);
	ip_vs_pause(IP_VS_PAUSE_STATE);
	smp_store_release(&cp->timeout, timeout);
}

void ip_vs_conn_restart(struct ip_vs_conn *cp, u32 timeout)
{
	spin_lock_bh(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_DEAD)) {
		set_timeout(cp, timeout);
		requeue_if_earlier(cp);
	}
	spin_unlock_bh(&cp->lock);
}

void ip_vs_conn_set_state(struct ip_vs_conn *cp, u8 state, u32 timeout, bool active)
{
	bool was_active = !(cp->flags & IP_VS_CONN_F_INACTIVE);

	lockdep_assert_held(&cp->lock);
	if (cp->flags & IP_VS_CONN_F_DEAD)
		return;
	/* Of an unbound one the server learns it when it comes. Where none was chosen, it says nothing. */
	if (active != was_active && (cp->dest || ip_vs_conn_is_unbound(cp))) {
		if (cp->dest) {
			atomic_add(active ? 1 : -1, &cp->dest->active);
			ip_vs_dest_load_changed(cp->dest);
		}
		WRITE_ONCE(cp->flags, cp->flags ^ IP_VS_CONN_F_INACTIVE);
	}
	WRITE_ONCE(cp->state, state);
	set_timeout(cp, timeout);
	if (cp->flags & IP_VS_CONN_F_HASHED)
		requeue_if_earlier(cp);
}

void ip_vs_conn_assure_template(struct ip_vs_conn *cp)
{
	struct ip_vs_conn *template = ip_vs_conn_template(cp);

	/* Only ever set, and by nobody else while it controls: a lost race is made good by the next packet. */
	if (template && !(READ_ONCE(template->flags) & IP_VS_CONN_F_ASSURED)) {
		spin_lock_nested(&template->lock, 2);
		WRITE_ONCE(template->flags, template->flags | IP_VS_CONN_F_ASSURED);
		WRITE_ONCE(template->state, 1);
		spin_unlock(&template->lock);
	}
}

void ip_vs_conn_retire(struct ip_vs_conn *cp, bool leave_track)
{
	spin_lock_bh(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_DEAD)) {
		if (leave_track)
			WRITE_ONCE(cp->flags, cp->flags & ~IP_VS_CONN_F_NFCT);
		/* In the wheel it stays until the last connection it controls is gone. */
		if (atomic_read(&cp->num_controlled))
			unhash_locked(cp);
		else
			unlink_locked(cp);
	}
	spin_unlock_bh(&cp->lock);
}

/*
 * An unbound entry gets its server, and with it, perhaps, another method: the new one is seen when the server is, and a
 * reply finds it before and after that. It happens once in its life, so that it never comes back into the table of replies
 * under the feet of those who read there.
 */
static void bind_locked(struct ip_vs_conn *cp, struct ip_vs_dest *dest)
{
	bool is_template = ip_vs_conn_is_template(cp), was_nat = ip_vs_conn_is_nat(cp);
	u32 flags = flags_of_server(cp->flags, dest);
	bool is_nat = (flags & IP_VS_CONN_F_FWD_MASK) == IP_VS_CONN_F_MASQ;

	lockdep_assert_held(&cp->lock);
	ip_vs_dest_get(dest);
	if (!is_template && is_nat && !was_nat)
		ip_vs_table_insert_reply(cp);
	atomic_dec(&cp->ipvs->num_unbound);
	/* Whoever finds the server finds it complete, and who acts by its method finds the server. */
	smp_store_release(&cp->dest, dest);
	/* In the place of the mark: whoever has read this instead of it finds the server. */
	smp_wmb();
	WRITE_ONCE(cp->told_end, (u32)jiffies);
	smp_store_release(&cp->flags, flags);
	if (!is_template && was_nat && !is_nat)
		ip_vs_table_remove_reply(cp);
	count_at_dest(cp, false);
}

/*
 * Retired entries wait out of the table for what they control: nobody finds them. Of one that has an heir that one is to be
 * bound, which counts in its place.
 */
static bool is_to_bind(const struct ip_vs_conn *cp)
{
	return ip_vs_conn_is_unbound(cp) && cp->flags & IP_VS_CONN_F_HASHED && !(cp->flags & IP_VS_CONN_F_TAKEN);
}

void ip_vs_conn_tell(struct ip_vs_conn *cp, const struct ip_vs_conn_param *p)
{
	bool is_inactive = p->flags & IP_VS_CONN_F_INACTIVE, was_inactive, is_assured;

	spin_lock_bh(&cp->lock);
	if (cp->flags & IP_VS_CONN_F_DEAD)
		goto unlock;
	if (p->dest && is_to_bind(cp))
		bind_locked(cp, p->dest);
	else if (ip_vs_conn_is_unbound(cp))
		WRITE_ONCE(cp->mark, p->mark);
	was_inactive = cp->flags & IP_VS_CONN_F_INACTIVE;
	if (is_inactive != was_inactive) {
		if (cp->dest && !ip_vs_conn_is_template(cp)) {
			atomic_add(is_inactive ? -1 : 1, &cp->dest->active);
			ip_vs_dest_load_changed(cp->dest);
		}
		WRITE_ONCE(cp->flags, cp->flags ^ IP_VS_CONN_F_INACTIVE);
	}
	/* A template that was answered once has been. */
	is_assured = ip_vs_conn_is_template(cp) && cp->flags & IP_VS_CONN_F_ASSURED;
	WRITE_ONCE(cp->state, is_assured ? 1 : p->state);
	note_told(cp, p);
	set_timeout(cp, p->timeout);
	/* Behind that: for no moment has it the old time from then on. */
	if (p->passed)
		WRITE_ONCE(cp->last_used, (u32)jiffies - p->passed);
	if (cp->flags & IP_VS_CONN_F_HASHED)
		requeue_if_earlier(cp);
unlock:
	spin_unlock_bh(&cp->lock);
}

/* The wheel has come round to @cp. Under RCU. */
static void look_at(struct ip_vs_conn *cp, unsigned int number, void *data)
{
	struct ip_vs_wheel *wheel = cp->ipvs->wheel;
	struct ip_vs_conn *template = NULL;
	bool stays = false;

	spin_lock_bh(&cp->lock);
	if (cp->flags & IP_VS_CONN_F_DEAD || READ_ONCE(cp->slot) != IP_VS_WHEEL_NONE)
		goto unlock;
	if (is_over(cp)) {
		template = ip_vs_conn_template(cp);
		unlink_locked(cp);
		goto unlock;
	}
	/*
	 * A controller waits for those it controls, a minute at a time. A template takes no more; a connection that is
	 * silent while what it has announced goes on is still one.
	 */
	if (ip_vs_conn_remaining(cp) <= 0) {
		if (ip_vs_conn_is_template(cp))
			unhash_locked(cp);
		set_timeout(cp, 60 * HZ);
		stays = true;
	}
	ip_vs_wheel_give_back(wheel, cp, number);
unlock:
	spin_unlock_bh(&cp->lock);
	end_template_behind(template);
	if (stays)
		cp->ipvs->controller_stays(cp);
}

/* Which entries are to end: those of which @ends says so. Under the entry's lock and RCU. */
struct sweep {
	bool (*ends)(struct ip_vs_conn *cp, void *data);
	void *data;
};

/* For ip_vs_wheel_visit(): end what @data, a sweep, says and leave the rest in its place. */
static void end_if(struct ip_vs_conn *cp, unsigned int number, void *data)
{
	struct sweep *sweep = data;

	spin_lock_bh(&cp->lock);
	if (cp->flags & IP_VS_CONN_F_DEAD)
		;
	else if (!atomic_read(&cp->num_controlled) && sweep->ends(cp, sweep->data))
		unlink_locked(cp);
	else if (READ_ONCE(cp->slot) == IP_VS_WHEEL_NONE)
		ip_vs_wheel_give_back(cp->ipvs->wheel, cp, number);
	spin_unlock_bh(&cp->lock);
}

/* All over the wheel. Entries that come meanwhile may be missed. */
static void sweep(struct ip_vs_net *ipvs, bool (*ends)(struct ip_vs_conn *cp, void *data), void *data)
{
	struct sweep all = { ends, data };

	ip_vs_wheel_visit(ipvs->wheel, end_if, &all);
}

static bool ends_always(struct ip_vs_conn *cp, void *data)
{
	return true;
}

void ip_vs_conn_end_where(struct ip_vs_net *ipvs, bool (*ends)(struct ip_vs_conn *cp, void *data), void *data)
{
	if (!smp_load_acquire(&ipvs->conn_ready))
		return;
	/* The second round ends what controlled those that the first one ended, the third one its templates. */
	sweep(ipvs, ends, data);
	sweep(ipvs, ends, data);
	sweep(ipvs, ends, data);
}

static bool ends_without_dest(struct ip_vs_conn *cp, void *data)
{
	return cp->dest && ip_vs_dest_is_lost(cp->dest);
}

static void nodest_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, nodest_work);

	ip_vs_conn_end_where(ipvs, ends_without_dest, NULL);
}

/* Can the namespace do without it? Under RCU: the service may be another one in a moment. */
static bool is_given_up(struct ip_vs_conn *cp)
{
	bool is_template = ip_vs_conn_is_template(cp);
	struct ip_vs_defense_entry entry = {
		.protocol = cp->protocol,
		.state = cp->state,
		.is_controller = atomic_read(&cp->num_controlled),
		.is_template = is_template,
		.is_assured = cp->flags & IP_VS_CONN_F_ASSURED,
		.is_one_packet = is_template && cp->dest &&
				 READ_ONCE(READ_ONCE(cp->dest->svc)->flags) & IP_VS_SVC_F_ONEPACKET,
		.is_idle = (u32)jiffies - READ_ONCE(cp->last_used) >= IP_VS_DEFENSE_IDLE * HZ,
		.packets = READ_ONCE(cp->in_pkts),
	};

	return ip_vs_defense_gives_up(&entry, &cp->ipvs->defense.idle);
}

/* After the @n-th step of a walk: now and then. */
static void let_others_run(struct ip_vs_hash_walk *walk, unsigned int n) __must_hold(RCU)
{
	if (n % 64)
		return;
	ip_vs_hash_walk_pause(walk);
	ip_vs_rcu_pause();
}

/*
 * Show @visit the entries of a part of a table, each under its lock, until it has seen enough. It returns whether
 * there may be more. Some are missed, and some come twice, when others come and go. May sleep.
 */
static void visit_table(struct ip_vs_hash *table, u32 from, u64 to, bool (*visit)(struct ip_vs_conn *cp))
{
	struct ip_vs_hash_walk walk;
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *cp;
	bool goes_on = true;
	unsigned int n = 0;

	ip_vs_hash_walk_start(&walk, table, from, to);
	rcu_read_lock();
	for (node = ip_vs_hash_walk_next(&walk); node && goes_on; node = ip_vs_hash_walk_next(&walk)) {
		cp = container_of(node, struct ip_vs_conn, node);
		spin_lock_bh(&cp->lock);
		if (!(cp->flags & IP_VS_CONN_F_DEAD))
			goes_on = visit(cp);
		spin_unlock_bh(&cp->lock);
		let_others_run(&walk, ++n);
	}
	rcu_read_unlock();
}

/* The lock is taken for those alone that are to be bound: there may be millions that are not. */
static void bind_table(struct ip_vs_hash *table, struct ip_vs_dest *(*find)(const struct ip_vs_conn *cp))
{
	struct ip_vs_hash_walk walk;
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *cp;
	struct ip_vs_dest *dest;
	unsigned int n = 0;

	ip_vs_hash_walk_start(&walk, table, 0, IP_VS_HASH_END);
	rcu_read_lock();
	for (node = ip_vs_hash_walk_next(&walk); node; node = ip_vs_hash_walk_next(&walk)) {
		cp = container_of(node, struct ip_vs_conn, node);
		if (ip_vs_conn_is_unbound(cp)) {
			spin_lock_bh(&cp->lock);
			dest = !(cp->flags & IP_VS_CONN_F_DEAD) && is_to_bind(cp) ? find(cp) : NULL;
			if (dest)
				bind_locked(cp, dest);
			spin_unlock_bh(&cp->lock);
		}
		let_others_run(&walk, ++n);
	}
	rcu_read_unlock();
}

void ip_vs_conn_bind_all(struct ip_vs_net *ipvs, struct ip_vs_dest *(*find)(const struct ip_vs_conn *cp))
{
	if (!smp_load_acquire(&ipvs->conn_ready))
		return;
	/* Templates first: connections that come meanwhile find them bound. */
	bind_table(&ipvs->templates, find);
	bind_table(&ipvs->conns, find);
}

static bool drop_given_up(struct ip_vs_conn *cp)
{
	if (is_given_up(cp))
		unlink_locked(cp);
	return true;
}

void ip_vs_conn_drop_random_entries(struct ip_vs_net *ipvs)
{
	u64 share = IP_VS_HASH_END / 32, from;

	if (!smp_load_acquire(&ipvs->conn_ready))
		return;
	from = get_random_u32_below(32) * share;
	visit_table(&ipvs->conns, from, from + share, drop_given_up);
	visit_table(&ipvs->templates, from, from + share, drop_given_up);
}

/* --- room for new connections when there are as many entries as conn_max allows --- */

/* An eighth of what is allowed, so that this need not be done for each new connection; a template needs one, too. */
static bool has_room(const struct ip_vs_net *ipvs)
{
	int max = READ_ONCE(ipvs->sysctl.conn_max);

	return atomic_read(&ipvs->num_conns) <= max - max(max / 8, 2);
}

static bool drop_idle_unassured(struct ip_vs_conn *cp)
{
	if (!atomic_read(&cp->num_controlled) && !(cp->flags & IP_VS_CONN_F_ASSURED))
		unlink_locked(cp);
	return !has_room(cp->ipvs);
}

/* Are the templates more than so many eighths of what is allowed? */
static bool are_templates_above(const struct ip_vs_net *ipvs, int eighths)
{
	return atomic_read(&ipvs->templates.count) > READ_ONCE(ipvs->sysctl.conn_max) / 8 * eighths;
}

static bool drop_idle(struct ip_vs_conn *cp)
{
	if (!atomic_read(&cp->num_controlled))
		unlink_locked(cp);
	return are_templates_above(cp->ipvs, 3);
}

/* All templates, from a random place on: whom it hits first is chance. */
static void drop_templates(struct ip_vs_net *ipvs, bool (*visit)(struct ip_vs_conn *cp))
{
	u32 from = get_random_u32();

	visit_table(&ipvs->templates, from, IP_VS_HASH_END, visit);
	visit_table(&ipvs->templates, 0, from, visit);
}

/*
 * Templates without connections make room for connections, lest they keep everybody out until their time is over.
 * First those whose clients have proved nothing: in a flood, these are its own. Others only if templates have come
 * to be the greater half.
 */
static void room_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, room_work.work);

	if (!has_room(ipvs))
		drop_templates(ipvs, drop_idle_unassured);
	if (!has_room(ipvs) && are_templates_above(ipvs, 4))
		drop_templates(ipvs, drop_idle);
}

/* --- the end of a namespace --- */

static void report(struct ip_vs_conn *cp, unsigned int number, void *data)
{
	char buf[IP_VS_PROTO_NAME_LEN];
	const char *proto = ip_vs_proto_name(cp->protocol, buf);
	bool *is_done = data;

	spin_lock_bh(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_DEAD) && READ_ONCE(cp->slot) == IP_VS_WHEEL_NONE) {
		if (*is_done)
			;
		else if (cp->af == AF_INET6)
			pr_err("one is %s [%pI6c]:%u to [%pI6c]:%u, flags %x, in control of %d\n", proto,
			       ip_vs_conn_caddr(cp), ntohs(cp->cport), ip_vs_conn_vaddr(cp), ntohs(cp->vport),
			       cp->flags, atomic_read(&cp->num_controlled));
		else
			pr_err("one is %s %pI4:%u to %pI4:%u, flags %x, in control of %d\n", proto,
			       ip_vs_conn_caddr(cp), ntohs(cp->cport), ip_vs_conn_vaddr(cp), ntohs(cp->vport),
			       cp->flags, atomic_read(&cp->num_controlled));
		*is_done = true;
		ip_vs_wheel_give_back(cp->ipvs->wheel, cp, number);
	}
	spin_unlock_bh(&cp->lock);
}

/*
 * Something holds entries that nothing can hold any more. That is a mistake of ours, and they are lost; but whoever
 * waits here holds up all other namespaces, and the unloading of the module.
 */
static void give_up(struct ip_vs_net *ipvs)
{
	bool is_named = false;

	pr_err("%d connections of a namespace that has ended do not end\n", atomic_read(&ipvs->num_conns));
	ip_vs_wheel_visit(ipvs->wheel, report, &is_named);
	if (!is_named)
		pr_err("they are in no table: one-packet connections\n");
}

/* Rounds without an end of any entry until we give up, and how long we wait before each. */
#define FLUSH_TRIES 50
#define FLUSH_PAUSE_MS 20

void ip_vs_conn_flush(struct ip_vs_net *ipvs)
{
	int before, left, tries = 0;

	if (!ipvs->conn_ready)
		return;
	/* A controller goes after what it controls. */
	for (left = atomic_read(&ipvs->num_conns); left; left = atomic_read(&ipvs->num_conns)) {
		before = left;
		sweep(ipvs, ends_always, NULL);
		if (atomic_read(&ipvs->num_conns) < before) {
			tries = 0;
		} else if (++tries < FLUSH_TRIES) {
			msleep(FLUSH_PAUSE_MS);
		} else {
			give_up(ipvs);
			return;
		}
	}
}

void ip_vs_conn_init(struct ip_vs_net *ipvs)
{
	atomic_set(&ipvs->num_conns, 0);
	INIT_DELAYED_WORK(&ipvs->room_work, room_worker);
	INIT_WORK(&ipvs->nodest_work, nodest_worker);
	init_llist_head(&ipvs->dead);
	INIT_RCU_WORK(&ipvs->burial, burial_worker);
}

int ip_vs_conn_start(struct ip_vs_net *ipvs)
{
	int err;

	lockdep_assert_held(&ipvs->mutex);
	if (ipvs->conn_ready)
		return 0;
	ipvs->wheel = ip_vs_wheel_make(ipvs, look_at, ip_vs_table_review);
	if (!ipvs->wheel)
		return -ENOMEM;
	err = ip_vs_table_init(ipvs);
	if (err) {
		ip_vs_wheel_free(ipvs->wheel);
		ipvs->wheel = NULL;
		return err;
	}
	/* The tables hold it for as long as packets come. */
	if (ipvs->net->user_ns != &init_user_ns)
		ipvs->payer = ipvs->conns.memcg;
	/* Listings look at it without the mutex. */
	smp_store_release(&ipvs->conn_ready, true);
	return 0;
}

void ip_vs_conn_uninit(struct ip_vs_net *ipvs)
{
	WRITE_ONCE(ipvs->conn_closing, true);
	cancel_work_sync(&ipvs->nodest_work);
	cancel_delayed_work_sync(&ipvs->room_work);
	if (!ipvs->conn_ready)
		return;
	/* From now on only the flush takes entries in its hands. */
	ip_vs_wheel_stop(ipvs->wheel);
	ip_vs_conn_flush(ipvs);
	await_burial(ipvs);
	ip_vs_table_uninit(ipvs);
	ip_vs_wheel_free(ipvs->wheel);
}

/* Cache-aligned: 128 bytes for IPv4, 192 for IPv6; with a helper 64 more. */
static int make_caches(int family, const char *const names[KINDS], unsigned int size)
{
	const unsigned int sizes[KINDS] = { size, size + sizeof(struct ip_vs_conn_help) };
	int kind;

	for (kind = 0; kind < KINDS; kind++) {
		caches[family][kind] = kmem_cache_create(names[kind], sizes[kind], 0, SLAB_HWCACHE_ALIGN, NULL);
		if (!caches[family][kind])
			return -ENOMEM;
	}
	return 0;
}

int ip_vs_conn_module_init(void)
{
	static const char *const names[IP_VS_FAMILIES][KINDS] = {
		[IP_VS_V4] = { "ip_vs_conn", "ip_vs_conn_helped" },
		[IP_VS_V6] = { "ip_vs_conn6", "ip_vs_conn6_helped" },
	};
	int err;

	err = make_caches(IP_VS_V4, names[IP_VS_V4], ip_vs_conn_help_offset(AF_INET));
	if (!err)
		err = make_caches(IP_VS_V6, names[IP_VS_V6], ip_vs_conn_help_offset(AF_INET6));
	if (err)
		ip_vs_conn_module_exit();
	return err;
}

void ip_vs_conn_module_exit(void)
{
	int family, kind;

	for (family = 0; family < IP_VS_FAMILIES; family++)
		for (kind = 0; kind < KINDS; kind++)
			kmem_cache_destroy(caches[family][kind]);
}
