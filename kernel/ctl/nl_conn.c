// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections over netlink: a dump of those that are asked for. The format is that of include/ipvs/kernel.h. What is not
 * wanted is passed over here, and costs the asker nothing.
 */
#include <linux/sched/signal.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "conn/conn.h"
#include "ctl/conn_walk.h"
#include "ctl/netlink.h"
#include "pe/engine.h"

/* What may be asked for; everything else is only ever told. */
const struct nla_policy ip_vs_nl_conn_policy[IPVS_CONN_ATTR_LAST + 1] = {
	[IPVS_CONN_ATTR_CONN] = { .type = NLA_REJECT, .reject_message = "connections are told, not asked for by whole" },
	[IPVS_CONN_ATTR_PROTOCOL] = { .type = NLA_U16 },
	[IPVS_CONN_ATTR_CLIENT] = { .type = NLA_BINARY, .len = sizeof(struct in6_addr) },
	[IPVS_CONN_ATTR_CLIENT_PORT] = { .type = NLA_U16 },
	[IPVS_CONN_ATTR_VIRT] = { .type = NLA_BINARY, .len = sizeof(struct in6_addr) },
	[IPVS_CONN_ATTR_VIRT_PORT] = { .type = NLA_U16 },
	[IPVS_CONN_ATTR_DEST] = { .type = NLA_BINARY, .len = sizeof(struct in6_addr) },
	[IPVS_CONN_ATTR_DEST_PORT] = { .type = NLA_U16 },
	[IPVS_CONN_ATTR_STATE] = { .type = NLA_NUL_STRING, .len = IPVS_CONN_STATE_MAXLEN - 1 },
	[IPVS_CONN_ATTR_EXPIRES] = { .type = NLA_REJECT, .reject_message = "the time left cannot be asked for" },
	[IPVS_CONN_ATTR_FLAGS] = { .type = NLA_REJECT, .reject_message = "flags cannot be asked for" },
	[IPVS_CONN_ATTR_PE_NAME] = { .type = NLA_REJECT, .reject_message = "engines cannot be asked for" },
	[IPVS_CONN_ATTR_PE_DATA] = { .type = NLA_REJECT, .reject_message = "data of engines cannot be asked for" },
};

/* An address and port that are wanted. @af: 0 = any address */
struct wanted_end {
	u8 af;
	bool has_port;
	__be16 port;
	union nf_inet_addr addr;
};

struct conn_dump {
	struct ip_vs_conn_walk walk;
	struct wanted_end client;
	struct wanted_end virt;
	struct wanted_end dest;
	int protocol;	/* -1 = any */
	char state[IPVS_CONN_STATE_MAXLEN];	/* empty = any */
};

static struct conn_dump *dump_of(struct netlink_callback *cb)
{
	return *(struct conn_dump **)cb->ctx;
}

static int parse_end(struct wanted_end *end, const struct nlattr *addr, const struct nlattr *port,
		     struct netlink_ext_ack *extack)
{
	if (port) {
		end->has_port = true;
		end->port = nla_get_be16(port);
	}
	if (!addr)
		return 0;
	switch (nla_len(addr)) {
	case sizeof(struct in_addr):
		end->af = AF_INET;
		break;
	case sizeof(struct in6_addr):
		end->af = AF_INET6;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, addr, "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	nla_memcpy(&end->addr, addr, sizeof(end->addr));
	return 0;
}

int ip_vs_nl_get_conn_start(struct netlink_callback *cb)
{
	struct nlattr *attrs[IPVS_CONN_ATTR_LAST + 1];
	struct conn_dump *dump;
	int err;

	BUILD_BUG_ON(sizeof(dump) > sizeof(cb->ctx));
	err = nlmsg_parse(cb->nlh, GENL_HDRLEN, attrs, IPVS_CONN_ATTR_LAST, ip_vs_nl_conn_policy, cb->extack);
	if (err)
		return err;
	dump = kzalloc(sizeof(*dump), GFP_KERNEL_ACCOUNT);
	if (!dump)
		return -ENOMEM;
	err = parse_end(&dump->client, attrs[IPVS_CONN_ATTR_CLIENT], attrs[IPVS_CONN_ATTR_CLIENT_PORT], cb->extack) ?:
	      parse_end(&dump->virt, attrs[IPVS_CONN_ATTR_VIRT], attrs[IPVS_CONN_ATTR_VIRT_PORT], cb->extack) ?:
	      parse_end(&dump->dest, attrs[IPVS_CONN_ATTR_DEST], attrs[IPVS_CONN_ATTR_DEST_PORT], cb->extack);
	if (err) {
		kfree(dump);
		return err;
	}
	dump->protocol = attrs[IPVS_CONN_ATTR_PROTOCOL] ? nla_get_u16(attrs[IPVS_CONN_ATTR_PROTOCOL]) : -1;
	if (attrs[IPVS_CONN_ATTR_STATE])
		nla_strscpy(dump->state, attrs[IPVS_CONN_ATTR_STATE], sizeof(dump->state));
	ip_vs_conn_walk_start(&dump->walk, ip_vs_net(sock_net(cb->skb->sk)));
	*(struct conn_dump **)cb->ctx = dump;
	return 0;
}

int ip_vs_nl_get_conn_done(struct netlink_callback *cb)
{
	kfree(dump_of(cb));
	return 0;
}

static unsigned int addr_size(u8 af)
{
	return af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32);
}

