// SPDX-License-Identifier: GPL-2.0-only
/* The first packet of a connection. Source: spec/packet-path.md, sections 4 to 6. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/rculist.h>
#include <net/addrconf.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "path/defense.h"
#include "path/path.h"
#include "pe/engine.h"
#include "proto/names.h"
#include "sched/scheduler.h"
#include "svc/dest.h"
#include "svc/service.h"
#include "xmit/xmit.h"

#define FTP_PORT     htons(21)
#define FTPDATA_PORT htons(20)

/*
 * A line for each packet would bury the log and slow the director down just when it is in trouble: one a
 * second for each service says as much, and a namespace has a limit for all its services. @suppressed: how many
 * there would have been since the last one.
 */
static bool may_report(struct ip_vs_service *svc, unsigned int *suppressed)
{
	unsigned long now = jiffies, last = READ_ONCE(svc->reported);

	if ((last && now - last < HZ) || cmpxchg(&svc->reported, last, now ?: 1) != last ||
	    !__ratelimit(&svc->ipvs->log)) {
		atomic_inc(&svc->unreported);
		return false;
	}
	*suppressed = atomic_xchg(&svc->unreported, 0);
	return true;
}

static bool are_all_overloaded(const struct ip_vs_service *svc)
{
	struct ip_vs_dest *dest;
	bool is_any = false;

	list_for_each_entry_rcu(dest, &svc->dests, node) {
		if (!ip_vs_dest_weight(dest))
			continue;
		if (!ip_vs_dest_is_overloaded(dest))
			return false;
		is_any = true;
	}
	return is_any;
}

static void report_no_dest(struct ip_vs_service *svc, const struct ip_vs_scheduler *sched)
{
	char buf[IP_VS_PROTO_NAME_LEN], more[40] = "";
	const char *name = sched ? sched->name : "none";
	const char *proto = ip_vs_proto_name(svc->key.protocol, buf);
	const char *why = "";
	unsigned int port = ntohs(svc->key.port), suppressed;

	if (!may_report(svc, &suppressed))
		return;
	if (sched && sched->tells_overload && are_all_overloaded(svc))
		why = ": all destinations are overloaded";
	if (suppressed)
		snprintf(more, sizeof(more), " (%u more since last told)", suppressed);
	if (svc->key.fwmark)
		pr_err("%s: FWM %u 0x%08X - no destination available%s%s\n", name, svc->key.fwmark,
		       svc->key.fwmark, why, more);
	else if (svc->key.af == AF_INET6)
		pr_err("%s: %s [%pI6c]:%u - no destination available%s%s\n", name, proto, &svc->key.addr.in6,
		       port, why, more);
	else
		pr_err("%s: %s %pI4:%u - no destination available%s%s\n", name, proto, &svc->key.addr.ip,
		       port, why, more);
}

static struct ip_vs_dest *pick(struct ip_vs_service *svc, const struct ip_vs_packet *pkt)
{
	struct ip_vs_sched_instance *sched = rcu_dereference(svc->sched);
	struct ip_vs_dest *dest = NULL;

	if (sched)
		dest = sched->ops->pick(svc, sched->data, pkt);
	if (!dest)
		report_no_dest(svc, sched ? sched->ops : NULL);
	return dest;
}

/*
 * Until its first state. Packets that have one give it at once: with its time known beforehand the entry need
 * not wait in a wrong place of the wheel.
 */
static u32 initial_timeout(const struct ip_vs_packet *pkt)
{
	if (!pkt->is_icmp && pkt->protocol == IPPROTO_UDP)
		return READ_ONCE(pkt->ipvs->udp_timeout);
	if (!pkt->is_icmp && pkt->protocol == IPPROTO_TCP)
		return READ_ONCE(pkt->ipvs->tcp_timeouts[IP_VS_TCP_SYN_RECV]);
	return 3 * HZ;
}

static struct ip_vs_conn_param conn_param(const struct ip_vs_packet *pkt)
{
	return (struct ip_vs_conn_param){
		.af = pkt->af,
		.protocol = pkt->protocol,
		.caddr = ip_vs_packet_caddr(pkt),
		.vaddr = ip_vs_packet_vaddr(pkt),
		.cport = ip_vs_packet_cport(pkt),
		.vport = ip_vs_packet_vport(pkt),
		.timeout = initial_timeout(pkt),
		.hash = pkt->conn_hash,
	};
}

