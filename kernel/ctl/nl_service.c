// SPDX-License-Identifier: GPL-2.0-only
/* Services over netlink. Source: spec/netlink.md, sections 5, 6, 9 and 11. */
#include <net/ipv6.h>
#include "ctl/netlink.h"
#include "pe/engine.h"
#include "sched/scheduler.h"

static const struct nla_policy service_policy[IPVS_SVC_ATTR_MAX + 1] = {
	[IPVS_SVC_ATTR_AF] = { .type = NLA_U16 },
	[IPVS_SVC_ATTR_PROTOCOL] = { .type = NLA_U16 },
	[IPVS_SVC_ATTR_ADDR] = { .type = NLA_BINARY, .len = sizeof(union nf_inet_addr) },
	[IPVS_SVC_ATTR_PORT] = { .type = NLA_U16 },
	[IPVS_SVC_ATTR_FWMARK] = { .type = NLA_U32 },
	[IPVS_SVC_ATTR_SCHED_NAME] = { .type = NLA_NUL_STRING, .len = IP_VS_SCHEDNAME_MAXLEN - 1 },
	[IPVS_SVC_ATTR_PE_NAME] = { .type = NLA_NUL_STRING, .len = IP_VS_PENAME_MAXLEN },
	[IPVS_SVC_ATTR_FLAGS] = { .type = NLA_BINARY, .len = sizeof(struct ip_vs_flags) },
	[IPVS_SVC_ATTR_TIMEOUT] = { .type = NLA_U32 },
	[IPVS_SVC_ATTR_NETMASK] = { .type = NLA_U32 },
	[IPVS_SVC_ATTR_STATS] = { .type = NLA_NESTED },
};

int ip_vs_nl_parse_service_key(struct nlattr *nest, struct ip_vs_service_key *key,
			       struct nlattr *attrs[IPVS_SVC_ATTR_MAX + 1], struct netlink_ext_ack *extack)
{
	struct nlattr *af, *addr;
	bool is_address_service;

	if (!nest) {
		NL_SET_ERR_MSG(extack, "the request names no virtual service");
		return -EINVAL;
	}
	if (nla_parse_nested_deprecated(attrs, IPVS_SVC_ATTR_MAX, nest, service_policy, extack)) {
		NL_SET_ERR_MSG(extack, "an attribute of the virtual service is malformed");
		return -EINVAL;
	}
	af = attrs[IPVS_SVC_ATTR_AF];
	addr = attrs[IPVS_SVC_ATTR_ADDR];
	is_address_service = attrs[IPVS_SVC_ATTR_PROTOCOL] && addr && attrs[IPVS_SVC_ATTR_PORT];
	if (!af || !(attrs[IPVS_SVC_ATTR_FWMARK] || is_address_service)) {
		NL_SET_ERR_MSG(extack, "a virtual service needs a family, and protocol, address and port or a mark");
		return -EINVAL;
	}

	memset(key, 0, sizeof(*key));
	key->af = nla_get_u16(af);
	if (key->af != AF_INET && !(key->af == AF_INET6 && ipv6_mod_enabled())) {
		NL_SET_ERR_MSG(extack, "the address family of the virtual service is not supported");
		return -EAFNOSUPPORT;
	}
	if (attrs[IPVS_SVC_ATTR_FWMARK]) {
		key->fwmark = nla_get_u32(attrs[IPVS_SVC_ATTR_FWMARK]);
		/* A mark of 0 has always meant TCP, address 0, port 0. */
		if (!key->fwmark)
			key->protocol = IPPROTO_TCP;
		return 0;
	}
	key->protocol = nla_get_u16(attrs[IPVS_SVC_ATTR_PROTOCOL]);
	key->port = nla_get_be16(attrs[IPVS_SVC_ATTR_PORT]);
	nla_memcpy(&key->addr, addr, key->af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32));
	return 0;
}

struct ip_vs_service *ip_vs_nl_get_service(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
					   struct netlink_ext_ack *extack)
{
	struct ip_vs_service *svc = ip_vs_service_get(ipvs, key);

