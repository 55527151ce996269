// SPDX-License-Identifier: GPL-2.0-only
/* From a client to a virtual address. Source: spec/packet-path.md, section 3. */
#include "core/tcp_state.h"
#include "path/path.h"
#include "proto/conntrack.h"
#include "svc/dest.h"
#include "sync/sync.h"
#include "xmit/xmit.h"

/* Is the old connection so far gone that an opening packet may have another server? */
static bool is_finished(const struct ip_vs_conn *cp, int reuse_mode)
{
	u8 state = READ_ONCE(cp->state);

	if (cp->control)
		return false;
	if (cp->protocol == IPPROTO_SCTP)
		return state == IP_VS_SCTP_CLOSED;
	if (state == IP_VS_TCP_TIME_WAIT || state == IP_VS_TCP_CLOSE)
		return true;
	return reuse_mode & 2 && state == IP_VS_TCP_FIN_WAIT && READ_ONCE(cp->flags) & IP_VS_CONN_F_NOOUTPUT;
}

/*
 * Does the packet sit on a tracking entry that ends with the connection? Without being asked to keep one we have
 * told it nothing, and leave it alone.
 */
static bool uses_old_track(const struct ip_vs_packet *pkt, const struct ip_vs_conn *cp)
{
	return READ_ONCE(cp->flags) & IP_VS_CONN_F_NFCT && ip_vs_track_is_confirmed(pkt->skb);
}

/* An opening packet has hit a connection: is it to be scheduled anew? */
static bool is_to_reschedule(const struct ip_vs_packet *pkt, const struct ip_vs_conn *cp)
{
	const struct ip_vs_sysctl *sysctl = &pkt->ipvs->sysctl;
	int mode = READ_ONCE(sysctl->conn_reuse_mode);

	if (READ_ONCE(sysctl->expire_nodest_conn) && cp->dest && !ip_vs_dest_weight(cp->dest))
		return true;
	if (!mode || !is_finished(cp, mode))
		return false;
	return !atomic_read(&cp->num_controlled) || !uses_old_track(pkt, cp);
}

/*
 * The connection has to make room for a new one. Its tracking entry, which leads to the old server, ends with it, and
 * the packet gets a new one. Returns NF_DROP if that is not possible and must wait for the packet's repetition.
 */
static unsigned int make_room(const struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	struct ip_vs_track_end from = { &pkt->saddr, pkt->sport }, to = { &pkt->daddr, pkt->dport };
	bool is_tracked = uses_old_track(pkt, cp);

	ip_vs_conn_retire(cp, !is_tracked);
	if (!is_tracked || ip_vs_track_anew(pkt->ipvs->net, pkt->skb, pkt->af == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
					    pkt->hook, &from, &to))
		return NF_ACCEPT;
	return ip_vs_drop(pkt, IP_VS_DROP_OLD_TRACK);
}

/*
 * The server of the connection has left. Is the connection to stay as it is? While the server is awaited the packet is
 * lost and the client will send it again; one that opens a connection is of no old one, and need not wait.
 */
static bool is_kept_without_dest(const struct ip_vs_packet *pkt, const struct ip_vs_conn *cp)
{
	return !READ_ONCE(pkt->ipvs->sysctl.expire_nodest_conn) ||
	       (!ip_vs_dest_is_lost(cp->dest) && !ip_vs_packet_is_opening(pkt));
}

/* An opening packet has hit a connection, which goes if it has to. */
static noinline unsigned int input_opening(struct ip_vs_packet *pkt, struct ip_vs_conn **conn)
{
	unsigned int verdict;

	if (!is_to_reschedule(pkt, *conn))
		return ip_vs_tunnel_clamp(pkt, *conn) ? NF_ACCEPT : ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
	verdict = make_room(pkt, *conn);
	*conn = NULL;
	return verdict;
}

/* A packet of no connection that exists: the one it begins, or the verdict. */
static unsigned int input_unknown(struct ip_vs_packet *pkt, struct ip_vs_conn **conn)
{
	unsigned int verdict;

	if (ip_vs_packet_is_icmp(pkt)) {
		bool related = false;

		verdict = ip_vs_path_icmp_input(pkt, &related);
		if (related)
			return verdict;
	}
	if (!ip_vs_packet_is_balanced(pkt)) {
		if (READ_ONCE(pkt->ipvs->sysctl.ignore_tunneled))
			pkt->skb->ipvs_property = 1;
		return NF_ACCEPT;
	}
	/* Only without defragmentation: there are no ports to look for. */
	if (pkt->is_fragment && !pkt->has_ends)
		return NF_ACCEPT;
	return ip_vs_path_schedule(pkt, conn);
}

/* A master runs somewhere: other directors may be told of the connection. Under RCU it outlives its packet. */
static noinline unsigned int send_and_tell(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	return ip_vs_sync_packet(cp, ip_vs_xmit(pkt, cp));
}

static noinline unsigned int input_one_packet(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	/* Before it is sent: the reply may come at once. */
	bool is_awaited = ip_vs_conn_await_reply(cp);
	unsigned int verdict = ip_vs_xmit(pkt, cp);

	if (static_branch_unlikely(&ip_vs_sync_masters))
		ip_vs_sync_one_packet(cp);
	if (!is_awaited)
		ip_vs_conn_end(cp);
	return verdict;
}

unsigned int ip_vs_path_input(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	unsigned int verdict;

	if (cp && ip_vs_packet_is_opening(pkt)) {
		verdict = input_opening(pkt, &cp);
		if (verdict != NF_ACCEPT)
			return verdict;
	}
	if (cp && cp->dest && unlikely(!ip_vs_dest_is_available(cp->dest))) {
		if (is_kept_without_dest(pkt, cp))
			return ip_vs_drop(pkt, IP_VS_DROP_DEST_GONE);
		verdict = make_room(pkt, cp);
		if (verdict != NF_ACCEPT)
			return verdict;
		cp = NULL;
	}
	if (!cp) {
		verdict = input_unknown(pkt, &cp);
		if (!cp)
			return verdict;
		if (!ip_vs_tunnel_clamp(pkt, cp))
			return ip_vs_drop(pkt, IP_VS_DROP_HEADROOM);
	}

	if (likely(cp->dest))
		ip_vs_count_in(cp->dest->stats, pkt->skb->len);
	ip_vs_path_update_state(cp, pkt, false);
	if (unlikely(READ_ONCE(cp->flags) & (IP_VS_CONN_F_ONE_PACKET | IP_VS_CONN_F_NO_CPORT))) {
		if (READ_ONCE(cp->flags) & IP_VS_CONN_F_ONE_PACKET)
			return input_one_packet(pkt, cp);
		/* Port 0 is how it is looked for, and nobody's. */
		cp = ip_vs_packet_cport(pkt) ? ip_vs_conn_take_port(cp, ip_vs_packet_cport(pkt)) : NULL;
		if (!cp)
			return ip_vs_drop(pkt, IP_VS_DROP_HELPER);
	}
	WRITE_ONCE(cp->in_pkts, READ_ONCE(cp->in_pkts) + 1);
	/* Before it is sent, which may take its time: until then the wheel may find that its time is over. */
	ip_vs_conn_touch(cp);
	if (static_branch_unlikely(&ip_vs_sync_masters))
		return send_and_tell(pkt, cp);
	return ip_vs_xmit(pkt, cp);
}
