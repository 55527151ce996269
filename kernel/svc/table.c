// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netlink.h>
#include "ipvs/kernel.h"
#include "netns.h"
#include "sched/scheduler.h"
#include "svc/table.h"

/* --- what can fail: nobody sees any of it yet --- */

static int prepare_dest(struct ip_vs_table_service *ts, struct ip_vs_table_dest *td,
			struct netlink_ext_ack *extack)
{
	struct ip_vs_dest *dest;
	int err;

	err = ip_vs_dest_check(ts->key.af, &td->key, &td->opt, extack);
	if (err)
		return err;
	dest = ip_vs_dest_get_by_key(ts->svc, &td->key);
	if (!dest) {
		dest = ip_vs_dest_prepare(ts->svc, &td->key, &td->opt, extack);
		if (IS_ERR(dest))
			return PTR_ERR(dest);
		td->is_new = true;
	} else {
		err = ip_vs_service_track(ts->svc, td->opt.fwd, extack);
		if (err)
			return err;
	}
	td->dest = dest;
	return 0;
}

static int prepare_dests(struct ip_vs_table_service *ts, struct netlink_ext_ack *extack)
{
	struct ip_vs_table_dest *td;
	int err;

	for (td = ts->dests; td < ts->dests + ts->num_dests; td++) {
		err = prepare_dest(ts, td, extack);
		if (err) {
			NL_SET_BAD_ATTR(extack, td->attr);
			return err;
		}
		cond_resched();
	}
	return 0;
}

/* The scheduler of a new service begins with all its destinations: it may need memory for each of them. */
static int start_scheduler(struct ip_vs_table_service *ts, struct netlink_ext_ack *extack)
{
	struct ip_vs_table_dest *td;

	for (td = ts->dests; td < ts->dests + ts->num_dests; td++)
		list_add(&td->dest->node, &ts->svc->dests);
	ts->svc->num_dests = ts->num_dests;
	return ip_vs_service_start_scheduler(ts->svc, ts->sched, extack);
}

static int prepare_service(struct ip_vs_net *ipvs, struct ip_vs_table_service *ts,
			   struct netlink_ext_ack *extack)
{
	struct ip_vs_service *svc;
	int err;

	/* Until something else is at fault. */
	NL_SET_BAD_ATTR(extack, ts->attr);
	err = ip_vs_service_check(ts->key.af, &ts->opt, extack);
	if (err)
		return err;
	svc = ip_vs_service_get(ipvs, &ts->key);
	if (!svc) {
		svc = ip_vs_service_prepare(ipvs, &ts->key, &ts->opt, extack);
		if (IS_ERR(svc))
			return PTR_ERR(svc);
		ts->is_new = true;
	}
	ts->svc = svc;
	err = prepare_dests(ts, extack);
	if (err)
		return err;
	/* Those that will be there: the ones of now may be more. */
	err = ip_vs_service_check_size(ts->sched, ts->num_dests, extack);
	if (err)
		return err;
	return ts->is_new ? start_scheduler(ts, extack) :
			    ip_vs_service_prepare_edit(svc, ts->sched, &ts->instance, extack);
}

static void cancel_service(struct ip_vs_table_service *ts)
{
	struct ip_vs_table_dest *td;

	if (!ts->is_new)
		ip_vs_service_cancel_edit(ts->svc, ts->instance);
	for (td = ts->dests; td < ts->dests + ts->num_dests; td++)
		if (td->is_new)
			ip_vs_dest_cancel(td->dest);
	if (ts->is_new)
		ip_vs_service_cancel(ts->svc);
}

static void cancel(struct ip_vs_table *table)
{
	struct ip_vs_table_service *ts;

	/* Up to the one that failed, which has got only so far. */
	for (ts = table->services; ts < table->services + table->num_services && ts->svc; ts++)
		cancel_service(ts);
}

