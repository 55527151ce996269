// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory /proc/sys/net/ipv4/vs. What the entries mean is told in docs/sysctl.md. All of them are rows
 * of one table; a row says how its value is read and checked, and what follows from a new one.
 */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include <linux/sysctl_opener.h>
#include "conn/conn.h"
#include "ctl/sysctl.h"
#include "path/defense.h"
#include "path/fast.h"
#include "svc/estimator.h"
#include "sync/sync.h"
#include "xmit/route.h"

/**
 * struct entry - a row of the table
 * @name: of the file
 * @offset: of the value in struct ip_vs_sysctl; for handlers that keep it there
 * @size: of the value
 * @handler: how it is read and written. In the table of a namespace extra1 is the row, extra2 the namespace.
 * @min: of checked numbers
 * @max: of checked numbers
 * @bound: of the value's in struct ip_vs_bounds; for those that are bounded
 * @changed: what is to be done after a write; may be NULL. For checked numbers.
 * @costs_host: takes processor time or memory of the host, so it is not for the root of a container to choose
 */
struct entry {
	const char *name;
	size_t offset;
	int size;
	proc_handler *handler;
	int min, max;
	size_t bound;
	void (*changed)(struct ip_vs_net *ipvs);
	bool costs_host;
};

static const struct entry *entry_of(const struct ctl_table *table)
{
	return table->extra1;
}

static struct ip_vs_net *netns_of(const struct ctl_table *table)
{
	return table->extra2;
}

/* A number is read into @value, which holds the present one. */
static int parse_ints(int *value, int count, int write, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct ctl_table table = { .data = value, .maxlen = count * sizeof(int) };

	return proc_dointvec(&table, write, buffer, lenp, ppos);
}

/* Numbers within a range, and things to do when one changes. */
static int handle_checked(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
			  loff_t *ppos)
{
	const struct entry *entry = entry_of(table);
	struct ip_vs_net *ipvs = netns_of(table);
	int *value = table->data, new;
	int err;

	mutex_lock(&ipvs->sysctl_mutex);
	new = *value;
	err = parse_ints(&new, 1, write, buffer, lenp, ppos);
	if (!err && write && (new < entry->min || new > entry->max))
		err = -EINVAL;
	if (!err && write) {
		WRITE_ONCE(*value, new);
		if (entry->changed)
			entry->changed(ipvs);
	}
	mutex_unlock(&ipvs->sysctl_mutex);
	return err;
}

