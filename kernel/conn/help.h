/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that a helper looks after: NAT connections to a port that one is registered for (app/app.h). What they
 * need besides stands behind the others' structure. This is also what helpers may do to packets and connections.
 */
#ifndef IP_VS_CONN_HELP_H
#define IP_VS_CONN_HELP_H

#include "conn/conn.h"
#include "core/seq_adjust.h"

struct ip_vs_app_port;

/**
 * struct ip_vs_conn_help - of a connection with IP_VS_CONN_F_HELPED
 * @port: whose helper it is, held
 * @from_client: valid with IP_VS_CONN_F_IN_SEQ; both under the connection's lock
 * @from_server: valid with IP_VS_CONN_F_OUT_SEQ
 * @words: the helper's own; zero at first
 */
struct ip_vs_conn_help {
	const struct ip_vs_app_port *port;
	struct ip_vs_seq_adjust from_client;
	struct ip_vs_seq_adjust from_server;
	u32 words[4];
};

/* Where it is, seen from the connection; without it the size of one. */
static inline unsigned int ip_vs_conn_help_offset(u8 af)
{
	unsigned int addrs = af == AF_INET6 ? IP_VS_CONN_ADDRS * sizeof(struct in6_addr) : 0;

	return ALIGN(sizeof(struct ip_vs_conn) + addrs, __alignof__(struct ip_vs_conn_help));
}

static inline struct ip_vs_conn_help *ip_vs_conn_help(struct ip_vs_conn *cp)
{
	return (void *)cp + ip_vs_conn_help_offset(cp->af);
}

/*
 * How the sequence numbers of a direction differ between client and server, for who tells another director; NULL if a
 * connection has no place for that. What stands there is valid, and may be written, with the flag
 * IP_VS_CONN_F_IN_SEQ (from the client) or _OUT_SEQ. Under the lock, or before anybody knows the connection.
 */
static inline struct ip_vs_seq_adjust *ip_vs_conn_seq(struct ip_vs_conn *cp, bool from_client)
{
	if (!(READ_ONCE(cp->flags) & IP_VS_CONN_F_HELPED))
		return NULL;
	return from_client ? &ip_vs_conn_help(cp)->from_client : &ip_vs_conn_help(cp)->from_server;
}

/**
 * ip_vs_conn_help_packet() - a packet of a connection with IP_VS_CONN_F_HELPED, before it is translated
 *
 * Returns NF_ACCEPT, or NF_DROP.
 */
unsigned int ip_vs_conn_help_packet(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, bool from_client);

/* --- for helpers --- */

/**
 * ipvs_help_replace() - put something else in the place of a part of the payload
 * @off: where the part is, from skb->data; behind the TCP header
 * @len: how long it is, within the packet
 *
 * Lengths, checksums and, from now on, sequence numbers are set right. Returns false if that is not possible, and the
 * packet must not go on. The packet's data may be elsewhere afterwards.
 */
bool ipvs_help_replace(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, bool from_client, unsigned int off,
		       unsigned int len, const void *with, unsigned int with_len);

/* A connection that another one has announced. Addresses are of its family; NULL = as that one's. */
struct ip_vs_related {
	const void *caddr;
	const void *daddr;
	__be16 cport;		/* 0 = from whichever port the client will come */
	__be16 vport;
	__be16 dport;
	bool from_server;	/* its first packet comes from the server */
};

/**
 * ipvs_help_relate() - a connection will come, between the client, or who it speaks for, and the server of @cp
 * @pkt: the packet that has announced it
 *
 * There is one from now on, in state LISTEN; connection tracking will know whose it is. False without memory.
 */
bool ipvs_help_relate(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, const struct ip_vs_related *related);

#endif
