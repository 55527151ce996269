// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include "ctl/netlink.h"

const struct nla_policy ip_vs_cmd_policy[IPVS_CMD_ATTR_MAX + 1] = {
	[IPVS_CMD_ATTR_SERVICE] = { .type = NLA_NESTED },
	[IPVS_CMD_ATTR_DEST] = { .type = NLA_NESTED },
	[IPVS_CMD_ATTR_DAEMON] = { .type = NLA_NESTED },
	[IPVS_CMD_ATTR_TIMEOUT_TCP] = { .type = NLA_U32 },
	[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] = { .type = NLA_U32 },
	[IPVS_CMD_ATTR_TIMEOUT_UDP] = { .type = NLA_U32 },
};

/*
 * Old clients send attributes that today's strict parsing refuses. Who may administer the namespace may do so by whatever
 * interface: the same holds for the socket options.
 */
#define OP(command, do_it, dump_it)                                                                \
	{                                                                                          \
		.cmd = IPVS_CMD_##command,                                                         \
		.validate = GENL_DONT_VALIDATE_STRICT | GENL_DONT_VALIDATE_DUMP,                   \
		.flags = GENL_UNS_ADMIN_PERM,                                                      \
		.doit = do_it,                                                                     \
		.dumpit = dump_it,                                                                 \
	}

static const struct genl_small_ops ops[] = {
	OP(NEW_SERVICE, ip_vs_nl_new_service, NULL),
	OP(SET_SERVICE, ip_vs_nl_set_service, NULL),
	OP(DEL_SERVICE, ip_vs_nl_del_service, NULL),
	OP(GET_SERVICE, ip_vs_nl_get_service_do, ip_vs_nl_get_service_dump),
	OP(NEW_DEST, ip_vs_nl_new_dest, NULL),
	OP(SET_DEST, ip_vs_nl_set_dest, NULL),
	OP(DEL_DEST, ip_vs_nl_del_dest, NULL),
	OP(GET_DEST, NULL, ip_vs_nl_get_dest_dump),
	OP(NEW_DAEMON, ip_vs_nl_new_daemon, NULL),
	OP(DEL_DAEMON, ip_vs_nl_del_daemon, NULL),
	OP(GET_DAEMON, NULL, ip_vs_nl_get_daemon_dump),
	OP(SET_CONFIG, ip_vs_nl_set_config, NULL),
	OP(GET_CONFIG, ip_vs_nl_get_config, NULL),
	OP(GET_INFO, ip_vs_nl_get_info, NULL),
	OP(ZERO, ip_vs_nl_zero, NULL),
	OP(FLUSH, ip_vs_nl_flush, NULL),
	OP(GET_TABLE, NULL, ip_vs_nl_get_table_dump),
	OP(SET_TABLE, ip_vs_nl_set_table, NULL),
};

/* Newer than strict parsing. */
static const struct genl_ops strict_ops[] = {
	{
		.cmd = IPVS_CMD_GET_CONN,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = ip_vs_nl_conn_policy,
		.maxattr = IPVS_CONN_ATTR_LAST,
		.start = ip_vs_nl_get_conn_start,
		.dumpit = ip_vs_nl_get_conn_dump,
		.done = ip_vs_nl_get_conn_done,
	},
};

struct genl_family ip_vs_genl_family __ro_after_init = {
	.name = IPVS_GENL_NAME,
	.version = IPVS_GENL_VERSION,
	.maxattr = IPVS_CMD_ATTR_MAX,
	.policy = ip_vs_cmd_policy,
	.module = THIS_MODULE,
	.netnsok = true,
	/* The namespaces' own mutexes keep order. */
	.parallel_ops = true,
	.small_ops = ops,
	.n_small_ops = ARRAY_SIZE(ops),
	.ops = strict_ops,
	.n_ops = ARRAY_SIZE(strict_ops),
	.resv_start_op = IPVS_CMD_SET_TABLE + 1,
};

