// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface that was there before netlink: socket options of IPv4 sockets. It knows IPv4 only, and of that not
 * all. Lengths come from the caller: nothing is allocated by them, what there is is. Source: spec/sockopt.md.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/sockptr.h>
#include <net/sock.h>
#include "conn/conn.h"
#include "ctl/control.h"
#include "ctl/sockopt.h"
#include "sched/scheduler.h"
#include "sync/sync.h"

/* What a program may ask for the connections of a single server. */
#define CONN_FLAGS (IP_VS_CONN_F_ONE_PACKET | IP_VS_CONN_F_NFCT)

/* The argument of a SET; the options with a destination have both. */
struct service_and_dest {
	struct ip_vs_service_user svc;
	struct ip_vs_dest_user dest;
};

union set_argument {
	struct service_and_dest pair;
	struct ip_vs_timeout_user timeouts;
	struct ip_vs_daemon_user daemon;
};

union get_argument {
	struct ip_vs_getinfo info;
	struct ip_vs_service_entry service;
	struct ip_vs_get_services services;
	struct ip_vs_get_dests dests;
	struct ip_vs_timeout_user timeouts;
	struct ip_vs_daemon_user daemons[2];
	char version[64];
};

/* --- SET --- */

static struct ip_vs_service_key service_key(__be32 addr, __be16 port, u32 fwmark, u16 protocol)
{
	/* A mark is all that identifies its service. */
	if (fwmark)
		return (struct ip_vs_service_key){ .af = AF_INET, .fwmark = fwmark };
	return (struct ip_vs_service_key){
		.af = AF_INET, .addr.ip = addr, .port = port, .protocol = protocol
	};
}

static struct ip_vs_dest_key dest_key(const struct ip_vs_dest_user *user)
{
	return (struct ip_vs_dest_key){ .af = AF_INET, .addr.ip = user->addr, .port = user->port };
}

static struct ip_vs_dest_options dest_options(const struct ip_vs_dest_user *user)
{
	return (struct ip_vs_dest_options){
		.fwd = user->conn_flags & IP_VS_CONN_F_FWD_MASK,
		.conn_flags = user->conn_flags & CONN_FLAGS,
		.weight = user->weight,
		.u_threshold = user->u_threshold,
		.l_threshold = user->l_threshold,
	};
}

static int change_service(struct ip_vs_net *ipvs, const struct ip_vs_service_user *user, bool is_new)
{
	struct ip_vs_service_key key = service_key(user->addr, user->port, user->fwmark, user->protocol);
	struct ip_vs_service_options opt = {
		.flags = user->flags & ~IP_VS_SVC_F_HASHED,
		.flags_mask = ~0,
		.timeout = user->timeout,
		.netmask = (__force u32)user->netmask,
		.alias = { .addr = user->addr, .port = user->port, .protocol = user->protocol },
	};

	return ip_vs_control_change_service(ipvs, &key, &opt, user->sched_name, "", is_new, NULL);
}

/* What else there is to do with a service that exists; under the mutex. */
static int act_on_service(struct ip_vs_service *svc, int option, const struct service_and_dest *user)
{
	struct ip_vs_dest_options opt = dest_options(&user->dest);
	struct ip_vs_dest_key key = dest_key(&user->dest);

	switch (option) {
	case IP_VS_SO_SET_DEL:
		ip_vs_control_delete_service(svc);
		return 0;
	case IP_VS_SO_SET_ZERO:
		ip_vs_stats_zero_service(svc);
		return 0;
	case IP_VS_SO_SET_ADDDEST:
		return ip_vs_control_add_dest(svc, &key, &opt, NULL);
	case IP_VS_SO_SET_EDITDEST:
		return ip_vs_control_edit_dest(svc, &key, &opt, NULL);
	default:
		return ip_vs_control_delete_dest(svc, &key, NULL);
	}
}

static u16 protocol_of(const struct ip_vs_service *svc)
{
	return svc->key.fwmark ? svc->alias.protocol ?: IPPROTO_TCP : svc->key.protocol;
}

