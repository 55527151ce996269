/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections. Packets find and use them under RCU without taking a reference; an entry that was unlinked
 * under their feet stays valid until they are done. What changes an entry does so under its lock:
 *
 *   conn->lock  ->  hash bucket locks
 *   conn->lock  ->  wheel slot lock
 *   conn->lock  ->  dest->lock
 *
 * all with bottom halves off. See docs/locking.md.
 */
#ifndef IP_VS_CONN_CONN_H
#define IP_VS_CONN_CONN_H

#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/spinlock.h>
#include "hash/hash.h"
#include "netns.h"

struct ip_vs_dest;
struct ip_vs_engine_data;
struct ip_vs_packet;
struct ip_vs_service;
struct seq_file;

/* Private flags, above those of the interface (IP_VS_CONN_F_*). */
#define IP_VS_CONN_F_TAKEN   BIT(27) /* the first packet of a client has come: another connection takes its place */
#define IP_VS_CONN_F_HELPED  BIT(28) /* a helper looks after it, see conn/help.h */
#define IP_VS_CONN_F_DEAD    BIT(30) /* unlinked */
#define IP_VS_CONN_F_ASSURED BIT(29) /* template: a connection of it was established or answered */

/**
 * struct ip_vs_conn - a connection, or a template (persistence)
 *
 * The first cache line is what a packet of an established connection touches.
 *
 * @node: in the table of its family, or in that of the templates
 * @caddr: client; IPv6 addresses stand behind the structure, see ip_vs_conn_caddr()
 * @flags: IP_VS_CONN_F_*; changed under @lock
 * @dest: the server; NULL for a bypass connection
 * @last_used: jiffies of the last packet
 * @timeout: jiffies it lives without packets
 * @slot: where in the wheel, IP_VS_WHEEL_NONE = nowhere
 * @due: jiffies when the wheel comes round to it
 * @told_state: what other directors were told last, see struct ip_vs_sync_told
 * @in_pkts: packets from the client; approximate. Of templates: asked for in their name while a master daemon runs
 * @wheel: in its slot, under the slot's lock
 * @control: the template it was made from, or the connection that announced it; it cannot go before it
 * @num_controlled: connections it controls
 * @hash: by which @node is found; kept, so that moving and removing it costs no computing
 * @reply_hash: the same for @reply_node
 * @told_end: jiffies when the last that other directors were told let it end; its making at first
 * @mark: in the place of that while it is unbound: the mark to look for its service by
 * @reply_node: NAT: in the table of replies, with older connections of the same key behind it
 * @engine_data: templates: what a persistence engine knows the client by, see ip_vs_conn_engine_data()
 */
struct ip_vs_conn {
	struct ip_vs_hash_node node;
	__be32 caddr;
	__be32 vaddr;
	__be32 daddr;
	__be16 cport;
	__be16 vport;
	__be16 dport;
	u8 protocol;
	u8 af;
	u32 flags;
	struct ip_vs_dest *dest;
	u32 last_used;
	u32 timeout;
	u32 due;
	u16 slot;
	u8 state;
	u8 told_state;
	u32 in_pkts;
	spinlock_t lock;

	struct ip_vs_net *ipvs;
	union {
		struct hlist_node wheel;
		struct llist_node dead;
	};
	struct ip_vs_conn *control;
	atomic_t num_controlled;
	u32 hash;
	u32 reply_hash;
	union {
		u32 told_end;
		u32 mark;
	};
	union {
		struct ip_vs_hash_twin reply_node;
		struct ip_vs_engine_data *engine_data;
	};
	struct in6_addr addr6[];
};

enum { IP_VS_CONN_CADDR, IP_VS_CONN_VADDR, IP_VS_CONN_DADDR, IP_VS_CONN_ADDRS };

#define IP_VS_WHEEL_NONE U16_MAX

/* The addresses as pointers to 4 or 16 bytes, according to the family. */
static inline const void *ip_vs_conn_caddr(const struct ip_vs_conn *cp)
{
	return cp->af == AF_INET6 ? (const void *)&cp->addr6[IP_VS_CONN_CADDR] : &cp->caddr;
}

static inline const void *ip_vs_conn_vaddr(const struct ip_vs_conn *cp)
{
	return cp->af == AF_INET6 ? (const void *)&cp->addr6[IP_VS_CONN_VADDR] : &cp->vaddr;
}

static inline const void *ip_vs_conn_daddr(const struct ip_vs_conn *cp)
{
	return cp->af == AF_INET6 ? (const void *)&cp->addr6[IP_VS_CONN_DADDR] : &cp->daddr;
}

