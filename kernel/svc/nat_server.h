/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which addresses and ports are those of NAT servers? Packets that such a server sends to nobody we know of are
 * asked about here, and strangers' packets with them: what that costs must not depend on how many servers there
 * are, nor on how many services share one.
 */
#ifndef IP_VS_SVC_NAT_SERVER_H
#define IP_VS_SVC_NAT_SERVER_H

#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/rbtree.h>
#include "hash/hash.h"

struct ip_vs_dest;
struct ip_vs_net;
struct ip_vs_service;

/**
 * struct ip_vs_nat_server - what a destination carries to be found by its address and port
 *
 * Destinations of different services with the same address, port and protocol are peers. One of them, the head,
 * stands in the table for all: whoever leaves hands that over. So no memory has to be had for it when a method is
 * edited, which cannot fail. Changed under the configuration mutex.
 *
 * @node: the head: in the namespace's table of NAT servers
 * @peers: a ring of all of them
 * @by_service: in @answering of the head
 * @answering: the head: peers whose service has an engine that answers, in the order of the services
 * @first_answering: the head: the first of those, for packets (RCU); NULL if there is none
 * @is_listed: it is one of the peers at all
 * @is_answering: it is in the tree
 */
struct ip_vs_nat_server {
	struct ip_vs_hash_node node;
	struct list_head peers;
	struct rb_node by_service;
	struct rb_root answering;
	struct ip_vs_dest __rcu *first_answering;
	bool is_listed;
	bool is_answering;
};

/*
 * Under the configuration mutex: a destination became part of its service, or its method or the service's engine
 * was edited. It is listed if it is a NAT server, else not.
 */
void ip_vs_nat_server_update(struct ip_vs_dest *dest);

/* Under the configuration mutex: it leaves its service. */
void ip_vs_nat_server_remove(struct ip_vs_dest *dest);

/* Is this a NAT server of any service of the protocol, or of a mark? Under RCU. */
bool ip_vs_nat_server_exists(struct ip_vs_net *ipvs, u16 af, u16 protocol, const union nf_inet_addr *addr,
			     __be16 port);

/*
 * The NAT server with this address and port in the first service of the protocol whose persistence engine makes
 * connections of what servers send; NULL if there is none. Under RCU.
 */
struct ip_vs_dest *ip_vs_nat_server_answering(struct ip_vs_net *ipvs, u16 af, u16 protocol,
					      const union nf_inet_addr *addr, __be16 port);

int ip_vs_nat_server_init(struct ip_vs_net *ipvs); /* ENOMEM */
void ip_vs_nat_server_uninit(struct ip_vs_net *ipvs);

#endif
