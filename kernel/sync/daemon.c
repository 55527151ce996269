// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and stopping the daemons. A daemon is complete before anybody sees it, threads and sockets included, and is
 * seen by nobody any more, packets included, before its threads are stopped. Source: spec/sync.md, section 12.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/inetdevice.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include "sync/daemon.h"

#define DEFAULT_GROUP  htonl(0xe0000051) /* 224.0.0.81 */
#define DEFAULT_PORT   8848
#define DEFAULT_MTU    1500
#define DEFAULT_TTL    64
#define LEAST_RECEIVED 1024

static const struct ip_vs_sync_role_ops *const role_ops[IP_VS_SYNC_ROLES] = {
	[IP_VS_SYNC_MASTER] = &ip_vs_sync_master_ops,
	[IP_VS_SYNC_BACKUP] = &ip_vs_sync_backup_ops,
};

/* Held by whoever starts and stops. */
static struct ip_vs_sync_daemon *daemon_of(struct ip_vs_net *ipvs, enum ip_vs_sync_role role)
{
	return rcu_dereference_protected(ipvs->sync.daemons[role], lockdep_is_held(&ipvs->sync.mutex));
}

/*
 * Records know one family of addresses. So there is either a daemon or a server of another family than its service; from
 * here on, and until unclaim(), no such server can be added.
 */
static int claim(struct ip_vs_net *ipvs, struct netlink_ext_ack *extack)
{
	int err = 0;

	mutex_lock(&ipvs->mutex);
	if (ipvs->num_foreign_dests[IP_VS_V4] || ipvs->num_foreign_dests[IP_VS_V6]) {
		NL_SET_ERR_MSG(extack, "there is a server of another address family than its virtual service: its connections "
				       "cannot be synchronised");
		err = -EINVAL;
	} else {
		ipvs->num_sync_daemons++;
	}
	mutex_unlock(&ipvs->mutex);
	return err;
}

static void unclaim(struct ip_vs_net *ipvs)
{
	mutex_lock(&ipvs->mutex);
	ipvs->num_sync_daemons--;
	mutex_unlock(&ipvs->mutex);
}

/* A backup needs tables though there may be no service yet. */
static int start_tables(struct ip_vs_net *ipvs, struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&ipvs->mutex);
	err = ip_vs_conn_start(ipvs);
	mutex_unlock(&ipvs->mutex);
	if (err)
		NL_SET_ERR_MSG(extack, "no memory for the connection table");
	return err;
}

/* The interface's MTU; 0 if there is none of that name. */
static unsigned int mtu_of(struct ip_vs_net *ipvs, const char *interface)
{
	struct net_device *dev;
	unsigned int mtu = 0;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(ipvs->net, interface);
	if (dev)
		mtu = READ_ONCE(dev->mtu) ?: 1;
	rcu_read_unlock();
	return mtu;
}

/* What was left open, and what is too much or too little. */
static void complete_config(struct ip_vs_sync_config *config, enum ip_vs_sync_role role, unsigned int mtu)
{
	unsigned int header, least = role == IP_VS_SYNC_MASTER ? 1 : LEAST_RECEIVED;

	if (config->af == AF_UNSPEC) {
		config->af = AF_INET;
		config->group.ip = DEFAULT_GROUP;
	}
	config->port = config->port ?: DEFAULT_PORT;
	/* A group is of this network, unless it is said; peers may be anywhere. */
	if (!config->ttl)
		config->ttl = config->num_peers ? DEFAULT_TTL : 1;
	header = ip_vs_sync_header_len(config);
	if (config->maxlen)
		config->maxlen = clamp_t(unsigned int, config->maxlen, least, U16_MAX - header);
	else if (role == IP_VS_SYNC_MASTER)
		config->maxlen = DEFAULT_MTU - header;
	else
		config->maxlen = clamp_t(unsigned int, mtu, DEFAULT_MTU, U16_MAX) - header;
}

