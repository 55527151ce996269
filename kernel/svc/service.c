// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of virtual services of a namespace. Packets look services up under RCU and take no reference;
 * everything else happens under the namespace's configuration mutex.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/module.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include "netns.h"
#include "pe/engine.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/estimator.h"
#include "svc/service.h"

#define FTP_PORT     htons(21)
#define FTPDATA_PORT htons(20)

/* The largest one is no service's: whoever walks asks for the next of the last one. */
#define SERVICE_IDS XA_LIMIT(1, U32_MAX - 1)

/* Limits of the table's size, log2. Source: spec/sysctl.md, section 3.3. */
#define MIN_BITS 4
#define MAX_BITS 20

static struct ip_vs_service *service_of(const struct ip_vs_hash_node *node)
{
	return container_of(node, struct ip_vs_service, node);
}

static __always_inline u32 hash_key(const struct ip_vs_net *ipvs, const struct ip_vs_service_key *key)
{
	const u32 *addr = key->addr.all;

	return hsiphash_3u32(addr[0] ^ addr[1] ^ addr[2] ^ addr[3] ^ key->af, key->fwmark,
			     (__force u32)key->port << 16 | key->protocol, &ipvs->services.key);
}

static u32 service_hash(const struct ip_vs_hash_node *node)
{
	return hash_key(service_of(node)->ipvs, &service_of(node)->key);
}

static bool service_matches(const struct ip_vs_hash_node *node, const void *key)
{
	return !memcmp(&service_of(node)->key, key, sizeof(struct ip_vs_service_key));
}

/* Under RCU. */
static struct ip_vs_service *find(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key)
{
	struct ip_vs_hash_node *node;

	node = ip_vs_hash_find(&ipvs->services, hash_key(ipvs, key), key, service_matches);
	return node ? service_of(node) : NULL;
}

struct ip_vs_service *ip_vs_service_get(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key)
{
	struct ip_vs_service *svc;

	rcu_read_lock();
	svc = find(ipvs, key);
	rcu_read_unlock();
	return svc;
}

struct ip_vs_service *ip_vs_service_find(struct ip_vs_net *ipvs, u16 af, u32 fwmark, u16 protocol,
					 const union nf_inet_addr *addr, __be16 port)
{
	struct ip_vs_service_key key = { .af = af };
	struct ip_vs_service *svc;

	if (fwmark && READ_ONCE(ipvs->num_fwmark_services)) {
		key.fwmark = fwmark;
		svc = find(ipvs, &key);
		if (svc)
			return svc;
		key.fwmark = 0;
	}

	key.protocol = protocol;
	key.port = port;
	if (af == AF_INET6)
		key.addr.in6 = addr->in6;
	else
		key.addr.ip = addr->ip;
	svc = find(ipvs, &key);
	if (svc)
		return svc;

	if (protocol == IPPROTO_TCP && READ_ONCE(ipvs->num_ftp_services) &&
	    (port == FTPDATA_PORT || !inet_port_requires_bind_service(ipvs->net, ntohs(port)))) {
		key.port = FTP_PORT;
		svc = find(ipvs, &key);
		if (svc)
			return svc;
	}
	if (READ_ONCE(ipvs->num_port0_services)) {
		key.port = 0;
		svc = find(ipvs, &key);
	}
	return svc;
}

static u8 family_of(const struct ip_vs_service *svc)
{
	return svc->key.af == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

int ip_vs_service_track(struct ip_vs_service *svc, u32 fwd, struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&svc->ipvs->mutex);
	if (fwd != IP_VS_CONN_F_MASQ || svc->is_tracked || svc->key.port != FTP_PORT || svc->key.protocol != IPPROTO_TCP)
		return 0;
	err = nf_ct_netns_get(svc->ipvs->net, family_of(svc));
	if (err) {
		NL_SET_ERR_MSG(extack, "connection tracking, which NAT of FTP needs, cannot be switched on");
		return err;
	}
	svc->is_tracked = true;
	return 0;
}

static void untrack(struct ip_vs_service *svc)
{
	if (svc->is_tracked)
		nf_ct_netns_put(svc->ipvs->net, family_of(svc));
	svc->is_tracked = false;
}

struct ip_vs_service *ip_vs_service_next(struct ip_vs_net *ipvs, u32 id)
{
	unsigned long index = id;

	return xa_find(&ipvs->service_ids, &index, U32_MAX, XA_PRESENT);
}

