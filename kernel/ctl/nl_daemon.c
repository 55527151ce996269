// SPDX-License-Identifier: GPL-2.0-only
/* Synchronisation daemons over netlink. Source: spec/netlink.md, sections 4.4 and 14. */
#include <net/ipv6.h>
#include "ctl/netlink.h"
#include "sync/sync.h"

static const struct nla_policy daemon_policy[IPVS_DAEMON_ATTR_LAST + 1] = {
	[IPVS_DAEMON_ATTR_STATE] = { .type = NLA_U32 },
	[IPVS_DAEMON_ATTR_MCAST_IFN] = { .type = NLA_NUL_STRING, .len = IP_VS_IFNAME_MAXLEN - 1 },
	[IPVS_DAEMON_ATTR_SYNC_ID] = { .type = NLA_U32 },
	[IPVS_DAEMON_ATTR_SYNC_MAXLEN] = { .type = NLA_U16 },
	[IPVS_DAEMON_ATTR_MCAST_GROUP] = { .type = NLA_U32 },
	[IPVS_DAEMON_ATTR_MCAST_GROUP6] = { .len = sizeof(struct in6_addr) },
	[IPVS_DAEMON_ATTR_MCAST_PORT] = { .type = NLA_U16 },
	[IPVS_DAEMON_ATTR_MCAST_TTL] = { .type = NLA_U8 },
	[IPVS_DAEMON_ATTR_KEY] = { .type = NLA_BINARY, .len = IP_VS_SYNC_KEY_MAX },
	[IPVS_DAEMON_ATTR_PEERS] = { .type = NLA_BINARY, .len = IP_VS_SYNC_PEERS_MAX * sizeof(struct in6_addr) },
};

/* The nest and the role in it. */
static int parse_daemon(struct genl_info *info, struct nlattr *attrs[IPVS_DAEMON_ATTR_LAST + 1])
{
	struct nlattr *nest = info->attrs[IPVS_CMD_ATTR_DAEMON];

	if (!nest || nla_parse_nested_deprecated(attrs, IPVS_DAEMON_ATTR_LAST, nest, daemon_policy, info->extack)) {
		if (!nest)
			NL_SET_ERR_MSG(info->extack, "the request describes no daemon");
		return -EINVAL;
	}
	if (attrs[IPVS_DAEMON_ATTR_STATE])
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, nest, "a daemon needs its state: master (1) or backup (2)");
	return -EINVAL;
}

/* Of two groups the IPv4 one counts, and the other one is not even looked at. */
static int parse_group(struct nlattr *attrs[], struct ip_vs_sync_config *config, struct netlink_ext_ack *extack)
{
	struct nlattr *attr = attrs[IPVS_DAEMON_ATTR_MCAST_GROUP];

	if (attr) {
		config->af = AF_INET;
		config->group.ip = nla_get_in_addr(attr);
		if (ipv4_is_multicast(config->group.ip))
			return 0;
	} else {
		attr = attrs[IPVS_DAEMON_ATTR_MCAST_GROUP6];
		if (!attr)
			return 0;
		config->af = AF_INET6;
		config->group.in6 = nla_get_in6_addr(attr);
		if (ipv6_addr_is_multicast(&config->group.in6))
			return 0;
	}
	NL_SET_ERR_MSG_ATTR(extack, attr, "the group of a daemon has to be a multicast address");
	return -EINVAL;
}

static bool is_unicast(u16 af, const union nf_inet_addr *addr)
{
	if (af == AF_INET6)
		return ipv6_addr_type(&addr->in6) & IPV6_ADDR_UNICAST;
	return !ipv4_is_multicast(addr->ip) && !ipv4_is_lbcast(addr->ip) && !ipv4_is_zeronet(addr->ip);
}

/* Other directors, in place of a group. */
static int parse_peers(struct nlattr *attr, struct ip_vs_sync_config *config, struct netlink_ext_ack *extack)
{
	unsigned int n = attr ? nla_len(attr) / sizeof(struct in6_addr) : 0, i;
	const struct in6_addr *addr = attr ? nla_data(attr) : NULL;
	struct in6_addr one;
	u16 af;

	if (!attr)
		return 0;
	if (!n || nla_len(attr) % sizeof(*addr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the peers of a daemon are 1 to 16 addresses of 16 bytes each");
		return -EINVAL;
	}
	for (i = 0; i < n; i++) {
		memcpy(&one, &addr[i], sizeof(one));
		af = ipv6_addr_v4mapped(&one) ? AF_INET : AF_INET6;
		if (i && af != config->af) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "the peers of a daemon have to be of one address family");
			return -EINVAL;
		}
		config->af = af;
		if (af == AF_INET)
			config->peers[i].ip = one.s6_addr32[3];
		else
			config->peers[i].in6 = one;
		if (!is_unicast(af, &config->peers[i])) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "a peer of a daemon has to be the address of a single host");
			return -EINVAL;
		}
	}
	config->num_peers = n;
	config->group = (union nf_inet_addr){};
	return 0;
}

static int put_group(struct sk_buff *skb, const struct ip_vs_sync_config *config)
{
	if (config->af == AF_INET6)
		return nla_put_in6_addr(skb, IPVS_DAEMON_ATTR_MCAST_GROUP6, &config->group.in6);
	return nla_put_in_addr(skb, IPVS_DAEMON_ATTR_MCAST_GROUP, config->group.ip);
}

