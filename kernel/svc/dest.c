// SPDX-License-Identifier: GPL-2.0-only
/*
 * Destinations: the real servers of a service.
 *
 * A deleted destination is not freed: connections refer to it, and when it is added again they shall go on
 * and its counters too. It waits in the namespace's trash, and leaves it two to three minutes after its last
 * user. So whoever holds a connection may use its destination; whether it still takes part says
 * ip_vs_dest_is_available().
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/ratelimit.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>
#include "core/farewell.h"
#include "core/overload.h"
#include "netns.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

#define TRASH_VISIT (60 * HZ)
#define TRASH_KEEP  (120 * HZ)
#define TRASH_STEPS 64	/* visited while the mutex is held, before others may have it */

/* How often those that are awaited are looked at. Their connections are looked through then, hence not too often. */
#define FAREWELL_VISIT (HZ / 2)

/* Limits of the size of the table of destinations, log2. */
#define MIN_BITS 4
#define MAX_BITS 20

#define TUNNEL_FLAGS (IP_VS_TUNNEL_ENCAP_FLAG_CSUM | IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM)

static void route_free_rcu(struct rcu_head *head)
{
	struct ip_vs_route *route = container_of(head, struct ip_vs_route, rcu);

	if (route->neigh)
		neigh_release(route->neigh);
	dst_release(route->dst);
	kfree(route);
}

void ip_vs_dest_set_route(struct ip_vs_dest *dest, struct ip_vs_route *route)
{
	struct ip_vs_route *old;

	spin_lock_bh(&dest->lock);
	if (route && !ip_vs_dest_is_available(dest))
		old = route; /* it has left: nobody would look for a route there */
	else
		old = rcu_replace_pointer(dest->route, route, lockdep_is_held(&dest->lock));
	spin_unlock_bh(&dest->lock);
	if (old)
		call_rcu(&old->rcu, route_free_rcu);
}

void ip_vs_dest_forget_routes(struct ip_vs_net *ipvs,
			      bool (*is_stale)(const struct ip_vs_route *route, const void *data), const void *data)
{
	struct ip_vs_service *svc;
	struct ip_vs_route *route;
	struct ip_vs_dest *dest;
	u32 id = 0;

	rcu_read_lock();
	while ((svc = ip_vs_service_next(ipvs, id))) {
		/* Those in the trash have none. */
		list_for_each_entry_rcu(dest, &svc->dests, node) {
			route = rcu_dereference(dest->route);
			if (route && is_stale(route, data))
				ip_vs_dest_set_route(dest, NULL);
		}
		id = svc->id + 1;
	}
	rcu_read_unlock();
}

static void dest_free_rcu(struct rcu_head *head)
{
	struct ip_vs_dest *dest = container_of(head, struct ip_vs_dest, rcu);

	free_percpu(dest->stats);
	ip_vs_service_put(dest->svc);
	kfree(dest);
}

void ip_vs_dest_put(struct ip_vs_dest *dest)
{
	if (refcount_dec_and_test(&dest->refs))
		call_rcu(&dest->rcu, dest_free_rcu);
}

static void update_overload(struct ip_vs_dest *dest)
{
	lockdep_assert_held(&dest->lock);
	if (ip_vs_overload_next(ip_vs_dest_is_overloaded(dest), atomic_read(&dest->conns), dest->u_threshold,
				dest->l_threshold))
		set_bit(IP_VS_DEST_OVERLOAD, &dest->state);
	else
		clear_bit(IP_VS_DEST_OVERLOAD, &dest->state);
}

void ip_vs_dest_conns_changed(struct ip_vs_dest *dest)
{
	/* Without a limit there is no mark; an edit that sets one recomputes it itself. */
	if (unlikely(READ_ONCE(dest->u_threshold))) {
		spin_lock_bh(&dest->lock);
		update_overload(dest);
		spin_unlock_bh(&dest->lock);
	}
	ip_vs_dest_load_changed(dest);
}

/* What a destination is found by, also one in the trash: a service made anew has the key of the old one. */
struct identity {
	const struct ip_vs_service_key *svc;
	const struct ip_vs_dest_key *dest;
};

