// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where connections are found: three tables of hash/hash.h a namespace. Their hash is SipHash with a key of
 * the table's own, so that nobody outside can aim at a bucket, and what somebody has learnt of one table, from
 * the time that packets take, tells nothing of another.
 *
 * The keys of connections and templates are unique: of two CPUs that make the same one, one wins. Only
 * replies may have the same one (a client port to the same server through two virtual addresses, or through
 * all those of a mark): the newest that is alive gets the packet.
 */
#include <linux/ipv6.h>
#include <linux/moduleparam.h>
#include <linux/user_namespace.h>
#include <net/ipv6.h>
#include "conn/find.h"
#include "conn/table.h"
#include "conn/watch.h"
#include "pe/engine.h"
#include "proto/conntrack.h"
#include "proto/packet.h"

#define MIN_BITS 8

int ip_vs_conn_tab_bits = 12;
module_param_named(conn_tab_bits, ip_vs_conn_tab_bits, int, 0444);
MODULE_PARM_DESC(conn_tab_bits, "log2 of the least number of buckets of the connection table, 8 to 27");

struct ends6 {
	const struct in6_addr *remote, *local;
	__be16 rport, lport;
	u8 protocol;
};

static u32 hash6(const struct ip_vs_hash *table, const struct ends6 *e)
{
	struct {
		struct in6_addr remote, local;
		u32 ports, protocol;
	} __aligned(HSIPHASH_ALIGNMENT) in = {
		*e->remote, *e->local, ip_vs_hash_ports(e->rport, e->lport), e->protocol
	};

	return hsiphash(&in, sizeof(in), &table->key);
}

/* --- connections: client and virtual end --- */

/* Of templates, too. */
static u32 conn_hash(const struct ip_vs_hash_node *node)
{
	return ip_vs_conn_of(node)->hash;
}

static __always_inline bool conn_matches6(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = ip_vs_conn_of(node);
	const struct ends6 *e = key;

	return cp->cport == e->rport && cp->vport == e->lport && cp->protocol == e->protocol &&
	       cp->af == AF_INET6 && ipv6_addr_equal(&cp->addr6[IP_VS_CONN_CADDR], e->remote) &&
	       ipv6_addr_equal(&cp->addr6[IP_VS_CONN_VADDR], e->local);
}

/* --- replies of NAT connections: client and server end --- */

static u32 reply_hash(const struct ip_vs_hash_node *node)
{
	return ip_vs_conn_of_reply(node)->reply_hash;
}

/*
 * Nobody is meant to see an entry that is past its time, even if the wheel has not come round to it. Except
 * for one with a connection tracking entry: the packet at hand is tracked by that already, so it goes on.
 */
static bool is_live(const struct ip_vs_conn *cp)
{
	u32 flags = READ_ONCE(cp->flags);

	return !(flags & IP_VS_CONN_F_DEAD) &&
	       (ip_vs_conn_remaining(cp) > 0 || atomic_read(&cp->num_controlled) || flags & IP_VS_CONN_F_NFCT);
}

static unsigned int addr_len(u8 af)
{
	return af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32);
}

static __always_inline bool reply_matches6(const struct ip_vs_hash_node *node, const void *key)
{
	const struct ip_vs_conn *cp = ip_vs_conn_of_reply(node);
	const struct ends6 *e = key;

	return cp->cport == e->rport && cp->dport == e->lport && cp->protocol == e->protocol &&
	       cp->af == AF_INET6 && ipv6_addr_equal(&cp->addr6[IP_VS_CONN_CADDR], e->remote) &&
	       ipv6_addr_equal(&cp->addr6[IP_VS_CONN_DADDR], e->local);
}

/*
 * The newest connection is gone or past its time: the next newest that is not. Those that are past theirs leave
 * within half a second; until then a packet goes past some of them, but not past thousands. One that finds none
 * is like one that came too late.
 */
