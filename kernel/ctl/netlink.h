/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "IPVS": one file for each object. Every refusal sets an extended-ack text that
 * says what is wrong with which object. Source: spec/netlink.md.
 */
#ifndef IP_VS_CTL_NETLINK_H
#define IP_VS_CTL_NETLINK_H

#include <linux/ip_vs.h>
#include <net/genetlink.h>
#include "netns.h"
#include "svc/service.h"

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

/* The two nests of counters: 32 and 64 bits. EMSGSIZE. */
int ip_vs_nl_put_stats(struct sk_buff *skb, int attr, int attr64, const struct ip_vs_stats_shown *stats);

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

int ip_vs_nl_set_config(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_config(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_info(struct sk_buff *skb, struct genl_info *info);

int ip_vs_nl_change_daemon(struct sk_buff *skb, struct genl_info *info);
int ip_vs_nl_get_daemon_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