/* Both daemons of a namespace have the same number. */
static unsigned int num_threads(struct ip_vs_net *ipvs, enum ip_vs_sync_role role)
{
	bool is_guest = ipvs->net->user_ns != &init_user_ns;
	const struct ip_vs_sync_daemon *other = daemon_of(ipvs, IP_VS_SYNC_ROLES - 1 - role);

	if (other)
		return other->num_threads;
	return clamp_t(int, READ_ONCE(ipvs->sysctl.sync_ports), 1,
		       is_guest ? IP_VS_SYNC_GUEST_THREADS_MAX : IP_VS_SYNC_THREADS_MAX);
}

static int check_config(const struct ip_vs_sync_config *config, unsigned int threads, struct netlink_ext_ack *extack)
{
	if (config->sync_id > U8_MAX) {
		NL_SET_ERR_MSG(extack, "the SyncID is above 255, the largest one that a message can have");
		return -ERANGE;
	}
	if (config->key_len && (config->key_len < IP_VS_SYNC_KEY_MIN || config->key_len > IP_VS_SYNC_KEY_MAX)) {
		NL_SET_ERR_MSG(extack, "the key of a daemon has 16 to 64 bytes");
		return -ERANGE;
	}
	if (config->num_peers && config->port + IP_VS_SYNC_PORT_ASIDE > U16_MAX) {
		NL_SET_ERR_MSG(extack, "with peers the port that is 64 above the given one is needed, too: it would be above 65535");
		return -ERANGE;
	}
	if (config->port + threads - 1 > U16_MAX) {
		NL_SET_ERR_MSG(extack, "each thread (sysctl sync_ports) has a port of its own, from the given one on: the last one "
				       "would be above 65535");
		return -ERANGE;
	}
	return 0;
}

/* Threads that never ran end at once. */
static void free_daemon(struct ip_vs_sync_daemon *daemon)
{
	unsigned int i;

	for (i = 0; i < daemon->num_threads; i++)
		if (daemon->threads[i].task)
			kthread_stop(daemon->threads[i].task);
	for (i = 0; i < daemon->num_threads; i++) {
		ip_vs_sync_socket_close(&daemon->threads[i]);
		daemon->ops->release(&daemon->threads[i]);
		kfree(daemon->threads[i].heard);
		kfree(daemon->threads[i].known);
		if (daemon->threads[i].task)
			put_task_struct(daemon->threads[i].task);
	}
	ip_vs_sync_key_free(daemon);
	kvfree(daemon);
}

/* Everything that a thread needs, and the thread itself, which does not run yet. */
static int make_thread(struct ip_vs_sync_thread *thread, struct netlink_ext_ack *extack)
{
	struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct task_struct *task;
	int err;

	thread->next_beat = jiffies;
	err = daemon->ops->prepare(thread) ?: ip_vs_sync_seen_make(thread) ?: ip_vs_sync_known_make(thread);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for the daemon");
		return err;
	}
	err = ip_vs_sync_socket_open(thread, extack);
	if (err)
		return err;
	task = kthread_create(daemon->ops->run, thread, "ipvs-%c:%u:%u", daemon->ops->letter, daemon->ipvs->number,
			      thread->number);
	if (IS_ERR(task)) {
		NL_SET_ERR_MSG(extack, "no thread can be made");
		return PTR_ERR(task);
	}
	/* Until its sockets are closed, which may wake it. */
	get_task_struct(task);
	WRITE_ONCE(thread->task, task);
	return 0;
}

static struct ip_vs_sync_daemon *make_daemon(struct ip_vs_net *ipvs, const struct ip_vs_sync_role_ops *ops,
					     const struct ip_vs_sync_config *config, unsigned int threads,
					     struct netlink_ext_ack *extack)
{
	struct ip_vs_sync_daemon *daemon;
	unsigned int i;
	int err;

