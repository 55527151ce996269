// SPDX-License-Identifier: GPL-2.0-only
/* Destinations over netlink. Source: spec/netlink.md, sections 7 and 9. */
#include <net/ipv6.h>
#include "ctl/netlink.h"
#include "svc/dest.h"

static const struct nla_policy dest_policy[IPVS_DEST_ATTR_MAX + 1] = {
	[IPVS_DEST_ATTR_ADDR] = { .type = NLA_BINARY, .len = sizeof(union nf_inet_addr) },
	[IPVS_DEST_ATTR_PORT] = { .type = NLA_U16 },
	[IPVS_DEST_ATTR_FWD_METHOD] = { .type = NLA_U32 },
	[IPVS_DEST_ATTR_WEIGHT] = { .type = NLA_U32 },
	[IPVS_DEST_ATTR_U_THRESH] = { .type = NLA_U32 },
	[IPVS_DEST_ATTR_L_THRESH] = { .type = NLA_U32 },
	[IPVS_DEST_ATTR_ACTIVE_CONNS] = { .type = NLA_U32 },
	[IPVS_DEST_ATTR_INACT_CONNS] = { .type = NLA_U32 },
	[IPVS_DEST_ATTR_PERSIST_CONNS] = { .type = NLA_U32 },
	[IPVS_DEST_ATTR_STATS] = { .type = NLA_NESTED },
	[IPVS_DEST_ATTR_ADDR_FAMILY] = { .type = NLA_U16 },
	[IPVS_DEST_ATTR_TUN_TYPE] = { .type = NLA_U8 },
	[IPVS_DEST_ATTR_TUN_PORT] = { .type = NLA_U16 },
	[IPVS_DEST_ATTR_TUN_FLAGS] = { .type = NLA_U16 },
};

static int parse_options(struct nlattr *attrs[], struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack)
{
	if (!attrs[IPVS_DEST_ATTR_FWD_METHOD] || !attrs[IPVS_DEST_ATTR_WEIGHT] ||
	    !attrs[IPVS_DEST_ATTR_U_THRESH] || !attrs[IPVS_DEST_ATTR_L_THRESH]) {
		NL_SET_ERR_MSG(extack, "a server needs forwarding method, weight and both thresholds");
		return -EINVAL;
	}
	*opt = (struct ip_vs_dest_options){
		.fwd = nla_get_u32(attrs[IPVS_DEST_ATTR_FWD_METHOD]) & IP_VS_CONN_F_FWD_MASK,
		.weight = nla_get_u32(attrs[IPVS_DEST_ATTR_WEIGHT]),
		.u_threshold = nla_get_u32(attrs[IPVS_DEST_ATTR_U_THRESH]),
		.l_threshold = nla_get_u32(attrs[IPVS_DEST_ATTR_L_THRESH]),
	};
	if (attrs[IPVS_DEST_ATTR_TUN_TYPE])
		opt->tun_type = nla_get_u8(attrs[IPVS_DEST_ATTR_TUN_TYPE]);
	if (attrs[IPVS_DEST_ATTR_TUN_PORT])
		opt->tun_port = nla_get_be16(attrs[IPVS_DEST_ATTR_TUN_PORT]);
	if (attrs[IPVS_DEST_ATTR_TUN_FLAGS])
		opt->tun_flags = nla_get_u16(attrs[IPVS_DEST_ATTR_TUN_FLAGS]);
	return 0;
}

int ip_vs_nl_parse_dest(struct nlattr *nest, struct ip_vs_dest_key *key, struct ip_vs_dest_options *opt,
			u16 service_af, struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[IPVS_DEST_ATTR_MAX + 1];
	int err;

	if (!nest) {
		NL_SET_ERR_MSG(extack, "the request names no server");
		return -EINVAL;
	}
	if (nla_parse_nested_deprecated(attrs, IPVS_DEST_ATTR_MAX, nest, dest_policy, extack)) {
		NL_SET_ERR_MSG(extack, "an attribute of the server is malformed");
		return -EINVAL;
	}
	if (!attrs[IPVS_DEST_ATTR_ADDR] || !attrs[IPVS_DEST_ATTR_PORT]) {
		NL_SET_ERR_MSG(extack, "a server needs address and port");
		return -EINVAL;
	}
	if (opt) {
		err = parse_options(attrs, opt, extack);
		if (err)
			return err;
	}

	memset(key, 0, sizeof(*key));
	if (attrs[IPVS_DEST_ATTR_ADDR_FAMILY])
		key->af = nla_get_u16(attrs[IPVS_DEST_ATTR_ADDR_FAMILY]);
	if (!key->af)
		key->af = service_af;
	if (key->af != AF_INET && !(key->af == AF_INET6 && ipv6_mod_enabled())) {
		NL_SET_ERR_MSG(extack, "the address family of the server is not supported");
		return -EAFNOSUPPORT;
	}
	key->port = nla_get_be16(attrs[IPVS_DEST_ATTR_PORT]);
	nla_memcpy(&key->addr, attrs[IPVS_DEST_ATTR_ADDR],
		   key->af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32));
	return 0;
}

