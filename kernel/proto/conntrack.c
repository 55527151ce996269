// SPDX-License-Identifier: GPL-2.0-only
/*
 * What we do to netfilter's connection tracking entries. An entry that is not confirmed yet is its packet's
 * alone, so it can be changed without a lock; a confirmed one is only ever deleted.
 */
#include <linux/in.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_expect.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include "proto/conntrack.h"

#if !IS_ENABLED(CONFIG_NF_CONNTRACK)
#error "this kernel was built without connection tracking, which the conntrack sysctl needs"
#endif

bool ip_vs_track_is_confirmed(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && nf_ct_is_confirmed(ct);
}

static void copy_addr(union nf_inet_addr *to, u8 af, const void *from)
{
	memset(to, 0, sizeof(*to));
	memcpy(to, from, af == NFPROTO_IPV6 ? sizeof(to->in6) : sizeof(to->ip));
}

void ip_vs_track_expect_reply(struct sk_buff *skb, const struct ip_vs_track_end *end, bool from_client)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct nf_conntrack_tuple reply;
	bool has_ports;

	if (!ct || nf_ct_is_confirmed(ct) || nf_ct_is_dying(ct) || CTINFO2DIR(ctinfo) != IP_CT_DIR_ORIGINAL)
		return;
	reply = *nf_ct_tuple(ct, IP_CT_DIR_REPLY);
	has_ports = reply.dst.protonum != IPPROTO_ICMP && reply.dst.protonum != IPPROTO_ICMPV6;
	if (from_client) {
		copy_addr(&reply.src.u3, reply.src.l3num, end->addr);
		if (has_ports)
			reply.src.u.all = end->port;
	} else {
		copy_addr(&reply.dst.u3, reply.src.l3num, end->addr);
		if (has_ports)
			reply.dst.u.all = end->port;
	}
	/*
	 * A flow table would carry the packets past us, untranslated. It takes no connection that has to do with a helper;
	 * here it is none.
	 */
	if (!nfct_help(ct) && !nf_ct_helper_ext_add(ct, GFP_ATOMIC)) {
		ip_vs_track_none(skb);
		return;
	}
	nf_conntrack_alter_reply(ct, &reply);
}

bool ip_vs_track_original(const struct sk_buff *skb, bool from_client, union nf_inet_addr *addr, __be16 *port)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	const struct nf_conntrack_tuple *original;

	if (!ct || CTINFO2DIR(ctinfo) != (from_client ? IP_CT_DIR_ORIGINAL : IP_CT_DIR_REPLY))
		return false;
	original = nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);
	*addr = original->dst.u3;
	*port = original->dst.u.all;
	return true;
}

void ip_vs_track_prepare_adjust(struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct && !nf_ct_is_confirmed(ct) && !nfct_seqadj(ct))
		nfct_seqadj_ext_add(ct);
}

bool ip_vs_track_adjust(struct sk_buff *skb, u32 seq, int diff)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (!ct || !nfct_seqadj(ct))
		return false;
	nf_ct_seqadj_set(ct, ctinfo, htonl(seq), diff);
	return true;
}

void ip_vs_track_expect(struct sk_buff *skb, u8 af, u8 protocol, const struct ip_vs_track_end *from,
			const struct ip_vs_track_end *to, u32 timeout)
{
	u8 family = af == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	union nf_inet_addr from_addr, to_addr;
	struct nf_conntrack_expect *exp;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	/* Only an entry that has to do with helpers can have expectations; one of ours does, see above. */
	if (!ct || !nfct_help(ct))
		return;
	exp = nf_ct_expect_alloc(ct);
	if (!exp)
		return;
	copy_addr(&from_addr, family, from->addr);
	copy_addr(&to_addr, family, to->addr);
	nf_ct_expect_init(exp, NF_CT_EXPECT_CLASS_DEFAULT, family, &from_addr, &to_addr, protocol,
			  from->port ? &from->port : NULL, &to->port);
	ip_vs_expect_set_timeout(exp, timeout);
	nf_ct_expect_related(exp, 0);
	nf_ct_expect_put(exp);
}

void ip_vs_track_keep(struct sk_buff *skb, u32 timeout)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	u32 until;

	if (!ct)
		return;
	/* Until it is confirmed this is how long it will be there. */
	if (!nf_ct_is_confirmed(ct)) {
		ct->timeout = max(ct->timeout, timeout);
		return;
	}
	until = nfct_time_stamp + timeout;
	if (!test_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status) && (s32)(READ_ONCE(ct->timeout) - until) < 0)
		WRITE_ONCE(ct->timeout, until);
}

static bool is_end(const struct ip_vs_track_end *end, const union nf_inet_addr *addr, __be16 port, u8 family)
{
	return end->port == port && !memcmp(end->addr, addr, family == NFPROTO_IPV6 ? sizeof(addr->in6) : sizeof(addr->ip));
}

/*
 * May the packet's entry be replaced by one that tracking makes of the packet as it is now? Not if its addresses were
 * translated on the way to us, nor in a zone, which comes from a rule that it is past.
 */
static bool is_of_ends(const struct nf_conn *ct, enum ip_conntrack_info ctinfo, u8 family,
		       const struct ip_vs_track_end *from, const struct ip_vs_track_end *to)
{
	const struct nf_conntrack_tuple *original = nf_ct_tuple(ct, IP_CT_DIR_ORIGINAL);

	return CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL && nf_ct_zone(ct)->id == NF_CT_DEFAULT_ZONE_ID &&
	       is_end(from, &original->src.u3, original->src.u.all, family) &&
	       is_end(to, &original->dst.u3, original->dst.u.all, family);
}

bool ip_vs_track_anew(struct net *net, struct sk_buff *skb, u8 family, u8 hook, const struct ip_vs_track_end *from,
		      const struct ip_vs_track_end *to)
{
	struct nf_hook_state state = { .hook = hook, .pf = family, .net = net };
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	bool is_possible = is_of_ends(ct, ctinfo, family, from, to);

	nf_ct_kill(ct);
	if (!is_possible)
		return false;
	nf_reset_ct(skb);
	if (nf_conntrack_in(skb, &state) != NF_ACCEPT)
		return false;
	ct = nf_ct_get(skb, &ctinfo);
	if (!ct)
		return true;
	/* Another CPU has made it meanwhile, and what for is not known. */
	if (nf_ct_is_confirmed(ct))
		return false;
	/* Rules for this host's own packets, which it meets on its way out, must not translate its destination. */
	set_bit(IPS_DST_NAT_DONE_BIT, &ct->status);
	return true;
}

unsigned int ip_vs_track_confirm(struct sk_buff *skb)
{
	return nf_conntrack_confirm(skb);
}

void ip_vs_track_kill(struct net *net, u8 af, u8 protocol, const struct ip_vs_track_end *from,
		      const struct ip_vs_track_end *to)
{
	struct nf_conntrack_tuple tuple = {};
	struct nf_conntrack_tuple_hash *found;
	struct nf_conn *ct;

	tuple.src.l3num = af == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	tuple.dst.protonum = protocol;
	tuple.dst.dir = IP_CT_DIR_ORIGINAL;
	copy_addr(&tuple.src.u3, tuple.src.l3num, from->addr);
	tuple.src.u.all = from->port;
	copy_addr(&tuple.dst.u3, tuple.src.l3num, to->addr);
	tuple.dst.u.all = to->port;

	found = nf_conntrack_find_get(net, &nf_ct_zone_dflt, &tuple);
	if (!found)
		return;
	ct = nf_ct_tuplehash_to_ctrack(found);
	nf_ct_kill(ct);
	nf_ct_put(ct);
}