/* Both come from the administrator and have no padding. */
static u32 hash_identity(const struct ip_vs_net *ipvs, const struct identity *id)
{
	struct {
		struct ip_vs_service_key svc;
		struct ip_vs_dest_key dest;
	} __aligned(HSIPHASH_ALIGNMENT) in = { *id->svc, *id->dest };

	BUILD_BUG_ON(sizeof(in) != ALIGN(sizeof(in.svc) + sizeof(in.dest), HSIPHASH_ALIGNMENT));
	return hsiphash(&in, sizeof(in.svc) + sizeof(in.dest), &ipvs->dests.key);
}

static struct ip_vs_dest *dest_of(const struct ip_vs_hash_node *node)
{
	return container_of(node, struct ip_vs_dest, by_identity);
}

static u32 dest_hash(const struct ip_vs_hash_node *node)
{
	const struct ip_vs_dest *dest = dest_of(node);
	const struct ip_vs_service *svc = READ_ONCE(dest->svc);

	return hash_identity(svc->ipvs, &(struct identity){ &svc->key, &dest->key });
}

static bool has_identity(const struct ip_vs_hash_node *node, const void *key)
{
	const struct identity *id = key;

	return !memcmp(&dest_of(node)->key, id->dest, sizeof(*id->dest)) &&
	       !memcmp(&dest_of(node)->svc->key, id->svc, sizeof(*id->svc));
}

/* In the service or, of a service with its key, in the trash; there is never more than one. */
static struct ip_vs_dest *find_anywhere(struct ip_vs_service *svc, const struct ip_vs_dest_key *key)
{
	const struct identity id = { &svc->key, key };
	struct ip_vs_hash_node *node;

	lockdep_assert_held(&svc->ipvs->mutex);
	rcu_read_lock();
	node = ip_vs_hash_find(&svc->ipvs->dests, hash_identity(svc->ipvs, &id), &id, has_identity);
	rcu_read_unlock();
	return node ? dest_of(node) : NULL;
}

struct ip_vs_dest *ip_vs_dest_get_by_key(struct ip_vs_service *svc, const struct ip_vs_dest_key *key)
{
	struct ip_vs_dest *dest = find_anywhere(svc, key);

	return dest && ip_vs_dest_is_available(dest) ? dest : NULL;
}

struct ip_vs_dest *ip_vs_dest_find_by_key(struct ip_vs_service *svc, const struct ip_vs_dest_key *key)
{
	const struct identity id = { &svc->key, key };
	struct ip_vs_hash_node *node;
	struct ip_vs_dest *dest;

	node = ip_vs_hash_find(&svc->ipvs->dests, hash_identity(svc->ipvs, &id), &id, has_identity);
	dest = node ? dest_of(node) : NULL;
	return dest && ip_vs_dest_is_available(dest) && READ_ONCE(dest->svc) == svc ? dest : NULL;
}

/* In the order of spec/netlink.md, section 7.1. */
int ip_vs_dest_check(u16 service_af, const struct ip_vs_dest_key *key, const struct ip_vs_dest_options *opt,
		     struct netlink_ext_ack *extack)
{
	if (key->af != service_af && opt->fwd != IP_VS_CONN_F_TUNNEL) {
		NL_SET_ERR_MSG(extack, "a server of another address family must be a tunnel server");
		return -EINVAL;
	}
	if (opt->weight < 0) {
		NL_SET_ERR_MSG(extack, "the weight of a server must be from 0 to 2147483647");
		return -ERANGE;
	}
	if (opt->l_threshold > opt->u_threshold) {
		NL_SET_ERR_MSG(extack, "the lower threshold is higher than the upper one");
		return -ERANGE;
	}
	if (opt->u_threshold > INT_MAX) {
		NL_SET_ERR_MSG(extack, "the upper threshold must be from 0 to 2147483647");
		return -EINVAL;
	}
	if (opt->tun_type == IP_VS_CONN_F_TUNNEL_TYPE_GUE && !opt->tun_port) {
		NL_SET_ERR_MSG(extack, "a GUE tunnel needs a port");
		return -EINVAL;
	}
	if (opt->fwd > IP_VS_CONN_F_DROUTE) {
		NL_SET_ERR_MSG(extack, "the forwarding method must be NAT, local, tunnel or direct routing");
		return -EINVAL;
	}
	if (opt->tun_type >= IP_VS_CONN_F_TUNNEL_TYPE_MAX) {
		NL_SET_ERR_MSG(extack, "unknown tunnel type");
		return -EINVAL;
	}
	if (opt->tun_flags & ~TUNNEL_FLAGS) {
		NL_SET_ERR_MSG(extack, "unknown tunnel flags");
		return -EINVAL;
	}
	return 0;
}

