// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maglev hashing: like source hashing, but when servers come and go few clients change theirs. The filling
 * of the table is explained in core/maglev.h. Source: spec/schedulers.md, section 10.
 *
 * Shares follow the last weight other than 0, so that quiescing a server moves nobody else's clients. A table
 * is built aside and published at once; one that was replaced is read until the grace period is over.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "core/maglev.h"
#include "core/wrr.h"
#include "netns.h"
#include "sched/address.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"

#define MH_FALLBACK IP_VS_SVC_F_SCHED1
#define MH_PORT	    IP_VS_SVC_F_SCHED2

/*
 * @retired: grace period cookie: readers are gone after it
 * @turns: of each destination in the order of the list, when the table was built
 */
struct table {
	struct list_head old;
	unsigned long retired;
	struct ip_vs_dest *slots[IP_VS_MAGLEV_SIZE];
	u32 turns[];
};

/**
 * struct mh - state for one service; changed under the configuration mutex
 * @table: the one in use
 * @is_outdated: @table could not be rebuilt after the last change
 */
struct mh {
	struct table __rcu *table;
	bool is_outdated;
};

/* What is needed only while a table is being filled. */
struct workshop {
	u16 owners[IP_VS_MAGLEV_SIZE];
	struct ip_vs_dest *dests[IP_VS_MAGLEV_SIZE];
	struct ip_vs_maglev servers[IP_VS_MAGLEV_SIZE];
};

/* How many take part: those that stand first in the list, which are the newest. */
static unsigned int num_served(const struct ip_vs_service *svc)
{
	return min(svc->num_dests, IP_VS_MAGLEV_SIZE);
}

/* The scale of the weights: their greatest common divisor and the largest one. */
static void measure_weights(const struct ip_vs_service *svc, int *gcd, int *most)
{
	struct ip_vs_dest *dest;
	u32 n = 0;

	*gcd = 0;
	*most = 0;
	list_for_each_entry(dest, &svc->dests, node) {
		if (n++ == IP_VS_MAGLEV_SIZE)
			break;
		*gcd = ip_vs_wrr_gcd(dest->last_weight, *gcd);
		*most = max(*most, dest->last_weight);
	}
}

static void fill(struct table *table, struct workshop *shop, const struct ip_vs_service *svc)
{
	struct ip_vs_maglev *server = shop->servers;
	struct ip_vs_dest *dest;
	int gcd, most;
	u32 i, n = 0;

	measure_weights(svc, &gcd, &most);
	list_for_each_entry(dest, &svc->dests, node) {
		if (n == IP_VS_MAGLEV_SIZE)
			break;
		ip_vs_maglev_prefer(server, ip_vs_address_fold(svc->key.af, &dest->key.addr) +
						    ntohs(dest->key.port));
		server->turns = ip_vs_maglev_turns(dest->last_weight, gcd, most);
		table->turns[n] = server->turns;
		shop->dests[n++] = dest;
		server++;
	}
	ip_vs_maglev_fill(shop->owners, shop->servers, n);
	for (i = 0; i < IP_VS_MAGLEV_SIZE; i++)
		if (shop->owners[i] != IP_VS_MAGLEV_FREE)
			table->slots[i] = shop->dests[shop->owners[i]];
}

static struct table *make_table(const struct ip_vs_service *svc)
{
	struct workshop *shop;
	struct table *table;

	table = kvzalloc(struct_size(table, turns, num_served(svc)), GFP_KERNEL_ACCOUNT);
	shop = kvzalloc(sizeof(*shop), GFP_KERNEL_ACCOUNT);
	if (table && shop) {
		fill(table, shop, svc);
	} else {
		kvfree(table);
		table = NULL;
	}
	kvfree(shop);
	return table;
}

/*
 * Old tables, of all services, until their last readers have gone. Each change makes a table that is larger than all that
 * it changes: when too many wait, whoever makes another one waits, too.
 */
#define MAX_OLD 64

static LIST_HEAD(old_tables);
static DEFINE_MUTEX(old_mutex);	/* inside the configuration mutex */
static unsigned int num_old;

/* No packet finds it any more; some may still be in it. */
static void retire(struct table *table)
{
	struct table *next;
	LIST_HEAD(gone);

	mutex_lock(&old_mutex);
	table->retired = get_state_synchronize_rcu();
	list_add_tail(&table->old, &old_tables);
	num_old++;
	list_for_each_entry_safe(table, next, &old_tables, old) {
		if (num_old <= MAX_OLD && !poll_state_synchronize_rcu(table->retired))
			break;
		list_move_tail(&table->old, &gone);
		num_old--;
	}
	mutex_unlock(&old_mutex);
	/* Without the mutex, which is for all namespaces: whoever changes much waits alone. */
	list_for_each_entry_safe(table, next, &gone, old) {
		cond_synchronize_rcu(table->retired);
		kvfree(table);
	}
}