/* A mark service is found with the protocol it was added with. */
static struct ip_vs_service *find_service(struct ip_vs_net *ipvs, const struct ip_vs_service_user *user)
{
	struct ip_vs_service_key key = service_key(user->addr, user->port, user->fwmark, user->protocol);
	struct ip_vs_service *svc;

	lockdep_assert_held(&ipvs->mutex);
	svc = ip_vs_service_get(ipvs, &key);
	return svc && protocol_of(svc) == user->protocol ? svc : NULL;
}

static int set_service_or_dest(struct ip_vs_net *ipvs, int option, const struct service_and_dest *user)
{
	const struct ip_vs_service_user *us = &user->svc;
	bool is_add = option == IP_VS_SO_SET_ADD, is_edit = option == IP_VS_SO_SET_EDIT;
	struct ip_vs_service *svc;
	int err;

	if (option == IP_VS_SO_SET_ZERO && !us->fwmark && !us->addr && !us->port) {
		ip_vs_control_zero_all(ipvs);
		return 0;
	}
	if ((is_add || is_edit) && strnlen(us->sched_name, sizeof(us->sched_name)) == sizeof(us->sched_name))
		return -EINVAL;
	if (us->protocol != IPPROTO_TCP && us->protocol != IPPROTO_UDP && us->protocol != IPPROTO_SCTP) {
		if (__ratelimit(&ipvs->log))
			pr_err("set_ctl: invalid protocol: %d %pI4:%d\n", us->protocol, &us->addr, ntohs(us->port));
		return -EFAULT;
	}
	if (is_add)
		return change_service(ipvs, us, true);

	mutex_lock(&ipvs->mutex);
	svc = find_service(ipvs, us);
	err = !svc ? -ESRCH : is_edit ? 0 : act_on_service(svc, option, user);
	mutex_unlock(&ipvs->mutex);
	return err || !is_edit ? err : change_service(ipvs, us, false);
}

static int set_timeouts(struct ip_vs_net *ipvs, const struct ip_vs_timeout_user *user)
{
	struct ip_vs_timeouts seconds = { user->tcp_timeout, user->tcp_fin_timeout, user->udp_timeout };

	if (!ip_vs_timeouts_are_valid(&seconds))
		return -EINVAL;
	mutex_lock(&ipvs->mutex);
	ip_vs_timeouts_set(ipvs, &seconds);
	mutex_unlock(&ipvs->mutex);
	return 0;
}

/* Group, port and the like are the defaults. */
static int start_daemon(struct ip_vs_net *ipvs, const struct ip_vs_daemon_user *user)
{
	struct ip_vs_sync_config config = { .sync_id = user->syncid };

	if (!*user->mcast_ifn || strscpy(config.interface, user->mcast_ifn, sizeof(config.interface)) < 0)
		return -EINVAL;
	return ip_vs_sync_start(ipvs, user->state, &config, NULL);
}

/* Of the argument; negative for an option that there is not. */
static int set_length(int option)
{
	switch (option) {
	case IP_VS_SO_SET_ADD:
	case IP_VS_SO_SET_EDIT:
	case IP_VS_SO_SET_DEL:
	case IP_VS_SO_SET_ZERO:
		return sizeof(struct ip_vs_service_user);
	case IP_VS_SO_SET_ADDDEST:
	case IP_VS_SO_SET_EDITDEST:
	case IP_VS_SO_SET_DELDEST:
		return sizeof(struct service_and_dest);
	case IP_VS_SO_SET_TIMEOUT:
		return sizeof(struct ip_vs_timeout_user);
	case IP_VS_SO_SET_STARTDAEMON:
	case IP_VS_SO_SET_STOPDAEMON:
		return sizeof(struct ip_vs_daemon_user);
	case IP_VS_SO_SET_FLUSH:
		return 0;
	default:
		return -EINVAL;
	}
}

static bool is_allowed(const struct sock *sk)
{
	return ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN);
}

