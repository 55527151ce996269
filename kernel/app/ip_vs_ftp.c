// SPDX-License-Identifier: GPL-2.0-only
/*
 * FTP through NAT. The control connection says where the next data connection goes to: the client's lines are read, so
 * that the server's connection to it comes from the virtual address (active mode), and so that the server's answer is
 * awaited (passive mode), in which the virtual address takes the place of its own. Source: spec/apps.md, section 2.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include "app/app.h"
#include "conn/help.h"
#include "core/ftp.h"
#include "core/tcp_state.h"
#include "proto/packet.h"

#define MAX_PORTS 8

static u16 ports[MAX_PORTS] = { 21 };
static unsigned int num_ports = 1;
module_param_array(ports, ushort, &num_ports, 0444);
MODULE_PARM_DESC(ports, "up to 8 virtual ports of FTP's control connections; 21");

/*
 * What is known of a control connection. Its packets may come on several CPUs at once, and then what one of them says is
 * lost, as if the packets had come in another order.
 *
 * @mode: what the client has asked for last
 * @answer_mode: to which the server has answered, if it has: its packet may come again, and must then be changed again
 * @answer: that packet's sequence number
 */
struct ftp {
	u8 mode;
	u8 answer_mode;
	u32 answer;
};

static struct ftp *ftp_of(struct ip_vs_conn *cp)
{
	return (struct ftp *)ip_vs_conn_help(cp)->words;
}

static_assert(sizeof(struct ftp) <= sizeof(((struct ip_vs_conn_help *)0)->words));

/*
 * Where the text begins that is to be read, counted from skb->data of a packet that is in one piece then; 0 if there is
 * none, -ENOMEM.
 */
static int text_of(const struct ip_vs_packet *pkt, const struct ip_vs_conn *cp)
{
	struct sk_buff *skb = pkt->skb;
	unsigned int len;

	if (READ_ONCE(cp->state) != IP_VS_TCP_ESTABLISHED)
		return 0;
	if (skb_linearize(skb))
		return -ENOMEM;
	if (skb->len < pkt->l4off + sizeof(struct tcphdr))
		return 0;
	len = ((const struct tcphdr *)(skb->data + pkt->l4off))->doff * 4;
	if (len < sizeof(struct tcphdr) || skb->len - pkt->l4off <= len)
		return 0;
	return pkt->l4off + len;
}

/* A client may name the port that its server's connection will come to, and an address that need not be its own. */
static bool make_active(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, const struct ip_vs_ftp_end *end)
{
	struct ip_vs_related data = {
		.caddr = end->addr,
		.cport = htons(end->port),
		.vport = htons(ntohs(cp->vport) - 1),
		.dport = htons(ntohs(cp->dport) - 1),
		.from_server = true,
	};

	/* There are no data ports before the first port. */
	if (!end->port || !data.vport || !data.dport)
		return true;
	return ipvs_help_relate(pkt, cp, &data);
}

static bool ftp_from_client(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	enum ip_vs_ftp_mode mode;
	struct ip_vs_ftp_end end;
	int off = text_of(pkt, cp);

	if (off <= 0)
		return !off;
	mode = ip_vs_ftp_read_request(pkt->skb->data + off, pkt->skb->len - off, pkt->af == AF_INET6, &end);
	if (mode == IP_VS_FTP_NONE)
		return true;
	WRITE_ONCE(ftp_of(cp)->mode, mode);
	return mode != IP_VS_FTP_ACTIVE || make_active(pkt, cp, &end);
}

/* Which answer may be in a packet of the server? One that has been seen may come again. */
static enum ip_vs_ftp_mode awaited(struct ip_vs_conn *cp, u32 seq)
{
	const struct ftp *ftp = ftp_of(cp);
	u8 mode = READ_ONCE(ftp->mode), answer_mode = READ_ONCE(ftp->answer_mode);

	if (mode == IP_VS_FTP_PASSIVE || mode == IP_VS_FTP_EXTENDED)
		return mode;
	return answer_mode && READ_ONCE(ftp->answer) == seq ? answer_mode : IP_VS_FTP_NONE;
}

/* The client will connect to the virtual address and the server's port. */
static bool answer(struct ip_vs_packet *pkt, struct ip_vs_conn *cp, enum ip_vs_ftp_mode mode, u32 seq, unsigned int off,
		   const struct ip_vs_ftp_end *end)
{
	struct ip_vs_related data = {
		.daddr = end->has_addr ? end->addr : NULL,
		.vport = htons(end->port),
		.dport = htons(end->port),
	};
	struct ftp *ftp = ftp_of(cp);
	u8 text[IP_VS_FTP_REPLY_MAX];
	unsigned int len;

	if (!ipvs_help_relate(pkt, cp, &data))
		return false;
	len = ip_vs_ftp_write_reply(text, mode, (const u8 *)&cp->vaddr, end->port);
	if (!ipvs_help_replace(pkt, cp, false, off + end->at, end->len, text, len))
		return false;
	WRITE_ONCE(ftp->answer, seq);
	WRITE_ONCE(ftp->answer_mode, mode);
	WRITE_ONCE(ftp->mode, IP_VS_FTP_ACTIVE);
	return true;
}

static bool ftp_from_server(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	enum ip_vs_ftp_mode mode;
	struct ip_vs_ftp_end end;
	int off = text_of(pkt, cp);
	u32 seq;

	if (off <= 0)
		return !off;
	seq = ntohl(((const struct tcphdr *)(pkt->skb->data + pkt->l4off))->seq);
	mode = awaited(cp, seq);
	if (mode == IP_VS_FTP_NONE ||
	    !ip_vs_ftp_read_reply(pkt->skb->data + off, pkt->skb->len - off, mode, pkt->af == AF_INET6, &end) || !end.port)
		return true;
	return answer(pkt, cp, mode, seq, off, &end);
}

static const struct ip_vs_app ftp = {
	.name = "ftp",
	.module = THIS_MODULE,
	.protocol = IPPROTO_TCP,
	.conn_flags = IP_VS_CONN_F_NFCT,
	.from_client = ftp_from_client,
	.from_server = ftp_from_server,
};

static int __init ftp_init(void)
{
	return ipvs_app_register(&ftp, ports, num_ports);
}

static void __exit ftp_exit(void)
{
	ipvs_app_unregister(&ftp);
}

module_init(ftp_init);
module_exit(ftp_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("IPVS helper for FTP");
MODULE_VERSION(IP_VS_RELEASE);