static inline u32 ip_vs_conn_fwd(const struct ip_vs_conn *cp)
{
	return READ_ONCE(cp->flags) & IP_VS_CONN_F_FWD_MASK;
}

static inline bool ip_vs_conn_is_nat(const struct ip_vs_conn *cp)
{
	return ip_vs_conn_fwd(cp) == IP_VS_CONN_F_MASQ;
}

static inline bool ip_vs_conn_is_template(const struct ip_vs_conn *cp)
{
	return READ_ONCE(cp->flags) & IP_VS_CONN_F_TEMPLATE;
}

/*
 * Another director has told of it, and there is no server here that it could be of. It is forwarded by the method and to
 * the address that it was told with, until there is one.
 */
static inline bool ip_vs_conn_is_unbound(const struct ip_vs_conn *cp)
{
	u32 flags = READ_ONCE(cp->flags);

	return flags & IP_VS_CONN_F_SYNC && (flags & IP_VS_CONN_F_FWD_MASK) != IP_VS_CONN_F_BYPASS &&
	       !READ_ONCE(cp->dest);
}

static inline const struct ip_vs_engine_data *ip_vs_conn_engine_data(const struct ip_vs_conn *cp)
{
	return ip_vs_conn_is_template(cp) ? cp->engine_data : NULL;
}

/* The template behind a connection; NULL also if what controls it is another connection. */
static inline struct ip_vs_conn *ip_vs_conn_template(const struct ip_vs_conn *cp)
{
	struct ip_vs_conn *control = cp->control;

	return control && ip_vs_conn_is_template(control) ? control : NULL;
}

/* What a connection is made from. Addresses point to 4 or 16 bytes, according to the family. */
struct ip_vs_conn_param {
	u8 af;
	u8 protocol;
	const void *caddr;
	const void *vaddr;
	const void *daddr;
	__be16 cport;
	__be16 vport;
	__be16 dport;
	u32 flags;		/* TEMPLATE, ONE_PACKET, or BYPASS when there is no dest; all that it has with SYNC */
	u32 timeout;		/* jiffies */
	u32 hash;		/* what ip_vs_conn_find_in() has computed for it, or 0 */
	struct ip_vs_dest *dest;
	struct ip_vs_conn *control;
	struct ip_vs_engine_data *engine_data;	/* templates */
	/* What another director tells, with IP_VS_CONN_F_SYNC */
	u8 state;
	u32 mark;		/* 0 = none */
	u32 in_pkts;
	u32 passed;		/* jiffies of @timeout */
	bool is_uncounted;	/* it is no new connection to the statistics */
};

/**
 * ip_vs_conn_make() - make a connection or template and put it into the table
 * @p: its engine data is the template's from now on, and freed if there is none
 *
 * Returns NULL without memory, or if the namespace has as many entries as conn_max allows
 * (ip_vs_conn_is_full()). If another CPU was faster with the same key its connection is returned; only the one
 * that is new is counted at its server. A one-packet connection is in no table; the caller ends it with
 * ip_vs_conn_end(), unless it waits for replies. Under RCU, in any context that may not sleep.
 */
struct ip_vs_conn *ip_vs_conn_make(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p);

/*
 * Unlink now, whatever its timer says, unless it controls others. Its controller is told. A one-packet connection,
 * which nobody else knows, is freed.
 */
void ip_vs_conn_end(struct ip_vs_conn *cp);

/**
 * ip_vs_conn_await_reply() - replies to a one-packet connection will come, and have to be translated
 *
 * It is no connection any more, in no listing and not counted at its server, but found by ip_vs_conn_find_out() for
 * some seconds. Returns false if it is still the caller's to end: there are no replies, or an older one waits for them.
 */
bool ip_vs_conn_await_reply(struct ip_vs_conn *cp);

/**
 * ip_vs_conn_end_if_over() - end an entry whose time seemed to be over
 *
 * Whoever has read that took no lock, and another CPU may have a packet of it in hand: it is asked again under the
 * lock. Returns false if it goes on.
 */
bool ip_vs_conn_end_if_over(struct ip_vs_conn *cp);

/**
 * ip_vs_conn_tell() - another director tells of an entry that exists
 * @p: its state, timeout, IP_VS_CONN_F_INACTIVE, in_pkts; and dest, which is taken if it has none
 *
 * Its time starts again, but for what of it has passed there. Under RCU.
 */
void ip_vs_conn_tell(struct ip_vs_conn *cp, const struct ip_vs_conn_param *p);

/*
 * Look for the servers of unbound entries: @find is asked for each, under its lock and RCU. Entries that come meanwhile
 * may be missed. May sleep.
 */
