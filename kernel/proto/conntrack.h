/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netfilter's connection tracking, seen from the packet. Without it being asked for (see the conntrack sysctl)
 * our packets are untracked. Source: spec/forwarding.md, section 9.
 */
#ifndef IP_VS_PROTO_CONNTRACK_H
#define IP_VS_PROTO_CONNTRACK_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>

struct net;

/* One end of a tracked connection: the address has 4 or 16 bytes, according to the family. */
struct ip_vs_track_end {
	const void *addr;
	__be16 port;
};

/* Take a tracking entry off the packet, which is untracked from now on. */
static inline void ip_vs_track_none(struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (likely(!ct))
		return;
	nf_conntrack_put(&ct->ct_general);
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/* Does the packet belong to a tracking entry that others know of, so that it cannot be changed any more? */
bool ip_vs_track_is_confirmed(const struct sk_buff *skb);

/**
 * ip_vs_track_expect_reply() - tell connection tracking that replies will look different
 * @from_client: @end is where replies come from; else it is where they go to
 *
 * Only for the first packet of a connection; for any other, and without an entry, nothing happens.
 */
void ip_vs_track_expect_reply(struct sk_buff *skb, const struct ip_vs_track_end *end, bool from_client);

/**
 * ip_vs_track_original() - where the client of a tracked packet wanted to go
 * @from_client: the packet comes from the client, whose packet was the first; else from the other side
 * @addr, @port: filled in
 *
 * Returns false if the packet is not tracked, or by an entry that began the other way round.
 */
bool ip_vs_track_original(const struct sk_buff *skb, bool from_client, union nf_inet_addr *addr, __be16 *port);

/**
 * ip_vs_track_anew() - the entry of a packet is of a connection that is over; delete it and make a new one
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @from, @to: the ends of the packet
 *
 * Returns false if the packet must not go on: a new entry would not be of the same ends, or cannot be had.
 */
bool ip_vs_track_anew(struct net *net, struct sk_buff *skb, u8 family, u8 hook, const struct ip_vs_track_end *from,
		      const struct ip_vs_track_end *to);

/*
 * Lengths of packets may change: the first one's entry gets what is needed to set later sequence numbers right. Without
 * memory it has nothing, and ip_vs_track_adjust() says so.
 */
void ip_vs_track_prepare_adjust(struct sk_buff *skb);

/**
 * ip_vs_track_adjust() - a packet of TCP is longer now
 * @seq: its sequence number
 * @diff: by so many bytes, or shorter
 *
 * Returns false if tracking will not see to the numbers of later packets.
 */
bool ip_vs_track_adjust(struct sk_buff *skb, u32 seq, int diff);

/**
 * ip_vs_track_expect() - a connection will come that has been announced by this packet
 * @from, @to: the ends of its first packet; port 0 of @from: any
 * @timeout: jiffies
 *
 * It will be known as related to the packet's. If it cannot be, it will be one like any other.
 */
void ip_vs_track_expect(struct sk_buff *skb, u8 af, u8 protocol, const struct ip_vs_track_end *from,
			const struct ip_vs_track_end *to, u32 timeout);

/* The packet's entry is to be there for so many jiffies yet, as its connection is. */
void ip_vs_track_keep(struct sk_buff *skb, u32 timeout);

/* Let others know of the entry now and not at the end of the packet's way. NF_ACCEPT or NF_DROP. */
unsigned int ip_vs_track_confirm(struct sk_buff *skb);

/* Delete the entry of the connection between two ends, in the default zone. In any context. */
void ip_vs_track_kill(struct net *net, u8 af, u8 protocol, const struct ip_vs_track_end *from,
		      const struct ip_vs_track_end *to);

#endif
