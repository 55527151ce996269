// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where packets come from: the netfilter hooks. They are there while the family has services; before that,
 * and after, a packet of that family never meets us. Source: spec/packet-path.md, section 1.
 */
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/netlink.h>
#include <net/inet_sock.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include "path/defense.h"
#include "path/path.h"
#include "sync/sync.h"

/*
 * Not for us: already handled, or without a route. Each hook asks this first and does the rest in a function
 * of its own, because every packet that we send comes by LOCAL_OUT, and should not pay for the rest's stack.
 */
static __always_inline bool is_foreign(const struct sk_buff *skb)
{
	return skb->ipvs_property || !skb_dst(skb);
}

/* A raw socket that wants its fragments left alone. */
static bool is_nodefrag(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct sock *sk = skb->sk;

	return state->pf == NFPROTO_IPV4 && sk && sk->sk_family == PF_INET && sk_fullsock(sk) &&
	       inet_test_bit(NODEFRAG, sk);
}

/* Parsing sets what is not set here. */
static __always_inline bool begin(struct ip_vs_packet *pkt, struct ip_vs_net *ipvs, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	pkt->ipvs = ipvs;
	pkt->skb = skb;
	pkt->af = state->pf == NFPROTO_IPV6 ? AF_INET6 : AF_INET;
	pkt->hook = state->hook;
	pkt->is_icmp = false;
	pkt->is_inverse = false;
	pkt->l3off = 0;
	pkt->conn_hash = 0;
	return ip_vs_packet_parse(pkt);
}

/* Only a client on this host gets replies here, and a server's packet without connection may be refused. */
static bool may_be_reply(const struct ip_vs_packet *pkt)
{
	return READ_ONCE(pkt->ipvs->has_local_clients) || READ_ONCE(pkt->ipvs->sysctl.nat_icmp_send) ||
	       ip_vs_packet_is_icmp(pkt);
}

/*
 * Replies come before requests; but nearly all packets are requests of connections that exist, and for those
 * one lookup is enough.
 */
static noinline unsigned int local_in(struct ip_vs_net *ipvs, struct sk_buff *skb, const struct nf_hook_state *state)
{
	bool is_to_host = skb->pkt_type == PACKET_HOST;
	struct ip_vs_conn *cp = NULL;
	struct ip_vs_packet pkt IP_VS_UNINITIALIZED;
	unsigned int verdict;
	bool handled = false;

	if (!begin(&pkt, ipvs, skb, state))
		return NF_ACCEPT;
	if (likely(is_to_host))
		cp = ip_vs_path_find_in(&pkt);
	if (!cp && may_be_reply(&pkt)) {
		verdict = ip_vs_path_reply(&pkt, &handled);
		if (handled)
			return verdict;
	}
	return is_to_host ? ip_vs_path_input(&pkt, cp) : NF_ACCEPT;
}

static unsigned int hook_local_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return is_foreign(skb) || ip_vs_sync_is_asleep(priv) ? NF_ACCEPT : local_in(priv, skb, state);
}

static noinline unsigned int local_out(struct ip_vs_net *ipvs, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct ip_vs_packet pkt IP_VS_UNINITIALIZED;
	unsigned int verdict;
	bool handled = false;

	if (is_nodefrag(skb, state) || !begin(&pkt, ipvs, skb, state))
		return NF_ACCEPT;
	verdict = ip_vs_path_reply(&pkt, &handled);
	if (!handled)
		verdict = ip_vs_path_input(&pkt, ip_vs_path_find_in(&pkt));
	/* To the program that has sent it a verdict is an error of its own. What there is to say it hears by ICMP. */
	if (unlikely(verdict == NF_DROP)) {
		kfree_skb(skb);
		verdict = NF_STOLEN;
	}
	return verdict;
}

static unsigned int hook_local_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return is_foreign(skb) || ip_vs_sync_is_asleep(priv) ? NF_ACCEPT : local_out(priv, skb, state);
}

/*
 * Replies; and errors sent to an address that is not ours but that a mark brings to a service. An error that
 * is about nothing of ours that way may still be about it the other way.
 */
static unsigned int hook_forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ip_vs_packet pkt IP_VS_UNINITIALIZED;
	bool handled = false;

	if (is_foreign(skb) || ip_vs_sync_is_asleep(priv) || !begin(&pkt, priv, skb, state))
		return NF_ACCEPT;
	if (ip_vs_packet_is_icmp(&pkt)) {
		unsigned int verdict = ip_vs_path_icmp_input(&pkt, &handled);

		if (verdict != NF_ACCEPT || skb->ipvs_property)
			return verdict;
	}
	return ip_vs_path_reply(&pkt, &handled);
}

/*
 * The family of the tunnels of another family's services need not have services itself; then this is all that
 * looks at its packets.
 */
static unsigned int hook_tunnel_errors(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct ip_vs_packet pkt;
	bool handled = false;

	if (is_foreign(skb) || !begin(&pkt, ip_vs_net(state->net), skb, state) || !ip_vs_packet_is_icmp(&pkt))
		return NF_ACCEPT;
	return ip_vs_path_icmp_tunnel(&pkt, &handled);
}