static bool is_loopback(u16 af, const union nf_inet_addr *addr)
{
	return af == AF_INET6 ? ipv6_addr_loopback(&addr->in6) : ipv4_is_loopback(addr->ip);
}

/* Is it of this host? */
static bool is_local(struct net *net, const struct ip_vs_dest_key *key)
{
	if (key->af == AF_INET6)
		return ipv6_chk_addr(net, &key->addr.in6, NULL, 0);
	return inet_addr_type(net, key->addr.ip) == RTN_LOCAL;
}

static bool is_unicast(struct net *net, const struct ip_vs_dest_key *key)
{
	if (key->af == AF_INET6) {
		int type = ipv6_addr_type(&key->addr.in6);

		return (type & IPV6_ADDR_UNICAST && !(type & IPV6_ADDR_LINKLOCAL)) || is_local(net, key);
	}
	return inet_addr_type(net, key->addr.ip) == RTN_UNICAST || is_local(net, key);
}

static int check_address(const struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
			 struct netlink_ext_ack *extack)
{
	struct net *net = svc->ipvs->net;

	if (!is_unicast(net, key)) {
		NL_SET_ERR_MSG(extack, "the address of a server must be a unicast address");
		return -EINVAL;
	}
	/* Its clients are at the same address, to which nobody outside can answer. */
	if (!svc->key.fwmark && is_loopback(svc->key.af, &svc->key.addr) && !is_local(net, key)) {
		NL_SET_ERR_MSG(extack, "a virtual service on a loopback address can only have servers on this host");
		return -EINVAL;
	}
	return 0;
}

/* What waits in the trash takes memory, too: otherwise nothing would bound it. */
static int check_room(const struct ip_vs_net *ipvs, struct netlink_ext_ack *extack)
{
	if (ipvs->num_made_dests < READ_ONCE(ipvs->sysctl.dest_max))
		return 0;
	NL_SET_ERR_MSG(extack, "the network namespace has as many servers as its sysctl dest_max allows, with those that were "
			       "deleted a moment ago");
	return -ENOSPC;
}

static void apply_options(struct ip_vs_dest *dest, const struct ip_vs_dest_options *opt)
{
	WRITE_ONCE(dest->fwd, opt->fwd);
	WRITE_ONCE(dest->conn_flags, opt->conn_flags);
	WRITE_ONCE(dest->weight, opt->weight);
	if (opt->weight || !dest->last_weight)
		dest->last_weight = opt->weight;
	WRITE_ONCE(dest->tunnel, ((struct ip_vs_dest_tunnel){ opt->tun_type, opt->tun_flags, opt->tun_port }));

	spin_lock_bh(&dest->lock);
	WRITE_ONCE(dest->u_threshold, opt->u_threshold);
	WRITE_ONCE(dest->l_threshold, opt->l_threshold);
	update_overload(dest);
	spin_unlock_bh(&dest->lock);
	ip_vs_dest_set_route(dest, NULL);
}

static void tell_scheduler(struct ip_vs_service *svc, struct ip_vs_dest *dest, enum ip_vs_sched_event event)
{
	struct ip_vs_sched_instance *instance;

	instance = rcu_dereference_protected(svc->sched, lockdep_is_held(&svc->ipvs->mutex));
	if (instance && instance->ops->changed)
		instance->ops->changed(svc, instance->data, dest, event);
}

static struct ip_vs_dest *make(struct ip_vs_service *svc, const struct ip_vs_dest_key *key)
{
	struct ip_vs_dest *dest = kzalloc(sizeof(*dest), GFP_KERNEL_ACCOUNT);
	int cpu;