static noinline struct ip_vs_conn *older_live(const struct ip_vs_conn *cp)
{
	const struct ip_vs_hash_twin *twin = &cp->reply_node;
	struct ip_vs_conn *older;
	int steps;

	for (steps = 0; steps < 64; steps++) {
		twin = READ_ONCE(twin->older);
		if (!twin)
			break;
		older = ip_vs_conn_of_reply(&twin->node);
		if (is_live(older))
			return older;
	}
	return NULL;
}

/* --- templates: both families, marks in place of addresses, and what engines know clients by --- */

struct template_key {
	struct {
		struct in6_addr client, virtual;
		__be16 vport;
		u8 af;
		u8 protocol;
	} ends;
	const struct ip_vs_engine_data *engine_data;
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
		.ends = { .vport = cp->vport, .af = cp->af, .protocol = cp->protocol },
		.engine_data = ip_vs_conn_engine_data(cp),
	};
	widen(&key->ends.client, cp->af, ip_vs_conn_caddr(cp));
	widen(&key->ends.virtual, cp->af, ip_vs_conn_vaddr(cp));
}

static u32 template_hash_key(const struct ip_vs_hash *table, const struct template_key *key)
{
	/* How much the ends count is for the engine to say. */
	if (key->engine_data)
		return ip_vs_engine_hash(key->engine_data, &table->key);
	return hsiphash(&key->ends, sizeof(key->ends), &table->key);
}

static bool template_matches(const struct ip_vs_hash_node *node, const void *data)
{
	const struct template_key *wanted = data;
	struct template_key key;

	template_key(&key, ip_vs_conn_of(node));
	return ip_vs_engine_matches(wanted->engine_data, key.engine_data,
				    !memcmp(&key.ends, &wanted->ends, sizeof(key.ends)));
}

/* --- who watches --- */

DEFINE_STATIC_KEY_FALSE(ip_vs_watches);

static void watch_addr(unsigned long *set, u8 af, const void *addr)
{
	u32 place = af == AF_INET6 ? ip_vs_address_place6(addr) : ip_vs_address_place4(*(const u32 *)addr);

	/* Connections share few addresses: nearly always there is nothing to write. */
	if (!test_bit(place, set))
		set_bit(place, set);
}

/* The ends of a connection that is about to be found by them. */
static void watch_virtual(const struct ip_vs_conn *cp)
{
	struct ip_vs_watch *watch = rcu_dereference(cp->ipvs->watch);

	if (watch)
		watch_addr(watch->virtuals, cp->af, ip_vs_conn_vaddr(cp));
}

static void watch_server(const struct ip_vs_conn *cp)
{
	struct ip_vs_watch *watch = rcu_dereference(cp->ipvs->watch);

	if (watch)
		watch_addr(watch->servers, cp->af, ip_vs_conn_daddr(cp));
}

void ip_vs_watch_conns(struct ip_vs_net *ipvs)
{
	struct ip_vs_hash_walk walk;
	struct ip_vs_hash_node *node;

	if (!smp_load_acquire(&ipvs->conn_ready))
		return;
	ip_vs_hash_walk_start(&walk, &ipvs->conns, 0, IP_VS_HASH_END);
	rcu_read_lock();
	/* The walk itself lets others run. A pause of ours within a chain could miss some of it, for good. */
	while ((node = ip_vs_hash_walk_next(&walk))) {
		watch_virtual(ip_vs_conn_of(node));
		if (ip_vs_conn_is_nat(ip_vs_conn_of(node)))
			watch_server(ip_vs_conn_of(node));
	}
	rcu_read_unlock();
}

/* --- in and out --- */

static struct ip_vs_hash_node *insert_conn4(struct ip_vs_conn *cp)
{
	struct ip_vs_ends4 e = { cp->caddr, cp->vaddr, cp->cport, cp->vport, cp->protocol };

	if (!cp->hash)
		cp->hash = ip_vs_hash_ends4(&cp->ipvs->conns, &e);
	return ip_vs_hash_insert_unique(&cp->ipvs->conns, &cp->node, cp->hash, &e, ip_vs_conn_matches4);
}