static int prepare(struct ip_vs_net *ipvs, struct ip_vs_table *table, struct netlink_ext_ack *extack)
{
	struct ip_vs_table_service *ts;
	int err;

	for (ts = table->services; ts < table->services + table->num_services; ts++) {
		err = prepare_service(ipvs, ts, extack);
		if (err) {
			cancel(table);
			return err;
		}
	}
	NL_SET_BAD_ATTR(extack, NULL);
	return 0;
}

/* --- what cannot --- */

static void add_service(struct ip_vs_table_service *ts, u32 replacement)
{
	struct ip_vs_service *svc = ts->svc;
	struct ip_vs_table_dest *td;

	/* They were in the list for the scheduler's sake; now they come with their books, in the same order. */
	INIT_LIST_HEAD(&svc->dests);
	svc->num_dests = 0;
	for (td = ts->dests; td < ts->dests + ts->num_dests; td++) {
		ip_vs_dest_link(svc, td->dest);
		td->dest->kept_by = replacement;
		cond_resched();
	}
	ip_vs_service_link(svc);
}

static void edit_service(struct ip_vs_table_service *ts, u32 replacement)
{
	struct ip_vs_service *svc = ts->svc;
	struct ip_vs_dest *dest, *next;
	struct ip_vs_table_dest *td;
	unsigned int num_same = 0;
	LIST_HEAD(gone);

	ip_vs_service_apply(svc, &ts->opt, ts->sched, ts->instance);
	for (td = ts->dests; td < ts->dests + ts->num_dests; td++) {
		if (td->is_new)
			ip_vs_dest_link(svc, td->dest);
		else if (!ip_vs_dest_has_options(td->dest, &td->opt))
			ip_vs_dest_apply(td->dest, &td->opt);
		else
			num_same++;
		td->dest->kept_by = replacement;
		cond_resched();
	}
	list_for_each_entry_safe(dest, next, &svc->dests, node) {
		if (dest->kept_by != replacement)
			ip_vs_dest_unlist(dest, &gone);
		cond_resched();
	}
	/* Once, when all are there: its work may depend on their number, and with half of them it would be wasted. */
	if (num_same < ts->num_dests || !list_empty(&gone))
		ip_vs_dest_tell_scheduler(svc);
	ip_vs_dest_leave_all(svc->ipvs, &gone);
}

static void commit(struct ip_vs_net *ipvs, struct ip_vs_table *table)
{
	u32 replacement = ++ipvs->last_replacement, id = 0;
	struct ip_vs_table_service *ts;
	struct ip_vs_service *svc;

	for (ts = table->services; ts < table->services + table->num_services; ts++) {
		if (ts->is_new)
			add_service(ts, replacement);
		else
			edit_service(ts, replacement);
		ts->svc->kept_by = replacement;
		cond_resched();
	}
	while ((svc = ip_vs_service_next(ipvs, id))) {
		id = svc->id + 1;
		if (svc->kept_by != replacement)
			ip_vs_service_delete(svc);
		cond_resched();
	}
}

/* There is room for one text: that of the last service which has one. The cookie says which, and how many others have. */
static void remark(const struct ip_vs_table *table, struct netlink_ext_ack *extack)
{
	struct ipvs_remark_cookie cookie = {};
	unsigned int i, num = 0;

	BUILD_BUG_ON(sizeof(cookie) > sizeof(extack->cookie));
	if (!extack)
		return;
	for (i = 0; i < table->num_services; i++) {
		if (!ip_vs_service_remark(table->services[i].svc, extack))
			continue;
		cookie.service = i;
		cookie.others = num++;
		cond_resched();
	}
	if (!num)
		return;
	memcpy(extack->cookie, &cookie, sizeof(cookie));
	extack->cookie_len = sizeof(cookie);
}

int ip_vs_table_replace(struct ip_vs_net *ipvs, struct ip_vs_table *table, struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&ipvs->mutex);
	err = prepare(ipvs, table, extack);
	if (err)
		return err;
	commit(ipvs, table);
	remark(table, extack);
	return 0;
}
