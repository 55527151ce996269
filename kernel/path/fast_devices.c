// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fast path on and off, and which devices have its hook: all of the namespace but the loopback.
 *
 * A hook at ingress takes no reference to its device, so it goes when the device goes: at NETDEV_UNREGISTER, which also
 * comes when a device moves to another namespace. The notifier of a namespace is told of all devices that exist when it is
 * registered, and that they go when it is unregistered: so one function does everything. All of that is under rtnl.
 *
 * A packet that is in the hook is in an RCU section. What it uses is freed after a grace period: a hook, which listings of
 * hooks read, too, and the struct ip_vs_fast with what hangs off it.
 */
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "conn/conn.h"
#include "path/fast.h"

static bool fast_by_default;
module_param_named(fast_path, fast_by_default, bool, 0644);
MODULE_PARM_DESC(fast_path, "What the sysctl fast_path is in a new network namespace");

/* The hook of one device. */
struct hook {
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

/* Without memory a device has none: its packets go the normal way. */
static void add_hook(struct ip_vs_fast *fast, struct net_device *dev)
{
	struct hook *hook;

	ASSERT_RTNL();
	if (dev->flags & IFF_LOOPBACK || xa_load(&fast->hooks, dev->ifindex))
		return;
	hook = kzalloc(sizeof(*hook), GFP_KERNEL_ACCOUNT);
	if (!hook)
		return;
	hook->ops.hook = ip_vs_fast_hook;
	hook->ops.pf = NFPROTO_NETDEV;
	hook->ops.hooknum = NF_NETDEV_INGRESS;
	/* Behind whatever others do there. */
	hook->ops.priority = INT_MAX;
	hook->ops.dev = dev;
	hook->ops.priv = fast;
	if (xa_err(xa_store(&fast->hooks, dev->ifindex, hook, GFP_KERNEL_ACCOUNT)))
		goto free;
	if (nf_register_net_hook(fast->ipvs->net, &hook->ops))
		goto erase;
	WRITE_ONCE(fast->num_hooks, fast->num_hooks + 1);
	return;

erase:
	xa_erase(&fast->hooks, dev->ifindex);
free:
	kfree(hook);
}

static void remove_hook(struct ip_vs_fast *fast, const struct net_device *dev)
{
	struct hook *hook;

	ASSERT_RTNL();
	hook = xa_erase(&fast->hooks, dev->ifindex);
	if (!hook)
		return;
	nf_unregister_net_hook(fast->ipvs->net, &hook->ops);
	WRITE_ONCE(fast->num_hooks, fast->num_hooks - 1);
	kfree_rcu(hook, rcu);
}

static int device_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct ip_vs_fast *fast = container_of(nb, struct ip_vs_fast, devices);
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	switch (event) {
	case NETDEV_REGISTER:
		add_hook(fast, dev);
		break;
	case NETDEV_DOWN:
		ip_vs_ways_forget(&fast->ways);
		break;
	case NETDEV_UNREGISTER:
		remove_hook(fast, dev);
		ip_vs_ways_forget(&fast->ways);
		break;
	}
	return NOTIFY_DONE;
}

static void fast_free_rcu(struct rcu_head *head)
{
	struct ip_vs_fast *fast = container_of(head, struct ip_vs_fast, rcu);

	ip_vs_ways_uninit(&fast->ways);
	kvfree(fast);
}

/* No device has its hook any more. */
static void retire(struct ip_vs_net *ipvs, struct ip_vs_fast *fast)
{
	WARN_ON_ONCE(fast->num_hooks);
	ipvs->fast = NULL;
	xa_destroy(&fast->hooks);
	RCU_INIT_POINTER(ipvs->watch, NULL);
	static_branch_dec(&ip_vs_watches);
	call_rcu(&fast->rcu, fast_free_rcu);
}

static void stop(struct ip_vs_net *ipvs)
{
	struct ip_vs_fast *fast = ipvs->fast;

	unregister_netdevice_notifier_net(ipvs->net, &fast->devices);
	retire(ipvs, fast);
}

static int start(struct ip_vs_net *ipvs)
{
	struct ip_vs_fast *fast;
	int err;

	if (!IS_ENABLED(CONFIG_NETFILTER_INGRESS))
		return -EOPNOTSUPP;
	if (ipvs->fast_closed)
		return -ENOENT;
	fast = kvzalloc(sizeof(*fast), GFP_KERNEL_ACCOUNT);
	if (!fast)
		return -ENOMEM;
	fast->ipvs = ipvs;
	fast->devices.notifier_call = device_event;
	xa_init(&fast->hooks);
	static_branch_inc(&ip_vs_watches);
	rcu_assign_pointer(ipvs->watch, &fast->watch);
	ipvs->fast = fast;
	/* Who makes a connection and has not seen the watch has made it by then. */
	synchronize_rcu();
	ip_vs_watch_conns(ipvs);
	err = register_netdevice_notifier_net(ipvs->net, &fast->devices);
	if (err)
		retire(ipvs, fast);
	return err;
}

int ip_vs_fast_set(struct ip_vs_net *ipvs, bool on)
{
	lockdep_assert_held(&ipvs->sysctl_mutex);
	if (on == !!ipvs->fast)
		return 0;
	if (on)
		return start(ipvs);
	stop(ipvs);
	return 0;
}

int ip_vs_fast_open(struct ip_vs_net *ipvs)
{
	int err;

	if (!READ_ONCE(fast_by_default) || !IS_ENABLED(CONFIG_NETFILTER_INGRESS))
		return 0;
	mutex_lock(&ipvs->sysctl_mutex);
	err = ip_vs_fast_set(ipvs, true);
	if (!err)
		WRITE_ONCE(ipvs->sysctl.fast_path, 1);
	mutex_unlock(&ipvs->sysctl_mutex);
	return err;
}

void ip_vs_fast_close(struct ip_vs_net *ipvs)
{
	mutex_lock(&ipvs->sysctl_mutex);
	ip_vs_fast_set(ipvs, false);
	ipvs->fast_closed = true;
	mutex_unlock(&ipvs->sysctl_mutex);
}

void ip_vs_fast_show(struct seq_file *seq, struct ip_vs_net *ipvs)
{
	static const char *const names[] = {
#define IP_VS_FAST_NAME(name, text) text,
		IP_VS_FAST_OUTCOMES(IP_VS_FAST_NAME)
#undef IP_VS_FAST_NAME
	};
	unsigned long sum;
	int i, cpu;

	mutex_lock(&ipvs->sysctl_mutex);
	seq_printf(seq, "Fast path devices:\t%u\n", ipvs->fast ? READ_ONCE(ipvs->fast->num_hooks) : 0);
	mutex_unlock(&ipvs->sysctl_mutex);
	for (i = 0; i < IP_VS_FAST_COUNT; i++) {
		sum = 0;
		for_each_possible_cpu(cpu)
			sum += per_cpu_ptr(ipvs->fast_counts, cpu)->count[i];
		seq_printf(seq, i == IP_VS_FAST_TAKEN ? "Fast path %s:\t%lu\n" : "Fast path passed, %s:\t%lu\n", names[i],
			   sum);
	}
}

int ip_vs_fast_init(struct ip_vs_net *ipvs)
{
	ipvs->fast_counts = alloc_percpu_gfp(struct ip_vs_fast_counts, GFP_KERNEL_ACCOUNT);
	return ipvs->fast_counts ? 0 : -ENOMEM;
}

void ip_vs_fast_uninit(struct ip_vs_net *ipvs)
{
	free_percpu(ipvs->fast_counts);
}
