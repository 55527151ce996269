// SPDX-License-Identifier: GPL-2.0-only
#include <linux/siphash.h>
#include "netns.h"
#include "pe/engine.h"
#include "svc/dest.h"
#include "svc/nat_server.h"
#include "svc/service.h"

/* Limits of the table's size, log2. */
#define MIN_BITS 4
#define MAX_BITS 20

/* @protocol: 0 of mark services, which have all. Compared as memory: there is no padding. */
struct server_key {
	union nf_inet_addr addr;
	u16 af;
	u16 protocol;
	__be16 port;
	u16 zero;
};

static struct ip_vs_dest *dest_of(const struct ip_vs_hash_node *node)
{
	return container_of(node, struct ip_vs_dest, nat.node);
}

static struct server_key key_of(const struct ip_vs_dest *dest)
{
	return (struct server_key){
		.addr = dest->key.addr,
		.af = dest->key.af,
		.protocol = READ_ONCE(dest->svc)->key.protocol,
		.port = dest->key.port,
	};
}

/* The keys that are in the table come from the administrator: nobody else can make them meet in a bucket. */
static u32 hash_key(const struct ip_vs_net *ipvs, const struct server_key *key)
{
	return hsiphash(key, sizeof(*key), &ipvs->nat_servers.key);
}

static u32 node_hash(const struct ip_vs_hash_node *node)
{
	const struct ip_vs_dest *dest = dest_of(node);
	struct server_key key = key_of(dest);

	return hash_key(READ_ONCE(dest->svc)->ipvs, &key);
}

static bool has_key(const struct ip_vs_hash_node *node, const void *key)
{
	struct server_key own = key_of(dest_of(node));

	return !memcmp(&own, key, sizeof(own));
}

/* Under RCU. */
static struct ip_vs_dest *find(struct ip_vs_net *ipvs, const struct server_key *key)
{
	struct ip_vs_hash_node *node = ip_vs_hash_find(&ipvs->nat_servers, hash_key(ipvs, key), key, has_key);

	return node ? dest_of(node) : NULL;
}

/* --- changes, under the configuration mutex --- */

/* The destination that stands for all with the key of @dest. */
static struct ip_vs_dest *head_of(const struct ip_vs_dest *dest)
{
	struct server_key key = key_of(dest);
	struct ip_vs_dest *head;

	rcu_read_lock();
	head = find(dest->svc->ipvs, &key);
	rcu_read_unlock();
	return head;
}

static void add(struct ip_vs_dest *dest)
{
	ip_vs_hash_add(&dest->svc->ipvs->nat_servers, &dest->nat.node, node_hash(&dest->nat.node));
}

static struct ip_vs_dest *tree_entry(struct rb_node *node)
{
	return node ? rb_entry(node, struct ip_vs_dest, nat.by_service) : NULL;
}

static void publish_first(struct ip_vs_nat_server *head)
{
	rcu_assign_pointer(head->first_answering, tree_entry(rb_first(&head->answering)));
}

/* A service has a server only once, so no two peers are equal. */
static bool is_service_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ip_vs_dest, nat.by_service)->svc->id <
	       rb_entry(b, struct ip_vs_dest, nat.by_service)->svc->id;
}

static void set_answering(struct ip_vs_nat_server *head, struct ip_vs_nat_server *server, bool answering)
{
	if (server->is_answering == answering)
		return;
	server->is_answering = answering;
	if (answering)
		rb_add(&server->by_service, &head->answering, is_service_before);
	else
		rb_erase(&server->by_service, &head->answering);
	publish_first(head);
}

static bool is_answering(const struct ip_vs_service *svc)
{
	return svc->engine && svc->engine->answers && !svc->key.fwmark && svc->key.port;
}

static struct ip_vs_dest *list(struct ip_vs_dest *dest)
{
	struct ip_vs_dest *head = head_of(dest);

	dest->nat.is_listed = true;
	if (head) {
		list_add(&dest->nat.peers, &head->nat.peers);
		return head;
	}
	INIT_LIST_HEAD(&dest->nat.peers);
	dest->nat.answering = RB_ROOT;
	RCU_INIT_POINTER(dest->nat.first_answering, NULL);
	add(dest);
	return dest;
}

void ip_vs_nat_server_update(struct ip_vs_dest *dest)
{
	struct ip_vs_dest *head;

	lockdep_assert_held(&dest->svc->ipvs->mutex);
	if (dest->fwd != IP_VS_CONN_F_MASQ) {
		ip_vs_nat_server_remove(dest);
		return;
	}
	head = dest->nat.is_listed ? head_of(dest) : list(dest);
	set_answering(&head->nat, &dest->nat, is_answering(dest->svc));
}

/* There is never a moment without a head: of two with the same key packets find either. */
static void hand_over(struct ip_vs_dest *from)
{
	struct ip_vs_dest *to = list_next_entry(from, nat.peers);

	to->nat.answering = from->nat.answering;
	publish_first(&to->nat);
	add(to);
}

void ip_vs_nat_server_remove(struct ip_vs_dest *dest)
{
	struct ip_vs_dest *head;

	lockdep_assert_held(&dest->svc->ipvs->mutex);
	if (!dest->nat.is_listed)
		return;
	head = head_of(dest);
	set_answering(&head->nat, &dest->nat, false);
	if (head == dest) {
		if (!list_empty(&dest->nat.peers))
			hand_over(dest);
		ip_vs_hash_delete(&dest->svc->ipvs->nat_servers, &dest->nat.node);
	}
	list_del(&dest->nat.peers);
	dest->nat.is_listed = false;
}

/* --- questions of packets --- */

/* Of IPv4 addresses only the first word is theirs. */
static struct server_key packet_key(u16 af, u16 protocol, const union nf_inet_addr *addr, __be16 port)
{
	struct server_key key = { .af = af, .protocol = protocol, .port = port };

	if (af == AF_INET6)
		key.addr.in6 = addr->in6;
	else
		key.addr.ip = addr->ip;
	return key;
}

bool ip_vs_nat_server_exists(struct ip_vs_net *ipvs, u16 af, u16 protocol, const union nf_inet_addr *addr,
			     __be16 port)
{
	struct server_key key = packet_key(af, protocol, addr, port);

	if (find(ipvs, &key))
		return true;
	if (!READ_ONCE(ipvs->num_fwmark_services))
		return false;
	key.protocol = 0;
	return find(ipvs, &key);
}

struct ip_vs_dest *ip_vs_nat_server_answering(struct ip_vs_net *ipvs, u16 af, u16 protocol,
					      const union nf_inet_addr *addr, __be16 port)
{
	struct server_key key = packet_key(af, protocol, addr, port);
	struct ip_vs_dest *head = find(ipvs, &key);

	return head ? rcu_dereference(head->nat.first_answering) : NULL;
}

int ip_vs_nat_server_init(struct ip_vs_net *ipvs)
{
	return ip_vs_hash_init(&ipvs->nat_servers, MIN_BITS, MAX_BITS, 0, node_hash);
}

void ip_vs_nat_server_uninit(struct ip_vs_net *ipvs)
{
	ip_vs_hash_uninit(&ipvs->nat_servers);
}