	daemon = kvzalloc(struct_size(daemon, threads, threads), GFP_KERNEL_ACCOUNT);
	if (!daemon) {
		NL_SET_ERR_MSG(extack, "no memory for the daemon");
		return ERR_PTR(-ENOMEM);
	}
	daemon->ipvs = ipvs;
	daemon->ops = ops;
	daemon->config = *config;
	daemon->config.key = NULL;
	/* At first jiffies are negative for minutes. */
	daemon->giving.next = jiffies;
	daemon->saying.next = jiffies;
	do {
		daemon->instance = get_random_u64();
	} while (!daemon->instance);
	err = config->key_len ? ip_vs_sync_key_set(daemon, config->key, config->key_len, extack) : 0;
	if (err) {
		free_daemon(daemon);
		return ERR_PTR(err);
	}
	for (i = 0; i < threads; i++) {
		struct ip_vs_sync_thread *thread = &daemon->threads[i];

		thread->daemon = daemon;
		thread->number = i;
		thread->port = config->port + i;
		daemon->num_threads = i + 1;
		err = make_thread(thread, extack);
		if (err) {
			free_daemon(daemon);
			return ERR_PTR(err);
		}
	}
	return daemon;
}

static void run_daemon(struct ip_vs_net *ipvs, struct ip_vs_sync_daemon *daemon)
{
	enum ip_vs_sync_role role = daemon->ops->role;
	unsigned int i;

	rcu_assign_pointer(ipvs->sync.daemons[role], daemon);
	if (role == IP_VS_SYNC_MASTER)
		ip_vs_sync_master_begin(ipvs);
	else
		static_branch_inc(&ip_vs_sync_backups);
	for (i = 0; i < daemon->num_threads; i++) {
		if (ip_vs_sync_may_log(ipvs))
			pr_info("sync thread started: state = %s, mcast_ifn = %*pE, syncid = %u, id = %u\n",
				daemon->ops->title, (int)strlen(daemon->config.interface), daemon->config.interface,
				daemon->config.sync_id, i);
		wake_up_process(daemon->threads[i].task);
	}
	/* An interface may have gone before there was anybody to be told. */
	rcu_read_lock();
	ip_vs_sync_interface_changed(ipvs, NULL, IP_VS_SYNC_CHANGE);
	rcu_read_unlock();
}

/* Under the mutex, with the module held and the namespace claimed. */
static int start(struct ip_vs_net *ipvs, u32 state, struct ip_vs_sync_config *config, struct netlink_ext_ack *extack)
{
	enum ip_vs_sync_role role = state == IP_VS_STATE_MASTER ? IP_VS_SYNC_MASTER : IP_VS_SYNC_BACKUP;
	unsigned int mtu = mtu_of(ipvs, config->interface), threads;
	struct ip_vs_sync_daemon *daemon;
	int err;

	if (!mtu) {
		if (ip_vs_sync_may_log(ipvs))
			pr_err("Unknown mcast interface: %*pE\n", (int)strlen(config->interface), config->interface);
		NL_SET_ERR_MSG(extack, "there is no interface of that name");
		return -ENODEV;
	}
	if (state != IP_VS_STATE_MASTER && state != IP_VS_STATE_BACKUP) {
		NL_SET_ERR_MSG(extack, "a daemon is either master (1) or backup (2)");
		return -EINVAL;
	}
	if (daemon_of(ipvs, role)) {
		if (role == IP_VS_SYNC_MASTER)
			NL_SET_ERR_MSG(extack, "the master daemon runs already");
		else
			NL_SET_ERR_MSG(extack, "the backup daemon runs already");
		return -EEXIST;
	}
	threads = num_threads(ipvs, role);
	complete_config(config, role, mtu);
	err = check_config(config, threads, extack);
	if (!err && role == IP_VS_SYNC_BACKUP)
		err = start_tables(ipvs, extack);
	if (err)
		return err;
	daemon = make_daemon(ipvs, role_ops[role], config, threads, extack);
	if (IS_ERR(daemon))
		return PTR_ERR(daemon);
	run_daemon(ipvs, daemon);
	return 0;
}

int ip_vs_sync_start(struct ip_vs_net *ipvs, u32 state, const struct ip_vs_sync_config *config,
		     struct netlink_ext_ack *extack)
{
	struct ip_vs_sync_config effective = *config;
	int err;

	mutex_lock(&ipvs->sync.mutex);
	err = claim(ipvs, extack);
	if (err)
		goto unlock;
	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		err = -ENOPROTOOPT;
		goto unclaim;
	}
	err = start(ipvs, state, &effective, extack);
	if (!err)
		goto unlock;
	module_put(THIS_MODULE);
unclaim:
	unclaim(ipvs);