static int change_dest(struct genl_info *info)
{
	struct ip_vs_net *ipvs = ip_vs_net(genl_info_net(info));
	struct nlattr *attrs[IPVS_SVC_ATTR_MAX + 1];
	bool is_delete = info->genlhdr->cmd == IPVS_CMD_DEL_DEST;
	struct ip_vs_service_key svc_key;
	struct ip_vs_dest_options opt;
	struct ip_vs_service *svc;
	struct ip_vs_dest_key key;
	int err;

	err = ip_vs_nl_parse_service_key(info->attrs[IPVS_CMD_ATTR_SERVICE], &svc_key, attrs, info->extack);
	if (err)
		return err;

	mutex_lock(&ipvs->mutex);
	svc = ip_vs_nl_get_service(ipvs, &svc_key, info->extack);
	if (!svc) {
		err = -ESRCH;
		goto unlock;
	}
	err = ip_vs_nl_parse_dest(info->attrs[IPVS_CMD_ATTR_DEST], &key, is_delete ? NULL : &opt, svc->key.af,
				  info->extack);
	if (err)
		goto unlock;
	switch (info->genlhdr->cmd) {
	case IPVS_CMD_NEW_DEST:
		err = ip_vs_control_add_dest(svc, &key, &opt, info->extack);
		break;
	case IPVS_CMD_SET_DEST:
		err = ip_vs_dest_edit(svc, &key, &opt, info->extack);
		break;
	default:
		err = ip_vs_control_delete_dest(svc, &key, info->extack);
		break;
	}
unlock:
	mutex_unlock(&ipvs->mutex);
	return err;
}

int ip_vs_nl_new_dest(struct sk_buff *skb, struct genl_info *info)
{
	return change_dest(info);
}

int ip_vs_nl_set_dest(struct sk_buff *skb, struct genl_info *info)
{
	return change_dest(info);
}

int ip_vs_nl_del_dest(struct sk_buff *skb, struct genl_info *info)
{
	return change_dest(info);
}

int ip_vs_nl_put_dest(struct sk_buff *skb, struct ip_vs_dest *dest, enum ip_vs_nl_form form)
{
	struct ip_vs_stats_shown stats;
	struct nlattr *nest;

	ip_vs_stats_dest(dest, &stats);
	nest = ip_vs_nl_nest_start(skb, IPVS_CMD_ATTR_DEST, form);
	if (!nest || nla_put(skb, IPVS_DEST_ATTR_ADDR, sizeof(dest->key.addr), &dest->key.addr) ||
	    nla_put_be16(skb, IPVS_DEST_ATTR_PORT, dest->key.port) ||
	    nla_put_u32(skb, IPVS_DEST_ATTR_FWD_METHOD, dest->fwd) ||
	    nla_put_u32(skb, IPVS_DEST_ATTR_WEIGHT, dest->weight) ||
	    nla_put_u8(skb, IPVS_DEST_ATTR_TUN_TYPE, dest->tunnel.type) ||
	    nla_put_be16(skb, IPVS_DEST_ATTR_TUN_PORT, dest->tunnel.port) ||
	    nla_put_u16(skb, IPVS_DEST_ATTR_TUN_FLAGS, dest->tunnel.flags) ||
	    nla_put_u32(skb, IPVS_DEST_ATTR_U_THRESH, dest->u_threshold) ||
	    nla_put_u32(skb, IPVS_DEST_ATTR_L_THRESH, dest->l_threshold) ||
	    nla_put_u32(skb, IPVS_DEST_ATTR_ACTIVE_CONNS, atomic_read(&dest->active)) ||
	    nla_put_u32(skb, IPVS_DEST_ATTR_INACT_CONNS, ip_vs_dest_inactive(dest)) ||
	    nla_put_u32(skb, IPVS_DEST_ATTR_PERSIST_CONNS, atomic_read(&dest->templates)) ||
	    nla_put_u16(skb, IPVS_DEST_ATTR_ADDR_FAMILY, dest->key.af) ||
	    ip_vs_nl_put_stats(skb, IPVS_DEST_ATTR_STATS, IPVS_DEST_ATTR_STATS64, &stats, form))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static bool put_dest_message(struct sk_buff *skb, struct netlink_callback *cb, struct ip_vs_dest *dest)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_genl_family,
				   NLM_F_MULTI, IPVS_CMD_NEW_DEST);

	if (!header)
		return false;
	if (ip_vs_nl_put_dest(skb, dest, IP_VS_NL_ALONE)) {
		genlmsg_cancel(skb, header);
		return false;
	}
	genlmsg_end(skb, header);
	return true;
}

/* Newest first, by falling ids. Of a service that does not exist there is nothing to list, and no error. */
int ip_vs_nl_get_dest_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_net *ipvs = ip_vs_net(sock_net(skb->sk));
	struct nlattr *cmd_attrs[IPVS_CMD_ATTR_MAX + 1];
	struct nlattr *attrs[IPVS_SVC_ATTR_MAX + 1];
	struct ip_vs_service_key key;
	u64 *last = (u64 *)cb->ctx;	/* id of the last one told; 0 = none yet */
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;

	if (nlmsg_parse_deprecated(cb->nlh, GENL_HDRLEN, cmd_attrs, IPVS_CMD_ATTR_MAX, ip_vs_cmd_policy,
				   cb->extack) ||
	    ip_vs_nl_parse_service_key(cmd_attrs[IPVS_CMD_ATTR_SERVICE], &key, attrs, cb->extack))
		return 0;

	mutex_lock(&ipvs->mutex);
	svc = ip_vs_service_get(ipvs, &key);
	if (!svc)
		goto unlock;
	list_for_each_entry(dest, &svc->dests, node) {
		if (*last && dest->id >= *last)
			continue;
		if (!put_dest_message(skb, cb, dest))
			break;
		*last = dest->id;
	}
unlock:
	mutex_unlock(&ipvs->mutex);
	return skb->len;
}
