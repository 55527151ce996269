// SPDX-License-Identifier: GPL-2.0-only
/* Timeouts and version over netlink. Source: spec/netlink.md, sections 12 and 13. */
#include "conn/conn.h"
#include "ctl/netlink.h"

int ip_vs_nl_parse_timeouts(struct genl_info *info, struct ip_vs_timeouts *seconds)
{
	const struct {
		int attr;
		u32 *into;
	} members[] = {
		{ IPVS_CMD_ATTR_TIMEOUT_TCP, &seconds->tcp },
		{ IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, &seconds->tcp_fin },
		{ IPVS_CMD_ATTR_TIMEOUT_UDP, &seconds->udp },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		struct nlattr *attr = info->attrs[members[i].attr];

		*members[i].into = attr ? nla_get_u32(attr) : 0;
		if (!ip_vs_timeouts_are_valid(seconds)) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "the timeout is too long");
			return -EINVAL;
		}
	}
	return 0;
}

int ip_vs_nl_set_config(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_net *ipvs = ip_vs_net(genl_info_net(info));
	struct ip_vs_timeouts seconds = {};
	int err;

	err = ip_vs_nl_parse_timeouts(info, &seconds);
	if (err)
		return err;
	mutex_lock(&ipvs->mutex);
	ip_vs_timeouts_set(ipvs, &seconds);
	mutex_unlock(&ipvs->mutex);
	return 0;
}

static struct sk_buff *new_reply(struct genl_info *info, u8 cmd, void **header)
{
	struct sk_buff *msg = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg) {
		NL_SET_ERR_MSG(info->extack, "no memory for the answer");
		return NULL;
	}
	*header = genlmsg_put_reply(msg, info, &ip_vs_genl_family, 0, cmd);
	if (!*header) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int ip_vs_nl_put_timeouts(struct sk_buff *skb, const struct ip_vs_timeouts *seconds)
{
	if (nla_put_u32(skb, IPVS_CMD_ATTR_TIMEOUT_TCP, seconds->tcp) ||
	    nla_put_u32(skb, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, seconds->tcp_fin) ||
	    nla_put_u32(skb, IPVS_CMD_ATTR_TIMEOUT_UDP, seconds->udp))
		return -EMSGSIZE;
	return 0;
}

int ip_vs_nl_get_config(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_timeouts seconds = ip_vs_timeouts_get(ip_vs_net(genl_info_net(info)));
	struct sk_buff *msg;
	void *header;

	msg = new_reply(info, IPVS_CMD_SET_CONFIG, &header);
	if (!msg)
		return -ENOMEM;
	if (ip_vs_nl_put_timeouts(msg, &seconds)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

int ip_vs_nl_get_info(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_net *ipvs = ip_vs_net(genl_info_net(info));
	struct sk_buff *msg;
	void *header;

	msg = new_reply(info, IPVS_CMD_SET_INFO, &header);
	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, IPVS_INFO_ATTR_VERSION, IP_VS_VERSION_CODE) ||
	    nla_put_u32(msg, IPVS_INFO_ATTR_CONN_TAB_SIZE, ip_vs_conn_table_size(ipvs)) ||
	    nla_put_u32(msg, IPVS_INFO_ATTR_API, IPVS_API_LEVEL) ||
	    nla_put_string(msg, IPVS_INFO_ATTR_RELEASE, IP_VS_RELEASE)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}