unlock:
	mutex_unlock(&ipvs->sync.mutex);
	return err;
}

static void stop(struct ip_vs_net *ipvs, struct ip_vs_sync_daemon *daemon)
{
	enum ip_vs_sync_role role = daemon->ops->role;
	unsigned int i;

	lockdep_assert_held(&ipvs->sync.mutex);
	rcu_assign_pointer(ipvs->sync.daemons[role], NULL);
	if (role == IP_VS_SYNC_MASTER)
		ip_vs_sync_master_end(ipvs);
	else
		static_branch_dec(&ip_vs_sync_backups);
	/* Packets, notifiers and readers of its lines have gone after this. */
	synchronize_rcu();
	for (i = 0; i < daemon->num_threads; i++)
		if (ip_vs_sync_may_log(ipvs))
			pr_info("stopping %s sync thread %d ...\n", daemon->ops->name,
				task_pid_nr(daemon->threads[i].task));
	free_daemon(daemon);
	if (role == IP_VS_SYNC_MASTER)
		ip_vs_sync_forget_moved(ipvs);
	unclaim(ipvs);
	module_put(THIS_MODULE);
}

int ip_vs_sync_stop(struct ip_vs_net *ipvs, u32 state, struct netlink_ext_ack *extack)
{
	enum ip_vs_sync_role role = state == IP_VS_STATE_MASTER ? IP_VS_SYNC_MASTER : IP_VS_SYNC_BACKUP;
	struct ip_vs_sync_daemon *daemon;

	if (state != IP_VS_STATE_MASTER && state != IP_VS_STATE_BACKUP) {
		NL_SET_ERR_MSG(extack, "a daemon is either master (1) or backup (2)");
		return -EINVAL;
	}
	mutex_lock(&ipvs->sync.mutex);
	daemon = daemon_of(ipvs, role);
	if (daemon)
		stop(ipvs, daemon);
	mutex_unlock(&ipvs->sync.mutex);
	if (daemon)
		return 0;
	if (role == IP_VS_SYNC_MASTER)
		NL_SET_ERR_MSG(extack, "the master daemon does not run");
	else
		NL_SET_ERR_MSG(extack, "the backup daemon does not run");
	return -ESRCH;
}

bool ip_vs_sync_get(struct ip_vs_net *ipvs, enum ip_vs_sync_role role, struct ip_vs_sync_config *config)
{
	const struct ip_vs_sync_daemon *daemon;

	mutex_lock(&ipvs->sync.mutex);
	daemon = daemon_of(ipvs, role);
	if (daemon)
		*config = daemon->config;
	mutex_unlock(&ipvs->sync.mutex);
	return daemon;
}

/* --- what is known of them --- */

static void show_daemon(struct seq_file *seq, struct ip_vs_sync_daemon *daemon)
{
	const struct ip_vs_sync_config *config = &daemon->config;
	const char *name = daemon->ops->name;
	time64_t last = 0;
	unsigned int i;

	seq_printf(seq, "%s interface:\t%*pE\n", name, (int)strlen(config->interface), config->interface);
	for (i = 0; i < config->num_peers; i++) {
		if (config->af == AF_INET6)
			seq_printf(seq, "%s peer:\t%pI6c\n", name, &config->peers[i].in6);
		else
			seq_printf(seq, "%s peer:\t%pI4\n", name, &config->peers[i].ip);
	}
	if (!config->num_peers && config->af == AF_INET6)
		seq_printf(seq, "%s group:\t%pI6c\n", name, &config->group.in6);
	else if (!config->num_peers)
		seq_printf(seq, "%s group:\t%pI4\n", name, &config->group.ip);
	seq_printf(seq, "%s port:\t%u\n", name, config->port);
	seq_printf(seq, "%s syncid:\t%u\n", name, config->sync_id);
	seq_printf(seq, "%s key:\t%s\n", name, daemon->hmac ? "yes" : "no");
	seq_printf(seq, "%s threads:\t%u\n", name, daemon->num_threads);
	seq_printf(seq, "%s sockets:\t%lu\n", name, ip_vs_sync_sum(daemon, is_open));
	seq_printf(seq, "%s sockets reopened:\t%d\n", name, atomic_read(&daemon->reopened));
	for (i = 0; i < daemon->num_threads; i++)
		last = max(last, READ_ONCE(daemon->threads[i].last));
	seq_printf(seq, "%s last message:\t%lld\n", name, last);
	seq_printf(seq, "%s heartbeats sent:\t%lu\n", name, ip_vs_sync_sum(daemon, beats));
	seq_printf(seq, "%s heartbeats heard:\t%lu\n", name, ip_vs_sync_sum(daemon, heartbeats));
	daemon->ops->show(seq, daemon);
	for (i = 0; i < daemon->num_threads; i++)
		ip_vs_sync_show_known(seq, &daemon->threads[i]);
}

