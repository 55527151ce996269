/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "IPVS": one file for each object. Every refusal sets an extended-ack text that
 * says what is wrong with which object. Source: spec/netlink.md.
 */
#ifndef IP_VS_CTL_NETLINK_H
#define IP_VS_CTL_NETLINK_H

#include <linux/ip_vs.h>
#include <net/genetlink.h>
#include "ctl/control.h"
#include "ipvs/kernel.h"

extern struct genl_family ip_vs_genl_family;
extern const struct nla_policy ip_vs_cmd_policy[IPVS_CMD_ATTR_MAX + 1];

int ip_vs_nl_init(void);
void ip_vs_nl_exit(void);

/* A service named by the SERVICE attribute: EINVAL, EAFNOSUPPORT. @attrs is filled for more. */
int ip_vs_nl_parse_service_key(struct nlattr *nest, struct ip_vs_service_key *key,
			       struct nlattr *attrs[IPVS_SVC_ATTR_MAX + 1], struct netlink_ext_ack *extack);

/* The same, and find it: ESRCH. Under the configuration mutex. */
struct ip_vs_service *ip_vs_nl_get_service(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
					   struct netlink_ext_ack *extack);

/* All options. EINVAL. */
int ip_vs_nl_parse_service_options(struct nlattr *attrs[], struct ip_vs_service_options *opt,
				   struct netlink_ext_ack *extack);
const char *ip_vs_nl_engine_name(struct nlattr *attrs[]); /* empty for none */

/* A server named by a DEST attribute, with all options if @opt is not NULL: EINVAL, EAFNOSUPPORT. */
int ip_vs_nl_parse_dest(struct nlattr *nest, struct ip_vs_dest_key *key, struct ip_vs_dest_options *opt,
			u16 service_af, struct netlink_ext_ack *extack);

int ip_vs_nl_parse_timeouts(struct genl_info *info, struct ip_vs_timeouts *seconds); /* EINVAL */

/* How an object is told: as the original does, or as short as the table's dump has it. */
enum ip_vs_nl_form { IP_VS_NL_ALONE, IP_VS_NL_IN_TABLE };

/* Under the configuration mutex. EMSGSIZE, with a part of it in @skb. */
int ip_vs_nl_put_timeouts(struct sk_buff *skb, const struct ip_vs_timeouts *seconds);
int ip_vs_nl_put_service(struct sk_buff *skb, struct ip_vs_service *svc, enum ip_vs_nl_form form);
int ip_vs_nl_put_dest(struct sk_buff *skb, struct ip_vs_dest *dest, enum ip_vs_nl_form form);

/* Where a dump stands; in the callback's own memory, all 0 at the beginning. */
struct ip_vs_nl_position {
	u32 service;		/* id of the service it is at, or the least that the next one may have */
	bool is_inside;		/* that service has been told, not yet all its destinations */
	u64 dest;		/* only those with smaller ids are still to come */
	struct ip_vs_dest_key last;	/* of the one with that id */
};

static inline struct ip_vs_nl_position *ip_vs_nl_position(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct ip_vs_nl_position) > sizeof(cb->ctx));
	return (struct ip_vs_nl_position *)cb->ctx;
}

/* Behind which place of the list of destinations to go on. Under the configuration mutex. */
struct list_head *ip_vs_nl_resume(struct ip_vs_service *svc, const struct ip_vs_nl_position *pos);

/*
 * Whoever fills a message of a dump says so, under the mutex, before he looks at the table; and hands each message that
 * he has begun to genl_dump_check_consistent(). Then it is marked if the table was changed since the last one, for
 * those who want to know.
 */
void ip_vs_nl_dump_looks(struct ip_vs_net *ipvs, struct netlink_callback *cb);

/* The original leaves the flag of nests away. */
static inline struct nlattr *ip_vs_nl_nest_start(struct sk_buff *skb, int attr, enum ip_vs_nl_form form)
{
	return form == IP_VS_NL_ALONE ? nla_nest_start_noflag(skb, attr) : nla_nest_start(skb, attr);
}

/* The nests of counters: of 32 and 64 bits; in a table the latter only, and only if anything was counted. EMSGSIZE. */
int ip_vs_nl_put_stats(struct sk_buff *skb, int attr, int attr64, const struct ip_vs_stats_shown *stats,
		       enum ip_vs_nl_form form);

int ip_vs_nl_new_service(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_set_service(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_del_service(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_service_do(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_service_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ip_vs_nl_flush(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_zero(struct sk_buff *skb, struct genl_info *info);

int ip_vs_nl_new_dest(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_set_dest(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_del_dest(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_dest_dump(struct sk_buff *skb, struct netlink_callback *cb);

int ip_vs_nl_set_table(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_table_dump(struct sk_buff *skb, struct netlink_callback *cb);

extern const struct nla_policy ip_vs_nl_conn_policy[IPVS_CONN_ATTR_LAST + 1];
int ip_vs_nl_get_conn_start(struct netlink_callback *cb);
int ip_vs_nl_get_conn_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ip_vs_nl_get_conn_done(struct netlink_callback *cb);

int ip_vs_nl_set_config(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_config(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_info(struct sk_buff *skb, struct genl_info *info);

int ip_vs_nl_new_daemon(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_del_daemon(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_daemon_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
