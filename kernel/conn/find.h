/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking up connections of IPv4 by their ends: for the tables, and for the fast path, which has no instruction to spare for a
 * call. Everything else asks conn/conn.h.
 */
#ifndef IP_VS_CONN_FIND_H
#define IP_VS_CONN_FIND_H

#include <linux/hash.h>
#include <linux/siphash.h>
#include "conn/conn.h"
#include "proto/packet.h"

/*
 * A pair of ends. Local is the virtual or the server's. The protocol of IPv4 is in the hash only at the end, for
 * a round of SipHash less. So where a TCP connection's bucket is known, that of a UDP connection with the same
 * ends is, too; but not which others lie there, and it is another one: the products of any two protocols that can
 * have connections differ in their uppermost 8 bits. Whoever uses all protocols for each pair of ends fills the
 * buckets as evenly as with as many pairs.
 */
struct ip_vs_ends4 {
	__be32 remote, local;
	__be16 rport, lport;
	u8 protocol;
};

static __always_inline u32 ip_vs_hash_ports(__be16 rport, __be16 lport)
{
	return (__force u32)rport << 16 | (__force u32)lport;
}

static __always_inline u32 ip_vs_hash_ends4(const struct ip_vs_hash *table, const struct ip_vs_ends4 *e)
{
	u32 hash = hsiphash_3u32((__force u32)e->remote, (__force u32)e->local, ip_vs_hash_ports(e->rport, e->lport),
				 &table->key);

	return hash ^ e->protocol * GOLDEN_RATIO_32;
}

static __always_inline struct ip_vs_conn *ip_vs_conn_of(const struct ip_vs_hash_node *node)
{
	return container_of(node, struct ip_vs_conn, node);
}

static __always_inline struct ip_vs_conn *ip_vs_conn_of_reply(const struct ip_vs_hash_node *node)
{
	return container_of(node, struct ip_vs_conn, reply_node.node);
}

static __always_inline bool ip_vs_conn_matches4(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = ip_vs_conn_of(node);
	const struct ip_vs_ends4 *e = key;

	return cp->caddr == e->remote && cp->cport == e->rport && cp->vport == e->lport &&
	       cp->vaddr == e->local && cp->protocol == e->protocol && cp->af == AF_INET;
}

static __always_inline bool ip_vs_reply_matches4(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = ip_vs_conn_of_reply(node);
	const struct ip_vs_ends4 *e = key;

	return cp->caddr == e->remote && cp->cport == e->rport && cp->dport == e->lport &&
	       cp->daddr == e->local && cp->protocol == e->protocol && cp->af == AF_INET;
}

/* Is it alive at first sight? If not, a second look is needed: an entry that others hang on, or that is tracked, stays. */
static __always_inline bool ip_vs_conn_is_surely_live(const struct ip_vs_conn *cp)
{
	return !(READ_ONCE(cp->flags) & (IP_VS_CONN_F_DEAD | IP_VS_CONN_F_NFCT)) && ip_vs_conn_remaining(cp) > 0;
}

/*
 * ip_vs_conn_find_in() and ip_vs_conn_find_out() for a packet as it came, of TCP or UDP, without a call where the connection
 * needs no second look. Replies of servers that answer from the virtual address are not found.
 */
static __always_inline struct ip_vs_conn *ip_vs_conn_find_in4(struct ip_vs_packet *pkt)
{
	const struct ip_vs_hash *conns = &pkt->ipvs->conns;
	struct ip_vs_ends4 e = { pkt->saddr.ip, pkt->daddr.ip, pkt->sport, pkt->dport, pkt->protocol };
	struct ip_vs_hash_node *node = ip_vs_hash_find(conns, ip_vs_hash_ends4(conns, &e), &e, ip_vs_conn_matches4);

	if (likely(node && ip_vs_conn_is_surely_live(ip_vs_conn_of(node))))
		return ip_vs_conn_of(node);
	return node || unlikely(atomic_read(&pkt->ipvs->num_portless)) ? ip_vs_conn_find_in(pkt) : NULL;
}

static __always_inline struct ip_vs_conn *ip_vs_conn_find_out4(const struct ip_vs_packet *pkt)
{
	const struct ip_vs_hash *replies = &pkt->ipvs->replies;
	struct ip_vs_ends4 e = { pkt->daddr.ip, pkt->saddr.ip, pkt->dport, pkt->sport, pkt->protocol };
	struct ip_vs_hash_node *node = ip_vs_hash_find(replies, ip_vs_hash_ends4(replies, &e), &e, ip_vs_reply_matches4);

	if (likely(node && ip_vs_conn_is_surely_live(ip_vs_conn_of_reply(node))))
		return ip_vs_conn_of_reply(node);
	return node ? ip_vs_conn_find_out(pkt) : NULL;
}

#endif