static struct ip_vs_hash_node *insert_conn6(struct ip_vs_conn *cp)
{
	struct ends6 e = { &cp->addr6[IP_VS_CONN_CADDR], &cp->addr6[IP_VS_CONN_VADDR], cp->cport, cp->vport,
			   cp->protocol };

	if (!cp->hash)
		cp->hash = hash6(&cp->ipvs->conns, &e);
	return ip_vs_hash_insert_unique(&cp->ipvs->conns, &cp->node, cp->hash, &e, conn_matches6);
}

static struct ip_vs_hash_node *insert_template(struct ip_vs_conn *cp)
{
	struct template_key key;

	template_key(&key, cp);
	cp->hash = template_hash_key(&cp->ipvs->templates, &key);
	return ip_vs_hash_insert_unique(&cp->ipvs->templates, &cp->node, cp->hash, &key, template_matches);
}

struct ip_vs_conn *ip_vs_table_insert(struct ip_vs_conn *cp)
{
	struct ip_vs_hash_node *other;

	if (unlikely(ip_vs_conn_is_template(cp))) {
		other = insert_template(cp);
		return other ? ip_vs_conn_of(other) : NULL;
	}
	if (static_branch_unlikely(&ip_vs_watches))
		watch_virtual(cp);
	other = cp->af == AF_INET6 ? insert_conn6(cp) : insert_conn4(cp);
	return other ? ip_vs_conn_of(other) : NULL;
}

/* By which replies from the server find it. */
static struct ip_vs_ends4 reply_ends4(const struct ip_vs_conn *cp)
{
	return (struct ip_vs_ends4){ cp->caddr, cp->daddr, cp->cport, cp->dport, cp->protocol };
}

static struct ends6 reply_ends6(const struct ip_vs_conn *cp)
{
	return (struct ends6){ &cp->addr6[IP_VS_CONN_CADDR], &cp->addr6[IP_VS_CONN_DADDR], cp->cport, cp->dport,
			       cp->protocol };
}

void ip_vs_table_insert_reply(struct ip_vs_conn *cp)
{
	struct ip_vs_hash *table = &cp->ipvs->replies;

	if (static_branch_unlikely(&ip_vs_watches))
		watch_server(cp);
	if (cp->af == AF_INET6) {
		struct ends6 e = reply_ends6(cp);

		cp->reply_hash = hash6(table, &e);
		ip_vs_hash_insert_twin(table, &cp->reply_node, cp->reply_hash, &e, reply_matches6);
	} else {
		struct ip_vs_ends4 e = reply_ends4(cp);

		cp->reply_hash = ip_vs_hash_ends4(table, &e);
		ip_vs_hash_insert_twin(table, &cp->reply_node, cp->reply_hash, &e, ip_vs_reply_matches4);
	}
}

void ip_vs_table_remove(struct ip_vs_conn *cp)
{
	ip_vs_hash_remove(ip_vs_conn_is_template(cp) ? &cp->ipvs->templates : &cp->ipvs->conns, &cp->node);
}

void ip_vs_table_remove_reply(struct ip_vs_conn *cp)
{
	ip_vs_hash_remove_twin(&cp->ipvs->replies, &cp->reply_node);
}

/* --- lookups --- */

/* The ends of a packet's connection, the client being the remote one. */
static __always_inline struct ip_vs_ends4 request_ends4(const struct ip_vs_packet *pkt)
{
	return (struct ip_vs_ends4){ ip_vs_packet_caddr(pkt)->ip, ip_vs_packet_vaddr(pkt)->ip,
				     ip_vs_packet_cport(pkt), ip_vs_packet_vport(pkt), pkt->conn_protocol };
}

