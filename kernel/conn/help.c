// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections with a helper. When it changes the length of a packet the sequence numbers of later ones have to be
 * changed, too. Connection tracking does that for the entry of a connection, if it was told to when the entry was made;
 * else we do it here, with what stands at the connection. Never both: numbers that were changed here once are changed
 * here to the end.
 */
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/unaligned.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>
#include "app/app.h"
#include "conn/help.h"
#include "core/tcp_state.h"
#include "proto/conntrack.h"
#include "proto/packet.h"

#define SEQ_FLAGS (IP_VS_CONN_F_IN_SEQ | IP_VS_CONN_F_OUT_SEQ)

static u32 seq_flag(bool from_client)
{
	return from_client ? IP_VS_CONN_F_IN_SEQ : IP_VS_CONN_F_OUT_SEQ;
}

static struct tcphdr *tcp_header(const struct ip_vs_packet *pkt)
{
	return (struct tcphdr *)(pkt->skb->data + pkt->l4off);
}

/* --- sequence numbers --- */

static void write_number(struct ip_vs_packet *pkt, __be32 *field, u32 number)
{
	__be32 to = htonl(number), from = get_unaligned(field);

	if (from == to)
		return;
	inet_proto_csum_replace4(&tcp_header(pkt)->check, pkt->skb, from, to, false);
	put_unaligned(to, field);
}

/* What a receiver has got beyond a gap is acknowledged in an option: pairs of numbers. */
static void adjust_sack(struct ip_vs_packet *pkt, const struct ip_vs_seq_adjust *other, unsigned int len)
{
	u8 *options = (u8 *)tcp_header(pkt);
	unsigned int at = sizeof(struct tcphdr), i;

	while (at < len && options[at] != TCPOPT_EOL) {
		if (options[at] == TCPOPT_NOP) {
			at++;
			continue;
		}
		if (len - at < 2 || options[at + 1] < 2 || options[at + 1] > len - at)
			return;
		/* At an odd place the sum would have to be made otherwise; nobody puts it there. */
		if (options[at] == TCPOPT_SACK && !(at % 2))
			for (i = 2; i + 4 <= options[at + 1]; i += 4) {
				__be32 *field = (__be32 *)(options + at + i);

				write_number(pkt, field, ip_vs_seq_back(other, get_unaligned_be32(field)));
			}
		at += options[at + 1];
	}
}

/* Both numbers of a packet, as the receiver has to see them. */
static bool adjust_numbers(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, bool from_client)
{
	struct ip_vs_seq_adjust own, other;
	struct tcphdr *th;
	unsigned int len;
	u32 flags;

	spin_lock_bh(&cp->lock);
	flags = cp->flags;
	own = *ip_vs_conn_seq(cp, from_client);
	other = *ip_vs_conn_seq(cp, !from_client);
	spin_unlock_bh(&cp->lock);

	if (skb_ensure_writable(pkt->skb, pkt->l4off + sizeof(*th)))
		return false;
	len = tcp_header(pkt)->doff * 4;
	if (len < sizeof(*th) || skb_ensure_writable(pkt->skb, pkt->l4off + len))
		return false;
	th = tcp_header(pkt);
	if (flags & seq_flag(from_client))
		write_number(pkt, &th->seq, ip_vs_seq_forward(&own, ntohl(th->seq)));
	if (th->ack && flags & seq_flag(!from_client)) {
		write_number(pkt, &th->ack_seq, ip_vs_seq_back(&other, ntohl(th->ack_seq)));
		adjust_sack(pkt, &other, len);
	}
	return true;
}

/* A packet with this number, as it was sent, is longer by @diff now. */
static void note_change(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, bool from_client, u32 seq, int diff)
{
	u32 flag = seq_flag(from_client);

	if (!diff)
		return;
	if (!(READ_ONCE(cp->flags) & SEQ_FLAGS) && ip_vs_track_adjust(pkt->skb, seq, diff))
		return;
	spin_lock_bh(&cp->lock);
	ip_vs_seq_note(ip_vs_conn_seq(cp, from_client), cp->flags & flag, seq, diff);
	WRITE_ONCE(cp->flags, cp->flags | flag);
	spin_unlock_bh(&cp->lock);
}

/* --- packets --- */

unsigned int ip_vs_conn_help_packet(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, bool from_client)
{
	const struct ip_vs_app *app = ip_vs_conn_help(cp)->port->app;
	u8 family = pkt->af == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	if (!pkt->has_tcp_flags)
		return NF_ACCEPT;
	/* What is changed gets a new checksum, which must not hide that the old one was wrong. */
	if (nf_checksum(pkt->skb, pkt->hook, pkt->l4off, IPPROTO_TCP, family))
		return ip_vs_drop(pkt, IP_VS_DROP_CHECKSUM);
	if (!(from_client ? app->from_client(pkt, cp) : app->from_server(pkt, cp)))
		return ip_vs_drop(pkt, IP_VS_DROP_HELPER);
	if (READ_ONCE(cp->flags) & SEQ_FLAGS && !adjust_numbers(pkt, cp, from_client))
		return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
	return NF_ACCEPT;
}