static int set(struct sock *sk, int option, sockptr_t user, unsigned int len)
{
	struct ip_vs_net *ipvs = ip_vs_net(sock_net(sk));
	int length = set_length(option);
	union set_argument arg = {};

	BUILD_BUG_ON(sizeof(struct ip_vs_service_user) != 44 || sizeof(struct service_and_dest) != 68);
	if (!is_allowed(sk))
		return -EPERM;
	if (length < 0)
		return length;
	if (len != length) {
		pr_debug("set_ctl: length: %u != %d\n", len, length);
		return -EINVAL;
	}
	if (copy_from_sockptr(&arg, user, length))
		return -EFAULT;
	switch (option) {
	case IP_VS_SO_SET_FLUSH:
		ip_vs_control_flush(ipvs);
		return 0;
	case IP_VS_SO_SET_TIMEOUT:
		return set_timeouts(ipvs, &arg.timeouts);
	case IP_VS_SO_SET_STARTDAEMON:
		return start_daemon(ipvs, &arg.daemon);
	case IP_VS_SO_SET_STOPDAEMON:
		return ip_vs_sync_stop(ipvs, arg.daemon.state, NULL);
	default:
		return set_service_or_dest(ipvs, option, &arg.pair);
	}
}

/* --- GET --- */

static struct ip_vs_stats_user stats_user(const struct ip_vs_stats_shown *shown)
{
	return (struct ip_vs_stats_user){
		.conns = shown->count.conns,
		.inpkts = shown->count.inpkts,
		.outpkts = shown->count.outpkts,
		.inbytes = shown->count.inbytes,
		.outbytes = shown->count.outbytes,
		.cps = shown->rate.conns,
		.inpps = shown->rate.inpkts,
		.outpps = shown->rate.outpkts,
		.inbps = shown->rate.inbytes,
		.outbps = shown->rate.outbytes,
	};
}

/* @entry goes to user space: its gaps, too, are 0. */
static void fill_service(struct ip_vs_service_entry *entry, struct ip_vs_service *svc)
{
	struct ip_vs_sched_instance *sched;
	struct ip_vs_stats_shown stats;

	lockdep_assert_held(&svc->ipvs->mutex);
	sched = rcu_dereference_protected(svc->sched, true);
	memset(entry, 0, sizeof(*entry));
	entry->protocol = protocol_of(svc);
	entry->addr = svc->key.fwmark ? svc->alias.addr : svc->key.addr.ip;
	entry->port = svc->key.fwmark ? svc->alias.port : svc->key.port;
	entry->fwmark = svc->key.fwmark;
	strscpy(entry->sched_name, sched ? sched->ops->name : "none", sizeof(entry->sched_name));
	entry->flags = svc->flags;
	entry->timeout = svc->timeout / HZ;
	entry->netmask = (__force __be32)svc->netmask;
	entry->num_dests = svc->num_dests;
	ip_vs_stats_service(svc, &stats);
	entry->stats = stats_user(&stats);
}

static void fill_dest(struct ip_vs_dest_entry *entry, struct ip_vs_dest *dest)
{
	struct ip_vs_stats_shown stats;

	memset(entry, 0, sizeof(*entry));
	entry->addr = dest->key.addr.ip;
	entry->port = dest->key.port;
	/* What a connection to it begins with. */
	entry->conn_flags = dest->fwd | dest->conn_flags | IP_VS_CONN_F_INACTIVE;
	if (dest->fwd != IP_VS_CONN_F_MASQ)
		entry->conn_flags |= IP_VS_CONN_F_NOOUTPUT;
	entry->weight = dest->weight;
	entry->u_threshold = dest->u_threshold;
	entry->l_threshold = dest->l_threshold;
	entry->activeconns = atomic_read(&dest->active);
	entry->inactconns = ip_vs_dest_inactive(dest);
	entry->persistconns = atomic_read(&dest->templates);
	ip_vs_stats_dest(dest, &stats);
	entry->stats = stats_user(&stats);
}