	if (!svc)
		NL_SET_ERR_MSG(extack, "there is no such virtual service");
	return svc;
}

int ip_vs_nl_parse_service_options(struct nlattr *attrs[], struct ip_vs_service_options *opt,
				   struct netlink_ext_ack *extack)
{
	struct ip_vs_flags flags = {};

	if (!attrs[IPVS_SVC_ATTR_SCHED_NAME] || !attrs[IPVS_SVC_ATTR_FLAGS] || !attrs[IPVS_SVC_ATTR_TIMEOUT] ||
	    !attrs[IPVS_SVC_ATTR_NETMASK]) {
		NL_SET_ERR_MSG(extack, "a virtual service needs scheduler, flags, timeout and netmask");
		return -EINVAL;
	}
	nla_memcpy(&flags, attrs[IPVS_SVC_ATTR_FLAGS], sizeof(flags));
	*opt = (struct ip_vs_service_options){
		.flags = flags.flags & ~(u32)IP_VS_SVC_F_HASHED,
		.flags_mask = flags.mask,
		.timeout = nla_get_u32(attrs[IPVS_SVC_ATTR_TIMEOUT]),
		.netmask = nla_get_u32(attrs[IPVS_SVC_ATTR_NETMASK]),
	};
	return 0;
}

const char *ip_vs_nl_engine_name(struct nlattr *attrs[])
{
	return attrs[IPVS_SVC_ATTR_PE_NAME] ? nla_data(attrs[IPVS_SVC_ATTR_PE_NAME]) : "";
}

static int change_service(struct genl_info *info, bool is_new)
{
	struct nlattr *attrs[IPVS_SVC_ATTR_MAX + 1];
	struct ip_vs_service_options opt;
	struct ip_vs_service_key key;
	int err;

	err = ip_vs_nl_parse_service_key(info->attrs[IPVS_CMD_ATTR_SERVICE], &key, attrs, info->extack);
	if (!err)
		err = ip_vs_nl_parse_service_options(attrs, &opt, info->extack);
	if (err)
		return err;
	return ip_vs_control_change_service(ip_vs_net(genl_info_net(info)), &key, &opt,
					    nla_data(attrs[IPVS_SVC_ATTR_SCHED_NAME]),
					    ip_vs_nl_engine_name(attrs), is_new, info->extack);
}

int ip_vs_nl_new_service(struct sk_buff *skb, struct genl_info *info)
{
	return change_service(info, true);
}

int ip_vs_nl_set_service(struct sk_buff *skb, struct genl_info *info)
{
	return change_service(info, false);
}

/* Find the service that a request names and do something with it under the mutex. */
static int with_service(struct genl_info *info, int (*action)(struct ip_vs_service *svc, struct genl_info *info))
{
	struct ip_vs_net *ipvs = ip_vs_net(genl_info_net(info));
	struct nlattr *attrs[IPVS_SVC_ATTR_MAX + 1];
	struct ip_vs_service_key key;
	struct ip_vs_service *svc;
	int err;

	err = ip_vs_nl_parse_service_key(info->attrs[IPVS_CMD_ATTR_SERVICE], &key, attrs, info->extack);
	if (err)
		return err;
	mutex_lock(&ipvs->mutex);
	svc = ip_vs_nl_get_service(ipvs, &key, info->extack);
	err = svc ? action(svc, info) : -ESRCH;
	mutex_unlock(&ipvs->mutex);
	return err;
}

static int delete_service(struct ip_vs_service *svc, struct genl_info *info)
{
	ip_vs_control_delete_service(svc);
	return 0;
}

int ip_vs_nl_del_service(struct sk_buff *skb, struct genl_info *info)
{
	return with_service(info, delete_service);
}

int ip_vs_nl_flush(struct sk_buff *skb, struct genl_info *info)
{
	ip_vs_control_flush(ip_vs_net(genl_info_net(info)));
	return 0;
}

static int zero_service(struct ip_vs_service *svc, struct genl_info *info)
{
	ip_vs_stats_zero_service(svc);
	return 0;
}

