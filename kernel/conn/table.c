// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where connections are found.
 *
 * rhashtable grows and shrinks with the load and never loses an entry to a reader meanwhile. Its hash takes
 * a seed that is random for each table; together with the module's secret it keys SipHash, so that nobody
 * outside can aim at a bucket. The keys are unique: of two CPUs that make the same connection one wins. Only
 * replies may collide (the same client port to the same server through two virtual addresses), hence
 * rhltable, which keeps the newest in front.
 */
#include <linux/ipv6.h>
#include <linux/moduleparam.h>
#include <linux/once.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/siphash.h>
#include <net/ipv6.h>
#include "conn/table.h"
#include "proto/packet.h"

/* A pair of ends; local is the virtual or the server's. */
struct ends4 {
	__be32 remote, local;
	__be16 rport, lport;
	u8 protocol;
};

struct ends6 {
	const struct in6_addr *remote, *local;
	__be16 rport, lport;
	u8 protocol;
};

int ip_vs_conn_tab_bits = 12;
module_param_named(conn_tab_bits, ip_vs_conn_tab_bits, int, 0444);
MODULE_PARM_DESC(conn_tab_bits, "log2 of the least number of buckets of the connection table, 8 to 27");

static hsiphash_key_t secret __read_mostly;

static u32 hash4(__be32 remote, __be32 local, __be16 rport, __be16 lport, u8 protocol, u32 seed)
{
	return hsiphash_4u32((__force u32)remote, (__force u32)local,
			     (__force u32)rport << 16 | (__force u32)lport, seed ^ protocol, &secret);
}

static u32 hash6(const struct in6_addr *remote, const struct in6_addr *local, __be16 rport, __be16 lport,
		 u8 protocol, u32 seed)
{
	struct {
		struct in6_addr remote, local;
		u32 ports, rest;
	} __aligned(HSIPHASH_ALIGNMENT) in = {
		*remote, *local, (__force u32)rport << 16 | (__force u32)lport, seed ^ protocol
	};

	return hsiphash(&in, sizeof(in), &secret);
}

static u32 hash4_key(const void *data, u32 len, u32 seed)
{
	const struct ends4 *e = data;

	return hash4(e->remote, e->local, e->rport, e->lport, e->protocol, seed);
}

static u32 hash6_key(const void *data, u32 len, u32 seed)
{
	const struct ends6 *e = data;

	return hash6(e->remote, e->local, e->rport, e->lport, e->protocol, seed);
}

/* --- connections: client and virtual end --- */

static u32 conn4_hash(const void *data, u32 len, u32 seed)
{
	const struct ip_vs_conn *cp = data;

	return hash4(cp->caddr, cp->vaddr, cp->cport, cp->vport, cp->protocol, seed);
}

static int conn4_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ends4 *e = arg->key;
	const struct ip_vs_conn *cp = obj;

	return cp->caddr != e->remote || cp->vaddr != e->local || cp->cport != e->rport ||
	       cp->vport != e->lport || cp->protocol != e->protocol;
}

static u32 conn6_hash(const void *data, u32 len, u32 seed)
{
	const struct ip_vs_conn *cp = data;

	return hash6(&cp->addr6[IP_VS_CONN_CADDR], &cp->addr6[IP_VS_CONN_VADDR], cp->cport, cp->vport,
		     cp->protocol, seed);
}

static int conn6_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ends6 *e = arg->key;
	const struct ip_vs_conn *cp = obj;

	return cp->cport != e->rport || cp->vport != e->lport || cp->protocol != e->protocol ||
	       !ipv6_addr_equal(&cp->addr6[IP_VS_CONN_CADDR], e->remote) ||
	       !ipv6_addr_equal(&cp->addr6[IP_VS_CONN_VADDR], e->local);
}

/* --- replies of NAT connections: client and server end --- */

static u32 reply4_hash(const void *data, u32 len, u32 seed)
{
	const struct ip_vs_conn *cp = data;

	return hash4(cp->caddr, cp->daddr, cp->cport, cp->dport, cp->protocol, seed);
}

static int reply4_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ends4 *e = arg->key;
	const struct ip_vs_conn *cp = obj;

	return cp->caddr != e->remote || cp->daddr != e->local || cp->cport != e->rport ||
	       cp->dport != e->lport || cp->protocol != e->protocol;
}