static u32 one_packet_flag(const struct ip_vs_service *svc, const struct ip_vs_packet *pkt)
{
	return READ_ONCE(svc->flags) & IP_VS_SVC_F_ONEPACKET && pkt->protocol == IPPROTO_UDP ?
		       IP_VS_CONN_F_ONE_PACKET :
		       0;
}

/*
 * Complete what is known of a connection by its server, and make it. If it cannot be made, a template that was made
 * for it goes, too: it would stand for nobody, and in the way of others.
 */
static struct ip_vs_conn *make_conn(const struct ip_vs_packet *pkt, struct ip_vs_conn_param *p,
				    struct ip_vs_service *svc, struct ip_vs_dest *dest, __be16 dport,
				    bool is_template_new)
{
	struct ip_vs_conn *cp;

	p->daddr = &dest->key.addr;
	p->dport = dport;
	p->dest = dest;
	p->flags = one_packet_flag(svc, pkt);
	cp = ip_vs_conn_make(pkt->ipvs, p);
	if (cp && p->control)
		ip_vs_conn_restart(p->control, READ_ONCE(svc->timeout));
	else if (!cp && is_template_new)
		ip_vs_conn_end(p->control);
	return cp;
}

/* The client's network, which a template is for. */
static void mask_client(union nf_inet_addr *client, const struct ip_vs_conn_param *p,
			const struct ip_vs_service *svc)
{
	u32 netmask = READ_ONCE(svc->netmask);

	memset(client, 0, sizeof(*client));
	if (p->af == AF_INET6)
		ipv6_addr_prefix(&client->in6, p->caddr, clamp(netmask, 1U, 128U));
	else
		client->ip = *(const __be32 *)p->caddr & (__force __be32)netmask;
}

static bool is_template_usable(const struct ip_vs_packet *pkt, const struct ip_vs_conn *template)
{
	const struct ip_vs_dest *dest = template->dest;

	if (!dest || !ip_vs_dest_is_available(dest))
		return false;
	/* A quiesced server keeps the clients it knows, unless told otherwise. */
	return ip_vs_dest_weight(dest) || !READ_ONCE(pkt->ipvs->sysctl.expire_quiescent_template);
}

/*
 * The template of the client of a connection @p, for a service on @port, 0 = all ports. @dest is its server, or,
 * if NULL, whoever is picked. Returns NULL with the reason why. @is_new: it has just been made.
 */
static struct ip_vs_conn *find_template(struct ip_vs_packet *pkt, struct ip_vs_service *svc,
					const struct ip_vs_conn_param *conn, __be16 port, struct ip_vs_dest *dest,
					bool *is_new, enum ip_vs_drop_reason *why)
{
	const struct ip_vs_engine *engine = READ_ONCE(svc->engine);
	struct ip_vs_conn_param p = *conn;
	union nf_inet_addr client, mark = {};
	struct ip_vs_conn *template;

	*is_new = false;
	mask_client(&client, &p, svc);
	p.caddr = &client;
	p.cport = 0;
	p.vport = port;
	if (svc->key.fwmark) {
		p.protocol = IPPROTO_IP;
		mark.ip = htonl(svc->key.fwmark);
		p.vaddr = &mark;
	}
	if (engine) {
		p.engine_data = ip_vs_engine_read(engine, pkt->ipvs, pkt);
		*why = IP_VS_DROP_NO_ENGINE_DATA;
		if (!p.engine_data)
			return NULL;
	}

	template = ip_vs_conn_find_template(pkt->ipvs, &p);
	if (template && !is_template_usable(pkt, template)) {
		ip_vs_conn_retire(template, false);
		template = NULL;
	}
	if (!template && !dest) {
		*why = IP_VS_DROP_NO_DEST;
		dest = pick(svc, pkt);
	}
	if (template || !dest) {
		ip_vs_engine_data_free(p.engine_data);
		return template;
	}
	p.daddr = &dest->key.addr;
	p.dport = port ? dest->key.port : 0;
	p.dest = dest;
	p.flags = IP_VS_CONN_F_TEMPLATE;
	p.timeout = READ_ONCE(svc->timeout);
	*why = IP_VS_DROP_NO_MEMORY;
	*is_new = true;
	return ip_vs_conn_make(pkt->ipvs, &p);
}

