/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole configuration of a namespace, replaced in one step. */
#ifndef IP_VS_SVC_TABLE_H
#define IP_VS_SVC_TABLE_H

#include "svc/dest.h"
#include "svc/service.h"

struct nlattr;

/**
 * struct ip_vs_table_dest - a destination that is to be there
 * @attr: where the request names it; for the extended ack
 * @dest: the one that is there, or that was prepared
 */
struct ip_vs_table_dest {
	struct ip_vs_dest_key key;
	struct ip_vs_dest_options opt;
	const struct nlattr *attr;
	struct ip_vs_dest *dest;
	bool is_new;
};

/**
 * struct ip_vs_table_service - a service that is to be there
 * @opt: with a hold on the engine
 * @sched: NULL = none; held
 * @attr: where the request names it
 * @dests: its destinations, in the order in which they are added
 * @svc: the one that is there, or that was prepared
 * @instance: of one that is there: its new scheduler at work
 */
struct ip_vs_table_service {
	struct ip_vs_service_key key;
	struct ip_vs_service_options opt;
	const struct ip_vs_scheduler *sched;
	const struct nlattr *attr;
	struct ip_vs_table_dest *dests;
	unsigned int num_dests;
	struct ip_vs_service *svc;
	struct ip_vs_sched_instance *instance;
	bool is_new;
};

struct ip_vs_table {
	struct ip_vs_table_service *services;
	unsigned int num_services;
};

/**
 * ip_vs_table_replace() - make the table of a namespace be this one
 *
 * No service and no destination may be in it twice. All that can fail is done before the first change, so an error
 * leaves everything as it was: that of the service or destination in question, with a text in @extack, which also
 * says which attribute it was. On success the holds on schedulers and engines have been taken over.
 *
 * Packets meet one service after the other in its new form; a service that stays has, while its destinations
 * change, those it had and those it gets. Under the configuration mutex.
 */
int ip_vs_table_replace(struct ip_vs_net *ipvs, struct ip_vs_table *table, struct netlink_ext_ack *extack);

#endif
