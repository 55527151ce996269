// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locality-based least connections, for farms of caches: an address stays with its server unless that one
 * is overburdened. Source: spec/schedulers.md, section 11.
 */
#include <net/netns/generic.h>
#include "netns.h"
#include "proto/packet.h"
#include "sched/cache.h"
#include "sched/least.h"
#include "sched/scheduler.h"

static unsigned int lblc_net_id __read_mostly;

static int lblc_init(struct ip_vs_service *svc, void *data)
{
	ipvs_cache_init(data, svc, net_generic(svc->ipvs->net, lblc_net_id));
	return 0;
}

static void lblc_exit(struct ip_vs_service *svc, void *data)
{
	ipvs_cache_exit(data);
}

static struct ip_vs_dest *remembered(struct ip_vs_cache *cache, const union nf_inet_addr *addr)
{
	struct ip_vs_cache_entry *entry = ipvs_cache_find(cache, addr);
	struct ip_vs_cache_member *member;

	if (!entry)
		return NULL;
	member = list_first_or_null_rcu(&entry->members, struct ip_vs_cache_member, node);
	return member ? member->dest : NULL;
}

static struct ip_vs_dest *lblc_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	const union nf_inet_addr *addr = ip_vs_packet_vaddr(pkt);
	struct ip_vs_dest *dest = remembered(data, addr);

	if (dest && ip_vs_dest_is_available(dest) && ip_vs_dest_is_eligible(dest) &&
	    !ipvs_cache_is_overburdened(svc, dest))
		return dest;
	dest = ip_vs_least_loaded(svc, ip_vs_dest_load, true);
	if (dest)
		ipvs_cache_remember(data, addr, dest, true);
	return dest;
}

static const struct ip_vs_scheduler lblc_scheduler = {
	.name = "lblc",
	.module = THIS_MODULE,
	.data_size = sizeof(struct ip_vs_cache),
	.init = lblc_init,
	.exit = lblc_exit,
	.pick = lblc_pick,
};

static int __net_init lblc_net_init(struct net *net)
{
	return ipvs_cache_net_init(net, net_generic(net, lblc_net_id), "lblc_expiration");
}

static void __net_exit lblc_net_exit(struct net *net)
{
	ipvs_cache_net_exit(net_generic(net, lblc_net_id));
}

static struct pernet_operations lblc_net_ops = {
	.init = lblc_net_init,
	.exit = lblc_net_exit,
	.id = &lblc_net_id,
	.size = sizeof(struct ip_vs_cache_net),
};

IP_VS_SCHEDULER_MODULE_PERNET(lblc_scheduler, lblc_net_ops, "IPVS locality-based least connection scheduler");