static struct ends6 request_ends6(const struct ip_vs_packet *pkt)
{
	return (struct ends6){ &ip_vs_packet_caddr(pkt)->in6, &ip_vs_packet_vaddr(pkt)->in6,
			       ip_vs_packet_cport(pkt), ip_vs_packet_vport(pkt), pkt->conn_protocol };
}

static noinline struct ip_vs_hash_node *find_in6(struct ip_vs_packet *pkt)
{
	struct ends6 e = request_ends6(pkt);

	pkt->conn_hash = hash6(&pkt->ipvs->conns, &e);
	return ip_vs_hash_find(&pkt->ipvs->conns, pkt->conn_hash, &e, conn_matches6);
}

static __always_inline struct ip_vs_hash_node *find_in4(struct ip_vs_packet *pkt)
{
	struct ip_vs_ends4 e = request_ends4(pkt);

	pkt->conn_hash = ip_vs_hash_ends4(&pkt->ipvs->conns, &e);
	return ip_vs_hash_find(&pkt->ipvs->conns, pkt->conn_hash, &e, ip_vs_conn_matches4);
}

/* The one at @node. */
static __always_inline struct ip_vs_conn *live_conn(const struct ip_vs_hash_node *node)
{
	struct ip_vs_conn *cp = ip_vs_conn_of(node);

	if (likely(is_live(cp)))
		return cp;
	/* Its key must be free for the connection that will be made now. */
	return ip_vs_conn_end_if_over(cp) ? NULL : cp;
}

/*
 * A connection that was announced without its client's port. Its key has port 0; what finds that may also be one of a
 * client that really has port 0.
 */
static noinline struct ip_vs_conn *find_portless(const struct ip_vs_packet *pkt)
{
	const struct ip_vs_hash *conns = &pkt->ipvs->conns;
	struct ip_vs_hash_node *node;

	if (pkt->af == AF_INET6) {
		struct ends6 e = request_ends6(pkt);

		e.rport = 0;
		node = ip_vs_hash_find(conns, hash6(conns, &e), &e, conn_matches6);
	} else {
		struct ip_vs_ends4 e = request_ends4(pkt);

		e.rport = 0;
		node = ip_vs_hash_find(conns, ip_vs_hash_ends4(conns, &e), &e, ip_vs_conn_matches4);
	}
	if (!node || !(READ_ONCE(ip_vs_conn_of(node)->flags) & IP_VS_CONN_F_NO_CPORT))
		return NULL;
	return live_conn(node);
}

struct ip_vs_conn *ip_vs_conn_find_in(struct ip_vs_packet *pkt)
{
	struct ip_vs_hash_node *node = likely(pkt->af == AF_INET) ? find_in4(pkt) : find_in6(pkt);

	if (!node)
		return likely(!atomic_read(&pkt->ipvs->num_portless)) ? NULL : find_portless(pkt);
	return live_conn(node);
}

struct ip_vs_conn *ip_vs_conn_find_by_ends(struct ip_vs_net *ipvs, struct ip_vs_conn_param *p)
{
	const struct ip_vs_hash *conns = &ipvs->conns;
	struct ip_vs_hash_node *node;

	if (p->af == AF_INET6) {
		struct ends6 e = { p->caddr, p->vaddr, p->cport, p->vport, p->protocol };

		p->hash = hash6(conns, &e);
		node = ip_vs_hash_find(conns, p->hash, &e, conn_matches6);
	} else {
		struct ip_vs_ends4 e = { *(const __be32 *)p->caddr, *(const __be32 *)p->vaddr, p->cport, p->vport,
				   p->protocol };

		p->hash = ip_vs_hash_ends4(conns, &e);
		node = ip_vs_hash_find(conns, p->hash, &e, ip_vs_conn_matches4);
	}
	return node ? live_conn(node) : NULL;
}

/* The connection of the same client to another virtual end, if its server is the same, too. */
static struct ip_vs_conn *to_same_server(const struct ip_vs_conn *cp, const union nf_inet_addr *vaddr, __be16 vport)
{
	struct ip_vs_hash *conns = &cp->ipvs->conns;
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *other;

