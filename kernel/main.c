// SPDX-License-Identifier: GPL-2.0-only
/* Loading and unloading, and the beginning and end of each network namespace. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/ip_vs.h>
#include <linux/module.h>
#include "conn/conn.h"
#include "ctl/netlink.h"
#include "ctl/procfs.h"
#include "ctl/sockopt.h"
#include "ctl/sysctl.h"
#include "path/defense.h"
#include "path/fast.h"
#include "path/path.h"
#include "svc/dest.h"
#include "svc/service.h"
#include "sync/sync.h"
#include "xmit/route.h"

unsigned int ip_vs_net_id __read_mostly;
struct workqueue_struct *ip_vs_wq __read_mostly;

static void init_timeouts(struct ip_vs_net *ipvs)
{
	int state;

	for (state = 0; state < IP_VS_TCP_STATES; state++)
		ipvs->tcp_timeouts[state] = ip_vs_tcp_default_timeout(state) * HZ;
	ipvs->udp_timeout = 5 * 60 * HZ;
	for (state = 0; state < IP_VS_SCTP_STATES; state++)
		ipvs->sctp_timeouts[state] = ip_vs_sctp_default_timeout(state) * HZ;
}

/* A namespace does not fill the log, nor use up what others may write there. What was left out, its lines tell. */
static void init_log(struct ip_vs_net *ipvs)
{
	ratelimit_state_init(&ipvs->log, 5 * HZ, 50);
	ratelimit_set_flags(&ipvs->log, RATELIMIT_MSG_ON_RELEASE);
}

static int __net_init net_init(struct net *net)
{
	struct ip_vs_net *ipvs = ip_vs_net(net);
	int err;

	ipvs->net = net;
	init_log(ipvs);
	ip_vs_sysctl_defaults(ipvs);
	init_timeouts(ipvs);
	ip_vs_conn_init(ipvs);
	ip_vs_defense_init(ipvs);
	ip_vs_sync_init(ipvs);
	err = ip_vs_stats_init(ipvs);
	if (err)
		return err;
	err = -ENOMEM;
	ipvs->drops = alloc_percpu_gfp(struct ip_vs_drops, GFP_KERNEL_ACCOUNT);
	if (!ipvs->drops)
		goto uninit_stats;
	err = ip_vs_fast_init(ipvs);
	if (err)
		goto free_drops;
	err = ip_vs_service_init(ipvs);
	if (err)
		goto uninit_fast;
	err = ip_vs_dest_init(ipvs);
	if (err)
		goto uninit_services;
	err = ip_vs_sysctl_init(ipvs);
	if (err)
		goto uninit_dests;
	err = ip_vs_procfs_init(ipvs);
	if (err)
		goto uninit_sysctl;
	err = ip_vs_fast_open(ipvs);
	if (err)
		goto uninit_procfs;
	return 0;

uninit_procfs:
	ip_vs_procfs_uninit(ipvs);
uninit_sysctl:
	ip_vs_sysctl_uninit(ipvs);
uninit_dests:
	ip_vs_dest_uninit(ipvs);
uninit_services:
	ip_vs_service_uninit(ipvs);
uninit_fast:
	ip_vs_fast_uninit(ipvs);
free_drops:
	free_percpu(ipvs->drops);
uninit_stats:
	/* A setting made meanwhile may be part of it. */
	ip_vs_stats_uninit(ipvs);
	return err;
}

/*
 * No new packets after this; the core waits for those under way before it calls net_exit(). User interfaces
 * of the namespace are gone or have no users any more.
 */
static void __net_exit net_pre_exit(struct net *net)
{
	struct ip_vs_net *ipvs = ip_vs_net(net);

	ip_vs_sync_close(ipvs);
	ip_vs_fast_close(ipvs);
	mutex_lock(&ipvs->mutex);
	ip_vs_service_flush(ipvs);
	ip_vs_hooks_trim(ipvs);
	mutex_unlock(&ipvs->mutex);
}

static void __net_exit net_exit(struct net *net)
{
	struct ip_vs_net *ipvs = ip_vs_net(net);

	ip_vs_procfs_uninit(ipvs);
	ip_vs_sysctl_uninit(ipvs);
	ip_vs_defense_uninit(ipvs);
	ip_vs_sync_uninit(ipvs);
	ip_vs_dest_close(ipvs);
	ip_vs_conn_uninit(ipvs);
	ip_vs_dest_uninit(ipvs);
	ip_vs_service_uninit(ipvs);
	ip_vs_stats_uninit(ipvs);
	ip_vs_fast_uninit(ipvs);
	free_percpu(ipvs->drops);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &ip_vs_net_id,
	.size = sizeof(struct ip_vs_net),
};

/* The end of all namespaces has started callbacks, which may still be under way; none of them starts another. */
static void finish(void)
{
	rcu_barrier();
	destroy_workqueue(ip_vs_wq);
	ip_vs_conn_module_exit();
}

static int __init ip_vs_init(void)
{
	int err;

	ip_vs_conn_tab_bits = clamp_t(int, ip_vs_conn_tab_bits, 8, ip_vs_hash_max_bits());
	err = ip_vs_conn_module_init();
	if (err)
		return err;
	ip_vs_wq = alloc_workqueue("ip_vs", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!ip_vs_wq) {
		ip_vs_conn_module_exit();
		return -ENOMEM;
	}
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto finish;
	err = ip_vs_route_module_init();
	if (err)
		goto unregister_pernet;
	err = ip_vs_sync_module_init();
	if (err)
		goto exit_route;
	err = ip_vs_sockopt_init();
	if (err)
		goto exit_sync;
	err = ip_vs_nl_init();
	if (err)
		goto exit_sockopt;
	pr_info("Registered protocols (TCP, UDP, SCTP, AH, ESP)\n");
	pr_info("ipvs loaded.\n");
	return 0;

exit_sockopt:
	ip_vs_sockopt_exit();
exit_sync:
	ip_vs_sync_module_exit();
exit_route:
	ip_vs_route_module_exit();
unregister_pernet:
	unregister_pernet_subsys(&net_ops);
finish:
	finish();
	return err;
}

static void __exit ip_vs_exit(void)
{
	ip_vs_nl_exit();
	ip_vs_sockopt_exit();
	ip_vs_sync_module_exit();
	ip_vs_route_module_exit();
	unregister_pernet_subsys(&net_ops);
	finish();
	pr_info("ipvs unloaded.\n");
}

module_init(ip_vs_init);
module_exit(ip_vs_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("IP Virtual Server");
MODULE_VERSION(IP_VS_RELEASE);
