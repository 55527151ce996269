// SPDX-License-Identifier: GPL-2.0-only
/* The files below /proc/net, byte by byte what programs parse. Source: spec/procfs.md. */
#include <linux/log2.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>
#include "app/app.h"
#include "conn/conn.h"
#include "ctl/procfs.h"
#include "ctl/proc_conn.h"
#include "path/fast.h"
#include "proto/names.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/estimator.h"
#include "svc/service.h"
#include "sync/sync.h"

/* --- ip_vs: a row for each service, and one for each of its servers --- */

/*
 * Anyone may read it, so a read has to be short, however many servers a service has: it goes on where the last one
 * ended. Where it is, is remembered as ids and a key; the pointers are of the RCU section of one read.
 */
struct services_walk {
	struct seq_net_private net;
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;	/* NULL: at the service's own row */
	u64 svc_id;			/* of the service, or the least that it may have */
	bool is_inside;			/* behind the service's own row */
	u64 dest_id;
	struct ip_vs_dest_key dest_key;
};

/* To the row of a service with at least this id. */
static void *enter_service(struct seq_file *seq, u64 id)
{
	struct services_walk *walk = seq->private;

	walk->svc = id > U32_MAX ? NULL : ip_vs_service_next(ip_vs_net(seq_file_net(seq)), id);
	walk->svc_id = walk->svc ? walk->svc->id : (u64)U32_MAX + 1;
	walk->dest = NULL;
	walk->is_inside = false;
	return walk->svc ? walk : NULL;
}

/* To the row of a server of this service; without one to the next service. */
static void *enter_dest(struct seq_file *seq, struct ip_vs_dest *dest)
{
	struct services_walk *walk = seq->private;

	if (!dest)
		return enter_service(seq, walk->svc_id + 1);
	walk->dest = dest;
	walk->is_inside = true;
	walk->dest_id = READ_ONCE(dest->id);
	walk->dest_key = dest->key;
	return walk;
}

/* The server that was to come, or, if it has left, the next older one. */
static struct ip_vs_dest *resume(const struct services_walk *walk)
{
	struct ip_vs_dest *dest = ip_vs_dest_find_by_key(walk->svc, &walk->dest_key);

	if (dest && READ_ONCE(dest->id) == walk->dest_id)
		return dest;
	list_for_each_entry_rcu(dest, &walk->svc->dests, node)
		if (READ_ONCE(dest->id) < walk->dest_id)
			return dest;
	return NULL;
}

static void *services_start(struct seq_file *seq, loff_t *pos) __acquires(RCU)
{
	struct services_walk *walk = seq->private;
	bool was_inside = walk->is_inside;
	u64 was_in = walk->svc_id;

	rcu_read_lock();
	if (!*pos) {
		walk->svc_id = 0;
		walk->is_inside = false;
		return SEQ_START_TOKEN;
	}
	if (!enter_service(seq, was_in))
		return NULL;
	return was_inside && walk->svc_id == was_in ? enter_dest(seq, resume(walk)) : walk;
}

static void *services_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct services_walk *walk = seq->private;
	struct list_head *dests;

	++*pos;
	if (v == SEQ_START_TOKEN)
		return enter_service(seq, 0);
	dests = &walk->svc->dests;
	return enter_dest(seq, walk->dest ? list_next_or_null_rcu(dests, &walk->dest->node, struct ip_vs_dest, node) :
					    list_first_or_null_rcu(dests, struct ip_vs_dest, node));
}

static void services_stop(struct seq_file *seq, void *v) __releases(RCU)
{
	rcu_read_unlock();
}

static const char *method_name(u32 fwd)
{
	switch (fwd) {
	case IP_VS_CONN_F_LOCALNODE:
		return "Local";
	case IP_VS_CONN_F_TUNNEL:
		return "Tunnel";
	case IP_VS_CONN_F_DROUTE:
		return "Route";
	default:
		return "Masq";
	}
}

static void show_dest(struct seq_file *seq, const struct ip_vs_dest *dest)
{
	if (dest->key.af == AF_INET6)
		seq_printf(seq, "  -> [%pI6]:%04X", &dest->key.addr.in6, ntohs(dest->key.port));
	else
		seq_printf(seq, "  -> %08X:%04X", ntohl(dest->key.addr.ip), ntohs(dest->key.port));
	seq_printf(seq, "      %-7s %-6d %-10d %-10d\n", method_name(READ_ONCE(dest->fwd)),
		   ip_vs_dest_weight(dest), atomic_read(&dest->active), ip_vs_dest_inactive(dest));
}

