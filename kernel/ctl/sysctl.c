// SPDX-License-Identifier: GPL-2.0-only
/* The directory /proc/sys/net/ipv4/vs. Source: spec/sysctl.md. */
#include <linux/slab.h>
#include <linux/sysctl.h>
#include "ctl/sysctl.h"

#define INT_ENTRY(member)                                                                          \
	{                                                                                          \
		.procname = #member,                                                               \
		.data = (void *)offsetof(struct ip_vs_sysctl, member),                             \
		.maxlen = sizeof(int),                                                             \
		.mode = 0644,                                                                      \
		.proc_handler = proc_dointvec,                                                     \
	}

/* data holds an offset until the table is copied for a namespace. */
static const struct ctl_table template[] = {
	INT_ENTRY(cache_bypass),
	INT_ENTRY(conn_reuse_mode),
	INT_ENTRY(expire_nodest_conn),
	INT_ENTRY(expire_quiescent_template),
	INT_ENTRY(ignore_tunneled),
	INT_ENTRY(nat_icmp_send),
	INT_ENTRY(pmtu_disc),
	INT_ENTRY(run_estimation),
	INT_ENTRY(schedule_icmp),
	INT_ENTRY(sloppy_tcp),
	INT_ENTRY(snat_reroute),
};

void ip_vs_sysctl_defaults(struct ip_vs_net *ipvs)
{
	bool is_initial = net_eq(ipvs->net, &init_net);

	ipvs->sysctl = (struct ip_vs_sysctl){
		.conn_lfactor = is_initial ? -4 : -2,
		/* A namespace may have as many as the first one. */
		.conn_max = is_initial ? IP_VS_CONN_MAX : READ_ONCE(ip_vs_net(&init_net)->sysctl.conn_max),
		.conn_reuse_mode = 1,
		.pmtu_disc = 1,
		.run_estimation = 1,
		.snat_reroute = 1,
		.svc_lfactor = is_initial ? -3 : -2,
	};
}

int ip_vs_sysctl_init(struct ip_vs_net *ipvs)
{
	struct ctl_table *table;
	int i;

	/* One more than entries: old kernels look for an empty one at the end. */
	table = kcalloc(ARRAY_SIZE(template) + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, template, sizeof(template));
	for (i = 0; i < ARRAY_SIZE(template); i++) {
		table[i].data = (char *)&ipvs->sysctl + (unsigned long)template[i].data;
		/* What costs the host time is not for the root of a container to switch. */
		if (ipvs->net->user_ns != &init_user_ns && !strcmp(table[i].procname, "run_estimation"))
			table[i].mode = 0444;
	}
	ipvs->sysctl_header = register_net_sysctl_sz(ipvs->net, "net/ipv4/vs", table, ARRAY_SIZE(template));
	if (!ipvs->sysctl_header) {
		kfree(table);
		return -ENOMEM;
	}
	ipvs->sysctl_table = table;
	return 0;
}

void ip_vs_sysctl_uninit(struct ip_vs_net *ipvs)
{
	unregister_net_sysctl_table(ipvs->sysctl_header);
	kfree(ipvs->sysctl_table);
}
