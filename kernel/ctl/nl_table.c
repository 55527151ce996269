// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole table in one request: a dump, and a replacement that is made as a whole or not at all. The format is
 * that of include/ipvs/kernel.h.
 */
#include <linux/mm.h>
#include <linux/sort.h>
#include <net/sock.h>
#include "ctl/netlink.h"
#include "path/path.h"
#include "svc/table.h"
#include "sync/sync.h"

/* --- the dump --- */

static bool put_dests(struct sk_buff *skb, struct ip_vs_service *svc, struct ip_vs_nl_position *pos)
{
	struct ip_vs_dest *dest;
	unsigned int len;

	dest = list_entry(ip_vs_nl_resume(svc, pos), struct ip_vs_dest, node);
	list_for_each_entry_continue(dest, &svc->dests, node) {
		if (dest->id >= pos->dest)
			continue;
		len = skb->len;
		if (ip_vs_nl_put_dest(skb, dest, IP_VS_NL_IN_TABLE)) {
			skb_trim(skb, len);
			return false;
		}
		pos->dest = dest->id;
		pos->last = dest->key;
	}
	return true;
}

/* As much as there is room for. False: there is more. */
static bool put_table(struct sk_buff *skb, struct ip_vs_net *ipvs, struct ip_vs_nl_position *pos)
{
	struct ip_vs_timeouts seconds;
	struct ip_vs_service *svc;
	unsigned int len;

	if (!pos->service) {
		len = skb->len;
		seconds = ip_vs_timeouts_get(ipvs);
		if (ip_vs_nl_put_timeouts(skb, &seconds)) {
			skb_trim(skb, len);
			return false;
		}
		pos->service = 1;
	}
	while ((svc = ip_vs_service_next(ipvs, pos->service))) {
		if (svc->id != pos->service || !pos->is_inside) {
			len = skb->len;
			if (ip_vs_nl_put_service(skb, svc, IP_VS_NL_IN_TABLE)) {
				skb_trim(skb, len);
				return false;
			}
			*pos = (struct ip_vs_nl_position){ .service = svc->id, .is_inside = true, .dest = U64_MAX };
		}
		if (!put_dests(skb, svc, pos))
			return false;
		*pos = (struct ip_vs_nl_position){ .service = svc->id + 1 };
	}
	return true;
}

/*
 * First the timeouts, as they are when the table is first looked at. Then services in the order of their making,
 * destinations newest first; what comes or goes between two messages makes nothing else be missed or come twice.
 */
int ip_vs_nl_get_table_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ip_vs_net *ipvs = ip_vs_net(sock_net(skb->sk));
	struct ip_vs_nl_position *pos = ip_vs_nl_position(cb);
	unsigned int empty;
	bool is_done;
	void *header;

	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ip_vs_genl_family,
			     NLM_F_MULTI, IPVS_CMD_GET_TABLE);
	if (!header)
		return -EMSGSIZE;
	empty = skb->len;
	mutex_lock(&ipvs->mutex);
	ip_vs_nl_dump_looks(ipvs, cb);
	is_done = put_table(skb, ipvs, pos);
	mutex_unlock(&ipvs->mutex);
	if (skb->len == empty) {
		genlmsg_cancel(skb, header);
		return is_done ? 0 : -EMSGSIZE;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
	return skb->len;
}

/* --- the replacement --- */

/* A table as the message has it. */
struct request {
	struct ip_vs_table table;
	struct ip_vs_table_dest *dests;	/* of all services, one behind the other */
	unsigned int num_dests;
	const void **order;		/* room for as many pointers as there are services or destinations */
	struct ip_vs_timeouts timeouts;
};

#define for_each_attr(attr, info, rem) nlmsg_for_each_attr(attr, (info)->nlhdr, GENL_HDRLEN, rem)

/*
 * What parses needs this much: family, a mark, scheduler, flags, timeout, netmask; or address, port, method, weight,
 * thresholds. So what is allocated is never much more than what was sent.
 */
#define LEAST_LENGTH (5 * (NLA_HDRLEN + 4) + NLA_HDRLEN)