/* A persistent service: the template remembers the server of the client's network. NULL with the reason why. */
static struct ip_vs_conn *schedule_persistent(struct ip_vs_packet *pkt, struct ip_vs_service *svc,
					      enum ip_vs_drop_reason *why)
{
	struct ip_vs_conn_param p = conn_param(pkt);
	__be16 port = ip_vs_packet_vport(pkt);
	bool own_port = port == svc->key.port;
	struct ip_vs_dest *dest;
	bool is_new;

	/* The ports of FTP share one template, as those of a service for all ports do. */
	p.control = find_template(pkt, svc, &p, own_port && port != FTP_PORT ? port : 0, NULL, &is_new,
				  why);
	if (!p.control)
		return NULL;
	*why = IP_VS_DROP_NO_MEMORY;
	dest = p.control->dest;
	return make_conn(pkt, &p, svc, dest, own_port && dest->key.port ? dest->key.port : port,
			 is_new);
}

/* From now on packets to this host may be replies. */
static void note_local_client(const struct ip_vs_packet *pkt)
{
	if (pkt->hook == NF_INET_LOCAL_OUT)
		WRITE_ONCE(pkt->ipvs->has_local_clients, true);
}

struct ip_vs_conn *ip_vs_path_schedule_reply(struct ip_vs_packet *pkt)
{
	struct ip_vs_packet request;
	enum ip_vs_drop_reason why;
	struct ip_vs_conn_param p;
	struct ip_vs_service *svc;
	struct ip_vs_dest *dest;
	bool is_new = false;

	if (likely(!READ_ONCE(pkt->ipvs->num_answering_services)) || pkt->protocol != IPPROTO_UDP ||
	    pkt->hook == NF_INET_LOCAL_IN || !pkt->sport)
		return NULL;
	dest = ip_vs_nat_server_answering(pkt->ipvs, pkt->af, pkt->protocol, &pkt->saddr, pkt->sport);
	if (!dest)
		return NULL;
	svc = READ_ONCE(dest->svc);
	note_local_client(pkt);
	request = *pkt;
	request.is_inverse = true;
	request.conn_hash = 0;
	p = conn_param(&request);
	p.vaddr = &svc->key.addr;
	p.vport = svc->key.port;
	if (ip_vs_service_is_persistent(svc)) {
		p.control = find_template(pkt, svc, &p, p.vport, dest, &is_new, &why);
		if (!p.control)
			return NULL;
		/* The client has another server already. What this one says does not change that. */
		if (p.control->dest != dest)
			p.control = NULL;
	}
	return make_conn(pkt, &p, svc, dest, pkt->sport, is_new && p.control);
}

/* A service without memory. NULL with the reason why. */
static struct ip_vs_conn *schedule_plain(const struct ip_vs_packet *pkt, struct ip_vs_service *svc,
					 enum ip_vs_drop_reason *why)
{
	struct ip_vs_conn_param p = conn_param(pkt);
	__be16 port = ip_vs_packet_vport(pkt);
	struct ip_vs_dest *dest = NULL;

	*why = IP_VS_DROP_NO_DEST;
	/* One for all ports, or the one that FTP's data ports lead to, has to be persistent for that. */
	if (svc->key.fwmark || port == svc->key.port)
		dest = pick(svc, pkt);
	if (!dest)
		return NULL;
	*why = IP_VS_DROP_NO_MEMORY;
	return make_conn(pkt, &p, svc, dest, dest->key.port ?: port, false);
}

/* Is it a reply of a server on this host that only looks like a request? */
static bool is_reply_of_local_server(const struct ip_vs_packet *pkt)
{
	struct ip_vs_packet swapped IP_VS_UNINITIALIZED;

	if (pkt->skb->dev && !(pkt->skb->dev->flags & IFF_LOOPBACK))
		return false;
	swapped = *pkt;
	swapped.is_inverse = !swapped.is_inverse;
	return ip_vs_conn_find_in(&swapped);
}

static bool is_bypass_possible(const struct ip_vs_packet *pkt, const struct ip_vs_service *svc)
{
	if (!READ_ONCE(pkt->ipvs->sysctl.cache_bypass) || !svc->key.fwmark || pkt->is_inverse || pkt->is_icmp)
		return false;
	if (pkt->af == AF_INET6)
		return ipv6_addr_type(&pkt->daddr.in6) & IPV6_ADDR_UNICAST &&
		       !ipv6_chk_addr(pkt->ipvs->net, &pkt->daddr.in6, NULL, 0);
	return inet_addr_type(pkt->ipvs->net, pkt->daddr.ip) == RTN_UNICAST;
}