	if (cp->af == AF_INET6) {
		struct ends6 e = { &cp->addr6[IP_VS_CONN_CADDR], &vaddr->in6, cp->cport, vport, cp->protocol };

		node = ip_vs_hash_find(conns, hash6(conns, &e), &e, conn_matches6);
	} else {
		struct ip_vs_ends4 e = { cp->caddr, vaddr->ip, cp->cport, vport, cp->protocol };

		node = ip_vs_hash_find(conns, ip_vs_hash_ends4(conns, &e), &e, ip_vs_conn_matches4);
	}
	other = node ? ip_vs_conn_of(node) : NULL;
	if (!other || !is_live(other) || !ip_vs_conn_is_nat(other) || other->dport != cp->dport)
		return NULL;
	return memcmp(ip_vs_conn_daddr(other), ip_vs_conn_daddr(cp), addr_len(cp->af)) ? NULL : other;
}

/*
 * A client port may have connections through several virtual addresses to the same server, and one to the server
 * itself besides. Where the client's own addresses are translated on the way to the server, the server can tell them
 * apart; and then connection tracking knows which of them a packet belongs to. @cp: what address and port say.
 */
static struct ip_vs_conn *tracked(const struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	union nf_inet_addr original;
	struct ip_vs_conn *other;
	__be16 port;

	/* An error is tracked as what its receiver sent. */
	if (!ip_vs_track_original(pkt->skb, pkt->is_inverse && !pkt->is_icmp, &original, &port))
		return cp;
	if (port == cp->vport && !memcmp(&original, ip_vs_conn_vaddr(cp), addr_len(cp->af)))
		return cp;
	other = to_same_server(cp, &original, port);
	if (other)
		return other;
	/* Else it was translated before it came to us. */
	return port == cp->dport && !memcmp(&original, ip_vs_conn_daddr(cp), addr_len(cp->af)) ? NULL : cp;
}

/* It is past its time, or tracked. */
static noinline struct ip_vs_conn *special_reply(const struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	if (!is_live(cp))
		cp = older_live(cp);
	return cp && READ_ONCE(cp->flags) & IP_VS_CONN_F_NFCT ? tracked(pkt, cp) : cp;
}

static __always_inline struct ip_vs_conn *live_reply(const struct ip_vs_packet *pkt,
						     const struct ip_vs_hash_node *node)
{
	struct ip_vs_conn *cp = ip_vs_conn_of_reply(node);

	if (likely(ip_vs_conn_is_surely_live(cp)))
		return cp;
	return special_reply(pkt, cp);
}

static struct ip_vs_hash_node *find_reply_of(const struct ip_vs_conn *cp)
{
	const struct ip_vs_hash *replies = &cp->ipvs->replies;

	if (cp->af == AF_INET6) {
		struct ends6 e = reply_ends6(cp);

		return ip_vs_hash_find(replies, hash6(replies, &e), &e, reply_matches6);
	} else {
		struct ip_vs_ends4 e = reply_ends4(cp);

		return ip_vs_hash_find(replies, ip_vs_hash_ends4(replies, &e), &e, ip_vs_reply_matches4);
	}
}

/* Only the newest of its ends counts: it is the one that is found. */
bool ip_vs_conn_reply_is_awaited(const struct ip_vs_conn *cp)
{
	struct ip_vs_hash_node *node = find_reply_of(cp);
	struct ip_vs_conn *other = node ? ip_vs_conn_of_reply(node) : NULL;

	if (!other || !(READ_ONCE(other->flags) & IP_VS_CONN_F_ONE_PACKET) || !is_live(other) ||
	    other->vport != cp->vport || memcmp(ip_vs_conn_vaddr(other), ip_vs_conn_vaddr(cp), addr_len(cp->af)))
		return false;
	ip_vs_conn_touch(other);
	return true;
}

