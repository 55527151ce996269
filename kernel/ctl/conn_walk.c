// SPDX-License-Identifier: GPL-2.0-only
#include "conn/conn.h"
#include "ctl/conn_walk.h"
#include "proto/names.h"
#include "svc/dest.h"

#define TABLES 2

static void enter_table(struct ip_vs_conn_walk *walk, int table)
{
	struct ip_vs_hash *tables[TABLES] = { &walk->ipvs->conns, &walk->ipvs->templates };

	walk->table = table;
	if (table < TABLES)
		ip_vs_hash_walk_start(&walk->walk, tables[table], 0, IP_VS_HASH_END);
}

/* @node, or, at the end of a table, the first of the next. */
static struct ip_vs_conn *settle(struct ip_vs_conn_walk *walk, struct ip_vs_hash_node *node)
{
	while (!node) {
		enter_table(walk, walk->table + 1);
		if (walk->table == TABLES)
			return NULL;
		node = ip_vs_hash_walk_next(&walk->walk);
	}
	return container_of(node, struct ip_vs_conn, node);
}

/* The tables are made with the first service. */
static bool has_ended(const struct ip_vs_conn_walk *walk)
{
	return walk->table == TABLES || !smp_load_acquire(&walk->ipvs->conn_ready);
}

void ip_vs_conn_walk_start(struct ip_vs_conn_walk *walk, struct ip_vs_net *ipvs)
{
	walk->ipvs = ipvs;
	enter_table(walk, 0);
}

struct ip_vs_conn *ip_vs_conn_walk_next(struct ip_vs_conn_walk *walk)
{
	return has_ended(walk) ? NULL : settle(walk, ip_vs_hash_walk_next(&walk->walk));
}

struct ip_vs_conn *ip_vs_conn_walk_resume(struct ip_vs_conn_walk *walk)
{
	return has_ended(walk) ? NULL : settle(walk, ip_vs_hash_walk_resume(&walk->walk));
}

void ip_vs_conn_walk_pause(struct ip_vs_conn_walk *walk)
{
	ip_vs_hash_walk_pause(&walk->walk);
}

const char *ip_vs_conn_state_name(const struct ip_vs_conn *cp)
{
	u8 state = READ_ONCE(cp->state);

	if (ip_vs_conn_is_template(cp))
		return state ? "ASSURED" : "NONE";
	return ip_vs_proto_state_name(cp->protocol, state);
}

const void *ip_vs_conn_shown_daddr(const struct ip_vs_conn *cp, u8 *af)
{
	const struct ip_vs_dest *dest = READ_ONCE(cp->dest);

	/* A tunnel server of the other family has its address elsewhere. */
	if (dest && dest->key.af != cp->af) {
		*af = dest->key.af;
		return &dest->key.addr;
	}
	*af = cp->af;
	return ip_vs_conn_daddr(cp);
}

unsigned int ip_vs_conn_seconds_left(const struct ip_vs_conn *cp)
{
	return max(ip_vs_conn_remaining(cp), 0) / HZ;
}