	if (!dest)
		return NULL;
	dest->stats = alloc_percpu_gfp(struct ip_vs_cpu_stats, GFP_KERNEL_ACCOUNT);
	if (!dest->stats) {
		kfree(dest);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(dest->stats, cpu)->syncp);
	dest->key = *key;
	dest->svc = svc;
	svc->ipvs->num_made_dests++;
	refcount_inc(&svc->refs);
	INIT_LIST_HEAD(&dest->trash);
	INIT_LIST_HEAD(&dest->moved);
	spin_lock_init(&dest->lock);
	refcount_set(&dest->refs, 1);
	return dest;
}

static bool is_foreign(const struct ip_vs_dest *dest)
{
	return dest->key.af != dest->svc->key.af;
}

struct ip_vs_dest *ip_vs_dest_prepare(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
				      const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack)
{
	struct ip_vs_dest *dest = find_anywhere(svc, key);
	int err;

	if (key->af != svc->key.af && svc->ipvs->num_sync_daemons) {
		NL_SET_ERR_MSG(extack, "while a synchronisation daemon runs a server cannot be of another address family than its "
				       "virtual service: other directors could not be told of its connections");
		return ERR_PTR(-EINVAL);
	}
	err = ip_vs_service_track(svc, opt->fwd, extack);
	if (err)
		return ERR_PTR(err);
	if (dest) {
		/* Readers of the list it was in must not be led into the one it comes to. */
		cond_synchronize_rcu(dest->unlinked);
	} else {
		err = check_address(svc, key, extack);
		if (!err)
			err = check_room(svc->ipvs, extack);
		if (err)
			return ERR_PTR(err);
		dest = make(svc, key);
		if (!dest) {
			NL_SET_ERR_MSG(extack, "no memory for the server");
			return ERR_PTR(-ENOMEM);
		}
	}
	/* In the trash nobody reads them; whoever takes it from there sets them again. */
	dest->last_weight = 0;
	apply_options(dest, opt);
	return dest;
}

void ip_vs_dest_cancel(struct ip_vs_dest *dest)
{
	if (ip_vs_dest_is_in_trash(dest))
		return;
	dest->svc->ipvs->num_made_dests--;
	ip_vs_dest_put(dest);
}

void ip_vs_dest_link(struct ip_vs_service *svc, struct ip_vs_dest *dest)
{
	struct ip_vs_service *was = dest->svc;
	bool is_back = ip_vs_dest_is_in_trash(dest);

	lockdep_assert_held(&svc->ipvs->mutex);
	if (is_back)
		list_del_init(&dest->trash);
	else
		ip_vs_hash_add(&svc->ipvs->dests, &dest->by_identity, dest_hash(&dest->by_identity));
	dest->id = ++svc->ipvs->last_dest_id;
	/* In this order: for no moment is it lost. */
	set_bit(IP_VS_DEST_AVAILABLE, &dest->state);
	clear_bit(IP_VS_DEST_AWAITED, &dest->state);
	svc->ipvs->reshaped = (u32)jiffies;
	ip_vs_stats_link_dest(dest, svc);
	if (was != svc) {
		refcount_inc(&svc->refs);
		WRITE_ONCE(dest->svc, svc);
		ip_vs_service_put(was);
	}
	if (is_back)
		svc->ipvs->dest_moved(dest);
	ip_vs_nat_server_update(dest);
	svc->num_dests++;
	if (is_foreign(dest))
		svc->ipvs->num_foreign_dests[ip_vs_family_index(dest->key.af)]++;
}

static bool remark_of_scheduler(const struct ip_vs_service *svc, const struct ip_vs_dest *dest, struct netlink_ext_ack *extack)
{
	struct ip_vs_sched_instance *instance;

	instance = rcu_dereference_protected(svc->sched, lockdep_is_held(&svc->ipvs->mutex));
	if (!instance || !instance->ops->remark)
		return false;
	switch (instance->ops->remark(svc, dest)) {
	case IP_VS_SCHED_REFUSES_CLIENTS:
		NL_SET_ERR_MSG(extack, "clients that the scheduler leads to a server with weight 0 are refused, and get no "
				       "other one: without its fallback flag, if it has one");
		return true;
	case IP_VS_SCHED_LACKS_ROOM:
		NL_SET_ERR_MSG(extack, "the shares of the servers add up to more than the 256 places of the scheduler's table: "
				       "the oldest get less than their share, or nothing");
		return true;
	case IP_VS_SCHED_NO_REMARK:
		break;
	}
	return false;
}