/* Nobody ends for the sake of a table, and one that is too large for any memory is no reason for a warning. */
#define GFP_TABLE (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static int allocate(struct request *req, struct genl_info *info)
{
	unsigned int num_services = 0, num_dests = 0;
	const struct nlattr *attr;
	int rem;

	for_each_attr(attr, info, rem) {
		/* Here parsing will end. */
		if (nla_len(attr) < LEAST_LENGTH &&
		    (nla_type(attr) == IPVS_CMD_ATTR_SERVICE || nla_type(attr) == IPVS_CMD_ATTR_DEST))
			break;
		num_services += nla_type(attr) == IPVS_CMD_ATTR_SERVICE;
		num_dests += nla_type(attr) == IPVS_CMD_ATTR_DEST;
		cond_resched();
	}
	/* One more than needed, so that nothing is special about none. */
	req->table.services = kvcalloc(num_services + 1, sizeof(*req->table.services), GFP_TABLE);
	req->dests = kvcalloc(num_dests + 1, sizeof(*req->dests), GFP_TABLE);
	req->order = kvmalloc_array(max(num_services, num_dests) + 1, sizeof(*req->order), GFP_TABLE);
	if (req->table.services && req->dests && req->order)
		return 0;
	NL_SET_ERR_MSG(info->extack, "no memory for the table");
	return -ENOMEM;
}

static void release(struct request *req)
{
	kvfree(req->table.services);
	kvfree(req->dests);
	kvfree(req->order);
}

/* Of the first @num services. */
static void put_modules(struct request *req)
{
	struct ip_vs_table_service *ts;

	for (ts = req->table.services; ts < req->table.services + req->table.num_services; ts++)
		ip_vs_control_put_modules(ts->sched, ts->opt.engine);
}

static int parse_service(struct request *req, struct nlattr *attr, struct genl_info *info)
{
	struct netlink_ext_ack *extack = info->extack;
	struct ip_vs_table_service *ts = &req->table.services[req->table.num_services];
	struct nlattr *attrs[IPVS_SVC_ATTR_MAX + 1];
	int err;

	err = ip_vs_nl_parse_service_key(attr, &ts->key, attrs, extack);
	if (!err)
		err = ip_vs_nl_parse_service_options(attrs, &ts->opt, extack);
	if (!err)
		err = ip_vs_control_get_modules(ip_vs_net(genl_info_net(info)), nla_data(attrs[IPVS_SVC_ATTR_SCHED_NAME]),
						ip_vs_nl_engine_name(attrs), &ts->sched, &ts->opt.engine, extack);
	if (err)
		return err;
	ts->opt.flags_mask = ~0;
	ts->attr = attr;
	ts->dests = &req->dests[req->num_dests];
	req->table.num_services++;
	return 0;
}

static int parse_dest(struct request *req, struct nlattr *attr, struct netlink_ext_ack *extack)
{
	struct ip_vs_table_dest *td = &req->dests[req->num_dests];
	struct ip_vs_table_service *ts;
	int err;

	if (!req->table.num_services) {
		NL_SET_ERR_MSG(extack, "a server stands before the first virtual service");
		return -EINVAL;
	}
	ts = &req->table.services[req->table.num_services - 1];
	err = ip_vs_nl_parse_dest(attr, &td->key, &td->opt, ts->key.af, extack);
	if (err)
		return err;
	td->attr = attr;
	ts->num_dests++;
	req->num_dests++;
	return 0;
}

/* Whatever goes wrong, the modules of the services there are so far are held. */
static int parse(struct request *req, struct genl_info *info)
{
	struct nlattr *attr;
	int rem, err;

	for_each_attr(attr, info, rem) {
		switch (nla_type(attr)) {
		case IPVS_CMD_ATTR_SERVICE:
			err = parse_service(req, attr, info);
			break;
		case IPVS_CMD_ATTR_DEST:
			err = parse_dest(req, attr, info->extack);
			break;
		case IPVS_CMD_ATTR_TIMEOUT_TCP:
		case IPVS_CMD_ATTR_TIMEOUT_TCP_FIN:
		case IPVS_CMD_ATTR_TIMEOUT_UDP:
			err = 0;
			break;
		default:
			NL_SET_ERR_MSG(info->extack, "a table has services, servers and timeouts only");
			err = -EINVAL;
		}
		if (err) {
			NL_SET_BAD_ATTR(info->extack, attr);
			return err;
		}
		cond_resched();
	}
	return ip_vs_nl_parse_timeouts(info, &req->timeouts);
}

