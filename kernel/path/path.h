/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of a packet's walk. Each returns a netfilter verdict; docs/map.md shows who calls whom. */
#ifndef IP_VS_PATH_PATH_H
#define IP_VS_PATH_PATH_H

#include "conn/conn.h"
#include "proto/packet.h"
#include "svc/dest.h"

struct netlink_ext_ack;

/**
 * ip_vs_path_input() - client to virtual address: hooks LOCAL_IN and LOCAL_OUT
 * @cp: its connection, if there is one
 */
unsigned int ip_vs_path_input(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);

/**
 * ip_vs_path_reply() - server to client: hooks LOCAL_IN, FORWARD and LOCAL_OUT
 * @handled: set if it was a reply, or was dropped; else it may be a request
 */
unsigned int ip_vs_path_reply(struct ip_vs_packet *pkt, bool *handled);

/* The connection that a client's packet belongs to; NULL also for packets that cannot belong to any. */
static inline struct ip_vs_conn *ip_vs_path_find_in(struct ip_vs_packet *pkt)
{
	return pkt->has_ends ? ip_vs_conn_find_in(pkt) : NULL;
}

/**
 * ip_vs_path_icmp_input() - ICMP errors from the client's side
 * @related: set if the packet is an error that this function has decided about; else it goes on its walk
 */
unsigned int ip_vs_path_icmp_input(struct ip_vs_packet *pkt, bool *related);

/* The same for errors from the server's side. */
unsigned int ip_vs_path_icmp_reply(struct ip_vs_packet *pkt, bool *related);

/* Only errors about tunnel packets of ours. */
unsigned int ip_vs_path_icmp_tunnel(struct ip_vs_packet *pkt, bool *related);

/* Put the fragments of an IPv4 packet together and read it again. False = it was taken: more are to come. */
bool ip_vs_path_gather_fragments(struct ip_vs_packet *pkt);

/* Is this one of the ICMP protocols, by family? */
static inline bool ip_vs_packet_is_icmp(const struct ip_vs_packet *pkt)
{
	return pkt->protocol == (pkt->af == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/**
 * ipvs_conn_of_translated() - the connection of a client's packet that is on its way to the server
 * @skb: at the network header; it is not changed
 * @state: of the netfilter hook it is seen at
 * @protocol: the packet's, if there is a connection
 *
 * Under RCU; exported. NULL also for replies, and for packets of protocols that are not balanced.
 */
struct ip_vs_conn *ipvs_conn_of_translated(const struct sk_buff *skb, const struct nf_hook_state *state,
					   u8 *protocol);

/**
 * ip_vs_path_schedule() - choose a server and make a connection for the first packet of one
 * @conn: the connection, when there is one to go on with
 *
 * Returns the verdict when there is none. The header may be one embedded in an ICMP error.
 */
unsigned int ip_vs_path_schedule(struct ip_vs_packet *pkt, struct ip_vs_conn **conn);

/* A server speaks first, to a client that its service's persistence engine knows: NULL if that is not so. */
struct ip_vs_conn *ip_vs_path_schedule_reply(struct ip_vs_packet *pkt);

/**
 * ip_vs_path_update_state() - the state of a connection after a packet
 * @from_server: else from the client
 */
void ip_vs_path_change_state(struct ip_vs_conn *cp, const struct ip_vs_packet *pkt, bool from_server);

static inline void ip_vs_path_update_state(struct ip_vs_conn *cp, const struct ip_vs_packet *pkt, bool from_server)
{
	/* A datagram changes nothing, but for the first one from the server. */
	if (pkt->protocol == IPPROTO_UDP && likely(READ_ONCE(cp->timeout) == READ_ONCE(pkt->ipvs->udp_timeout)) &&
	    (!from_server || likely(!cp->control && !(READ_ONCE(cp->flags) & IP_VS_CONN_F_NOOUTPUT))))
		return;
	ip_vs_path_change_state(cp, pkt, from_server);
}

/* After a translated reply: route it again as the namespace asks. False = it could not be routed. */
bool ip_vs_path_reroute_reply(struct ip_vs_packet *pkt);

/* The end of every reply: count it, mark it as ours. */
void ip_vs_path_finish_reply(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);

/* Count a client's packet. */
static inline void ip_vs_path_count_in(const struct ip_vs_packet *pkt, const struct ip_vs_conn *cp)
{
	/* What is counted for a deleted server would be missing in the sums. */
	if (likely(cp->dest && ip_vs_dest_is_available(cp->dest)))
		ip_vs_count_in(cp->dest->stats, pkt->skb->len);
}

/*
 * Under the configuration mutex: make a namespace ready for services of a family, or for tunnel servers of it
 * in services of the other; and give up what no longer has a use. Errors have a text in @extack.
 */
int ip_vs_hooks_start(struct ip_vs_net *ipvs, u16 af, struct netlink_ext_ack *extack);
int ip_vs_hooks_start_tunnels(struct ip_vs_net *ipvs, u16 af, struct netlink_ext_ack *extack);
void ip_vs_hooks_trim(struct ip_vs_net *ipvs);

#endif