static struct ip_vs_conn *make_bypass(const struct ip_vs_packet *pkt, const struct ip_vs_service *svc)
{
	struct ip_vs_conn_param p = conn_param(pkt);
	union nf_inet_addr zero = {};

	p.daddr = &zero;
	p.flags = IP_VS_CONN_F_BYPASS | IP_VS_CONN_F_NOOUTPUT | one_packet_flag(svc, pkt);
	return ip_vs_conn_make(pkt->ipvs, &p);
}

static unsigned int drop_without_conn(struct ip_vs_packet *pkt, enum ip_vs_drop_reason why)
{
	if (why == IP_VS_DROP_NO_MEMORY && ip_vs_conn_is_full(pkt->ipvs))
		why = IP_VS_DROP_CONN_MAX;
	return ip_vs_drop(pkt, why);
}

static unsigned int no_dest(struct ip_vs_packet *pkt, struct ip_vs_service *svc, struct ip_vs_conn **conn)
{
	if (is_bypass_possible(pkt, svc)) {
		*conn = make_bypass(pkt, svc);
		return *conn ? NF_ACCEPT : drop_without_conn(pkt, IP_VS_DROP_NO_MEMORY);
	}
	/* The data ports of FTP may be anybody's. */
	if (svc->key.port == FTP_PORT && ip_vs_packet_vport(pkt) != FTP_PORT)
		return NF_ACCEPT;
	if (pkt->is_icmp)
		return ip_vs_drop(pkt, IP_VS_DROP_NO_DEST);
	if (pkt->af == AF_INET6) {
		if (!pkt->skb->dev)
			pkt->skb->dev = pkt->ipvs->net->loopback_dev;
		icmpv6_send(pkt->skb, ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH, 0);
	} else {
		icmp_send(pkt->skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	}
	return ip_vs_drop(pkt, IP_VS_DROP_NO_DEST);
}

/* May this packet begin a connection at all? */
static bool may_begin(const struct ip_vs_packet *pkt)
{
	const struct ip_vs_sysctl *sysctl = &pkt->ipvs->sysctl;

	if (pkt->protocol == IPPROTO_UDP || pkt->is_icmp)
		return true;
	if (ip_vs_packet_is_breaking(pkt))
		return false;
	if (ip_vs_packet_is_opening(pkt))
		return true;
	return pkt->protocol == IPPROTO_SCTP ? READ_ONCE(sysctl->sloppy_sctp) : READ_ONCE(sysctl->sloppy_tcp);
}

unsigned int ip_vs_path_schedule(struct ip_vs_packet *pkt, struct ip_vs_conn **conn)
{
	__be16 port = ip_vs_packet_vport(pkt);
	enum ip_vs_drop_reason why;
	struct ip_vs_service *svc;

	*conn = NULL;
	/* It rides on a connection of the key exchange, or on none. */
	if (ip_vs_packet_is_ipsec(pkt))
		return NF_ACCEPT;
	if (!ip_vs_packet_is_complete(pkt))
		return ip_vs_drop(pkt, IP_VS_DROP_TRUNCATED);
	if (!may_begin(pkt))
		return NF_ACCEPT;
	svc = ip_vs_service_find(pkt->ipvs, pkt->af, pkt->skb->mark, pkt->protocol, ip_vs_packet_vaddr(pkt),
				 port);
	if (!svc)
		return NF_ACCEPT;
	if (ip_vs_defense_refuses(pkt->ipvs))
		return ip_vs_drop(pkt, IP_VS_DROP_OVERLOAD);
	/* Active FTP data, which a server opens from port 20. */
	if (pkt->protocol == IPPROTO_TCP && ip_vs_packet_cport(pkt) == FTPDATA_PORT)
		return NF_ACCEPT;
	if (is_reply_of_local_server(pkt))
		return NF_ACCEPT;

	note_local_client(pkt);
	if (ip_vs_service_is_persistent(svc))
		*conn = schedule_persistent(pkt, svc, &why);
	else
		*conn = schedule_plain(pkt, svc, &why);
	if (*conn)
		return NF_ACCEPT;
	return why == IP_VS_DROP_NO_DEST ? no_dest(pkt, svc, conn) : drop_without_conn(pkt, why);
}