/* Services of a kind are counted so that packets need not look for kinds that do not exist. */
static void count_kinds(struct ip_vs_service *svc, int n)
{
	struct ip_vs_net *ipvs = svc->ipvs;
	unsigned int *count = &ipvs->num_services[ip_vs_family_index(svc->key.af)];

	WRITE_ONCE(*count, *count + n);
	if (svc->key.fwmark)
		WRITE_ONCE(ipvs->num_fwmark_services, ipvs->num_fwmark_services + n);
	else if (svc->key.port == FTP_PORT)
		WRITE_ONCE(ipvs->num_ftp_services, ipvs->num_ftp_services + n);
	else if (!svc->key.port)
		WRITE_ONCE(ipvs->num_port0_services, ipvs->num_port0_services + n);
}

/* Services whose servers may begin a connection: usually there are none, and nobody has to look for them. */
static void count_engine(struct ip_vs_net *ipvs, const struct ip_vs_engine *engine, int n)
{
	if (engine && engine->answers)
		WRITE_ONCE(ipvs->num_answering_services, ipvs->num_answering_services + n);
}

/* Gives the old one up at once; the exit of its module waits for the packets that are still in it. */
static void set_engine(struct ip_vs_service *svc, const struct ip_vs_engine *engine)
{
	const struct ip_vs_engine *old = svc->engine;
	struct ip_vs_dest *dest;

	count_engine(svc->ipvs, old, -1);
	count_engine(svc->ipvs, engine, 1);
	WRITE_ONCE(svc->engine, engine);
	if (engine != old) {
		list_for_each_entry(dest, &svc->dests, node) {
			ip_vs_nat_server_update(dest);
			cond_resched();
		}
	}
	ip_vs_engine_put(old);
}

int ip_vs_service_check_size(const struct ip_vs_scheduler *sched, unsigned int num_dests, struct netlink_ext_ack *extack)
{
	if (!sched || !sched->max_dests || num_dests <= sched->max_dests)
		return 0;
	NL_SET_ERR_MSG(extack, "the virtual service has more servers than this scheduler can handle");
	return -EINVAL;
}

/* The errors have a text in @extack. */
static struct ip_vs_sched_instance *sched_instance_make(struct ip_vs_service *svc,
							 const struct ip_vs_scheduler *ops,
							 struct netlink_ext_ack *extack)
{
	struct ip_vs_sched_instance *instance;
	int err = -ENOMEM;

	instance = kzalloc(sizeof(*instance) + ops->data_size, GFP_KERNEL_ACCOUNT);
	if (instance) {
		instance->ops = ops;
		err = ops->init ? ops->init(svc, instance->data) : 0;
		if (!err)
			return instance;
		kfree(instance);
	}
	if (err == -ENOMEM)
		NL_SET_ERR_MSG(extack, "no memory for the scheduler");
	else
		NL_SET_ERR_MSG(extack, "the scheduler cannot work for this virtual service");
	return ERR_PTR(err);
}

/* It has the service, and the service its destinations. */
static void begin_scheduler(struct ip_vs_service *svc)
{
	struct ip_vs_sched_instance *instance;

	instance = rcu_dereference_protected(svc->sched, lockdep_is_held(&svc->ipvs->mutex));
	if (instance && instance->ops->begin)
		instance->ops->begin(svc, instance->data);
}

/* No packet finds it any more; some may still be in it. */
static void sched_instance_free(struct ip_vs_service *svc, struct ip_vs_sched_instance *instance)
{
	if (instance->ops->exit)
		instance->ops->exit(svc, instance->data);
	kfree_rcu(instance, rcu);
}

/* Give the scheduler's module up at once; its exit waits for the packets that are still in it. */
static void sched_instance_drop(struct ip_vs_service *svc, struct ip_vs_sched_instance *instance)
{
	const struct ip_vs_scheduler *ops;

	if (!instance)
		return;
	ops = instance->ops;
	sched_instance_free(svc, instance);
	ip_vs_scheduler_put(ops);
}

int ip_vs_service_check(u16 af, const struct ip_vs_service_options *opt, struct netlink_ext_ack *extack)
{
	if (af == AF_INET6 && (opt->netmask < 1 || opt->netmask > 128)) {
		NL_SET_ERR_MSG(extack, "the prefix length of an IPv6 service must be from 1 to 128");
		return -EINVAL;
	}
	if (opt->timeout > INT_MAX / HZ) {
		NL_SET_ERR_MSG(extack, "the persistence timeout is too long");
		return -EINVAL;
	}
	return 0;
}

static void apply_options(struct ip_vs_service *svc, const struct ip_vs_service_options *opt)
{
	u32 flags = (svc->flags & ~opt->flags_mask) | (opt->flags & opt->flags_mask);

	WRITE_ONCE(svc->flags, flags | IP_VS_SVC_F_HASHED);
	WRITE_ONCE(svc->timeout, opt->timeout * HZ);
	WRITE_ONCE(svc->netmask, opt->netmask);
}