/* drop_entry, drop_packet, secure_tcp: two of their values change by themselves. */
static int handle_mode(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
		       loff_t *ppos)
{
	struct ip_vs_net *ipvs = netns_of(table);
	int *value = table->data, new = READ_ONCE(*value);
	int err;

	err = parse_ints(&new, 1, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	if (new < IP_VS_DEFENSE_OFF || new > IP_VS_DEFENSE_ALWAYS)
		return -EINVAL;
	ip_vs_defense_set_mode(ipvs, value, new);
	return 0;
}

/* Switching may fail; then it stays as it was. */
static int handle_fast_path(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
			    loff_t *ppos)
{
	struct ip_vs_net *ipvs = netns_of(table);
	int *value = table->data, new, err;

	mutex_lock(&ipvs->sysctl_mutex);
	new = *value;
	err = parse_ints(&new, 1, write, buffer, lenp, ppos);
	if (!err && write) {
		err = new < 0 || new > 1 ? -EINVAL : ip_vs_fast_set(ipvs, new);
		if (!err)
			WRITE_ONCE(*value, new);
	}
	mutex_unlock(&ipvs->sysctl_mutex);
	return err;
}

/* Threads and ports: a power of two. */
static int handle_sync_ports(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
			     loff_t *ppos)
{
	int *value = table->data, new = READ_ONCE(*value);
	int err;

	err = parse_ints(&new, 1, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	if (new < 1 || !is_power_of_2(new))
		return -EINVAL;
	WRITE_ONCE(*value, new);
	return 0;
}

/* Threshold and period are checked as a pair. Who writes one number keeps the period. */
static int handle_sync_threshold(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
				 loff_t *ppos)
{
	struct ip_vs_net *ipvs = netns_of(table);
	int *value = table->data, new[2];
	int err;

	mutex_lock(&ipvs->sysctl_mutex);
	memcpy(new, value, sizeof(new));
	err = parse_ints(new, 2, write, buffer, lenp, ppos);
	if (!err && write) {
		if (new[0] < 0 || new[1] < 0 || (new[1] && new[0] >= new[1])) {
			err = -EINVAL;
		} else {
			WRITE_ONCE(value[0], new[0]);
			WRITE_ONCE(value[1], new[1]);
			ip_vs_sync_rule_changed(ipvs);
		}
	}
	mutex_unlock(&ipvs->sysctl_mutex);
	return err;
}

/* Seconds; kept in jiffies. */
static int handle_sync_refresh_period(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
				      loff_t *ppos)
{
	struct ip_vs_net *ipvs = netns_of(table);
	int *value = table->data, new, err;
	struct ctl_table period = { .data = &new, .maxlen = sizeof(new) };

	mutex_lock(&ipvs->sysctl_mutex);
	new = *value;
	err = proc_dointvec_jiffies(&period, write, buffer, lenp, ppos);
	if (!err && write) {
		WRITE_ONCE(*value, new);
		ip_vs_sync_rule_changed(ipvs);
	}
	mutex_unlock(&ipvs->sysctl_mutex);
	return err;
}

/*
 * What the namespace itself writes stays below the bound that was set from outside: by whoever may administer
 * the host's network. That is said of who opened the file: what a container hands to a program of the host as its
 * output does not become the host's will. Source: spec/sysctl.md, section 3.2.
 */
static int handle_bounded(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
			  loff_t *ppos)
{
	struct ip_vs_net *ipvs = netns_of(table);
	int *bound = (int *)((char *)&ipvs->bounds + entry_of(table)->bound);
	bool is_hosts = write && sysctl_opener_ns_capable(ppos, &init_user_ns, CAP_NET_ADMIN);
	int *value = table->data, new, err;

	mutex_lock(&ipvs->sysctl_mutex);
	new = *value;
	err = parse_ints(&new, 1, write, buffer, lenp, ppos);
	if (!err && write && (new < 0 || new > (is_hosts ? IP_VS_BOUND_MAX : *bound)))
		err = -EINVAL;
	if (!err && write) {
		WRITE_ONCE(*value, new);
		if (is_hosts)
			*bound = new;
	}
	mutex_unlock(&ipvs->sysctl_mutex);
	return err;
}

static void conn_lfactor_changed(struct ip_vs_net *ipvs)
{
	mutex_lock(&ipvs->mutex);
	/* Else the tables will be born with it. */
	if (ipvs->conn_ready)
		ip_vs_table_set_lfactor(ipvs, ipvs->sysctl.conn_lfactor);
	mutex_unlock(&ipvs->mutex);
}

static void svc_lfactor_changed(struct ip_vs_net *ipvs)
{
	ip_vs_hash_set_lfactor(&ipvs->services, ipvs->sysctl.svc_lfactor);
}

static int read_cpus(struct ip_vs_net *ipvs, void *buffer, size_t *lenp, loff_t *ppos)
{
	struct ctl_table table = {};
	cpumask_var_t cpus;
	int err = -ENOMEM;

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	ip_vs_estimator_get_cpus(ipvs, cpus);
	table.data = kasprintf(GFP_KERNEL, "%*pbl", cpumask_pr_args(cpus));
	if (table.data) {
		table.maxlen = strlen(table.data) + 1;
		err = proc_dostring(&table, 0, buffer, lenp, ppos);
		kfree(table.data);
	}
	free_cpumask_var(cpus);
	return err;
}

static int write_cpus(struct ip_vs_net *ipvs, const char *text)
{
	cpumask_var_t cpus;
	int err;

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	err = cpulist_parse(text, cpus); /* ERANGE for a CPU that the machine cannot have */
	if (!err) {
		/* Nobody gives the thread more than he has. */
		cpumask_and(cpus, cpus, current->cpus_ptr);
		err = ip_vs_estimator_set_cpus(ipvs, cpus);
	}
	free_cpumask_var(cpus);
	return err;
}

static int handle_est_cpulist(ctl_table_const struct ctl_table *table, int write, void *buffer, size_t *lenp,
			      loff_t *ppos)
{
	struct ip_vs_net *ipvs = netns_of(table);
	int err;

	if (!write)
		return read_cpus(ipvs, buffer, lenp, ppos);
	/* The text ends with a NUL. */
	err = write_cpus(ipvs, buffer);
	if (!err)
		*ppos += *lenp;
	return err;
}

#define ENTRY(member, handler_, ...)                                                               \
	{                                                                                          \
		.name = #member,                                                                   \
		.offset = offsetof(struct ip_vs_sysctl, member),                                   \
		.size = sizeof_field(struct ip_vs_sysctl, member),                                 \
		.handler = handler_,                                                               \
		__VA_ARGS__                                                                        \
	}
#define INT(member, ...) ENTRY(member, proc_dointvec, ##__VA_ARGS__)
#define MODE(member)	 ENTRY(member, handle_mode)
#define RANGE(member, min_, max_, ...)                                                             \
	ENTRY(member, handle_checked, .min = min_, .max = max_, ##__VA_ARGS__)
#define BOUNDED(member)                                                                            \
	ENTRY(member, handle_bounded, .bound = offsetof(struct ip_vs_bounds, member))

static const struct entry entries[] = {
	INT(amemthresh),
	INT(am_droprate),
	INT(backup_only),
	INT(cache_bypass),
	RANGE(conn_lfactor, IP_VS_HASH_LFACTOR_MIN, IP_VS_HASH_LFACTOR_MAX, .changed = conn_lfactor_changed,
	      .costs_host = true),
	BOUNDED(conn_max),
	INT(conn_reuse_mode),
	INT(conntrack),
	BOUNDED(dest_max),
	MODE(drop_entry),
	MODE(drop_packet),
	{ .name = "est_cpulist", .handler = handle_est_cpulist, .costs_host = true },
	RANGE(est_nice, MIN_NICE, MAX_NICE, .changed = ip_vs_estimator_update, .costs_host = true),
	INT(expire_nodest_conn),
	INT(expire_quiescent_template),
	ENTRY(fast_path, handle_fast_path),
	INT(ignore_tunneled),
	INT(nat_icmp_send),
	INT(pmtu_disc),
	RANGE(route_context, 0, IP_VS_ROUTE_CONTEXT_MARK | IP_VS_ROUTE_CONTEXT_VRF,
	      .changed = ip_vs_route_context_changed),
	RANGE(run_estimation, INT_MIN, INT_MAX, .changed = ip_vs_estimator_update, .costs_host = true),
	INT(schedule_icmp),
	MODE(secure_tcp),
	INT(sloppy_sctp),
	INT(sloppy_tcp),
	INT(snat_reroute),
	RANGE(svc_lfactor, IP_VS_HASH_LFACTOR_MIN, IP_VS_HASH_LFACTOR_MAX, .changed = svc_lfactor_changed,
	      .costs_host = true),
	BOUNDED(svc_max),
	RANGE(sync_persist_mode, INT_MIN, INT_MAX, .changed = ip_vs_sync_rule_changed),
	ENTRY(sync_ports, handle_sync_ports),
	ENTRY(sync_qlen_max, proc_doulongvec_minmax, .costs_host = true),
	ENTRY(sync_refresh_period, handle_sync_refresh_period),
	RANGE(sync_retries, 0, 3, .changed = ip_vs_sync_rule_changed),
	INT(sync_sock_size, .costs_host = true),
	ENTRY(sync_threshold, handle_sync_threshold),
	RANGE(sync_version, 0, 1, .changed = ip_vs_sync_rule_changed),
	INT(tunnel_mss),
};

/*
 * The configuration of a namespace that belongs to the host is as large as its root likes. Root of another user namespace
 * may be anybody.
 */
#define GUEST_DEST_MAX 65536
#define GUEST_SVC_MAX  16384

/* A namespace may have as many of everything as the first one, and a guest's no more than is enough for most. */
static struct ip_vs_bounds bounds_of(const struct net *net)
{
	const struct ip_vs_sysctl *first = &ip_vs_net(&init_net)->sysctl;
	struct ip_vs_bounds bounds = { IP_VS_BOUND_MAX, IP_VS_BOUND_MAX, IP_VS_BOUND_MAX };

	if (!net_eq(net, &init_net)) {
		bounds.conn_max = READ_ONCE(first->conn_max);
		bounds.dest_max = READ_ONCE(first->dest_max);
		bounds.svc_max = READ_ONCE(first->svc_max);
	}
	if (net->user_ns != &init_user_ns) {
		bounds.dest_max = min(bounds.dest_max, GUEST_DEST_MAX);
		bounds.svc_max = min(bounds.svc_max, GUEST_SVC_MAX);
	}
	return bounds;
}

void ip_vs_sysctl_defaults(struct ip_vs_net *ipvs)
{
	bool is_initial = net_eq(ipvs->net, &init_net);

	ipvs->bounds = bounds_of(ipvs->net);
	ipvs->sysctl = (struct ip_vs_sysctl){
		.amemthresh = 1024,
		.am_droprate = 10,
		.conn_lfactor = is_initial ? -4 : -2,
		.conn_max = ipvs->bounds.conn_max,
		.conn_reuse_mode = 1,
		.dest_max = ipvs->bounds.dest_max,
		.pmtu_disc = 1,
		.run_estimation = 1,
		.snat_reroute = 1,
		.svc_lfactor = is_initial ? -3 : -2,
		.svc_max = ipvs->bounds.svc_max,
		.sync_ports = 1,
		.sync_qlen_max = nr_free_buffer_pages() / 32,
		.sync_threshold = { 3, 50 },
		.sync_version = 1,
	};
}

static void fill(struct ip_vs_net *ipvs, struct ctl_table *table, const struct entry *entry)
{
	bool is_hosts = ipvs->net->user_ns == &init_user_ns;

	table->procname = entry->name;
	table->maxlen = entry->size;
	table->mode = entry->costs_host && !is_hosts ? 0444 : 0644;
	table->proc_handler = entry->handler;
	if (entry->size)
		table->data = (char *)&ipvs->sysctl + entry->offset;
	/* The kernel's own handlers would take these for limits. */
	if (entry->handler != proc_dointvec && entry->handler != proc_doulongvec_minmax) {
		table->extra1 = (void *)entry;
		table->extra2 = ipvs;
	}
}

int ip_vs_sysctl_init(struct ip_vs_net *ipvs)
{
	struct ctl_table *table;
	int i;

	mutex_init(&ipvs->sysctl_mutex);
	/* One more than entries: old kernels look for an empty one at the end. */
	table = kcalloc(ARRAY_SIZE(entries) + 1, sizeof(*table), GFP_KERNEL_ACCOUNT);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		fill(ipvs, &table[i], &entries[i]);
	ipvs->sysctl_header = register_net_sysctl_sz(ipvs->net, "net/ipv4/vs", table, ARRAY_SIZE(entries));
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
