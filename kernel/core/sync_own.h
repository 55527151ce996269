/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of our own, which an old receiver takes for empty ones. All have a trailer.
 */
#ifndef IP_VS_CORE_SYNC_OWN_H
#define IP_VS_CORE_SYNC_OWN_H

#include "core/sync_message.h"

enum ip_vs_sync_own_kind {
	IP_VS_SYNC_HEARTBEAT = 1,	/* I am here */
	IP_VS_SYNC_WANT_TABLE,		/* a backup asks for everything */
	IP_VS_SYNC_TABLE,		/* a master says how far it is with that */
	IP_VS_SYNC_SERVERS,		/* servers that have gone, or are back */
};

/* Bits of ip_vs_sync_heartbeat.roles and .role. */
enum { IP_VS_SYNC_IS_MASTER = 1, IP_VS_SYNC_IS_BACKUP = 2 };

/**
 * struct ip_vs_sync_heartbeat - body of IP_VS_SYNC_HEARTBEAT
 * @interval_ms: the next one comes after about this time
 * @entries: in the sender's tables
 * @queued: messages of the thread that wait to be sent
 * @roles: which daemons the sender runs
 * @threads: of the role that sends this
 * @role: which one that is
 * @told: messages of this thread so far, those that could not be sent among them; heartbeats and questions are none
 * @age_ms: how long the first one of those that wait has been waiting
 */
struct ip_vs_sync_heartbeat {
	u32 interval_ms;
	u32 entries;
	u32 queued;
	u8 roles;
	u8 threads;
	u8 role;
	u64 told;
	u32 age_ms;
};

/**
 * struct ip_vs_sync_want_table - body of IP_VS_SYNC_WANT_TABLE
 * @to: instance of the master that is asked; 0 = any
 * @request: a number that the answer will have
 */
struct ip_vs_sync_want_table {
	u64 to;
	u32 request;
};

enum ip_vs_sync_table_phase { IP_VS_SYNC_TABLE_BEGIN, IP_VS_SYNC_TABLE_GOES_ON, IP_VS_SYNC_TABLE_END };

/**
 * struct ip_vs_sync_table - body of IP_VS_SYNC_TABLE: the records themselves are ordinary ones
 * @to: instance of who has asked; 0 = the master does it by itself
 * @request: the number he gave
 * @sent: entries sent since the beginning
 * @total: entries there were when it began
 * @phase: enum ip_vs_sync_table_phase
 */
struct ip_vs_sync_table {
	u64 to;
	u32 request;
	u32 sent;
	u32 total;
	u8 phase;
};

/**
 * struct ip_vs_sync_server - one of the servers of IP_VS_SYNC_SERVERS
 * @is_v6: family of @daddr
 * @is_service_v6: family of @vaddr
 * @is_gone: removed from its service, else it is there again
 * @protocol, @vaddr, @vport: the service, if @fwmark is 0
 * @fwmark: the service, if not 0
 * @daddr, @dport: the server
 */
struct ip_vs_sync_server {
	bool is_v6;
	bool is_service_v6;
	bool is_gone;
	u8 protocol;
	u32 fwmark;
	__be16 vport;
	__be16 dport;
	struct in6_addr vaddr;
	struct in6_addr daddr;
};

enum {
	IP_VS_SYNC_HEARTBEAT_LEN = 32,
	IP_VS_SYNC_WANT_TABLE_LEN = 12,
	IP_VS_SYNC_TABLE_LEN = 24,
	IP_VS_SYNC_SERVER_ENTRY_LEN = 44,
	IP_VS_SYNC_SERVERS_MAX = 1000,
	IP_VS_SYNC_OWN_MAX = IP_VS_SYNC_HEADER_LEN + IP_VS_SYNC_SERVER_ENTRY_LEN + IP_VS_SYNC_TRAILER_LEN +
			     IP_VS_SYNC_TAG_LEN, /* the longest with a single server */
};

/*
 * Write a whole message: each returns its length. @data has room for IP_VS_SYNC_OWN_MAX bytes. With @has_tag the last
 * IP_VS_SYNC_TAG_LEN bytes are for the caller, as of ip_vs_sync_finish(). ip_vs_sync_write_servers() needs
 * IP_VS_SYNC_SERVER_ENTRY_LEN more for each server but the first, and takes at most IP_VS_SYNC_SERVERS_MAX.
 */
unsigned int ip_vs_sync_write_heartbeat(void *data, u8 syncid, const struct ip_vs_sync_heartbeat *body,
					const struct ip_vs_sync_trailer *trailer, bool has_tag);
unsigned int ip_vs_sync_write_want_table(void *data, u8 syncid, const struct ip_vs_sync_want_table *body,
					 const struct ip_vs_sync_trailer *trailer, bool has_tag);
unsigned int ip_vs_sync_write_table(void *data, u8 syncid, const struct ip_vs_sync_table *body,
				    const struct ip_vs_sync_trailer *trailer, bool has_tag);
unsigned int ip_vs_sync_write_servers(void *data, u8 syncid, const struct ip_vs_sync_server *servers, unsigned int n,
				      const struct ip_vs_sync_trailer *trailer, bool has_tag);

/* Read the body of a message of that kind: IP_VS_SYNC_FINE or IP_VS_SYNC_BODY. A longer one is of a newer sender. */
enum ip_vs_sync_reason ip_vs_sync_read_heartbeat(const struct ip_vs_sync_reader *r, struct ip_vs_sync_heartbeat *body);
enum ip_vs_sync_reason ip_vs_sync_read_want_table(const struct ip_vs_sync_reader *r,
						  struct ip_vs_sync_want_table *body);
enum ip_vs_sync_reason ip_vs_sync_read_table(const struct ip_vs_sync_reader *r, struct ip_vs_sync_table *body);

/* The next server of an IP_VS_SYNC_SERVERS; false at the end. Part of one at the end is not looked at. */
bool ip_vs_sync_next_server(struct ip_vs_sync_reader *r, struct ip_vs_sync_server *server);

#endif