bool ip_vs_service_remark(const struct ip_vs_service *svc, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&svc->ipvs->mutex);
	if (svc->key.fwmark || svc->key.port || svc->flags & IP_VS_SVC_F_PERSISTENT)
		return ip_vs_dest_remark(svc, NULL, extack);
	/* Accepted for compatibility, since the original does; but it can never choose a server. */
	NL_SET_ERR_MSG(extack, "a service on port 0 serves nothing unless it is persistent");
	return true;
}

struct ip_vs_service *ip_vs_service_prepare(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
					    const struct ip_vs_service_options *opt,
					    struct netlink_ext_ack *extack)
{
	struct ip_vs_service *svc;

	lockdep_assert_held(&ipvs->mutex);
	if (ipvs->num_made_services >= READ_ONCE(ipvs->sysctl.svc_max)) {
		NL_SET_ERR_MSG(extack, "the network namespace has as many virtual services as its sysctl svc_max allows");
		return ERR_PTR(-ENOSPC);
	}
	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the ip_vs module is being unloaded");
		return ERR_PTR(-ENOPROTOOPT);
	}
	svc = kzalloc(sizeof(*svc), GFP_KERNEL_ACCOUNT);
	/* The place in the listing is taken, but nothing is there yet. */
	if (!svc || xa_alloc_cyclic(&ipvs->service_ids, &svc->id, NULL, SERVICE_IDS, &ipvs->next_service_id,
				    GFP_KERNEL) < 0) {
		NL_SET_ERR_MSG(extack, "no memory for the virtual service");
		kfree(svc);
		module_put(THIS_MODULE);
		return ERR_PTR(-ENOMEM);
	}
	ipvs->num_made_services++;
	svc->key = *key;
	svc->ipvs = ipvs;
	INIT_LIST_HEAD(&svc->dests);
	spin_lock_init(&svc->sched_lock);
	refcount_set(&svc->refs, 1);
	apply_options(svc, opt);
	svc->engine = opt->engine;
	svc->alias = opt->alias;
	return svc;
}

/* Not the holds on scheduler and engine: they are the caller's again. */
void ip_vs_service_cancel(struct ip_vs_service *svc)
{
	struct ip_vs_sched_instance *instance = rcu_dereference_protected(svc->sched, true);

	if (instance)
		sched_instance_free(svc, instance);
	untrack(svc);
	xa_release(&svc->ipvs->service_ids, svc->id);
	svc->ipvs->num_made_services--;
	ip_vs_service_put(svc);
	module_put(THIS_MODULE);
}

int ip_vs_service_start_scheduler(struct ip_vs_service *svc, const struct ip_vs_scheduler *sched,
				  struct netlink_ext_ack *extack)
{
	struct ip_vs_sched_instance *instance;

	if (!sched)
		return 0;
	instance = sched_instance_make(svc, sched, extack);
	if (IS_ERR(instance))
		return PTR_ERR(instance);
	RCU_INIT_POINTER(svc->sched, instance);
	return 0;
}

void ip_vs_service_link(struct ip_vs_service *svc)
{
	struct ip_vs_net *ipvs = svc->ipvs;

	lockdep_assert_held(&ipvs->mutex);
	/* Cannot fail: the place was reserved. */
	xa_store(&ipvs->service_ids, svc->id, svc, GFP_KERNEL);
	begin_scheduler(svc);
	/* Before the first packet can find it, or nobody would count it. */
	ip_vs_stats_link_service(svc);
	ip_vs_hash_add(&ipvs->services, &svc->node, hash_key(ipvs, &svc->key));
	count_kinds(svc, 1);
	count_engine(ipvs, svc->engine, 1);
	ipvs->reshaped = (u32)jiffies;
	ip_vs_estimator_start(ipvs);
}

int ip_vs_service_add(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
		      const struct ip_vs_service_options *opt, const struct ip_vs_scheduler *sched,
		      struct netlink_ext_ack *extack)
{
	struct ip_vs_service *svc;
	int err;

	lockdep_assert_held(&ipvs->mutex);
	if (ip_vs_service_get(ipvs, key)) {
		NL_SET_ERR_MSG(extack, "this virtual service already exists");
		return -EEXIST;
	}
	err = ip_vs_service_check(key->af, opt, extack);
	if (err)
		return err;
	svc = ip_vs_service_prepare(ipvs, key, opt, extack);
	if (IS_ERR(svc))
		return PTR_ERR(svc);
	err = ip_vs_service_start_scheduler(svc, sched, extack);
	if (err) {
		ip_vs_service_cancel(svc);
		return err;
	}
	ip_vs_service_link(svc);
	ip_vs_service_remark(svc, extack);
	return 0;
}