/* The packet has another length: say so in its header, and leave the checksum to the device. */
static void set_length(struct ip_vs_packet *pkt)
{
	struct sk_buff *skb = pkt->skb;
	struct tcphdr *th = tcp_header(pkt);
	unsigned int len = skb->len - pkt->l4off;

	if (pkt->af == AF_INET6) {
		ipv6_hdr(skb)->payload_len = htons(skb->len - sizeof(struct ipv6hdr));
		th->check = ~csum_ipv6_magic(&pkt->saddr.in6, &pkt->daddr.in6, len, IPPROTO_TCP, 0);
	} else {
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
		th->check = ~csum_tcpudp_magic(pkt->saddr.ip, pkt->daddr.ip, len, IPPROTO_TCP, 0);
	}
	skb->csum_start = skb_headroom(skb) + pkt->l4off;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
}

/* Room for @more bytes behind the packet. */
static bool make_room_behind(struct sk_buff *skb, unsigned int more)
{
	if (skb->len + more > U16_MAX)
		return false;
	return more <= skb_tailroom(skb) || !pskb_expand_head(skb, 0, more - skb_tailroom(skb), GFP_ATOMIC);
}

bool ipvs_help_replace(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, bool from_client, unsigned int off,
		       unsigned int len, const void *with, unsigned int with_len)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int behind;
	u8 *at;

	if (WARN_ON_ONCE(off < pkt->l4off + sizeof(struct tcphdr) || off > skb->len || len > skb->len - off))
		return false;
	/* All of it: that also makes it one piece. */
	if (skb_ensure_writable(skb, skb->len) || (with_len > len && !make_room_behind(skb, with_len - len)))
		return false;
	note_change(pkt, cp, from_client, ntohl(tcp_header(pkt)->seq), (int)with_len - (int)len);
	behind = skb->len - off - len;
	if (with_len > len)
		skb_put(skb, with_len - len);
	at = skb->data + off;
	memmove(at + with_len, at + len, behind);
	memcpy(at, with, with_len);
	if (with_len < len)
		skb_trim(skb, skb->len - (len - with_len));
	set_length(pkt);
	return true;
}
EXPORT_SYMBOL_GPL(ipvs_help_replace);

/* --- connections --- */

static void listen(struct ip_vs_conn *cp)
{
	spin_lock_bh(&cp->lock);
	ip_vs_conn_set_state(cp, IP_VS_TCP_LISTEN, READ_ONCE(cp->ipvs->tcp_timeouts[IP_VS_TCP_LISTEN]), false);
	spin_unlock_bh(&cp->lock);
}

static bool is_same_addr(u8 af, const void *a, const void *b)
{
	return !memcmp(a, b, af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32));
}

static bool is_to(const struct ip_vs_conn *cp, const struct ip_vs_conn_param *p)
{
	return cp->dport == p->dport && is_same_addr(p->af, ip_vs_conn_daddr(cp), p->daddr);
}

/*
 * There is one already when something is said twice. It may also be to another server that has happened to choose the
 * same port for the same client, who has not come yet: then the newer one counts.
 */
static struct ip_vs_conn *make_related(struct ip_vs_net *ipvs, const struct ip_vs_conn_param *p)
{
	struct ip_vs_conn *related = ip_vs_conn_make(ipvs, p);

	if (!related || is_to(related, p) || p->cport)
		return related;
	ip_vs_conn_end(related);
	related = ip_vs_conn_make(ipvs, p);
	return related && is_to(related, p) ? related : NULL;
}

bool ipvs_help_relate(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, const struct ip_vs_related *related)
{
	struct ip_vs_conn_param p = {
		.af = cp->af,
		.protocol = cp->protocol,
		.caddr = related->caddr ?: ip_vs_conn_caddr(cp),
		.vaddr = ip_vs_conn_vaddr(cp),
		.daddr = related->daddr ?: ip_vs_conn_daddr(cp),
		.cport = related->cport,
		.vport = related->vport,
		.dport = related->dport,
		.flags = IP_VS_CONN_F_NFCT | (related->cport ? 0 : IP_VS_CONN_F_NO_CPORT),
		.timeout = READ_ONCE(pkt->ipvs->tcp_timeouts[IP_VS_TCP_LISTEN]),
		.dest = cp->dest,
		.control = cp,
		.is_uncounted = true,
	};
	struct ip_vs_track_end client = { p.caddr, p.cport }, virtual = { p.vaddr, p.vport }, server = { p.daddr, p.dport };
	struct ip_vs_conn *made = make_related(pkt->ipvs, &p);

	if (!made)
		return false;
	/* Who names the port of another session's client has no say in that one's connection. */
	if (!p.cport || made->control == cp)
		listen(made);
	/*
	 * As its first packet will look. No firewall opens itself for connections to others than the client, who might
	 * send a server there that they would not let in otherwise.
	 */
	if (!related->from_server)
		ip_vs_track_expect(pkt->skb, cp->af, cp->protocol, &client, &virtual, p.timeout);
	else if (is_same_addr(cp->af, p.caddr, ip_vs_conn_caddr(cp)))
		ip_vs_track_expect(pkt->skb, cp->af, cp->protocol, &server, &client, p.timeout);
	return true;
}
EXPORT_SYMBOL_GPL(ipvs_help_relate);