static void show_service(struct seq_file *seq, const struct ip_vs_service *svc)
{
	const struct ip_vs_sched_instance *sched = rcu_dereference(svc->sched);
	const char *name = sched ? sched->ops->name : "none";
	const char *ops = READ_ONCE(svc->flags) & IP_VS_SVC_F_ONEPACKET ? "ops " : "";
	const struct ip_vs_service_key *key = &svc->key;
	char buf[IP_VS_PROTO_NAME_LEN];
	const char *proto = ip_vs_proto_name(key->protocol, buf);

	/* The blanks differ between the kinds: so they have always been. */
	if (key->fwmark)
		seq_printf(seq, "FWM  %08X %s %s", key->fwmark, name, ops);
	else if (key->af == AF_INET6)
		seq_printf(seq, "%s  [%pI6]:%04X %s ", proto, &key->addr.in6, ntohs(key->port), name);
	else
		seq_printf(seq, "%s  %08X:%04X %s %s ", proto, ntohl(key->addr.ip), ntohs(key->port), name,
			   ops);
	/* Ticks, and of IPv6 the prefix length in the wrong byte order: parsers know it so. */
	if (ip_vs_service_is_persistent(svc))
		seq_printf(seq, "persistent %d %08X", READ_ONCE(svc->timeout),
			   ntohl((__force __be32)READ_ONCE(svc->netmask)));
	seq_putc(seq, '\n');
}

static int services_show(struct seq_file *seq, void *v)
{
	const struct services_walk *walk = seq->private;

	if (v == SEQ_START_TOKEN) {
		seq_printf(seq, "IP Virtual Server version 1.2.1 (size=%u)\n",
			   ip_vs_conn_table_size(ip_vs_net(seq_file_net(seq))));
		seq_puts(seq, "Prot LocalAddress:Port Scheduler Flags\n");
		seq_puts(seq, "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n");
		return 0;
	}
	if (walk->dest)
		show_dest(seq, walk->dest);
	else
		show_service(seq, walk->svc);
	return 0;
}

static const struct seq_operations services_seq_ops = {
	.start = services_start,
	.next = services_next,
	.stop = services_stop,
	.show = services_show,
};

/* --- ip_vs_stats: the namespace's total, in hexadecimal --- */

static void show_counts(struct seq_file *seq, const struct ip_vs_counts *c)
{
	seq_printf(seq, "%8llX %8llX %8llX %16llX %16llX\n", c->conns, c->inpkts, c->outpkts, c->inbytes,
		   c->outbytes);
}

static int stats_show(struct seq_file *seq, void *v)
{
	struct ip_vs_net *ipvs = ip_vs_net(seq_file_single_net(seq));
	struct ip_vs_stats_shown stats;

	if (!ip_vs_stats_read_begin(ipvs, &stats))
		return -EINTR;
	ip_vs_stats_read_end(ipvs);
	seq_puts(seq, "   Total Incoming Outgoing         Incoming         Outgoing\n");
	seq_puts(seq, "   Conns  Packets  Packets            Bytes            Bytes\n");
	show_counts(seq, &stats.count);
	seq_puts(seq, "\n Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n");
	show_counts(seq, &stats.rate);
	return 0;
}

/* --- ip_vs_stats_percpu: what each CPU has counted, and the total --- */

static int stats_percpu_show(struct seq_file *seq, void *v)
{
	struct ip_vs_net *ipvs = ip_vs_net(seq_file_single_net(seq));
	const struct ip_vs_counts *cpus;
	struct ip_vs_stats_shown stats;
	int cpu;

	seq_puts(seq, "       Total Incoming Outgoing         Incoming         Outgoing\n");
	seq_puts(seq, "CPU    Conns  Packets  Packets            Bytes            Bytes\n");
	cpus = ip_vs_stats_read_begin(ipvs, &stats);
	if (!cpus)
		return -EINTR;
	for_each_possible_cpu(cpu) {
		seq_printf(seq, "%3X ", cpu);
		show_counts(seq, &cpus[cpu]);
	}
	ip_vs_stats_read_end(ipvs);
	seq_puts(seq, "  ~ ");
	show_counts(seq, &stats.count);
	seq_puts(seq, "\n     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n    ");
	show_counts(seq, &stats.rate);
	return 0;
}

/* --- ip_vs_app: protocol helpers --- */

static int app_show(struct seq_file *seq, void *v)
{
	seq_puts(seq, "prot port    usecnt name\n");
	ip_vs_app_show(seq, ip_vs_net(seq_file_single_net(seq)));
	return 0;
}

/* --- ip_vs_status: how full the tables are, and who estimates --- */

/* The lines about one table; of one that is being resized again and again those about chains are missing. */
static void show_table(struct seq_file *seq, const char *name, struct ip_vs_hash *table)
{
	unsigned int entries = atomic_read(&table->count), size;
	struct ip_vs_census census = {};
	int length;

	rcu_read_lock();
	size = ip_vs_hash_size(table);
	rcu_read_unlock();
	if (entries && ip_vs_hash_census(table, &census))
		size = ip_vs_census_size(&census);
	seq_printf(seq, "%s buckets:\t%u (%d bits, lfactor %d)\n", name, size, ilog2(size),
		   READ_ONCE(table->lfactor));
	if (!ip_vs_census_size(&census))
		return;
	seq_printf(seq, "%s buckets empty:\t%u (%u%%)\n", name, census.buckets[0],
		   ip_vs_census_percent(&census, 0));
	for (length = 1; length < IP_VS_CENSUS_LENGTHS; length++)
		if (census.buckets[length])
			seq_printf(seq, "%s buckets len-%d:\t%u (%u%%)\n", name, length,
				   census.buckets[length], ip_vs_census_percent(&census, length));
	seq_printf(seq, "%s buckets longest:\t%u\n", name, census.longest);
}