static u32 reply6_hash(const void *data, u32 len, u32 seed)
{
	const struct ip_vs_conn *cp = data;

	return hash6(&cp->addr6[IP_VS_CONN_CADDR], &cp->addr6[IP_VS_CONN_DADDR], cp->cport, cp->dport,
		     cp->protocol, seed);
}

static int reply6_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ends6 *e = arg->key;
	const struct ip_vs_conn *cp = obj;

	return cp->cport != e->rport || cp->dport != e->lport || cp->protocol != e->protocol ||
	       !ipv6_addr_equal(&cp->addr6[IP_VS_CONN_CADDR], e->remote) ||
	       !ipv6_addr_equal(&cp->addr6[IP_VS_CONN_DADDR], e->local);
}

/* --- templates: both families, and marks in place of addresses --- */

struct template_key {
	struct in6_addr client, virtual;
	__be16 vport;
	u8 af;
	u8 protocol;
};

static void widen(struct in6_addr *to, u8 af, const void *from)
{
	if (af == AF_INET6)
		memcpy(to, from, sizeof(*to));
	else
		*to = (struct in6_addr){ .s6_addr32 = { *(const __be32 *)from } };
}

static void template_key(struct template_key *key, const struct ip_vs_conn *cp)
{
	*key = (struct template_key){
		.vport = cp->vport,
		.af = cp->af,
		.protocol = cp->protocol,
	};
	widen(&key->client, cp->af, ip_vs_conn_caddr(cp));
	widen(&key->virtual, cp->af, ip_vs_conn_vaddr(cp));
}

static u32 template_hash_key(const void *data, u32 len, u32 seed)
{
	const struct template_key *key = data;

	return hash6(&key->client, &key->virtual, 0, key->vport, key->protocol, seed ^ key->af << 8);
}

static u32 template_hash(const void *data, u32 len, u32 seed)
{
	struct template_key key;

	template_key(&key, data);
	return template_hash_key(&key, len, seed);
}

static int template_differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	struct template_key key;

	template_key(&key, obj);
	return memcmp(&key, arg->key, sizeof(key));
}

static const struct rhashtable_params conn4_params = {
	.head_offset = offsetof(struct ip_vs_conn, node),
	.hashfn = hash4_key,
	.obj_hashfn = conn4_hash,
	.obj_cmpfn = conn4_differs,
	.automatic_shrinking = true,
};

static const struct rhashtable_params conn6_params = {
	.head_offset = offsetof(struct ip_vs_conn, node),
	.hashfn = hash6_key,
	.obj_hashfn = conn6_hash,
	.obj_cmpfn = conn6_differs,
	.automatic_shrinking = true,
};

static const struct rhashtable_params reply4_params = {
	.head_offset = offsetof(struct ip_vs_conn, reply_node),
	.hashfn = hash4_key,
	.obj_hashfn = reply4_hash,
	.obj_cmpfn = reply4_differs,
	.automatic_shrinking = true,
};

static const struct rhashtable_params reply6_params = {
	.head_offset = offsetof(struct ip_vs_conn, reply_node),
	.hashfn = hash6_key,
	.obj_hashfn = reply6_hash,
	.obj_cmpfn = reply6_differs,
	.automatic_shrinking = true,
};

static const struct rhashtable_params template_params = {
	.head_offset = offsetof(struct ip_vs_conn, node),
	.hashfn = template_hash_key,
	.obj_hashfn = template_hash,
	.obj_cmpfn = template_differs,
	.automatic_shrinking = true,
};

static struct ends4 conn_ends4(const struct ip_vs_conn *cp)
{
	return (struct ends4){ cp->caddr, cp->vaddr, cp->cport, cp->vport, cp->protocol };
}

static struct ends6 conn_ends6(const struct ip_vs_conn *cp)
{
	return (struct ends6){ &cp->addr6[IP_VS_CONN_CADDR], &cp->addr6[IP_VS_CONN_VADDR], cp->cport,
			       cp->vport, cp->protocol };
}

struct ip_vs_conn *ip_vs_table_insert(struct ip_vs_conn *cp)
{
	struct ip_vs_net *ipvs = cp->ipvs;