static int get_version(struct ip_vs_net *ipvs, void __user *user, int *len)
{
	char text[64];

	*len = 1 + scnprintf(text, sizeof(text), "IP Virtual Server version %d.%d.%d (size=%u)",
			     NVERSION(IP_VS_VERSION_CODE), ip_vs_conn_table_size(ipvs));
	return copy_to_user(user, text, *len) ? -EFAULT : 0;
}

static int get_info(struct ip_vs_net *ipvs, void __user *user)
{
	struct ip_vs_getinfo info = {
		.version = IP_VS_VERSION_CODE,
		.size = ip_vs_conn_table_size(ipvs),
		.num_services = READ_ONCE(ipvs->num_services[IP_VS_V4]),
	};

	return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

/*
 * Entries are collected under the mutex and copied without it: whoever asks may make his memory take its time. As
 * many as there is room for; the places behind them stay as they were.
 */
static int get_services(struct ip_vs_net *ipvs, const struct ip_vs_get_services *arg, int len,
			struct ip_vs_get_services __user *user)
{
	struct ip_vs_service_entry *entries;
	struct ip_vs_service *svc;
	unsigned int num = 0, max;
	u32 id = 0;
	int err;

	if (len < 0 || len != struct_size(arg, entrytable, arg->num_services)) {
		if (__ratelimit(&ipvs->log))
			pr_err("length: %u != %zu\n", len, struct_size(arg, entrytable, arg->num_services));
		return -EINVAL;
	}
	mutex_lock(&ipvs->mutex);
	max = min(arg->num_services, ipvs->num_services[IP_VS_V4]);
	entries = kvmalloc_array(max + 1, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	while (entries && num < max && (svc = ip_vs_service_next(ipvs, id))) {
		id = svc->id + 1;
		if (svc->key.af == AF_INET)
			fill_service(&entries[num++], svc);
		cond_resched();
	}
	mutex_unlock(&ipvs->mutex);
	if (!entries)
		return -ENOMEM;
	err = copy_to_user(user->entrytable, entries, num * sizeof(*entries)) ? -EFAULT : 0;
	kvfree(entries);
	return err;
}

static int get_service(struct ip_vs_net *ipvs, const struct ip_vs_service_entry *arg, void __user *user)
{
	struct ip_vs_service_key key = service_key(arg->addr, arg->port, arg->fwmark, arg->protocol);
	struct ip_vs_service_entry entry;
	struct ip_vs_service *svc;

	mutex_lock(&ipvs->mutex);
	svc = ip_vs_service_get(ipvs, &key);
	if (svc)
		fill_service(&entry, svc);
	mutex_unlock(&ipvs->mutex);
	if (!svc)
		return -ESRCH;
	return copy_to_user(user, &entry, sizeof(entry)) ? -EFAULT : 0;
}

static int get_dests(struct ip_vs_net *ipvs, const struct ip_vs_get_dests *arg, int len,
		     struct ip_vs_get_dests __user *user)
{
	struct ip_vs_service_key key = service_key(arg->addr, arg->port, arg->fwmark, arg->protocol);
	struct ip_vs_dest_entry *entries = NULL;
	unsigned int num = 0, max = 0;
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;
	int err;

	if (len < 0 || len != struct_size(arg, entrytable, arg->num_dests)) {
		if (__ratelimit(&ipvs->log))
			pr_err("length: %u != %zu\n", len, struct_size(arg, entrytable, arg->num_dests));
		return -EINVAL;
	}
	mutex_lock(&ipvs->mutex);
	svc = ip_vs_service_get(ipvs, &key);
	if (svc) {
		max = min(arg->num_dests, svc->num_dests);
		entries = kvmalloc_array(max + 1, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	}
	if (entries) {
		list_for_each_entry(dest, &svc->dests, node) {
			if (num == max)
				break;
			if (dest->key.af == AF_INET)
				fill_dest(&entries[num++], dest);
			cond_resched();
		}
	}
	mutex_unlock(&ipvs->mutex);
	if (!svc)
		return -ESRCH;
	if (!entries)
		return -ENOMEM;
	err = copy_to_user(user->entrytable, entries, num * sizeof(*entries)) ? -EFAULT : 0;
	kvfree(entries);
	return err;
}

static int get_timeouts(struct ip_vs_net *ipvs, void __user *user)
{
	struct ip_vs_timeouts seconds = ip_vs_timeouts_get(ipvs);
	struct ip_vs_timeout_user timeouts = { seconds.tcp, seconds.tcp_fin, seconds.udp };

	return copy_to_user(user, &timeouts, sizeof(timeouts)) ? -EFAULT : 0;
}

/* One that does not run is 0. */
static int get_daemons(struct ip_vs_net *ipvs, void __user *user)
{
	static const int states[] = {
		[IP_VS_SYNC_MASTER] = IP_VS_STATE_MASTER,
		[IP_VS_SYNC_BACKUP] = IP_VS_STATE_BACKUP,
	};
	struct ip_vs_daemon_user daemons[IP_VS_SYNC_ROLES] = {};
	struct ip_vs_sync_config config;
	unsigned int role;

	for (role = 0; role < IP_VS_SYNC_ROLES; role++) {
		if (!ip_vs_sync_get(ipvs, role, &config))
			continue;
		daemons[role].state = states[role];
		strscpy_pad(daemons[role].mcast_ifn, config.interface, sizeof(daemons[role].mcast_ifn));
		daemons[role].syncid = config.sync_id;
	}
	return copy_to_user(user, daemons, sizeof(daemons)) ? -EFAULT : 0;
}

/* The least room that the caller must give; negative for an option that there is not. */
static int get_length(int option)
{
	switch (option) {
	case IP_VS_SO_GET_VERSION:
		return sizeof_field(union get_argument, version);
	case IP_VS_SO_GET_INFO:
		return sizeof(struct ip_vs_getinfo);
	case IP_VS_SO_GET_SERVICES:
		return sizeof(struct ip_vs_get_services);
	case IP_VS_SO_GET_SERVICE:
		return sizeof(struct ip_vs_service_entry);
	case IP_VS_SO_GET_DESTS:
		return sizeof(struct ip_vs_get_dests);
	case IP_VS_SO_GET_TIMEOUT:
		return sizeof(struct ip_vs_timeout_user);
	case IP_VS_SO_GET_DAEMON:
		return sizeof_field(union get_argument, daemons);
	default:
		return -EINVAL;
	}
}

static int get(struct sock *sk, int option, void __user *user, int *len)
{
	struct ip_vs_net *ipvs = ip_vs_net(sock_net(sk));
	int length = get_length(option);
	union get_argument arg;

	if (!is_allowed(sk))
		return -EPERM;
	if (length < 0)
		return length;
	if (*len < length) {
		pr_debug("get_ctl: length: %d < %d\n", *len, length);
		return -EINVAL;
	}
	if (copy_from_user(&arg, user, length))
		return -EFAULT;
	switch (option) {
	case IP_VS_SO_GET_VERSION:
		return get_version(ipvs, user, len);
	case IP_VS_SO_GET_INFO:
		return get_info(ipvs, user);
	case IP_VS_SO_GET_SERVICES:
		return get_services(ipvs, &arg.services, *len, user);
	case IP_VS_SO_GET_SERVICE:
		return get_service(ipvs, &arg.service, user);
	case IP_VS_SO_GET_DESTS:
		return get_dests(ipvs, &arg.dests, *len, user);
	case IP_VS_SO_GET_TIMEOUT:
		return get_timeouts(ipvs, user);
	default:
		return get_daemons(ipvs, user);
	}
}

static struct nf_sockopt_ops sockopts = {
	.pf = PF_INET,
	.set_optmin = IP_VS_BASE_CTL,
	.set_optmax = IP_VS_SO_SET_MAX + 1,
	.set = set,
	.get_optmin = IP_VS_BASE_CTL,
	.get_optmax = IP_VS_SO_GET_MAX + 1,
	.get = get,
	.owner = THIS_MODULE,
};

int __init ip_vs_sockopt_init(void)
{
	return nf_register_sockopt(&sockopts);
}

void ip_vs_sockopt_exit(void)
{
	nf_unregister_sockopt(&sockopts);
}