/* With this method packets stay here, whatever the server's address. */
static bool is_never_reached(const struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	return dest->fwd == IP_VS_CONN_F_LOCALNODE && !is_local(svc->ipvs->net, &dest->key);
}

static bool is_any_never_reached(const struct ip_vs_service *svc)
{
	const struct ip_vs_dest *dest;

	list_for_each_entry(dest, &svc->dests, node) {
		if (is_never_reached(svc, dest))
			return true;
		cond_resched();
	}
	return false;
}

bool ip_vs_dest_remark(const struct ip_vs_service *svc, const struct ip_vs_dest *dest, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&svc->ipvs->mutex);
	if (!extack)
		return false;
	if (dest ? is_never_reached(svc, dest) : is_any_never_reached(svc)) {
		NL_SET_ERR_MSG(extack, "the server's address is not of this host: with forwarding method local its clients "
				       "reach this host itself and never the server");
		return true;
	}
	return remark_of_scheduler(svc, dest, extack);
}

/* A scheduler goes on when there are more than it can serve, with those that are newest; but not silently. */
static void warn_of_too_many(struct ip_vs_service *svc, struct netlink_ext_ack *extack)
{
	struct ip_vs_sched_instance *instance;

	instance = rcu_dereference_protected(svc->sched, lockdep_is_held(&svc->ipvs->mutex));
	if (!instance || !instance->ops->max_dests || svc->num_dests <= instance->ops->max_dests)
		return;
	NL_SET_ERR_MSG(extack, "the virtual service has more servers than its scheduler can handle: the oldest get "
			       "no new connections");
	/* Whoever asks for no acknowledgement gets no text. */
	if (__ratelimit(&svc->ipvs->log))
		pr_warn("%s: a virtual service has %u servers, more than the %u that can be served: the oldest get no new connections\n",
			instance->ops->name, svc->num_dests, instance->ops->max_dests);
}

int ip_vs_dest_add(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
		   const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack)
{
	struct ip_vs_dest *dest;
	int err;

	lockdep_assert_held(&svc->ipvs->mutex);
	err = ip_vs_dest_check(svc->key.af, key, opt, extack);
	if (err)
		return err;
	if (ip_vs_dest_get_by_key(svc, key)) {
		NL_SET_ERR_MSG(extack, "this server already exists in the virtual service");
		return -EEXIST;
	}
	dest = ip_vs_dest_prepare(svc, key, opt, extack);
	if (IS_ERR(dest))
		return PTR_ERR(dest);
	ip_vs_dest_link(svc, dest);
	tell_scheduler(svc, dest, IP_VS_SCHED_DEST_ADDED);
	ip_vs_dest_remark(svc, dest, extack);
	warn_of_too_many(svc, extack);
	return 0;
}

void ip_vs_dest_apply(struct ip_vs_dest *dest, const struct ip_vs_dest_options *opt)
{
	lockdep_assert_held(&dest->svc->ipvs->mutex);
	apply_options(dest, opt);
	ip_vs_nat_server_update(dest);
}

bool ip_vs_dest_has_options(const struct ip_vs_dest *dest, const struct ip_vs_dest_options *opt)
{
	return dest->fwd == opt->fwd && dest->conn_flags == opt->conn_flags && dest->weight == opt->weight &&
	       dest->u_threshold == opt->u_threshold && dest->l_threshold == opt->l_threshold &&
	       dest->tunnel.type == opt->tun_type && dest->tunnel.port == opt->tun_port &&
	       dest->tunnel.flags == opt->tun_flags;
}

int ip_vs_dest_edit(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
		    const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack)
{
	struct ip_vs_dest *dest;
	int err;

	lockdep_assert_held(&svc->ipvs->mutex);
	err = ip_vs_dest_check(svc->key.af, key, opt, extack);
	if (err)
		return err;
	dest = ip_vs_dest_get_by_key(svc, key);
	if (!dest) {
		NL_SET_ERR_MSG(extack, "this server does not exist in the virtual service");
		return -ENOENT;
	}
	err = ip_vs_service_track(svc, opt->fwd, extack);
	if (err)
		return err;
	ip_vs_dest_apply(dest, opt);
	tell_scheduler(svc, dest, IP_VS_SCHED_DEST_EDITED);
	ip_vs_dest_remark(svc, dest, extack);
	return 0;
}

