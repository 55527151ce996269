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

/* A message of a dump is made from so many entries at most, wanted or not: who asks is waited for by nobody. */
#define MOST_STEPS 16384

static int is_address(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(struct in_addr) || nla_len(attr) == sizeof(struct in6_addr))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "an address has 4 or 16 bytes");
	return -EINVAL;
}

/* What may be asked for; everything else is only ever told. */
const struct nla_policy ip_vs_nl_conn_policy[IPVS_CONN_ATTR_LAST + 1] = {
	[IPVS_CONN_ATTR_CONN] = { .type = NLA_REJECT, .reject_message = "connections are told, not asked for by whole" },
	[IPVS_CONN_ATTR_PROTOCOL] = { .type = NLA_U16 },
	[IPVS_CONN_ATTR_CLIENT] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, is_address, sizeof(struct in6_addr)),
	[IPVS_CONN_ATTR_CLIENT_PORT] = { .type = NLA_U16 },
	[IPVS_CONN_ATTR_VIRT] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, is_address, sizeof(struct in6_addr)),
	[IPVS_CONN_ATTR_VIRT_PORT] = { .type = NLA_U16 },
	[IPVS_CONN_ATTR_DEST] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, is_address, sizeof(struct in6_addr)),
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
	bool has_begun;
	char state[IPVS_CONN_STATE_MAXLEN];	/* empty = any */
};

static struct conn_dump *dump_of(struct netlink_callback *cb)
{
	return *(struct conn_dump **)cb->ctx;
}

static void parse_end(struct wanted_end *end, const struct nlattr *addr, const struct nlattr *port)
{
	if (port) {
		end->has_port = true;
		end->port = nla_get_be16(port);
	}
	if (addr) {
		end->af = nla_len(addr) == sizeof(struct in_addr) ? AF_INET : AF_INET6;
		nla_memcpy(&end->addr, addr, sizeof(end->addr));
	}
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
	parse_end(&dump->client, attrs[IPVS_CONN_ATTR_CLIENT], attrs[IPVS_CONN_ATTR_CLIENT_PORT]);
	parse_end(&dump->virt, attrs[IPVS_CONN_ATTR_VIRT], attrs[IPVS_CONN_ATTR_VIRT_PORT]);
	parse_end(&dump->dest, attrs[IPVS_CONN_ATTR_DEST], attrs[IPVS_CONN_ATTR_DEST_PORT]);
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

/* What packets change while it is looked at: so that what is told is what was wanted. */
struct seen {
	const char *state;
	const void *daddr;
	u8 daf;
};

static bool is_wanted(const struct conn_dump *dump, const struct ip_vs_conn *cp, struct seen *seen)
{
	if ((dump->protocol >= 0 && dump->protocol != cp->protocol) ||
	    !is_at(&dump->client, cp->af, ip_vs_conn_caddr(cp), cp->cport) ||
	    !is_at(&dump->virt, cp->af, ip_vs_conn_vaddr(cp), cp->vport))
		return false;
	seen->daddr = ip_vs_conn_shown_daddr(cp, &seen->daf);
	seen->state = ip_vs_conn_state_name(cp);
	return is_at(&dump->dest, seen->daf, seen->daddr, cp->dport) &&
	       (!*dump->state || !strcmp(dump->state, seen->state));
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
static int put_conn(struct sk_buff *skb, const struct ip_vs_conn *cp, const struct seen *seen)
{
	struct nlattr *nest = nla_nest_start(skb, IPVS_CONN_ATTR_CONN);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u16(skb, IPVS_CONN_ATTR_PROTOCOL, cp->protocol) ||
	    nla_put(skb, IPVS_CONN_ATTR_CLIENT, addr_size(cp->af), ip_vs_conn_caddr(cp)) ||
	    nla_put_be16(skb, IPVS_CONN_ATTR_CLIENT_PORT, cp->cport) ||
	    nla_put(skb, IPVS_CONN_ATTR_VIRT, addr_size(cp->af), ip_vs_conn_vaddr(cp)) ||
	    nla_put_be16(skb, IPVS_CONN_ATTR_VIRT_PORT, cp->vport) ||
	    nla_put(skb, IPVS_CONN_ATTR_DEST, addr_size(seen->daf), seen->daddr) ||
	    nla_put_be16(skb, IPVS_CONN_ATTR_DEST_PORT, cp->dport) ||
	    nla_put_string(skb, IPVS_CONN_ATTR_STATE, seen->state) ||
	    nla_put_u32(skb, IPVS_CONN_ATTR_EXPIRES, ip_vs_conn_seconds_left(cp)) ||
	    nla_put_u32(skb, IPVS_CONN_ATTR_FLAGS, READ_ONCE(cp->flags) & IPVS_CONN_FLAGS_TOLD) ||
	    put_engine(skb, ip_vs_conn_engine_data(cp)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* As many as there is room for. False: there are more. */
static bool put_conns(struct sk_buff *skb, struct conn_dump *dump)
{
	unsigned int len, steps = 0;
	struct ip_vs_conn *cp;
	struct seen seen;

	rcu_read_lock();
	for (cp = ip_vs_conn_walk_resume(&dump->walk); cp; cp = ip_vs_conn_walk_next(&dump->walk)) {
		if (++steps > MOST_STEPS || signal_pending(current))
			break;
		if (!is_wanted(dump, cp, &seen))
			continue;
		len = skb->len;
		if (put_conn(skb, cp, &seen)) {
			skb_trim(skb, len);
			break;
		}
	}
	ip_vs_conn_walk_pause(&dump->walk);
	rcu_read_unlock();
	return !cp;
}

/*
 * A message may be empty: while nothing is found, and the first one, which genetlink asks for with a lock that all families
 * of all namespaces share.
 */
int ip_vs_nl_get_conn_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct conn_dump *dump = dump_of(cb);
	unsigned int empty;
	void *header;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_genl_family, NLM_F_MULTI,
			     IPVS_CMD_GET_CONN);
	if (!header)
		return -EMSGSIZE;
	empty = skb->len;
	if (!dump->has_begun) {
		dump->has_begun = true;
	} else if (put_conns(skb, dump) && skb->len == empty) {
		genlmsg_cancel(skb, header);
		return 0;
	}
	genlmsg_end(skb, header);
	return skb->len;
}
