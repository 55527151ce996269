/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listing connections, then templates, to whichever interface asks. The walk stays where it is between two pieces of a
 * list, so that a million entries take a million steps, and packets never wait for it. While a table changes its size
 * entries may come twice.
 */
#ifndef IP_VS_CTL_CONN_WALK_H
#define IP_VS_CTL_CONN_WALK_H

#include "hash/hash.h"

struct ip_vs_conn;
struct ip_vs_net;

struct ip_vs_conn_walk {
	struct ip_vs_net *ipvs;
	struct ip_vs_hash_walk walk;
	int table;	/* which one @walk is in */
};

void ip_vs_conn_walk_start(struct ip_vs_conn_walk *walk, struct ip_vs_net *ipvs);

/*
 * The next entry, NULL at the end. Under RCU, in process context. The section is left now and then, so of entries only
 * the last one may be used.
 */
struct ip_vs_conn *ip_vs_conn_walk_next(struct ip_vs_conn_walk *walk);

/*
 * Between pausing and resuming RCU may be left for as long as one likes. Resuming gives the entry that was given last, or
 * what came into its place; the first one at the beginning.
 */
void ip_vs_conn_walk_pause(struct ip_vs_conn_walk *walk);
struct ip_vs_conn *ip_vs_conn_walk_resume(struct ip_vs_conn_walk *walk);

/* How listings name the state of a connection or template. */
const char *ip_vs_conn_state_name(const struct ip_vs_conn *cp);

/* The address of its server, which may be of the other family. Under RCU. */
const void *ip_vs_conn_shown_daddr(const struct ip_vs_conn *cp, u8 *af);

/* Without a packet it goes after so many seconds. */
unsigned int ip_vs_conn_seconds_left(const struct ip_vs_conn *cp);

#endif