/* Just before the translation of sources on the way in and after that of destinations on the way out. */
#define HOOKS(family, PRI)                                                                         \
	{                                                                                          \
		{                                                                                  \
			.hook = hook_local_in,                                                     \
			.pf = family,                                                              \
			.hooknum = NF_INET_LOCAL_IN,                                               \
			.priority = PRI##_NAT_SRC - 2,                                             \
		},                                                                                 \
		{                                                                                  \
			.hook = hook_local_out,                                                    \
			.pf = family,                                                              \
			.hooknum = NF_INET_LOCAL_OUT,                                              \
			.priority = PRI##_NAT_DST + 1,                                             \
		},                                                                                 \
		{                                                                                  \
			.hook = hook_forward,                                                      \
			.pf = family,                                                              \
			.hooknum = NF_INET_FORWARD,                                                \
			.priority = 100,                                                           \
		},                                                                                 \
	}

/* Each namespace has a copy with itself in it. */
static const struct nf_hook_ops hooks[IP_VS_FAMILIES][IP_VS_HOOKS] = {
	[IP_VS_V4] = HOOKS(NFPROTO_IPV4, NF_IP_PRI),
	[IP_VS_V6] = HOOKS(NFPROTO_IPV6, NF_IP6_PRI),
};

static const struct nf_hook_ops tunnel_hooks[IP_VS_FAMILIES] = {
	[IP_VS_V4] = {
		.hook = hook_tunnel_errors,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_NAT_SRC - 1,
	},
	[IP_VS_V6] = {
		.hook = hook_tunnel_errors,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_NAT_SRC - 1,
	},
};

/* With IPv6 services or servers whole packets are wanted. */
static int start_defrag(struct ip_vs_net *ipvs, int family, struct netlink_ext_ack *extack)
{
	int err;

	if (family != IP_VS_V6 || ipvs->v6_defrag)
		return 0;
	err = nf_defrag_ipv6_enable(ipvs->net);
	if (err) {
		NL_SET_ERR_MSG(extack, "IPv6 defragmentation cannot be enabled");
		return err;
	}
	ipvs->v6_defrag = true;
	return 0;
}

static int start_family(struct ip_vs_net *ipvs, int family, struct netlink_ext_ack *extack)
{
	int err = start_defrag(ipvs, family, extack);
	int i;

	if (err)
		return err;
	memcpy(ipvs->hooks[family], hooks[family], sizeof(hooks[family]));
	for (i = 0; i < IP_VS_HOOKS; i++)
		ipvs->hooks[family][i].priv = ipvs;
	ipvs->local_out = hook_local_out;
	err = nf_register_net_hooks(ipvs->net, ipvs->hooks[family], IP_VS_HOOKS);
	if (err) {
		NL_SET_ERR_MSG(extack, "the netfilter hooks cannot be registered");
		return err;
	}
	WRITE_ONCE(ipvs->hooked[family], true);
	ip_vs_defense_start(ipvs);
	return 0;
}

int ip_vs_hooks_start(struct ip_vs_net *ipvs, u16 af, struct netlink_ext_ack *extack)
{
	int family = ip_vs_family_index(af);
	int err;

	lockdep_assert_held(&ipvs->mutex);
	err = ip_vs_conn_start(ipvs);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for the connection table");
		return err;
	}
	if (!ipvs->hooked[family])
		err = start_family(ipvs, family, extack);
	if (err)
		ip_vs_hooks_trim(ipvs);
	return err;
}

int ip_vs_hooks_start_tunnels(struct ip_vs_net *ipvs, u16 af, struct netlink_ext_ack *extack)
{
	int family = ip_vs_family_index(af);
	int err;

	lockdep_assert_held(&ipvs->mutex);
	if (ipvs->hooked_tunnels[family])
		return 0;
	err = start_defrag(ipvs, family, extack);
	if (err)
		return err;
	err = nf_register_net_hook(ipvs->net, &tunnel_hooks[family]);
	if (err) {
		NL_SET_ERR_MSG(extack, "the netfilter hooks cannot be registered");
		ip_vs_hooks_trim(ipvs);
		return err;
	}
	ipvs->hooked_tunnels[family] = true;
	return 0;
}

void ip_vs_hooks_trim(struct ip_vs_net *ipvs)
{
	int family;

	lockdep_assert_held(&ipvs->mutex);
	for (family = 0; family < IP_VS_FAMILIES; family++) {
		if (ipvs->hooked[family] && !ipvs->num_services[family]) {
			nf_unregister_net_hooks(ipvs->net, ipvs->hooks[family], IP_VS_HOOKS);
			WRITE_ONCE(ipvs->hooked[family], false);
		}
		if (ipvs->hooked_tunnels[family] && !ipvs->num_foreign_dests[family]) {
			nf_unregister_net_hook(ipvs->net, &tunnel_hooks[family]);
			ipvs->hooked_tunnels[family] = false;
		}
	}
	if (ipvs->v6_defrag && !ipvs->num_services[IP_VS_V6] && !ipvs->num_foreign_dests[IP_VS_V6]) {
		nf_defrag_ipv6_disable(ipvs->net);
		ipvs->v6_defrag = false;
	}
}