void ip_vs_dest_tell_scheduler(struct ip_vs_service *svc)
{
	tell_scheduler(svc, NULL, IP_VS_SCHED_DESTS_CHANGED);
}

void ip_vs_dest_unlist(struct ip_vs_dest *dest, struct list_head *gone)
{
	struct ip_vs_net *ipvs = dest->svc->ipvs;

	lockdep_assert_held(&ipvs->mutex);
	ip_vs_nat_server_remove(dest);
	ip_vs_stats_unlink_dest(dest);
	dest->unlinked = get_state_synchronize_rcu();
	dest->svc->num_dests--;
	if (is_foreign(dest))
		ipvs->num_foreign_dests[ip_vs_family_index(dest->key.af)]--;
	list_add(&dest->trash, gone);
}

static void leave(struct ip_vs_net *ipvs, struct ip_vs_dest *dest)
{
	/* In this order: for no moment is it lost. */
	set_bit(IP_VS_DEST_AWAITED, &dest->state);
	clear_bit(IP_VS_DEST_AVAILABLE, &dest->state);
	/* Until now packets were counted. */
	ip_vs_stats_settle_dest(dest);
	ip_vs_dest_set_route(dest, NULL);
	dest->idle_since = 0;
	WRITE_ONCE(dest->left, (u32)jiffies);
	ipvs->reshaped = dest->left;
	if (list_empty(&ipvs->trash))
		queue_delayed_work(system_dfl_wq, &ipvs->trash_work, TRASH_VISIT);
	list_move(&dest->trash, &ipvs->trash);
	queue_delayed_work(system_dfl_wq, &ipvs->farewell_work, IP_VS_FAREWELL_SECONDS * HZ + 1);
}

void ip_vs_dest_leave_all(struct ip_vs_net *ipvs, struct list_head *gone)
{
	struct ip_vs_dest *dest, *next;

	lockdep_assert_held(&ipvs->mutex);
	list_for_each_entry_safe(dest, next, gone, trash) {
		leave(ipvs, dest);
		cond_resched();
	}
}

/*
 * Who has been away for too long is not awaited any more; connections that are left without a server end, if the
 * administrator wants that. What is decided under the mutex is not decided while a table is being replaced.
 */
static void farewell_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, farewell_work.work);
	bool is_any_awaited = false, is_any_bereft = false;
	struct ip_vs_dest *dest;

	mutex_lock(&ipvs->mutex);
	/* Newest first: behind one that is not awaited none is. */
	list_for_each_entry(dest, &ipvs->trash, trash) {
		if (!test_bit(IP_VS_DEST_AWAITED, &dest->state))
			break;
		if (ip_vs_farewell_left((u32)jiffies, dest->left, ipvs->reshaped, HZ) > 0) {
			is_any_awaited = true;
		} else {
			clear_bit(IP_VS_DEST_AWAITED, &dest->state);
			is_any_bereft |= refcount_read(&dest->refs) > 1;
			ipvs->dest_moved(dest);
		}
		cond_resched();
	}
	if (is_any_awaited)
		queue_delayed_work(system_dfl_wq, &ipvs->farewell_work, FAREWELL_VISIT);
	mutex_unlock(&ipvs->mutex);
	if (is_any_bereft && READ_ONCE(ipvs->sysctl.expire_nodest_conn))
		queue_work(system_dfl_wq, &ipvs->nodest_work);
}

int ip_vs_dest_delete(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
		      struct netlink_ext_ack *extack)
{
	struct ip_vs_dest *dest = ip_vs_dest_get_by_key(svc, key);
	LIST_HEAD(gone);

	if (!dest) {
		NL_SET_ERR_MSG(extack, "this server does not exist in the virtual service");
		return -ENOENT;
	}
	ip_vs_dest_unlist(dest, &gone);
	tell_scheduler(svc, dest, IP_VS_SCHED_DEST_REMOVED);
	leave(svc->ipvs, dest);
	return 0;
}