int __init ip_vs_nl_init(void)
{
	return genl_register_family(&ip_vs_genl_family);
}

void ip_vs_nl_exit(void)
{
	genl_unregister_family(&ip_vs_genl_family);
}

MODULE_ALIAS_GENL_FAMILY(IPVS_GENL_NAME);

void ip_vs_nl_dump_looks(struct ip_vs_net *ipvs, struct netlink_callback *cb)
{
	const struct genlmsghdr *request = nlmsg_data(cb->nlh);

	lockdep_assert_held(&ipvs->mutex);
	/* Debian's ipvsadm and keepalived would fail, where with the original they show what they got. */
	if (request->version >= IPVS_GENL_VERSION_INTR)
		cb->seq = ipvs->generation;
}

static int put_counts32(struct sk_buff *skb, const struct ip_vs_stats_shown *s)
{
	return nla_put_u32(skb, IPVS_STATS_ATTR_CONNS, s->count.conns) ?:
	       nla_put_u32(skb, IPVS_STATS_ATTR_INPKTS, s->count.inpkts) ?:
	       nla_put_u32(skb, IPVS_STATS_ATTR_OUTPKTS, s->count.outpkts) ?:
	       nla_put_u64_64bit(skb, IPVS_STATS_ATTR_INBYTES, s->count.inbytes, IPVS_STATS_ATTR_PAD) ?:
	       nla_put_u64_64bit(skb, IPVS_STATS_ATTR_OUTBYTES, s->count.outbytes, IPVS_STATS_ATTR_PAD) ?:
	       nla_put_u32(skb, IPVS_STATS_ATTR_CPS, s->rate.conns) ?:
	       nla_put_u32(skb, IPVS_STATS_ATTR_INPPS, s->rate.inpkts) ?:
	       nla_put_u32(skb, IPVS_STATS_ATTR_OUTPPS, s->rate.outpkts) ?:
	       nla_put_u32(skb, IPVS_STATS_ATTR_INBPS, s->rate.inbytes) ?:
	       nla_put_u32(skb, IPVS_STATS_ATTR_OUTBPS, s->rate.outbytes);
}

static int put_counts64(struct sk_buff *skb, const struct ip_vs_stats_shown *s)
{
	const struct {
		int attr;
		u64 value;
	} members[] = {
		{ IPVS_STATS_ATTR_CONNS, s->count.conns },
		{ IPVS_STATS_ATTR_INPKTS, s->count.inpkts },
		{ IPVS_STATS_ATTR_OUTPKTS, s->count.outpkts },
		{ IPVS_STATS_ATTR_INBYTES, s->count.inbytes },
		{ IPVS_STATS_ATTR_OUTBYTES, s->count.outbytes },
		{ IPVS_STATS_ATTR_CPS, s->rate.conns },
		{ IPVS_STATS_ATTR_INPPS, s->rate.inpkts },
		{ IPVS_STATS_ATTR_OUTPPS, s->rate.outpkts },
		{ IPVS_STATS_ATTR_INBPS, s->rate.inbytes },
		{ IPVS_STATS_ATTR_OUTBPS, s->rate.outbytes },
	};
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(members) && !err; i++)
		err = nla_put_u64_64bit(skb, members[i].attr, members[i].value, IPVS_STATS_ATTR_PAD);
	return err;
}

int ip_vs_nl_put_stats(struct sk_buff *skb, int attr, int attr64, const struct ip_vs_stats_shown *stats,
		       enum ip_vs_nl_form form)
{
	struct nlattr *nest;

	if (form == IP_VS_NL_ALONE) {
		nest = nla_nest_start_noflag(skb, attr);
		if (!nest || put_counts32(skb, stats))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	} else if (!memchr_inv(stats, 0, sizeof(*stats))) {
		return 0;
	}
	nest = ip_vs_nl_nest_start(skb, attr64, form);
	if (!nest || put_counts64(skb, stats))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