static void free_old_tables(void)
{
	struct table *table, *next;

	list_for_each_entry_safe(table, next, &old_tables, old)
		kvfree(table);
}

static int mh_init(struct ip_vs_service *svc, void *data)
{
	struct table *table = make_table(svc);
	struct mh *mh = data;

	if (!table)
		return -ENOMEM;
	RCU_INIT_POINTER(mh->table, table);
	return 0;
}

static void mh_exit(struct ip_vs_service *svc, void *data)
{
	struct mh *mh = data;
	struct table *table = rcu_dereference_protected(mh->table, true);

	retire(table);
}

/* Would a new table be the same? The destinations are those it was built with. */
static bool are_turns_equal(const struct table *table, const struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;
	int gcd, most;
	u32 n = 0;

	measure_weights(svc, &gcd, &most);
	list_for_each_entry(dest, &svc->dests, node) {
		if (n == IP_VS_MAGLEV_SIZE)
			break;
		if (table->turns[n++] != ip_vs_maglev_turns(dest->last_weight, gcd, most))
			return false;
	}
	return true;
}

/* No new table can be had: the clients of those that have gone go without a server until there is one. */
static void clear_slots(struct table *table)
{
	u32 i;

	for (i = 0; i < IP_VS_MAGLEV_SIZE; i++)
		if (table->slots[i] && ip_vs_dest_is_in_trash(table->slots[i]))
			WRITE_ONCE(table->slots[i], NULL);
}

static void mh_changed(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
		       enum ip_vs_sched_event event)
{
	struct table *old, *new;
	struct mh *mh = data;

	old = rcu_dereference_protected(mh->table, lockdep_is_held(&svc->ipvs->mutex));
	if (event == IP_VS_SCHED_DEST_EDITED && !mh->is_outdated && are_turns_equal(old, svc))
		return;
	new = make_table(svc);
	mh->is_outdated = !new;
	if (new) {
		rcu_assign_pointer(mh->table, new);
		retire(old);
	} else {
		clear_slots(old);
	}
}

/* One that never had a weight has no slots, and so no clients. */
static bool refuses_clients(const struct ip_vs_dest *dest)
{
	return !dest->weight && dest->last_weight;
}

static enum ip_vs_sched_remark mh_remark(const struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	if (svc->flags & MH_FALLBACK)
		return IP_VS_SCHED_NO_REMARK;
	if (dest)
		return refuses_clients(dest) ? IP_VS_SCHED_REFUSES_CLIENTS : IP_VS_SCHED_NO_REMARK;
	list_for_each_entry(dest, &svc->dests, node)
		if (refuses_clients(dest))
			return IP_VS_SCHED_REFUSES_CLIENTS;
	return IP_VS_SCHED_NO_REMARK;
}

static bool is_any_eligible(const struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;

	list_for_each_entry_rcu(dest, &svc->dests, node)
		if (ip_vs_dest_is_eligible(dest))
			return true;
	return false;
}

static struct ip_vs_dest *fall_back(const struct ip_vs_service *svc, const struct table *table, u32 client)
{
	u32 n, first = ip_vs_maglev_slot(client);
	struct ip_vs_dest *dest;

	/* A hash for every slot, for every packet that wants in, is much when nobody can be found. */
	if (!is_any_eligible(svc))
		return NULL;
	for (n = 0; n < IP_VS_MAGLEV_SIZE; n++) {
		dest = READ_ONCE(table->slots[ip_vs_maglev_slot(client + (n + first) % IP_VS_MAGLEV_SIZE)]);
		if (dest && ip_vs_dest_is_eligible(dest))
			return dest;
	}
	return NULL;
}

static struct ip_vs_dest *mh_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	u32 flags = READ_ONCE(svc->flags);
	u32 client = ip_vs_client_fold(pkt, flags & MH_PORT);
	const struct table *table;
	struct ip_vs_dest *dest;
	struct mh *mh = data;

	table = rcu_dereference(mh->table);
	dest = READ_ONCE(table->slots[ip_vs_maglev_slot(client)]);
	if (dest && ip_vs_dest_is_eligible(dest))
		return dest;
	return flags & MH_FALLBACK ? fall_back(svc, table, client) : NULL;
}

static const struct ip_vs_scheduler mh_scheduler = {
	.name = "mh",
	.module = THIS_MODULE,
	.data_size = sizeof(struct mh),
	.max_dests = IP_VS_MAGLEV_SIZE,
	.init = mh_init,
	.exit = mh_exit,
	.changed = mh_changed,
	.remark = mh_remark,
	.pick = mh_pick,
};

IP_VS_SCHEDULER_MODULE_CLEANUP(mh_scheduler, free_old_tables(), "IPVS Maglev hashing scheduler");