/*
 * The original spreads what there is to estimate over 50 x 48 chains of limited length and as many threads
 * as that takes. Here one thread takes them all: the numbers say how long its chains would be.
 */
static void show_estimation_status(struct seq_file *seq, struct ip_vs_net *ipvs)
{
	const unsigned int chains = 50 * 48;
	unsigned int length = DIV_ROUND_UP(READ_ONCE(ipvs->num_estimated), chains);

	seq_printf(seq, "Stats thread slots:\t%d (max 1)\n", ip_vs_estimator_is_running(ipvs));
	seq_printf(seq, "Stats chain max len:\t%u\n", length);
	seq_printf(seq, "Stats thread ests:\t%u\n", length * chains);
}

static int status_show(struct seq_file *seq, void *v)
{
	struct ip_vs_net *ipvs = ip_vs_net(seq_file_single_net(seq));

	/* All entries are counted together; connections, replies of NAT and templates are in tables of their own. */
	seq_printf(seq, "Conns:\t%d\n", atomic_read(&ipvs->num_conns));
	if (smp_load_acquire(&ipvs->conn_ready)) {
		show_table(seq, "Conn", &ipvs->conns);
		show_table(seq, "Reply", &ipvs->replies);
		show_table(seq, "Template", &ipvs->templates);
	} else {
		seq_puts(seq, "Conn buckets:\t0 (0 bits, lfactor 0)\n");
	}
	seq_printf(seq, "Services:\t%d\n", atomic_read(&ipvs->services.count));
	show_table(seq, "Service", &ipvs->services);
	show_estimation_status(seq, ipvs);
	ip_vs_fast_show(seq, ipvs);
	return 0;
}

/* --- ip_vs_drops: why packets were dropped --- */

static int drops_show(struct seq_file *seq, void *v)
{
	static const char *const names[] = {
#define IP_VS_DROP_NAME(name, text) text,
		IP_VS_DROP_REASONS(IP_VS_DROP_NAME)
#undef IP_VS_DROP_NAME
	};
	struct ip_vs_net *ipvs = ip_vs_net(seq_file_single_net(seq));
	unsigned long sum;
	int i, cpu;

	for (i = 0; i < IP_VS_DROP_COUNT; i++) {
		sum = 0;
		for_each_possible_cpu(cpu)
			sum += per_cpu_ptr(ipvs->drops, cpu)->count[i];
		seq_printf(seq, "%s %lu\n", names[i], sum);
	}
	return 0;
}

/* --- ip_vs_sync: the daemons, what they have sent and received, and what was lost and why --- */

static int sync_show(struct seq_file *seq, void *v)
{
	ip_vs_sync_show(seq, ip_vs_net(seq_file_single_net(seq)));
	return 0;
}

/* Files that are written in one go. */
static const struct {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *seq, void *v);
} single_files[] = {
	{ "ip_vs_stats", 0444, stats_show },
	{ "ip_vs_stats_percpu", 0444, stats_percpu_show },
	{ "ip_vs_app", 0444, app_show },
	{ "ip_vs_status", 0440, status_show },
	{ "ip_vs_drops", 0444, drops_show },
	{ "ip_vs_sync", 0444, sync_show },
};

static void remove_single_files(struct proc_dir_entry *dir, int n)
{
	while (n--)
		remove_proc_entry(single_files[n].name, dir);
}

int ip_vs_procfs_init(struct ip_vs_net *ipvs)
{
	struct proc_dir_entry *dir = ipvs->net->proc_net;
	int i;

	if (!proc_create_net("ip_vs", 0444, dir, &services_seq_ops, sizeof(struct services_walk)))
		return -ENOMEM;
	if (!proc_create("ip_vs_conn", 0444, dir, &ip_vs_proc_conn_ops))
		goto remove_services;
	if (!proc_create("ip_vs_conn_sync", 0444, dir, &ip_vs_proc_conn_sync_ops))
		goto remove_conns;
	for (i = 0; i < ARRAY_SIZE(single_files); i++)
		if (!proc_create_net_single(single_files[i].name, single_files[i].mode, dir,
					    single_files[i].show, NULL))
			goto remove_singles;
	return 0;

remove_singles:
	remove_single_files(dir, i);
	remove_proc_entry("ip_vs_conn_sync", dir);
remove_conns:
	remove_proc_entry("ip_vs_conn", dir);
remove_services:
	remove_proc_entry("ip_vs", dir);
	return -ENOMEM;
}

void ip_vs_procfs_uninit(struct ip_vs_net *ipvs)
{
	struct proc_dir_entry *dir = ipvs->net->proc_net;

	remove_single_files(dir, ARRAY_SIZE(single_files));
	remove_proc_entry("ip_vs_conn_sync", dir);
	remove_proc_entry("ip_vs_conn", dir);
	remove_proc_entry("ip_vs", dir);
}