	if (ip_vs_conn_is_template(cp)) {
		struct template_key key;

		template_key(&key, cp);
		return rhashtable_lookup_get_insert_key(&ipvs->templates, &key, &cp->node, template_params);
	}
	if (cp->af == AF_INET6) {
		struct ends6 ends = conn_ends6(cp);

		return rhashtable_lookup_get_insert_key(&ipvs->conns[IP_VS_V6], &ends, &cp->node,
							conn6_params);
	} else {
		struct ends4 ends = conn_ends4(cp);

		return rhashtable_lookup_get_insert_key(&ipvs->conns[IP_VS_V4], &ends, &cp->node,
							conn4_params);
	}
}

int ip_vs_table_insert_reply(struct ip_vs_conn *cp)
{
	struct ip_vs_net *ipvs = cp->ipvs;

	if (cp->af == AF_INET6) {
		struct ends6 ends = { &cp->addr6[IP_VS_CONN_CADDR], &cp->addr6[IP_VS_CONN_DADDR], cp->cport,
				      cp->dport, cp->protocol };

		return rhltable_insert_key(&ipvs->replies[IP_VS_V6], &ends, &cp->reply_node, reply6_params);
	} else {
		struct ends4 ends = { cp->caddr, cp->daddr, cp->cport, cp->dport, cp->protocol };

		return rhltable_insert_key(&ipvs->replies[IP_VS_V4], &ends, &cp->reply_node, reply4_params);
	}
}

void ip_vs_table_remove(struct ip_vs_conn *cp)
{
	struct ip_vs_net *ipvs = cp->ipvs;

	if (ip_vs_conn_is_template(cp))
		rhashtable_remove_fast(&ipvs->templates, &cp->node, template_params);
	else if (cp->af == AF_INET6)
		rhashtable_remove_fast(&ipvs->conns[IP_VS_V6], &cp->node, conn6_params);
	else
		rhashtable_remove_fast(&ipvs->conns[IP_VS_V4], &cp->node, conn4_params);
}

void ip_vs_table_remove_reply(struct ip_vs_conn *cp)
{
	struct ip_vs_net *ipvs = cp->ipvs;

	if (cp->af == AF_INET6)
		rhltable_remove(&ipvs->replies[IP_VS_V6], &cp->reply_node, reply6_params);
	else
		rhltable_remove(&ipvs->replies[IP_VS_V4], &cp->reply_node, reply4_params);
}

static struct ip_vs_conn *find4(struct ip_vs_net *ipvs, const struct ends4 *ends)
{
	return rhashtable_lookup(&ipvs->conns[IP_VS_V4], ends, conn4_params);
}

static struct ip_vs_conn *find6(struct ip_vs_net *ipvs, const struct ends6 *ends)
{
	return rhashtable_lookup(&ipvs->conns[IP_VS_V6], ends, conn6_params);
}

/* Nobody is meant to see an entry that is past its time, even if the wheel has not come round to it. */
static bool is_live(const struct ip_vs_conn *cp)
{
	return !(READ_ONCE(cp->flags) & IP_VS_CONN_F_DEAD) &&
	       (ip_vs_conn_remaining(cp) > 0 || atomic_read(&cp->num_controlled));
}

struct ip_vs_conn *ip_vs_conn_find_in(const struct ip_vs_packet *pkt)
{
	struct ip_vs_conn *cp;

	if (pkt->af == AF_INET6) {
		struct ends6 ends = { &ip_vs_packet_caddr(pkt)->in6, &ip_vs_packet_vaddr(pkt)->in6,
				      ip_vs_packet_cport(pkt), ip_vs_packet_vport(pkt), pkt->protocol };

		cp = find6(pkt->ipvs, &ends);
	} else {
		struct ends4 ends = { ip_vs_packet_caddr(pkt)->ip, ip_vs_packet_vaddr(pkt)->ip,
				      ip_vs_packet_cport(pkt), ip_vs_packet_vport(pkt), pkt->protocol };

		cp = find4(pkt->ipvs, &ends);
	}
	if (!cp || likely(is_live(cp)))
		return cp;
	/* Its key must be free for the connection that will be made now. */
	ip_vs_conn_end(cp);
	return NULL;
}

static struct ip_vs_conn *first_live(struct rhlist_head *list)
{
	struct rhlist_head *pos;
	struct ip_vs_conn *cp;

	rhl_for_each_entry_rcu(cp, pos, list, reply_node)
		if (is_live(cp))
			return cp;
	return NULL;
}

