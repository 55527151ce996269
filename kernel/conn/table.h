/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_CONN_TABLE_H
#define IP_VS_CONN_TABLE_H

#include "conn/conn.h"

/*
 * The hash tables: connections by client and virtual end, replies of NAT connections by client and server
 * end, templates.
 */
int ip_vs_table_init(struct ip_vs_net *ipvs);
void ip_vs_table_uninit(struct ip_vs_net *ipvs);

/*
 * Insert into the table of connections or templates. NULL = done, else the entry that has the key already.
 * These four under cp->lock.
 */
struct ip_vs_conn *ip_vs_table_insert(struct ip_vs_conn *cp);
void ip_vs_table_insert_reply(struct ip_vs_conn *cp);
void ip_vs_table_remove(struct ip_vs_conn *cp);
void ip_vs_table_remove_reply(struct ip_vs_conn *cp);

/*
 * Does one of the same ends, of one packet as @cp is, wait for replies already? It waits longer then. Under RCU;
 * another CPU may come to the same result, and then there are two, of which the newer one is found.
 */
bool ip_vs_conn_reply_is_awaited(const struct ip_vs_conn *cp);

/* Let tables that have become much too large shrink. */
void ip_vs_table_review(struct ip_vs_net *ipvs);

#endif