static bool is_at(const struct wanted_end *end, u8 af, const void *addr, __be16 port)
{
	return (!end->has_port || end->port == port) &&
	       (!end->af || (end->af == af && !memcmp(&end->addr, addr, addr_size(af))));
}

static bool is_wanted(const struct conn_dump *dump, const struct ip_vs_conn *cp)
{
	const void *daddr;
	u8 daf;

	if ((dump->protocol >= 0 && dump->protocol != cp->protocol) ||
	    !is_at(&dump->client, cp->af, ip_vs_conn_caddr(cp), cp->cport) ||
	    !is_at(&dump->virt, cp->af, ip_vs_conn_vaddr(cp), cp->vport))
		return false;
	daddr = ip_vs_conn_shown_daddr(cp, &daf);
	return is_at(&dump->dest, daf, daddr, cp->dport) &&
	       (!*dump->state || !strcmp(dump->state, ip_vs_conn_state_name(cp)));
}

static int put_engine(struct sk_buff *skb, const struct ip_vs_engine_data *data)
{
	char buf[IP_VS_PEDATA_MAXLEN];

	if (!data)
		return 0;
	return nla_put_string(skb, IPVS_CONN_ATTR_PE_NAME, data->engine->name) ?:
	       nla_put(skb, IPVS_CONN_ATTR_PE_DATA, ip_vs_engine_print(data, buf, sizeof(buf)), buf);
}

/* EMSGSIZE, with a part of it in @skb. */
static int put_conn(struct sk_buff *skb, const struct ip_vs_conn *cp)
{
	struct nlattr *nest = nla_nest_start(skb, IPVS_CONN_ATTR_CONN);
	const void *daddr;
	u8 daf;

	if (!nest)
		return -EMSGSIZE;
	daddr = ip_vs_conn_shown_daddr(cp, &daf);
	if (nla_put_u16(skb, IPVS_CONN_ATTR_PROTOCOL, cp->protocol) ||
	    nla_put(skb, IPVS_CONN_ATTR_CLIENT, addr_size(cp->af), ip_vs_conn_caddr(cp)) ||
	    nla_put_be16(skb, IPVS_CONN_ATTR_CLIENT_PORT, cp->cport) ||
	    nla_put(skb, IPVS_CONN_ATTR_VIRT, addr_size(cp->af), ip_vs_conn_vaddr(cp)) ||
	    nla_put_be16(skb, IPVS_CONN_ATTR_VIRT_PORT, cp->vport) ||
	    nla_put(skb, IPVS_CONN_ATTR_DEST, addr_size(daf), daddr) ||
	    nla_put_be16(skb, IPVS_CONN_ATTR_DEST_PORT, cp->dport) ||
	    nla_put_string(skb, IPVS_CONN_ATTR_STATE, ip_vs_conn_state_name(cp)) ||
	    nla_put_u32(skb, IPVS_CONN_ATTR_EXPIRES, ip_vs_conn_seconds_left(cp)) ||
	    nla_put_u32(skb, IPVS_CONN_ATTR_FLAGS, READ_ONCE(cp->flags) & IPVS_CONN_FLAGS_TOLD) ||
	    put_engine(skb, ip_vs_conn_engine_data(cp)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/*
 * As many as there is room for. It looks on until one is found: a message without any would end the dump. EMSGSIZE: there
 * are more; EINTR: who asks is about to die.
 */
static int put_conns(struct sk_buff *skb, struct conn_dump *dump)
{
	struct ip_vs_conn *cp;
	unsigned int len;
	int err = 0;

	rcu_read_lock();
	for (cp = ip_vs_conn_walk_resume(&dump->walk); cp; cp = ip_vs_conn_walk_next(&dump->walk)) {
		if (is_wanted(dump, cp)) {
			len = skb->len;
			err = put_conn(skb, cp);
			if (err)
				skb_trim(skb, len);
		} else if (fatal_signal_pending(current)) {
			err = -EINTR;
		}
		if (err)
			break;
	}
	ip_vs_conn_walk_pause(&dump->walk);
	rcu_read_unlock();
	return err;
}

int ip_vs_nl_get_conn_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	unsigned int empty;
	void *header;
	int err;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_genl_family, NLM_F_MULTI,
			     IPVS_CMD_GET_CONN);
	if (!header)
		return -EMSGSIZE;
	empty = skb->len;
	err = put_conns(skb, dump_of(cb));
	if (skb->len == empty) {
		genlmsg_cancel(skb, header);
		return err;
	}
	genlmsg_end(skb, header);
	return skb->len;
}