void ip_vs_dest_delete_all(struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest, *next;
	LIST_HEAD(gone);

	lockdep_assert_held(&svc->ipvs->mutex);
	list_for_each_entry_safe(dest, next, &svc->dests, node) {
		ip_vs_dest_unlist(dest, &gone);
		cond_resched();
	}
	ip_vs_dest_leave_all(svc->ipvs, &gone);
}

static void trash_remove(struct ip_vs_dest *dest)
{
	list_del(&dest->trash);
	dest->svc->ipvs->num_made_dests--;
	ip_vs_hash_delete(&dest->svc->ipvs->dests, &dest->by_identity);
	ip_vs_stats_retire_dest(dest);
	ip_vs_dest_put(dest);
}

/* Has nobody used it for long? */
static bool is_outdated(struct ip_vs_dest *dest)
{
	/* Nobody can take a new reference: it is in no list, no connection has it, and no packet still stands on it. */
	if (refcount_read(&dest->refs) > 1 || !poll_state_synchronize_rcu(dest->unlinked))
		return false;
	if (!dest->idle_since)
		dest->idle_since = jiffies | 1;
	return time_after_eq(jiffies, dest->idle_since + TRASH_KEEP);
}

/*
 * Visit some of the trash, behind *@last, NULL = from its beginning. Returns whether there is more; then *@last is where
 * to go on, and held.
 */
static bool visit_trash(struct ip_vs_net *ipvs, struct ip_vs_dest **last)
{
	struct list_head *pos = *last ? &(*last)->trash : &ipvs->trash;
	bool is_astray = *last && !ip_vs_dest_is_in_trash(*last);
	struct ip_vs_dest *dest;
	int steps;

	lockdep_assert_held(&ipvs->mutex);
	*last = NULL;
	/* It has been added again meanwhile. What stands behind it is visited next time. */
	if (is_astray)
		return false;
	for (steps = 0; steps < TRASH_STEPS; steps++) {
		if (pos->next == &ipvs->trash)
			return false;
		dest = list_entry(pos->next, struct ip_vs_dest, trash);
		if (is_outdated(dest))
			trash_remove(dest);
		else
			pos = &dest->trash;
	}
	if (pos != &ipvs->trash) {
		*last = list_entry(pos, struct ip_vs_dest, trash);
		ip_vs_dest_get(*last);
	}
	return true;
}

static void trash_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, trash_work.work);
	struct ip_vs_dest *last = NULL, *held;
	bool is_more;

	do {
		held = last;
		mutex_lock(&ipvs->mutex);
		is_more = visit_trash(ipvs, &last);
		if (!is_more && !list_empty(&ipvs->trash))
			queue_delayed_work(system_dfl_wq, &ipvs->trash_work, TRASH_VISIT);
		mutex_unlock(&ipvs->mutex);
		if (held)
			ip_vs_dest_put(held);
		cond_resched();
	} while (is_more);
}

int ip_vs_dest_init(struct ip_vs_net *ipvs)
{
	int err;

	INIT_LIST_HEAD(&ipvs->trash);
	INIT_DELAYED_WORK(&ipvs->trash_work, trash_worker);
	INIT_DELAYED_WORK(&ipvs->farewell_work, farewell_worker);
	err = ip_vs_hash_init(&ipvs->dests, MIN_BITS, MAX_BITS, 0, dest_hash);
	if (err)
		return err;
	err = ip_vs_nat_server_init(ipvs);
	if (err)
		ip_vs_hash_uninit(&ipvs->dests);
	return err;
}

void ip_vs_dest_close(struct ip_vs_net *ipvs)
{
	cancel_delayed_work_sync(&ipvs->farewell_work);
}

void ip_vs_dest_uninit(struct ip_vs_net *ipvs)
{
	struct ip_vs_dest *dest, *next;

	cancel_delayed_work_sync(&ipvs->trash_work);
	mutex_lock(&ipvs->mutex);
	list_for_each_entry_safe(dest, next, &ipvs->trash, trash) {
		trash_remove(dest);
		cond_resched();
	}
	mutex_unlock(&ipvs->mutex);
	ip_vs_nat_server_uninit(ipvs);
	ip_vs_hash_uninit(&ipvs->dests);
}