int ip_vs_service_prepare_edit(struct ip_vs_service *svc, const struct ip_vs_scheduler *sched,
			       struct ip_vs_sched_instance **instance, struct netlink_ext_ack *extack)
{
	struct ip_vs_sched_instance *present, *new;

	present = rcu_dereference_protected(svc->sched, lockdep_is_held(&svc->ipvs->mutex));
	*instance = NULL;
	if (!sched || (present && present->ops == sched))
		return 0;
	new = sched_instance_make(svc, sched, extack);
	if (IS_ERR(new))
		return PTR_ERR(new);
	*instance = new;
	return 0;
}

void ip_vs_service_cancel_edit(struct ip_vs_service *svc, struct ip_vs_sched_instance *instance)
{
	if (instance)
		sched_instance_free(svc, instance);
}

void ip_vs_service_apply(struct ip_vs_service *svc, const struct ip_vs_service_options *opt,
			 const struct ip_vs_scheduler *sched, struct ip_vs_sched_instance *instance)
{
	struct ip_vs_sched_instance *old;

	old = rcu_dereference_protected(svc->sched, lockdep_is_held(&svc->ipvs->mutex));
	if (sched && !instance) {
		/* The same scheduler goes on where it is: of the two holds on its module one is enough. */
		ip_vs_scheduler_put(sched);
	} else {
		rcu_assign_pointer(svc->sched, instance);
		begin_scheduler(svc);
		sched_instance_drop(svc, old);
	}
	set_engine(svc, opt->engine);
	apply_options(svc, opt);
}

int ip_vs_service_edit(struct ip_vs_service *svc, const struct ip_vs_service_options *opt,
		       const struct ip_vs_scheduler *sched, struct netlink_ext_ack *extack)
{
	struct ip_vs_sched_instance *instance;
	int err;

	lockdep_assert_held(&svc->ipvs->mutex);
	err = ip_vs_service_check(svc->key.af, opt, extack);
	if (!err)
		err = ip_vs_service_prepare_edit(svc, sched, &instance, extack);
	/* One that goes on may have got more meanwhile. */
	if (!err && instance) {
		err = ip_vs_service_check_size(sched, svc->num_dests, extack);
		if (err)
			ip_vs_service_cancel_edit(svc, instance);
	}
	if (err)
		return err;
	ip_vs_service_apply(svc, opt, sched, instance);
	ip_vs_service_remark(svc, extack);
	return 0;
}

void ip_vs_service_put(struct ip_vs_service *svc)
{
	if (refcount_dec_and_test(&svc->refs))
		kfree_rcu(svc, rcu);
}

void ip_vs_service_delete(struct ip_vs_service *svc)
{
	struct ip_vs_net *ipvs = svc->ipvs;
	struct ip_vs_sched_instance *instance;

	lockdep_assert_held(&ipvs->mutex);
	ip_vs_hash_delete(&ipvs->services, &svc->node);
	count_kinds(svc, -1);
	ipvs->reshaped = (u32)jiffies;

	instance = rcu_dereference_protected(svc->sched, lockdep_is_held(&ipvs->mutex));
	RCU_INIT_POINTER(svc->sched, NULL);
	sched_instance_drop(svc, instance);
	set_engine(svc, NULL);
	ip_vs_dest_delete_all(svc);
	untrack(svc);
	ip_vs_stats_unlink_service(svc);
	xa_erase(&ipvs->service_ids, svc->id);
	ipvs->num_made_services--;
	if (!ipvs->num_services[IP_VS_V4] && !ipvs->num_services[IP_VS_V6])
		ip_vs_estimator_stop(ipvs);
	ip_vs_service_put(svc);
	module_put(THIS_MODULE);
}

void ip_vs_service_flush(struct ip_vs_net *ipvs)
{
	struct ip_vs_service *svc;

	lockdep_assert_held(&ipvs->mutex);
	while ((svc = ip_vs_service_next(ipvs, 0))) {
		ip_vs_service_delete(svc);
		cond_resched();
	}
}

int ip_vs_service_init(struct ip_vs_net *ipvs)
{
	mutex_init(&ipvs->mutex);
	xa_init_flags(&ipvs->service_ids, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	ipvs->generation = 1;
	return ip_vs_hash_init(&ipvs->services, MIN_BITS, MAX_BITS, ipvs->sysctl.svc_lfactor, service_hash);
}

void ip_vs_service_uninit(struct ip_vs_net *ipvs)
{
	xa_destroy(&ipvs->service_ids);
	ip_vs_hash_uninit(&ipvs->services);
}
