/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_XMIT_XMIT_H
#define IP_VS_XMIT_XMIT_H

#include "conn/conn.h"
#include "proto/conntrack.h"
#include "proto/packet.h"
#include "xmit/route.h"

/**
 * ip_vs_xmit() - send a client's packet to the server of its connection, by the connection's method
 *
 * Returns the verdict for the packet: NF_ACCEPT if it goes on in this host's stack, NF_STOLEN if it was sent;
 * NF_DROP.
 */
unsigned int ip_vs_xmit(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);

/* The same for an ICMP error about a packet of the connection, @inner being the header embedded in it. */
unsigned int ip_vs_xmit_icmp(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner, struct ip_vs_conn *cp);

/* The methods that change a packet, one file each; the same verdicts. */
unsigned int ip_vs_xmit_nat(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);
unsigned int ip_vs_xmit_tunnel(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);
unsigned int ip_vs_xmit_nat_icmp(struct ip_vs_packet *pkt, const struct ip_vs_packet *inner,
				 struct ip_vs_conn *cp);

/*
 * A packet opens a connection of TCP: if it goes through a tunnel, and the namespace asks for it, the server hears of
 * no larger segments than fit through. False = the packet cannot be changed.
 */
bool ip_vs_tunnel_clamp(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);

/**
 * ip_vs_send() - the common end of all methods but tunnels
 *
 * Marks the packet as ours, and hands it to the output path or, if the path is local, back to the stack.
 */
unsigned int ip_vs_send(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp, struct ip_vs_path *path);

/* Is there nobody at LOCAL_OUT of a family but us, who let our own packets pass? Under RCU. */
bool ip_vs_is_alone_at_output(const struct ip_vs_net *ipvs, u8 af);

/*
 * What connection tracking has to know before a packet of @cp leaves us: nothing, then it is not tracked, or
 * what the other direction will look like. Source: spec/forwarding.md, section 9.
 */
void ip_vs_track_conn(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp, bool from_client);

static inline void ip_vs_track(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp, bool from_client)
{
	if (likely(!(READ_ONCE(cp->flags) & IP_VS_CONN_F_NFCT)))
		ip_vs_track_none(pkt->skb);
	else
		ip_vs_track_conn(pkt, cp, from_client);
}

/* The same for a packet that goes into a tunnel, with its tracking entry. NF_ACCEPT or NF_DROP. */
unsigned int ip_vs_track_tunnel(struct ip_vs_packet *pkt, const struct ip_vs_conn *cp);

#endif
