/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Servers that another director says it has removed, until the connections with them are looked through: as many as there is
 * room for. One that comes back before that is taken back.
 */
#ifndef IP_VS_CORE_SYNC_GONE_H
#define IP_VS_CORE_SYNC_GONE_H

#include "core/sync_own.h"

enum {
	IP_VS_SYNC_GONE_MAX = 1024,
	IP_VS_SYNC_GONE_SLOTS = 2 * IP_VS_SYNC_GONE_MAX, /* a power of two; there is always an empty one */
};

enum { IP_VS_SYNC_SLOT_EMPTY, IP_VS_SYNC_SLOT_GONE, IP_VS_SYNC_SLOT_BACK };

/* All 0: none. A server is looked for from the slot that its hash says up to the first empty one. */
struct ip_vs_sync_gone {
	unsigned int count;	/* slots that are not empty */
	u8 states[IP_VS_SYNC_GONE_SLOTS];
	struct ip_vs_sync_server servers[IP_VS_SYNC_GONE_SLOTS];
};

/* Records know one family of addresses: nothing that was told can be of such a server. */
static inline bool ip_vs_sync_server_is_sound(const struct ip_vs_sync_server *server)
{
	return server->is_v6 == server->is_service_v6 && (server->fwmark || server->protocol);
}

/* What a mark's service has besides its mark says nothing. */
static inline struct ip_vs_sync_server ip_vs_sync_server_key(const struct ip_vs_sync_server *server)
{
	struct ip_vs_sync_server key = *server;

	key.is_gone = false;
	if (key.fwmark) {
		key.protocol = 0;
		key.vport = 0;
		memset(&key.vaddr, 0, sizeof(key.vaddr));
	}
	return key;
}

static inline bool ip_vs_sync_server_equals(const struct ip_vs_sync_server *a, const struct ip_vs_sync_server *b)
{
	return a->dport == b->dport && a->vport == b->vport && a->fwmark == b->fwmark && a->protocol == b->protocol &&
	       a->is_v6 == b->is_v6 && a->is_service_v6 == b->is_service_v6 &&
	       !memcmp(&a->daddr, &b->daddr, sizeof(a->daddr)) && !memcmp(&a->vaddr, &b->vaddr, sizeof(a->vaddr));
}

static inline u32 ip_vs_sync_mix(u32 hash, const void *data, unsigned int len)
{
	const u8 *p = (const u8 *)data;
	unsigned int i;

	for (i = 0; i < len; i++)
		hash = (hash ^ p[i]) * 0x01000193U;
	return hash;
}

/* Only whoever has the key can choose what comes here, so any function that spreads will do (FNV-1a). */
static inline u32 ip_vs_sync_server_hash(const struct ip_vs_sync_server *key)
{
	unsigned int len = key->is_v6 ? 16 : 4;
	u32 hash = ip_vs_sync_mix(0x811c9dc5U, &key->daddr, len);

	hash = ip_vs_sync_mix(hash, &key->dport, sizeof(key->dport));
	hash = ip_vs_sync_mix(hash, &key->vport, sizeof(key->vport));
	if (key->fwmark)
		hash = ip_vs_sync_mix(hash, &key->fwmark, sizeof(key->fwmark));
	else
		hash = ip_vs_sync_mix(hash, &key->vaddr, len);
	return hash ^ hash >> 15;
}

/* Its slot, or the empty one where it would be. */
static inline unsigned int ip_vs_sync_gone_slot(const struct ip_vs_sync_gone *gone, const struct ip_vs_sync_server *key)
{
	unsigned int slot = ip_vs_sync_server_hash(key) % IP_VS_SYNC_GONE_SLOTS;

	while (gone->states[slot] != IP_VS_SYNC_SLOT_EMPTY && !ip_vs_sync_server_equals(&gone->servers[slot], key))
		slot = (slot + 1) % IP_VS_SYNC_GONE_SLOTS;
	return slot;
}

/* It has gone, or is back, which matters only if it had gone. False: there is no room. */
static inline bool ip_vs_sync_gone_note(struct ip_vs_sync_gone *gone, const struct ip_vs_sync_server *server)
{
	struct ip_vs_sync_server key = ip_vs_sync_server_key(server);
	unsigned int slot = ip_vs_sync_gone_slot(gone, &key);

	if (gone->states[slot] == IP_VS_SYNC_SLOT_EMPTY) {
		if (!server->is_gone)
			return true;
		if (gone->count == IP_VS_SYNC_GONE_MAX)
			return false;
		gone->servers[slot] = key;
		gone->count++;
	}
	gone->states[slot] = server->is_gone ? IP_VS_SYNC_SLOT_GONE : IP_VS_SYNC_SLOT_BACK;
	return true;
}

static inline bool ip_vs_sync_gone_has(const struct ip_vs_sync_gone *gone, const struct ip_vs_sync_server *server)
{
	struct ip_vs_sync_server key = ip_vs_sync_server_key(server);

	return gone->states[ip_vs_sync_gone_slot(gone, &key)] == IP_VS_SYNC_SLOT_GONE;
}

/*
 * The same for an entry without a server here: of a service or a server that may be for all ports. @server: what it was
 * told with.
 */
static inline bool ip_vs_sync_gone_has_told(const struct ip_vs_sync_gone *gone, const struct ip_vs_sync_server *server)
{
	struct ip_vs_sync_server guess = *server;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		guess.vport = i & 1 ? 0 : server->vport;
		guess.dport = i & 2 ? 0 : server->dport;
		if (ip_vs_sync_gone_has(gone, &guess))
			return true;
	}
	return false;
}

#endif
