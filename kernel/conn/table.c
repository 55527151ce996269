// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where connections are found: three tables of hash/hash.h a namespace. Their hash is SipHash with a key of
 * the namespace's own, so that nobody outside can aim at a bucket.
 *
 * The keys of connections and templates are unique: of two CPUs that make the same one, one wins. Only
 * replies may collide (the same client port to the same server through two virtual addresses); the newest is
 * in front.
 */
#include <linux/ipv6.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <net/ipv6.h>
#include "conn/table.h"
#include "proto/packet.h"

#define MIN_BITS 8

int ip_vs_conn_tab_bits = 12;
module_param_named(conn_tab_bits, ip_vs_conn_tab_bits, int, 0444);
MODULE_PARM_DESC(conn_tab_bits, "log2 of the least number of buckets of the connection table, 8 to 27");

/* A pair of ends; local is the virtual or the server's. Addresses point to 4 or 16 bytes. */
struct ends {
	const void *remote, *local;
	__be16 rport, lport;
	u8 protocol;
	u8 af;
};

static u32 hash_ends(const struct ip_vs_net *ipvs, const struct ends *e)
{
	u32 ports = (__force u32)e->rport << 16 | (__force u32)e->lport;
	struct {
		struct in6_addr remote, local;
		u32 ports, protocol;
	} __aligned(HSIPHASH_ALIGNMENT) in;

	if (likely(e->af == AF_INET))
		return hsiphash_4u32(*(const u32 *)e->remote, *(const u32 *)e->local, ports, e->protocol,
				     &ipvs->conn_key);
	in.remote = *(const struct in6_addr *)e->remote;
	in.local = *(const struct in6_addr *)e->local;
	in.ports = ports;
	in.protocol = e->protocol;
	return hsiphash(&in, sizeof(in), &ipvs->conn_key);
}

static bool differ4(__be32 a, const void *b)
{
	return a != *(const __be32 *)b;
}

/* --- connections: client and virtual end --- */

static struct ip_vs_conn *conn_of(const struct ip_vs_hash_node *node)
{
	return container_of(node, struct ip_vs_conn, node);
}

static struct ends conn_ends(const struct ip_vs_conn *cp)
{
	return (struct ends){ ip_vs_conn_caddr(cp), ip_vs_conn_vaddr(cp), cp->cport, cp->vport, cp->protocol,
			      cp->af };
}

static u32 conn_hash(const struct ip_vs_hash_node *node)
{
	struct ends e = conn_ends(conn_of(node));

	return hash_ends(conn_of(node)->ipvs, &e);
}

static bool conn_matches4(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = conn_of(node);
	const struct ends *e = key;

	return !(differ4(cp->caddr, e->remote) | differ4(cp->vaddr, e->local) | (cp->cport != e->rport) |
		 (cp->vport != e->lport) | (cp->protocol != e->protocol) | (cp->af != AF_INET));
}

static bool conn_matches6(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = conn_of(node);
	const struct ends *e = key;

	return cp->cport == e->rport && cp->vport == e->lport && cp->protocol == e->protocol &&
	       cp->af == AF_INET6 && ipv6_addr_equal(&cp->addr6[IP_VS_CONN_CADDR], e->remote) &&
	       ipv6_addr_equal(&cp->addr6[IP_VS_CONN_VADDR], e->local);
}

/* --- replies of NAT connections: client and server end --- */

static struct ip_vs_conn *reply_of(const struct ip_vs_hash_node *node)
{
	return container_of(node, struct ip_vs_conn, reply_node);
}

static struct ends reply_ends(const struct ip_vs_conn *cp)
{
	return (struct ends){ ip_vs_conn_caddr(cp), ip_vs_conn_daddr(cp), cp->cport, cp->dport, cp->protocol,
			      cp->af };
}

static u32 reply_hash(const struct ip_vs_hash_node *node)
{
	struct ends e = reply_ends(reply_of(node));

	return hash_ends(reply_of(node)->ipvs, &e);
}

/* Nobody is meant to see an entry that is past its time, even if the wheel has not come round to it. */
static bool is_live(const struct ip_vs_conn *cp)
{
	return !(READ_ONCE(cp->flags) & IP_VS_CONN_F_DEAD) &&
	       (ip_vs_conn_remaining(cp) > 0 || atomic_read(&cp->num_controlled));
}