static int put_peers(struct sk_buff *skb, const struct ip_vs_sync_config *config)
{
	struct in6_addr addrs[IP_VS_SYNC_PEERS_MAX];
	unsigned int i;

	for (i = 0; i < config->num_peers; i++) {
		if (config->af == AF_INET)
			ipv6_addr_set_v4mapped(config->peers[i].ip, &addrs[i]);
		else
			addrs[i] = config->peers[i].in6;
	}
	return nla_put(skb, IPVS_DAEMON_ATTR_PEERS, config->num_peers * sizeof(*addrs), addrs);
}

int ip_vs_nl_new_daemon(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[IPVS_DAEMON_ATTR_LAST + 1];
	struct ip_vs_sync_config config = {};
	int err;

	err = parse_daemon(info, attrs);
	if (err)
		return err;
	if (!attrs[IPVS_DAEMON_ATTR_MCAST_IFN] || !attrs[IPVS_DAEMON_ATTR_SYNC_ID]) {
		NL_SET_ERR_MSG(info->extack, "a daemon needs an interface and a SyncID");
		return -EINVAL;
	}
	err = parse_group(attrs, &config, info->extack) ?:
	      parse_peers(attrs[IPVS_DAEMON_ATTR_PEERS], &config, info->extack);
	if (err)
		return err;
	nla_strscpy(config.interface, attrs[IPVS_DAEMON_ATTR_MCAST_IFN], sizeof(config.interface));
	config.sync_id = nla_get_u32(attrs[IPVS_DAEMON_ATTR_SYNC_ID]);
	if (attrs[IPVS_DAEMON_ATTR_SYNC_MAXLEN])
		config.maxlen = nla_get_u16(attrs[IPVS_DAEMON_ATTR_SYNC_MAXLEN]);
	if (attrs[IPVS_DAEMON_ATTR_MCAST_PORT])
		config.port = nla_get_u16(attrs[IPVS_DAEMON_ATTR_MCAST_PORT]);
	if (attrs[IPVS_DAEMON_ATTR_MCAST_TTL])
		config.ttl = nla_get_u8(attrs[IPVS_DAEMON_ATTR_MCAST_TTL]);
	if (attrs[IPVS_DAEMON_ATTR_KEY]) {
		config.key = nla_data(attrs[IPVS_DAEMON_ATTR_KEY]);
		config.key_len = nla_len(attrs[IPVS_DAEMON_ATTR_KEY]);
		/* None is none, not an empty one. */
		if (!config.key_len) {
			NL_SET_ERR_MSG_ATTR(info->extack, attrs[IPVS_DAEMON_ATTR_KEY], "the key of a daemon has 16 to 64 bytes");
			return -ERANGE;
		}
	}
	return ip_vs_sync_start(ip_vs_net(genl_info_net(info)), nla_get_u32(attrs[IPVS_DAEMON_ATTR_STATE]), &config,
				info->extack);
}

int ip_vs_nl_del_daemon(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attrs[IPVS_DAEMON_ATTR_LAST + 1];
	int err = parse_daemon(info, attrs);

	if (err)
		return err;
	return ip_vs_sync_stop(ip_vs_net(genl_info_net(info)), nla_get_u32(attrs[IPVS_DAEMON_ATTR_STATE]),
			       info->extack);
}

static int put_daemon(struct sk_buff *skb, enum ip_vs_sync_role role, const struct ip_vs_sync_config *config)
{
	struct nlattr *nest = nla_nest_start_noflag(skb, IPVS_CMD_ATTR_DAEMON);

	if (!nest ||
	    nla_put_u32(skb, IPVS_DAEMON_ATTR_STATE,
			role == IP_VS_SYNC_MASTER ? IP_VS_STATE_MASTER : IP_VS_STATE_BACKUP) ||
	    nla_put_string(skb, IPVS_DAEMON_ATTR_MCAST_IFN, config->interface) ||
	    nla_put_u32(skb, IPVS_DAEMON_ATTR_SYNC_ID, config->sync_id) ||
	    nla_put_u16(skb, IPVS_DAEMON_ATTR_SYNC_MAXLEN, config->maxlen) ||
	    nla_put_u16(skb, IPVS_DAEMON_ATTR_MCAST_PORT, config->port) ||
	    nla_put_u8(skb, IPVS_DAEMON_ATTR_MCAST_TTL, config->ttl) ||
	    (config->num_peers ? put_peers(skb, config) : put_group(skb, config)) ||
	    (config->key_len && nla_put_flag(skb, IPVS_DAEMON_ATTR_HAS_KEY)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int dump_daemon(struct sk_buff *skb, struct netlink_callback *cb, enum ip_vs_sync_role role)
{
	struct ip_vs_sync_config config;
	void *header;

	if (!ip_vs_sync_get(ip_vs_net(sock_net(skb->sk)), role, &config))
		return 0;
	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_genl_family, NLM_F_MULTI,
			     IPVS_CMD_NEW_DAEMON);
	if (!header)
		return -EMSGSIZE;
	if (put_daemon(skb, role, &config)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/* Master, then backup. */
int ip_vs_nl_get_daemon_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	while (cb->args[0] < IP_VS_SYNC_ROLES && !dump_daemon(skb, cb, cb->args[0]))
		cb->args[0]++;
	return skb->len;
}