void ip_vs_conn_bind_all(struct ip_vs_net *ipvs, struct ip_vs_dest *(*find)(const struct ip_vs_conn *cp));

/**
 * ip_vs_conn_take_port() - the first packet of a connection that was announced without its client's port
 * @cp: has IP_VS_CONN_F_NO_CPORT; it ends, and one with the port takes its place in everything
 *
 * Returns that one; NULL without memory, or if another packet was first. Under RCU.
 */
struct ip_vs_conn *ip_vs_conn_take_port(struct ip_vs_conn *cp, __be16 port);

/*
 * Lookups, under RCU. An entry whose time is over is not found any more. A client's packet of no connection finds one
 * that waits for its port.
 */
struct ip_vs_conn *ip_vs_conn_find_in(struct ip_vs_packet *pkt);
struct ip_vs_conn *ip_vs_conn_find_out(const struct ip_vs_packet *pkt);
struct ip_vs_conn *ip_vs_conn_find_by_ends(struct ip_vs_net *ipvs, struct ip_vs_conn_param *p); /* fills in the hash */
struct ip_vs_conn *ip_vs_conn_find_template(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p);

/**
 * ip_vs_conn_retire() - never find it again; another one is to take its place
 * @leave_track: its connection tracking entry is not to end with it
 *
 * What controls connections goes when the last of them has gone, everything else now.
 */
void ip_vs_conn_retire(struct ip_vs_conn *cp, bool leave_track);

/* A packet came: the time starts again. */
static inline void ip_vs_conn_touch(struct ip_vs_conn *cp)
{
	u32 now = (u32)jiffies;

	if (READ_ONCE(cp->last_used) != now)
		WRITE_ONCE(cp->last_used, now);
}

/*
 * Jiffies that remain, 0 or less when its time is over. The two words are read without a lock: who sees a new
 * timeout also sees the time that was stored before it, see set_timeout() in conn.c.
 */
static inline s32 ip_vs_conn_remaining(const struct ip_vs_conn *cp)
{
	u32 timeout = smp_load_acquire(&cp->timeout);

	return (s32)(READ_ONCE(cp->last_used) + timeout - (u32)jiffies);
}

/**
 * ip_vs_conn_set_state() - new state and timeout after a packet
 * @active: does the state count as active?
 *
 * Called by protocols, under cp->lock.
 */
void ip_vs_conn_set_state(struct ip_vs_conn *cp, u8 state, u32 timeout, bool active);

/* A template serves a new connection: its time starts again with @timeout, jiffies. */
void ip_vs_conn_restart(struct ip_vs_conn *cp, u32 timeout);

/* The template behind a connection, if any, has proved to be in use. Under cp->lock. */
void ip_vs_conn_assure_template(struct ip_vs_conn *cp);

/* Tables and wheel of a namespace: made with the first service. 0 or ENOMEM. */
int ip_vs_conn_start(struct ip_vs_net *ipvs);
void ip_vs_conn_uninit(struct ip_vs_net *ipvs);
void ip_vs_conn_init(struct ip_vs_net *ipvs);

/* End all connections of a namespace that no packet can reach any more. May sleep. */
void ip_vs_conn_flush(struct ip_vs_net *ipvs);

/*
 * End all entries of which @ends says so, under their lock and RCU; what controls others is asked when it does no more. Entries
 * that come meanwhile may be missed. May sleep.
 */
void ip_vs_conn_end_where(struct ip_vs_net *ipvs, bool (*ends)(struct ip_vs_conn *cp, void *data), void *data);

/* Has the namespace as many entries as it may have? */
static inline bool ip_vs_conn_is_full(const struct ip_vs_net *ipvs)
{
	return atomic_read(&ipvs->num_conns) >= READ_ONCE(ipvs->sysctl.conn_max);
}

/* Against overload: visit one of 32 entries and end those that the namespace can do without. May sleep. */
void ip_vs_conn_drop_random_entries(struct ip_vs_net *ipvs);

/*
 * Number of buckets users are told, and the module parameter for the least of it, log2. The original takes
 * its fixed size from the parameter; here it is where the table begins.
 */
#define IP_VS_CONN_TAB_BITS_MAX 27
extern int ip_vs_conn_tab_bits;
unsigned int ip_vs_conn_table_size(struct ip_vs_net *ipvs);

/* Another load of the tables, see hash/hash.h. Under the configuration mutex, once the tables exist. */
void ip_vs_table_set_lfactor(struct ip_vs_net *ipvs, int lfactor);

int ip_vs_conn_module_init(void);
void ip_vs_conn_module_exit(void);

#endif