static bool reply_matches4(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = reply_of(node);
	const struct ends *e = key;

	return !(differ4(cp->caddr, e->remote) | differ4(cp->daddr, e->local) | (cp->cport != e->rport) |
		 (cp->dport != e->lport) | (cp->protocol != e->protocol) | (cp->af != AF_INET)) &&
	       is_live(cp);
}

static bool reply_matches6(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = reply_of(node);
	const struct ends *e = key;

	return cp->cport == e->rport && cp->dport == e->lport && cp->protocol == e->protocol &&
	       cp->af == AF_INET6 && ipv6_addr_equal(&cp->addr6[IP_VS_CONN_CADDR], e->remote) &&
	       ipv6_addr_equal(&cp->addr6[IP_VS_CONN_DADDR], e->local) && is_live(cp);
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

static u32 template_hash_key(const struct ip_vs_net *ipvs, const struct template_key *key)
{
	return hsiphash(key, sizeof(*key), &ipvs->conn_key);
}

static u32 template_hash(const struct ip_vs_hash_node *node)
{
	struct template_key key;

	template_key(&key, conn_of(node));
	return template_hash_key(conn_of(node)->ipvs, &key);
}

static bool template_matches(const struct ip_vs_hash_node *node, const void *wanted)
{
	struct template_key key;

	template_key(&key, conn_of(node));
	return !memcmp(&key, wanted, sizeof(key));
}

/* --- in and out --- */

static struct ip_vs_hash_node *insert_conn(struct ip_vs_conn *cp)
{
	struct ip_vs_hash *table = &cp->ipvs->conns;
	struct ends e = conn_ends(cp);
	u32 hash = hash_ends(cp->ipvs, &e);

	if (cp->af == AF_INET6)
		return ip_vs_hash_insert_unique(table, &cp->node, hash, &e, conn_matches6);
	return ip_vs_hash_insert_unique(table, &cp->node, hash, &e, conn_matches4);
}

static struct ip_vs_hash_node *insert_template(struct ip_vs_conn *cp)
{
	struct template_key key;

	template_key(&key, cp);
	return ip_vs_hash_insert_unique(&cp->ipvs->templates, &cp->node, template_hash_key(cp->ipvs, &key),
					&key, template_matches);
}

struct ip_vs_conn *ip_vs_table_insert(struct ip_vs_conn *cp)
{
	struct ip_vs_hash_node *other = ip_vs_conn_is_template(cp) ? insert_template(cp) : insert_conn(cp);

	return other ? conn_of(other) : NULL;
}

void ip_vs_table_insert_reply(struct ip_vs_conn *cp)
{
	ip_vs_hash_insert(&cp->ipvs->replies, &cp->reply_node, reply_hash(&cp->reply_node));
}

void ip_vs_table_remove(struct ip_vs_conn *cp)
{
	ip_vs_hash_remove(ip_vs_conn_is_template(cp) ? &cp->ipvs->templates : &cp->ipvs->conns, &cp->node);
}

void ip_vs_table_remove_reply(struct ip_vs_conn *cp)
{
	ip_vs_hash_remove(&cp->ipvs->replies, &cp->reply_node);
}

/* --- lookups --- */

static struct ip_vs_conn *find(struct ip_vs_net *ipvs, const struct ends *e, u32 hash)
{
	struct ip_vs_hash_node *node;

	if (e->af == AF_INET6)
		node = ip_vs_hash_find(&ipvs->conns, hash, e, conn_matches6);
	else
		node = ip_vs_hash_find(&ipvs->conns, hash, e, conn_matches4);
	return node ? conn_of(node) : NULL;
}

static struct ip_vs_conn *find_reply(struct ip_vs_net *ipvs, const struct ends *e, u32 hash)
{
	struct ip_vs_hash_node *node;

	if (e->af == AF_INET6)
		node = ip_vs_hash_find(&ipvs->replies, hash, e, reply_matches6);
	else
		node = ip_vs_hash_find(&ipvs->replies, hash, e, reply_matches4);
	return node ? reply_of(node) : NULL;
}

struct ip_vs_conn *ip_vs_conn_find_in(const struct ip_vs_packet *pkt)
{
	struct ends e = { ip_vs_packet_caddr(pkt), ip_vs_packet_vaddr(pkt), ip_vs_packet_cport(pkt),
			  ip_vs_packet_vport(pkt), pkt->protocol, pkt->af };
	struct ip_vs_conn *cp = find(pkt->ipvs, &e, hash_ends(pkt->ipvs, &e));

	if (!cp || likely(is_live(cp)))
		return cp;
	/* Its key must be free for the connection that will be made now. */
	ip_vs_conn_end(cp);
	return NULL;
}

/*
 * A packet from the server's side: its destination is the client. Without address translation its source is
 * the virtual address.
 */
struct ip_vs_conn *ip_vs_conn_find_out(const struct ip_vs_packet *pkt)
{
	/* ip_vs_packet_caddr() is the sender of a request; of a reply it is the other end. */
	struct ends e = { ip_vs_packet_vaddr(pkt), ip_vs_packet_caddr(pkt), ip_vs_packet_vport(pkt),
			  ip_vs_packet_cport(pkt), pkt->protocol, pkt->af };
	u32 hash = hash_ends(pkt->ipvs, &e);
	struct ip_vs_conn *cp;

	cp = find_reply(pkt->ipvs, &e, hash);
	if (cp)
		return cp;
	cp = find(pkt->ipvs, &e, hash);
	return cp && is_live(cp) && !ip_vs_conn_is_nat(cp) ? cp : NULL;
}

struct ip_vs_conn *ip_vs_conn_find_template(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	struct template_key key = { .vport = p->vport, .af = p->af, .protocol = p->protocol };
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *cp;

	widen(&key.client, p->af, p->caddr);
	widen(&key.virtual, p->af, p->vaddr);
	node = ip_vs_hash_find(&ipvs->templates, template_hash_key(ipvs, &key), &key, template_matches);
	if (!node)
		return NULL;
	cp = conn_of(node);
	if (is_live(cp))
		return cp;
	ip_vs_conn_end(cp);
	return NULL;
}

unsigned int ip_vs_conn_table_size(struct ip_vs_net *ipvs)
{
	unsigned int size = 1U << ip_vs_conn_tab_bits;

	rcu_read_lock();
	if (smp_load_acquire(&ipvs->conn_ready))
		size = ip_vs_hash_size(&ipvs->conns);
	rcu_read_unlock();
	return size;
}

void ip_vs_table_set_lfactor(struct ip_vs_net *ipvs, int lfactor)
{
	lockdep_assert_held(&ipvs->mutex);
	ip_vs_hash_set_lfactor(&ipvs->conns, lfactor);
	ip_vs_hash_set_lfactor(&ipvs->replies, lfactor);
	ip_vs_hash_set_lfactor(&ipvs->templates, lfactor);
}

void ip_vs_table_review(struct ip_vs_net *ipvs)
{
	ip_vs_hash_review(&ipvs->conns);
	ip_vs_hash_review(&ipvs->replies);
	ip_vs_hash_review(&ipvs->templates);
}

int ip_vs_table_init(struct ip_vs_net *ipvs)
{
	int lfactor = ipvs->sysctl.conn_lfactor;
	int err;

	get_random_bytes(&ipvs->conn_key, sizeof(ipvs->conn_key));
	/* The table of connections is born with the size that the user asked for and keeps it at least. */
	err = ip_vs_hash_init(&ipvs->conns, ip_vs_conn_tab_bits, IP_VS_CONN_TAB_BITS_MAX, lfactor, conn_hash);
	if (err)
		return err;
	err = ip_vs_hash_init(&ipvs->replies, MIN_BITS, IP_VS_CONN_TAB_BITS_MAX, lfactor, reply_hash);
	if (err)
		goto uninit_conns;
	err = ip_vs_hash_init(&ipvs->templates, MIN_BITS, IP_VS_CONN_TAB_BITS_MAX, lfactor, template_hash);
	if (err)
		goto uninit_replies;
	return 0;

uninit_replies:
	ip_vs_hash_uninit(&ipvs->replies);
uninit_conns:
	ip_vs_hash_uninit(&ipvs->conns);
	return err;
}

void ip_vs_table_uninit(struct ip_vs_net *ipvs)
{
	ip_vs_hash_uninit(&ipvs->templates);
	ip_vs_hash_uninit(&ipvs->replies);
	ip_vs_hash_uninit(&ipvs->conns);
}
