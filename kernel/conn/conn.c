// SPDX-License-Identifier: GPL-2.0-only
/* The life of a connection: made, bound to its server, given states, ended. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "conn/conn.h"
#include "conn/table.h"
#include "conn/wheel.h"
#include "pe/engine.h"
#include "proto/conntrack.h"
#include "svc/dest.h"
#include "svc/service.h"

static struct kmem_cache *caches[IP_VS_FAMILIES] __read_mostly;

/* The first cache line holds all that an established connection needs. */
static_assert(IS_ENABLED(CONFIG_DEBUG_SPINLOCK) || IS_ENABLED(CONFIG_PREEMPT_RT) ||
	      (offsetof(struct ip_vs_conn, lock) < 64 && sizeof(struct ip_vs_conn) <= 128));

static void free_conn(struct ip_vs_conn *cp)
{
	if (cp->dest)
		ip_vs_dest_put(cp->dest);
	if (ip_vs_conn_is_template(cp))
		ip_vs_engine_data_free(cp->engine_data);
	kmem_cache_free(caches[ip_vs_family_index(cp->af)], cp);
}

static void free_rcu(struct rcu_head *head)
{
	free_conn(container_of(head, struct ip_vs_conn, rcu));
}

static void bind_dest(struct ip_vs_conn *cp, struct ip_vs_dest *dest)
{
	ip_vs_dest_get(dest);
	cp->dest = dest;
	if (ip_vs_conn_is_template(cp)) {
		atomic_inc(&dest->templates);
	} else {
		/* It becomes active with its first state. */
		atomic_inc(&dest->conns);
		ip_vs_dest_conns_changed(dest);
	}
}

/* The counters only; the reference lasts as long as the entry. */
static void unbind_dest(struct ip_vs_conn *cp)
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

static u32 initial_flags(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	u32 flags = p->flags;

	if (READ_ONCE(ipvs->sysctl.conntrack))
		flags |= IP_VS_CONN_F_NFCT;

	if (p->dest) {
		flags |= READ_ONCE(p->dest->fwd) | READ_ONCE(p->dest->conn_flags);
		if ((flags & IP_VS_CONN_F_FWD_MASK) != IP_VS_CONN_F_MASQ)
			flags |= IP_VS_CONN_F_NOOUTPUT;
	}
	if (p->protocol != IPPROTO_UDP || flags & IP_VS_CONN_F_TEMPLATE)
		flags &= ~IP_VS_CONN_F_ONE_PACKET;
	return flags | IP_VS_CONN_F_INACTIVE;
}

static struct ip_vs_conn *alloc(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	struct ip_vs_conn *cp = kmem_cache_alloc(caches[ip_vs_family_index(p->af)], GFP_ATOMIC | __GFP_ZERO);
	/* The address of a tunnel server of the other family stands at cp->dest. */
	bool is_same_family = !p->dest || p->dest->key.af == p->af;

	if (!cp)
		return NULL;
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
	cp->last_used = (u32)jiffies;
	cp->slot = IP_VS_WHEEL_NONE;
	spin_lock_init(&cp->lock);
	atomic_set(&cp->num_controlled, 0);
	cp->flags = initial_flags(ipvs, p);
	if (ip_vs_conn_is_template(cp))
		cp->engine_data = p->engine_data;
	return cp;
}

static void release_control(struct ip_vs_conn *cp)
{
	if (cp->control)
		atomic_dec(&cp->control->num_controlled);
}

static void unhash_locked(struct ip_vs_conn *cp)
{
	lockdep_assert_held(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_HASHED))
		return;
	ip_vs_table_remove(cp);
	if (ip_vs_conn_is_nat(cp) && !ip_vs_conn_is_template(cp))
		ip_vs_table_remove_reply(cp);
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
	unbind_dest(cp);
	release_control(cp);
	/* Last: from now on nobody changes counters or the wheel for it. */
	WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_DEAD);
	atomic_dec(&ipvs->num_conns);
	call_rcu(&cp->rcu, free_rcu);
}

void ip_vs_conn_end(struct ip_vs_conn *cp)
{
	spin_lock_bh(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_DEAD) && !atomic_read(&cp->num_controlled))
		unlink_locked(cp);
	spin_unlock_bh(&cp->lock);
}

/*
 * Take part in the control of a template. It may just be expiring: who finds it dead makes its connection
 * without it, which costs the client a new choice of server next time.
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

/* Put a complete entry where others see it. NULL = done, else who was first. */
static struct ip_vs_conn *hash(struct ip_vs_conn *cp)
{
	struct ip_vs_conn *other;

	/* Whoever finds it at once waits here until it is in the other tables too. */
	spin_lock_bh(&cp->lock);
	other = ip_vs_table_insert(cp);
	if (!other) {
		if (ip_vs_conn_is_nat(cp) && !ip_vs_conn_is_template(cp))
			ip_vs_table_insert_reply(cp);
		WRITE_ONCE(cp->flags, cp->flags | IP_VS_CONN_F_HASHED);
		ip_vs_wheel_put(cp->ipvs->wheel, cp);
	}
	spin_unlock_bh(&cp->lock);
	return other;
}

