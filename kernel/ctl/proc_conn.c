// SPDX-License-Identifier: GPL-2.0-only
/* Connections as rows of text. */
#include <linux/seq_file.h>
#include <net/net_namespace.h>
#include "conn/conn.h"
#include "ctl/conn_walk.h"
#include "ctl/proc_conn.h"
#include "pe/engine.h"
#include "proto/names.h"

static void *conns_start(struct seq_file *seq, loff_t *pos) __acquires(RCU)
{
	struct ip_vs_conn_walk *walk = seq->private;

	rcu_read_lock();
	if (!*pos) {
		ip_vs_conn_walk_start(walk, walk->ipvs);
		return SEQ_START_TOKEN;
	}
	/* The entry to go on with, or what came into its place. */
	return ip_vs_conn_walk_resume(walk);
}

static void *conns_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return ip_vs_conn_walk_next(seq->private);
}

static void conns_stop(struct seq_file *seq, void *v) __releases(RCU)
{
	ip_vs_conn_walk_pause(seq->private);
	rcu_read_unlock();
}

static void show_engine_data(struct seq_file *seq, const struct ip_vs_engine_data *data)
{
	char buf[IP_VS_PEDATA_MAXLEN];

	seq_printf(seq, " %s ", data->engine->name);
	seq_write(seq, buf, ip_vs_engine_print(data, buf, sizeof(buf)));
}

/* Address and port; the server's may be of the other family. */
static void show_end(struct seq_file *seq, u8 af, const void *addr, __be16 port)
{
	if (af == AF_INET6)
		seq_printf(seq, "%pI6 %04X ", addr, ntohs(port));
	else
		seq_printf(seq, "%08X %04X ", ntohl(*(const __be32 *)addr), ntohs(port));
}

/* What the rows of both files begin with. */
static void show_ends_and_state(struct seq_file *seq, const struct ip_vs_conn *cp)
{
	char buf[IP_VS_PROTO_NAME_LEN];
	const void *daddr;
	u8 af;

	seq_printf(seq, "%-3s ", ip_vs_proto_name(cp->protocol, buf));
	show_end(seq, cp->af, ip_vs_conn_caddr(cp), cp->cport);
	show_end(seq, cp->af, ip_vs_conn_vaddr(cp), cp->vport);
	daddr = ip_vs_conn_shown_daddr(cp, &af);
	show_end(seq, af, daddr, cp->dport);
	seq_printf(seq, "%-11s", ip_vs_conn_state_name(cp));
}

static int conns_show(struct seq_file *seq, void *v)
{
	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n");
		return 0;
	}
	show_ends_and_state(seq, v);
	seq_printf(seq, " %7u", ip_vs_conn_seconds_left(v));
	if (ip_vs_conn_engine_data(v))
		show_engine_data(seq, ip_vs_conn_engine_data(v));
	seq_putc(seq, '\n');
	return 0;
}

/* Where an entry comes from: made here, or received from another director. */
static int conns_sync_show(struct seq_file *seq, void *v)
{
	const struct ip_vs_conn *cp = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n");
		return 0;
	}
	show_ends_and_state(seq, cp);
	seq_printf(seq, " %-6s %7u\n", READ_ONCE(cp->flags) & IP_VS_CONN_F_SYNC ? "SYNC" : "LOCAL",
		   ip_vs_conn_seconds_left(cp));
	return 0;
}

static const struct seq_operations conns_seq_ops = {
	.start = conns_start,
	.next = conns_next,
	.stop = conns_stop,
	.show = conns_show,
};

static const struct seq_operations conns_sync_seq_ops = {
	.start = conns_start,
	.next = conns_next,
	.stop = conns_stop,
	.show = conns_sync_show,
};

static int open_walk(struct inode *inode, struct file *file, const struct seq_operations *ops)
{
	struct net *net = maybe_get_net(proc_get_parent_data(inode));
	struct ip_vs_conn_walk *walk;

	if (!net)
		return -ENXIO;
	walk = __seq_open_private(file, ops, sizeof(*walk));
	if (!walk) {
		put_net(net);
		return -ENOMEM;
	}
	walk->ipvs = ip_vs_net(net);
	return 0;
}

static int conns_open(struct inode *inode, struct file *file)
{
	return open_walk(inode, file, &conns_seq_ops);
}

static int conns_sync_open(struct inode *inode, struct file *file)
{
	return open_walk(inode, file, &conns_sync_seq_ops);
}

static int conns_release(struct inode *inode, struct file *file)
{
	struct seq_file *seq = file->private_data;
	struct ip_vs_conn_walk *walk = seq->private;
	struct net *net = walk->ipvs->net;

	put_net(net);
	return seq_release_private(inode, file);
}

const struct proc_ops ip_vs_proc_conn_ops = {
	.proc_open = conns_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = conns_release,
};

const struct proc_ops ip_vs_proc_conn_sync_ops = {
	.proc_open = conns_sync_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = conns_release,
};