/*
 * A packet from the server's side: its destination is the client. Without address translation its source is
 * the virtual address.
 */
struct ip_vs_conn *ip_vs_conn_find_out(const struct ip_vs_packet *pkt)
{
	struct ip_vs_net *ipvs = pkt->ipvs;
	struct ip_vs_conn *cp;

	/* ip_vs_packet_caddr() is the sender of a request; of a reply it is the other end. */
	if (pkt->af == AF_INET6) {
		struct ends6 ends = { &ip_vs_packet_vaddr(pkt)->in6, &ip_vs_packet_caddr(pkt)->in6,
				      ip_vs_packet_vport(pkt), ip_vs_packet_cport(pkt), pkt->protocol };

		cp = first_live(rhltable_lookup(&ipvs->replies[IP_VS_V6], &ends, reply6_params));
		if (cp)
			return cp;
		cp = find6(ipvs, &ends);
	} else {
		struct ends4 ends = { ip_vs_packet_vaddr(pkt)->ip, ip_vs_packet_caddr(pkt)->ip,
				      ip_vs_packet_vport(pkt), ip_vs_packet_cport(pkt), pkt->protocol };

		cp = first_live(rhltable_lookup(&ipvs->replies[IP_VS_V4], &ends, reply4_params));
		if (cp)
			return cp;
		cp = find4(ipvs, &ends);
	}
	return cp && is_live(cp) && !ip_vs_conn_is_nat(cp) ? cp : NULL;
}

struct ip_vs_conn *ip_vs_conn_find_template(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	struct template_key key = { .vport = p->vport, .af = p->af, .protocol = p->protocol };
	struct ip_vs_conn *cp;

	widen(&key.client, p->af, p->caddr);
	widen(&key.virtual, p->af, p->vaddr);
	cp = rhashtable_lookup(&ipvs->templates, &key, template_params);
	if (!cp || is_live(cp))
		return cp;
	ip_vs_conn_end(cp);
	return NULL;
}

unsigned int ip_vs_conn_table_size(struct ip_vs_net *ipvs)
{
	unsigned int size = 1U << ip_vs_conn_tab_bits;

	rcu_read_lock();
	if (READ_ONCE(ipvs->conn_ready))
		size = max(size, rht_dereference_rcu(ipvs->conns[IP_VS_V4].tbl, &ipvs->conns[IP_VS_V4])->size);
	rcu_read_unlock();
	return size;
}

int ip_vs_table_init(struct ip_vs_net *ipvs)
{
	struct rhashtable_params p = conn4_params;
	int err;

	get_random_once(&secret, sizeof(secret));
	/* The table of IPv4 connections is born with the size that the user asked for and keeps it at least. */
	p.min_size = 1U << ip_vs_conn_tab_bits;
	err = rhashtable_init(&ipvs->conns[IP_VS_V4], &p);
	if (err)
		return err;
	err = rhashtable_init(&ipvs->conns[IP_VS_V6], &conn6_params);
	if (err)
		goto destroy_conns4;
	err = rhltable_init(&ipvs->replies[IP_VS_V4], &reply4_params);
	if (err)
		goto destroy_conns6;
	err = rhltable_init(&ipvs->replies[IP_VS_V6], &reply6_params);
	if (err)
		goto destroy_replies4;
	err = rhashtable_init(&ipvs->templates, &template_params);
	if (err)
		goto destroy_replies6;
	return 0;

destroy_replies6:
	rhltable_destroy(&ipvs->replies[IP_VS_V6]);
destroy_replies4:
	rhltable_destroy(&ipvs->replies[IP_VS_V4]);
destroy_conns6:
	rhashtable_destroy(&ipvs->conns[IP_VS_V6]);
destroy_conns4:
	rhashtable_destroy(&ipvs->conns[IP_VS_V4]);
	return err;
}

void ip_vs_table_uninit(struct ip_vs_net *ipvs)
{
	rhashtable_destroy(&ipvs->templates);
	rhltable_destroy(&ipvs->replies[IP_VS_V6]);
	rhltable_destroy(&ipvs->replies[IP_VS_V4]);
	rhashtable_destroy(&ipvs->conns[IP_VS_V6]);
	rhashtable_destroy(&ipvs->conns[IP_VS_V4]);
}
