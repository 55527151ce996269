// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netfilter match "ipvs": rules on packets that this module has balanced. Source: spec/apps.md, section 4.
 *
 * The kernel's own module of that name is made for the kernel's own ip_vs, and knows nothing of our connections.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_ipvs.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include "path/path.h"

/* Does what a rule asks for agree with what is? Both may be turned round with an exclamation mark. */
static bool holds(const struct xt_ipvs_mtinfo *info, u8 test, bool is_so)
{
	return !(info->bitmask & test) || is_so != !!(info->invert & test);
}

static bool vaddr_matches(const struct xt_ipvs_mtinfo *info, const struct ip_vs_conn *cp)
{
	if (cp->af == AF_INET6)
		return !ipv6_masked_addr_cmp(ip_vs_conn_vaddr(cp), &info->vmask.in6, &info->vaddr.in6);
	return !((cp->vaddr ^ info->vaddr.ip) & info->vmask.ip);
}

/* The only test whose opposite is no exclamation mark but a word: "reply". */
static bool direction_matches(const struct xt_ipvs_mtinfo *info, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;

	if (!(info->bitmask & XT_IPVS_DIR))
		return true;
	return nf_ct_get(skb, &ctinfo) && holds(info, XT_IPVS_DIR, CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL);
}

static bool conn_matches(const struct xt_ipvs_mtinfo *info, const struct ip_vs_conn *cp)
{
	const struct ip_vs_conn *control = cp->control;

	return holds(info, XT_IPVS_VADDR, vaddr_matches(info, cp)) &&
	       holds(info, XT_IPVS_VPORT, cp->vport == info->vport) &&
	       holds(info, XT_IPVS_METHOD, ip_vs_conn_fwd(cp) == (info->fwd_method & IP_VS_CONN_F_FWD_MASK)) &&
	       holds(info, XT_IPVS_VPORTCTL, control && control->vport == info->vportctl);
}

/* Rules are looked at under RCU, by which connections are found and stay. */
static bool ipvs_match(const struct sk_buff *skb, struct xt_action_param *par)
{
	const struct xt_ipvs_mtinfo *info = par->matchinfo;
	struct ip_vs_conn *cp;
	u8 protocol;

	if (info->bitmask == XT_IPVS_IPVS_PROPERTY)
		return holds(info, XT_IPVS_IPVS_PROPERTY, skb->ipvs_property);
	/* The others are about a packet of ours, also when they are turned round. */
	if (!skb->ipvs_property || !direction_matches(info, skb))
		return false;
	cp = ipvs_conn_of_translated(skb, par->state, &protocol);
	return cp && holds(info, XT_IPVS_PROTO, protocol == info->l4proto) && conn_matches(info, cp);
}

static int ipvs_check(const struct xt_mtchk_param *par)
{
	const struct xt_ipvs_mtinfo *info = par->matchinfo;

	if (info->bitmask & ~XT_IPVS_MASK || info->invert & ~XT_IPVS_MASK) {
		pr_info_ratelimited("match: unknown options %x\n", info->bitmask | info->invert);
		return -EINVAL;
	}
	/* Directions are connection tracking's. */
	return info->bitmask & XT_IPVS_DIR ? nf_ct_netns_get(par->net, par->family) : 0;
}

static void ipvs_destroy(const struct xt_mtdtor_param *par)
{
	const struct xt_ipvs_mtinfo *info = par->matchinfo;

	if (info->bitmask & XT_IPVS_DIR)
		nf_ct_netns_put(par->net, par->family);
}

static struct xt_match matches[] __read_mostly = {
	{
		.name = "ipvs",
		.revision = 0,
		.family = NFPROTO_IPV4,
		.match = ipvs_match,
		.checkentry = ipvs_check,
		.destroy = ipvs_destroy,
		.matchsize = sizeof(struct xt_ipvs_mtinfo),
		.me = THIS_MODULE,
	},
	{
		.name = "ipvs",
		.revision = 0,
		.family = NFPROTO_IPV6,
		.match = ipvs_match,
		.checkentry = ipvs_check,
		.destroy = ipvs_destroy,
		.matchsize = sizeof(struct xt_ipvs_mtinfo),
		.me = THIS_MODULE,
	},
};

static int __init ipvs_match_init(void)
{
	return xt_register_matches(matches, ARRAY_SIZE(matches));
}

static void __exit ipvs_match_exit(void)
{
	xt_unregister_matches(matches, ARRAY_SIZE(matches));
}

module_init(ipvs_match_init);
module_exit(ipvs_match_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Netfilter match of packets balanced by IPVS");
MODULE_VERSION(IP_VS_RELEASE);
MODULE_ALIAS("ipt_ipvs");
MODULE_ALIAS("ip6t_ipvs");