int ip_vs_nl_zero(struct sk_buff *skb, struct genl_info *info)
{
	if (info->attrs[IPVS_CMD_ATTR_SERVICE])
		return with_service(info, zero_service);
	ip_vs_control_zero_all(ip_vs_net(genl_info_net(info)));
	return 0;
}

static int put_service_key(struct sk_buff *skb, const struct ip_vs_service_key *key)
{
	int err = nla_put_u16(skb, IPVS_SVC_ATTR_AF, key->af);

	if (err)
		return err;
	if (key->fwmark)
		return nla_put_u32(skb, IPVS_SVC_ATTR_FWMARK, key->fwmark);
	return nla_put_u16(skb, IPVS_SVC_ATTR_PROTOCOL, key->protocol) ?:
	       nla_put(skb, IPVS_SVC_ATTR_ADDR, sizeof(key->addr), &key->addr) ?:
	       nla_put_be16(skb, IPVS_SVC_ATTR_PORT, key->port);
}

int ip_vs_nl_put_service(struct sk_buff *skb, struct ip_vs_service *svc, enum ip_vs_nl_form form)
{
	struct ip_vs_flags flags = { .flags = svc->flags, .mask = ~0 };
	struct ip_vs_sched_instance *sched;
	struct ip_vs_stats_shown stats;
	struct nlattr *nest;

	lockdep_assert_held(&svc->ipvs->mutex);
	sched = rcu_dereference_protected(svc->sched, true);
	ip_vs_stats_service(svc, &stats);
	nest = ip_vs_nl_nest_start(skb, IPVS_CMD_ATTR_SERVICE, form);
	if (!nest || put_service_key(skb, &svc->key) ||
	    nla_put_string(skb, IPVS_SVC_ATTR_SCHED_NAME, sched ? sched->ops->name : "none") ||
	    (svc->engine && nla_put_string(skb, IPVS_SVC_ATTR_PE_NAME, svc->engine->name)) ||
	    nla_put(skb, IPVS_SVC_ATTR_FLAGS, sizeof(flags), &flags) ||
	    nla_put_u32(skb, IPVS_SVC_ATTR_TIMEOUT, svc->timeout / HZ) ||
	    nla_put_u32(skb, IPVS_SVC_ATTR_NETMASK, svc->netmask) ||
	    ip_vs_nl_put_stats(skb, IPVS_SVC_ATTR_STATS, IPVS_SVC_ATTR_STATS64, &stats, form))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int reply_service(struct ip_vs_service *svc, struct genl_info *info)
{
	struct sk_buff *msg = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;

	if (!msg) {
		NL_SET_ERR_MSG(info->extack, "no memory for the answer");
		return -ENOMEM;
	}
	header = genlmsg_put_reply(msg, info, &ip_vs_genl_family, 0, IPVS_CMD_NEW_SERVICE);
	if (!header || ip_vs_nl_put_service(msg, svc, IP_VS_NL_ALONE)) {
		nlmsg_free(msg);
		NL_SET_ERR_MSG(info->extack, "the answer does not fit into a message");
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

int ip_vs_nl_get_service_do(struct sk_buff *skb, struct genl_info *info)
{
	return with_service(info, reply_service);
}

/* In the order of their making; a service that comes or goes meanwhile makes no other one be missed. */
int ip_vs_nl_get_service_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_net *ipvs = ip_vs_net(sock_net(skb->sk));
	struct ip_vs_service *svc;
	void *header;

	mutex_lock(&ipvs->mutex);
	ip_vs_nl_dump_looks(ipvs, cb);
	while ((svc = ip_vs_service_next(ipvs, cb->args[0]))) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_genl_family,
				     NLM_F_MULTI, IPVS_CMD_NEW_SERVICE);
		if (!header)
			break;
		genl_dump_check_consistent(cb, header);
		if (ip_vs_nl_put_service(skb, svc, IP_VS_NL_ALONE)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
		cb->args[0] = (unsigned long)svc->id + 1;
	}
	mutex_unlock(&ipvs->mutex);
	return skb->len;
}
