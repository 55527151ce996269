// SPDX-License-Identifier: GPL-2.0-only
/* Timeouts, version and daemons over netlink. Source: spec/netlink.md, sections 12 to 14. */
#include "conn/conn.h"
#include "core/tcp_state.h"
#include "ctl/netlink.h"

int ip_vs_nl_set_config(struct sk_buff *skb, struct genl_info *info)
{
	static const u8 attrs[] = { IPVS_CMD_ATTR_TIMEOUT_TCP, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN,
				    IPVS_CMD_ATTR_TIMEOUT_UDP };
	struct ip_vs_net *ipvs = ip_vs_net(genl_info_net(info));
	u32 *timeouts[] = { &ipvs->tcp_timeouts[IP_VS_TCP_ESTABLISHED],
			    &ipvs->tcp_timeouts[IP_VS_TCP_FIN_WAIT], &ipvs->udp_timeout };
	u32 seconds[ARRAY_SIZE(attrs)] = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (info->attrs[attrs[i]])
			seconds[i] = nla_get_u32(info->attrs[attrs[i]]);
		if (seconds[i] > INT_MAX / HZ) {
			NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attrs[i]], "the timeout is too long");
			return -EINVAL;
		}
	}
	mutex_lock(&ipvs->mutex);
	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		if (seconds[i])
			WRITE_ONCE(*timeouts[i], seconds[i] * HZ);
	mutex_unlock(&ipvs->mutex);
	return 0;
}

static struct sk_buff *new_reply(struct genl_info *info, u8 cmd, void **header)
{
	struct sk_buff *msg = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*header = genlmsg_put_reply(msg, info, &ip_vs_genl_family, 0, cmd);
	if (!*header) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int ip_vs_nl_get_config(struct sk_buff *skb, struct genl_info *info)
{
	struct ip_vs_net *ipvs = ip_vs_net(genl_info_net(info));
	struct sk_buff *msg;
	void *header;

	msg = new_reply(info, IPVS_CMD_SET_CONFIG, &header);
	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, IPVS_CMD_ATTR_TIMEOUT_TCP,
			READ_ONCE(ipvs->tcp_timeouts[IP_VS_TCP_ESTABLISHED]) / HZ) ||
	    nla_put_u32(msg, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN,
			READ_ONCE(ipvs->tcp_timeouts[IP_VS_TCP_FIN_WAIT]) / HZ) ||
	    nla_put_u32(msg, IPVS_CMD_ATTR_TIMEOUT_UDP, READ_ONCE(ipvs->udp_timeout) / HZ)) {
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
	    nla_put_u32(msg, IPVS_INFO_ATTR_CONN_TAB_SIZE, ip_vs_conn_table_size(ipvs))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

int ip_vs_nl_change_daemon(struct sk_buff *skb, struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "connection synchronisation daemons are not supported");
	return -EOPNOTSUPP;
}

/* None is running. */
int ip_vs_nl_get_daemon_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return 0;
}