/* Whatever stands in @order begins with its key; those with the same one in the order of the request. */
static int compare_keys(const void *a, const void *b, size_t size)
{
	const void *x = *(const void **)a, *y = *(const void **)b;

	return memcmp(x, y, size) ?: (x > y) - (x < y);
}

static int compare_services(const void *a, const void *b)
{
	BUILD_BUG_ON(offsetof(struct ip_vs_table_service, key));
	return compare_keys(a, b, sizeof(struct ip_vs_service_key));
}

static int compare_dests(const void *a, const void *b)
{
	BUILD_BUG_ON(offsetof(struct ip_vs_table_dest, key));
	return compare_keys(a, b, sizeof(struct ip_vs_dest_key));
}

static int check_services_are_unique(struct request *req, struct netlink_ext_ack *extack)
{
	const struct ip_vs_table_service **order = (const struct ip_vs_table_service **)req->order;
	unsigned int i, num = req->table.num_services;

	for (i = 0; i < num; i++)
		order[i] = &req->table.services[i];
	sort(order, num, sizeof(*order), compare_services, NULL);
	for (i = 1; i < num; i++) {
		if (memcmp(&order[i - 1]->key, &order[i]->key, sizeof(order[i]->key)))
			continue;
		NL_SET_ERR_MSG_ATTR(extack, order[i]->attr, "the table has this virtual service twice");
		return -EEXIST;
	}
	return 0;
}

static int check_dests_are_unique(struct request *req, const struct ip_vs_table_service *ts,
				  struct netlink_ext_ack *extack)
{
	const struct ip_vs_table_dest **order = (const struct ip_vs_table_dest **)req->order;
	unsigned int i;

	for (i = 0; i < ts->num_dests; i++)
		order[i] = &ts->dests[i];
	sort(order, ts->num_dests, sizeof(*order), compare_dests, NULL);
	for (i = 1; i < ts->num_dests; i++) {
		if (memcmp(&order[i - 1]->key, &order[i]->key, sizeof(order[i]->key)))
			continue;
		NL_SET_ERR_MSG_ATTR(extack, order[i]->attr, "the virtual service has this server twice");
		return -EEXIST;
	}
	return 0;
}

static int check_uniqueness(struct request *req, struct netlink_ext_ack *extack)
{
	const struct ip_vs_table_service *ts;
	int err;

	err = check_services_are_unique(req, extack);
	for (ts = req->table.services; !err && ts < req->table.services + req->table.num_services; ts++) {
		err = check_dests_are_unique(req, ts, extack);
		cond_resched();
	}
	return err;
}

/* What the families of services and servers need of the namespace. */
static int start_hooks(struct ip_vs_net *ipvs, const struct ip_vs_table_service *ts,
		       struct netlink_ext_ack *extack)
{
	const struct ip_vs_table_dest *td;
	int err;

	err = ip_vs_hooks_start(ipvs, ts->key.af, extack);
	for (td = ts->dests; !err && td < ts->dests + ts->num_dests; td++)
		if (td->key.af != ts->key.af)
			err = ip_vs_hooks_start_tunnels(ipvs, td->key.af, extack);
	if (err)
		NL_SET_BAD_ATTR(extack, ts->attr);
	return err;
}

static int replace(struct ip_vs_net *ipvs, struct request *req, struct netlink_ext_ack *extack)
{
	const struct ip_vs_table_service *ts;
	int err = 0;

	mutex_lock(&ipvs->mutex);
	for (ts = req->table.services; !err && ts < req->table.services + req->table.num_services; ts++)
		err = start_hooks(ipvs, ts, extack);
	if (!err)
		err = ip_vs_table_replace(ipvs, &req->table, extack);
	if (!err) {
		ip_vs_timeouts_set(ipvs, &req->timeouts);
		ip_vs_control_changed(ipvs);
		ip_vs_sync_servers_added(ipvs);
	}
	ip_vs_hooks_trim(ipvs);
	mutex_unlock(&ipvs->mutex);
	return err;
}

int ip_vs_nl_set_table(struct sk_buff *skb, struct genl_info *info)
{
	struct request req = {};
	int err;

	err = allocate(&req, info);
	if (!err)
		err = parse(&req, info);
	if (!err)
		err = check_uniqueness(&req, info->extack);
	if (!err)
		err = replace(ip_vs_net(genl_info_net(info)), &req, info->extack);
	if (err)
		put_modules(&req);
	release(&req);
	return err;
}