/*
 * Count a new entry, unless the namespace has enough. The count is taken before the memory, so that however
 * many CPUs try there are never too many. Source: spec/connections.md, section 4.
 */
static bool count_conn(struct ip_vs_net *ipvs)
{
	int n = atomic_inc_return(&ipvs->num_conns);

	if (unlikely(n > READ_ONCE(ipvs->sysctl.conn_max))) {
		atomic_dec(&ipvs->num_conns);
		return false;
	}
	/* The first one sets the wheel in motion. */
	if (n == 1)
		queue_delayed_work(system_unbound_wq, &ipvs->expire_work, ip_vs_wheel_interval());
	return true;
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
	if (p->dest)
		bind_dest(cp, p->dest);
	if (p->control)
		bind_control(cp, p->control);
	if (cp->flags & IP_VS_CONN_F_ONE_PACKET)
		return cp;

	other = hash(cp);
	if (likely(!other))
		return cp;
	/* Nobody else has seen it. */
	unbind_dest(cp);
	release_control(cp);
	atomic_dec(&ipvs->num_conns);
	free_conn(cp);
	return other;
}

static void requeue_if_earlier(struct ip_vs_conn *cp)
{
	/* It ends before the wheel would look at it. */
	if (READ_ONCE(cp->slot) == IP_VS_WHEEL_NONE || (s32)(cp->last_used + cp->timeout - cp->due) < 0)
		ip_vs_wheel_put(cp->ipvs->wheel, cp);
}

void ip_vs_conn_restart(struct ip_vs_conn *cp, u32 timeout)
{
	spin_lock_bh(&cp->lock);
	if (!(cp->flags & IP_VS_CONN_F_DEAD)) {
		WRITE_ONCE(cp->timeout, timeout);
		ip_vs_conn_touch(cp);
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
	if (cp->dest && active != was_active) {
		atomic_add(active ? 1 : -1, &cp->dest->active);
		WRITE_ONCE(cp->flags, cp->flags ^ IP_VS_CONN_F_INACTIVE);
	}
	WRITE_ONCE(cp->state, state);
	WRITE_ONCE(cp->timeout, timeout);
	ip_vs_conn_touch(cp);
	if (cp->flags & IP_VS_CONN_F_HASHED)
		requeue_if_earlier(cp);
}

void ip_vs_conn_assure_template(struct ip_vs_conn *cp)
{
	struct ip_vs_conn *template = cp->control;

	/* Only ever set, and by nobody else while it controls: a lost race is made good by the next packet. */
	if (template && !(READ_ONCE(template->flags) & IP_VS_CONN_F_ASSURED)) {
		spin_lock_nested(&template->lock, SINGLE_DEPTH_NESTING);
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

/* The wheel has come round to @cp. Under RCU. */
static void look_at(struct ip_vs_conn *cp)
{
	spin_lock_bh(&cp->lock);
	if (cp->flags & IP_VS_CONN_F_DEAD || READ_ONCE(cp->slot) != IP_VS_WHEEL_NONE)
		goto unlock;
	if (ip_vs_conn_remaining(cp) > 0) {
		ip_vs_wheel_put(cp->ipvs->wheel, cp);
	} else if (atomic_read(&cp->num_controlled)) {
		/* A controller waits for those it controls, a minute at a time. */
		WRITE_ONCE(cp->timeout, 60 * HZ);
		WRITE_ONCE(cp->last_used, (u32)jiffies);
		ip_vs_wheel_put(cp->ipvs->wheel, cp);
	} else {
		unlink_locked(cp);
	}
unlock:
	spin_unlock_bh(&cp->lock);
}

static void expire_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, expire_work.work);
	struct ip_vs_wheel *wheel = ipvs->wheel;
	struct hlist_head list;
	struct ip_vs_conn *cp;
	unsigned int slot, n;

	for (n = ip_vs_wheel_turn(wheel, &slot); n; n--, slot = (slot + 1) % IP_VS_WHEEL_SLOTS) {
		ip_vs_wheel_take(wheel, slot, &list);
		do {
			rcu_read_lock();
			cp = ip_vs_wheel_pop(wheel, slot, &list);
			if (cp)
				look_at(cp);
			rcu_read_unlock();
			cond_resched();
		} while (cp);
	}
	ip_vs_table_review(ipvs);
	/* Who makes the next first connection queues us again. */
	if (atomic_read(&ipvs->num_conns))
		queue_delayed_work(system_unbound_wq, &ipvs->expire_work, ip_vs_wheel_interval());
}

/*
 * End what @ends says, all over the wheel, and leave the rest in its place. Entries that come meanwhile may
 * be missed.
 */
static void sweep(struct ip_vs_net *ipvs, bool (*ends)(struct ip_vs_conn *cp))
{
	struct ip_vs_wheel *wheel = ipvs->wheel;
	struct hlist_head list;
	struct ip_vs_conn *cp;
	unsigned int slot;

	for (slot = 0; slot < IP_VS_WHEEL_SLOTS; slot++) {
		ip_vs_wheel_take(wheel, slot, &list);
		do {
			rcu_read_lock();
			cp = ip_vs_wheel_pop(wheel, slot, &list);
			if (cp) {
				spin_lock_bh(&cp->lock);
				if (cp->flags & IP_VS_CONN_F_DEAD)
					;
				else if (!atomic_read(&cp->num_controlled) && ends(cp))
					unlink_locked(cp);
				else if (READ_ONCE(cp->slot) == IP_VS_WHEEL_NONE)
					ip_vs_wheel_put(wheel, cp);
				spin_unlock_bh(&cp->lock);
			}
			rcu_read_unlock();
			cond_resched();
		} while (cp);
	}
}

static bool ends_always(struct ip_vs_conn *cp)
{
	return true;
}

static bool ends_without_dest(struct ip_vs_conn *cp)
{
	return cp->dest && ip_vs_dest_is_lost(cp->dest);
}

static void nodest_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, nodest_work);

	if (!READ_ONCE(ipvs->conn_ready))
		return;
	/* The second round ends the templates of those that the first one ended. */
	sweep(ipvs, ends_without_dest);
	sweep(ipvs, ends_without_dest);
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