void ip_vs_sync_show(struct seq_file *seq, struct ip_vs_net *ipvs)
{
	struct ip_vs_sync_daemon *daemon;
	unsigned int role;

	rcu_read_lock();
	for (role = 0; role < IP_VS_SYNC_ROLES; role++) {
		daemon = rcu_dereference(ipvs->sync.daemons[role]);
		if (daemon)
			show_daemon(seq, daemon);
	}
	rcu_read_unlock();
}

/* --- namespaces and the module --- */

void ip_vs_sync_init(struct ip_vs_net *ipvs)
{
	mutex_init(&ipvs->sync.mutex);
	ip_vs_sync_master_init(ipvs);
	ip_vs_sync_backup_init(ipvs);
	ip_vs_sync_servers_init(ipvs);
}

void ip_vs_sync_uninit(struct ip_vs_net *ipvs)
{
	ip_vs_sync_backup_uninit(ipvs);
	ip_vs_sync_servers_uninit(ipvs);
}

void ip_vs_sync_close(struct ip_vs_net *ipvs)
{
	struct ip_vs_sync_daemon *daemon;
	unsigned int role;

	mutex_lock(&ipvs->sync.mutex);
	for (role = 0; role < IP_VS_SYNC_ROLES; role++) {
		daemon = daemon_of(ipvs, role);
		if (daemon)
			stop(ipvs, daemon);
	}
	mutex_unlock(&ipvs->sync.mutex);
}

/* Under rtnl, which threads take: nothing is waited for here. */
static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct ip_vs_net *ipvs = ip_vs_net(dev_net(dev));

	/* The loopback of a namespace comes before we do. */
	if (!ipvs)
		return NOTIFY_DONE;
	rcu_read_lock();
	switch (event) {
	case NETDEV_UNREGISTER:
		ip_vs_sync_interface_changed(ipvs, dev->name, IP_VS_SYNC_LOSS);
		break;
	case NETDEV_REGISTER:
		ip_vs_sync_interface_changed(ipvs, dev->name, IP_VS_SYNC_CHANGE);
		break;
	case NETDEV_UP:
		ip_vs_sync_interface_changed(ipvs, dev->name, IP_VS_SYNC_UP);
		break;
	case NETDEV_CHANGENAME:
		/* What it was called before is not told. */
		ip_vs_sync_interface_changed(ipvs, NULL, IP_VS_SYNC_CHANGE);
		break;
	}
	rcu_read_unlock();
	return NOTIFY_DONE;
}

/* A master may send from an address of another interface. */
static int address_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct in_ifaddr *ifa = ptr;
	struct ip_vs_net *ipvs = ip_vs_net(dev_net(ifa->ifa_dev->dev));

	if (!ipvs)
		return NOTIFY_DONE;
	rcu_read_lock();
	ip_vs_sync_interface_changed(ipvs, NULL, IP_VS_SYNC_CHANGE);
	rcu_read_unlock();
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = { .notifier_call = device_event };
static struct notifier_block address_notifier = { .notifier_call = address_event };

int ip_vs_sync_module_init(void)
{
	int err = register_netdevice_notifier(&device_notifier);

	if (err)
		return err;
	err = register_inetaddr_notifier(&address_notifier);
	if (err)
		unregister_netdevice_notifier(&device_notifier);
	return err;
}

void ip_vs_sync_module_exit(void)
{
	unregister_inetaddr_notifier(&address_notifier);
	unregister_netdevice_notifier(&device_notifier);
}