/* Without address translation a reply comes from the virtual address. */
static struct ip_vs_conn *untranslated(struct ip_vs_hash_node *node)
{
	struct ip_vs_conn *cp = node ? ip_vs_conn_of(node) : NULL;

	return cp && is_live(cp) && !ip_vs_conn_is_nat(cp) ? cp : NULL;
}

static noinline struct ip_vs_conn *find_out6(const struct ip_vs_packet *pkt)
{
	const struct ip_vs_hash *replies = &pkt->ipvs->replies, *conns = &pkt->ipvs->conns;
	struct ends6 e = request_ends6(pkt);
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *cp;

	swap(e.remote, e.local);
	swap(e.rport, e.lport);
	node = ip_vs_hash_find(replies, hash6(replies, &e), &e, reply_matches6);
	cp = likely(node) ? live_reply(pkt, node) : NULL;
	if (likely(cp))
		return cp;
	return untranslated(ip_vs_hash_find(conns, hash6(conns, &e), &e, conn_matches6));
}

static __always_inline struct ip_vs_conn *find_out4(const struct ip_vs_packet *pkt)
{
	const struct ip_vs_hash *replies = &pkt->ipvs->replies, *conns = &pkt->ipvs->conns;
	struct ip_vs_ends4 e = request_ends4(pkt);
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *cp;

	swap(e.remote, e.local);
	swap(e.rport, e.lport);
	node = ip_vs_hash_find(replies, ip_vs_hash_ends4(replies, &e), &e, ip_vs_reply_matches4);
	cp = likely(node) ? live_reply(pkt, node) : NULL;
	if (likely(cp))
		return cp;
	return untranslated(ip_vs_hash_find(conns, ip_vs_hash_ends4(conns, &e), &e, ip_vs_conn_matches4));
}

/* A packet from the server's side: its destination is the client. */
struct ip_vs_conn *ip_vs_conn_find_out(const struct ip_vs_packet *pkt)
{
	return likely(pkt->af == AF_INET) ? find_out4(pkt) : find_out6(pkt);
}

struct ip_vs_conn *ip_vs_conn_find_template(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	struct template_key key = {
		.ends = { .vport = p->vport, .af = p->af, .protocol = p->protocol },
		.engine_data = p->engine_data,
	};
	struct ip_vs_hash_node *node;
	struct ip_vs_conn *cp;

	widen(&key.ends.client, p->af, p->caddr);
	widen(&key.ends.virtual, p->af, p->vaddr);
	node = ip_vs_hash_find(&ipvs->templates, template_hash_key(&ipvs->templates, &key), &key, template_matches);
	if (!node)
		return NULL;
	cp = ip_vs_conn_of(node);
	if (likely(ip_vs_conn_remaining(cp) > 0))
		return cp;
	/* Older connections do not make its time longer: it waits for them, out of the table. */
	if (!ip_vs_conn_end_if_over(cp))
		ip_vs_conn_retire(cp, false);
	return NULL;
}

/*
 * The table of connections is born with the size that the host's administrator asked for and keeps it at least: for
 * his own namespaces. Somebody's container begins as small as it can.
 */
static unsigned int least_bits(const struct ip_vs_net *ipvs)
{
	return ipvs->net->user_ns == &init_user_ns ? ip_vs_conn_tab_bits : MIN_BITS;
}

unsigned int ip_vs_conn_table_size(struct ip_vs_net *ipvs)
{
	unsigned int size = 1U << least_bits(ipvs);

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

	err = ip_vs_hash_init(&ipvs->conns, least_bits(ipvs), IP_VS_CONN_TAB_BITS_MAX, lfactor, conn_hash);
	if (err)
		return err;
	err = ip_vs_hash_init(&ipvs->replies, MIN_BITS, IP_VS_CONN_TAB_BITS_MAX, lfactor, reply_hash);
	if (err)
		goto uninit_conns;
	err = ip_vs_hash_init(&ipvs->templates, MIN_BITS, IP_VS_CONN_TAB_BITS_MAX, lfactor, conn_hash);
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