static void drop_entries(struct ip_vs_hash *table, u32 from, u64 to)
{
	struct ip_vs_hash_walk walk;
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *cp;

	ip_vs_hash_walk_start(&walk, table, from, to);
	rcu_read_lock();
	while ((node = ip_vs_hash_walk_next(&walk))) {
		cp = container_of(node, struct ip_vs_conn, node);
		spin_lock_bh(&cp->lock);
		if (!(cp->flags & IP_VS_CONN_F_DEAD) && is_given_up(cp))
			unlink_locked(cp);
		spin_unlock_bh(&cp->lock);
	}
	rcu_read_unlock();
}

void ip_vs_conn_drop_random_entries(struct ip_vs_net *ipvs)
{
	u64 share = IP_VS_HASH_END / 32, from;

	if (!smp_load_acquire(&ipvs->conn_ready))
		return;
	from = get_random_u32_below(32) * share;
	drop_entries(&ipvs->conns, from, from + share);
	drop_entries(&ipvs->templates, from, from + share);
}

void ip_vs_conn_flush(struct ip_vs_net *ipvs)
{
	if (!ipvs->conn_ready)
		return;
	/* A controller goes after what it controls; one-packet entries go by themselves. */
	while (atomic_read(&ipvs->num_conns)) {
		sweep(ipvs, ends_always);
		cond_resched();
	}
}

void ip_vs_conn_init(struct ip_vs_net *ipvs)
{
	atomic_set(&ipvs->num_conns, 0);
	INIT_DELAYED_WORK(&ipvs->expire_work, expire_worker);
	INIT_WORK(&ipvs->nodest_work, nodest_worker);
}

int ip_vs_conn_start(struct ip_vs_net *ipvs)
{
	int err;

	lockdep_assert_held(&ipvs->mutex);
	if (ipvs->conn_ready)
		return 0;
	ipvs->wheel = ip_vs_wheel_make();
	if (!ipvs->wheel)
		return -ENOMEM;
	err = ip_vs_table_init(ipvs);
	if (err) {
		ip_vs_wheel_free(ipvs->wheel);
		ipvs->wheel = NULL;
		return err;
	}
	/* Listings look at it without the mutex. */
	smp_store_release(&ipvs->conn_ready, true);
	return 0;
}

void ip_vs_conn_uninit(struct ip_vs_net *ipvs)
{
	WRITE_ONCE(ipvs->conn_closing, true);
	cancel_work_sync(&ipvs->nodest_work);
	ip_vs_conn_flush(ipvs);
	cancel_delayed_work_sync(&ipvs->expire_work);
	if (!ipvs->conn_ready)
		return;
	ip_vs_table_uninit(ipvs);
	ip_vs_wheel_free(ipvs->wheel);
}

int ip_vs_conn_module_init(void)
{
	/* Cache-aligned: 128 bytes for IPv4, 192 for IPv6. */
	caches[IP_VS_V4] = kmem_cache_create("ip_vs_conn", sizeof(struct ip_vs_conn), 0, SLAB_HWCACHE_ALIGN,
					     NULL);
	if (!caches[IP_VS_V4])
		return -ENOMEM;
	caches[IP_VS_V6] = kmem_cache_create("ip_vs_conn6",
					     sizeof(struct ip_vs_conn) +
						     IP_VS_CONN_ADDRS * sizeof(struct in6_addr),
					     0, SLAB_HWCACHE_ALIGN, NULL);
	if (!caches[IP_VS_V6]) {
		kmem_cache_destroy(caches[IP_VS_V4]);
		return -ENOMEM;
	}
	return 0;
}

void ip_vs_conn_module_exit(void)
{
	kmem_cache_destroy(caches[IP_VS_V6]);
	kmem_cache_destroy(caches[IP_VS_V4]);
}
