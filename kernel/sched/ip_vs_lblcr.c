// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locality-based least connections with replication: like lblc, but an address has a set of servers. It
 * grows when they are overburdened and shrinks when it has not changed for a while. Source:
 * spec/schedulers.md, section 12.
 */
#include <net/netns/generic.h>
#include "netns.h"
#include "proto/packet.h"
#include "sched/cache.h"
#include "sched/least.h"
#include "sched/scheduler.h"

static unsigned int lblcr_net_id __read_mostly;

static int lblcr_init(struct ip_vs_service *svc, void *data)
{
	ipvs_cache_init(data, svc, net_generic(svc->ipvs->net, lblcr_net_id));
	return 0;
}

static void lblcr_exit(struct ip_vs_service *svc, void *data)
{
	ipvs_cache_exit(data);
}

static struct ip_vs_dest *least_loaded_member(const struct ip_vs_cache_entry *entry)
{
	struct ip_vs_cache_member *member;
	struct ip_vs_dest *dest, *least = NULL;
	u64 load, least_load = 0;
	int weight, least_weight = 0;

	list_for_each_entry_rcu(member, &entry->members, node) {
		dest = member->dest;
		weight = ip_vs_dest_weight(dest);
		if (weight <= 0 || ip_vs_dest_is_overloaded(dest) || !ip_vs_dest_is_available(dest))
			continue;
		load = ip_vs_dest_load(dest);
		if (!least || ip_vs_load_less(load, weight, least_load, least_weight)) {
			least = dest;
			least_load = load;
			least_weight = weight;
		}
	}
	return least;
}

static struct ip_vs_dest *lblcr_pick(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt)
{
	const union nf_inet_addr *addr = ip_vs_packet_vaddr(pkt);
	struct ip_vs_cache_entry *entry = ipvs_cache_find(data, addr);
	struct ip_vs_dest *dest;

	if (entry) {
		dest = least_loaded_member(entry);
		ipvs_cache_reduce(data, entry);
		if (dest && !ipvs_cache_is_overburdened(svc, dest))
			return dest;
	}
	dest = ip_vs_least_loaded(svc, ip_vs_dest_load, true);
	if (dest)
		ipvs_cache_remember(data, addr, dest, false);
	return dest;
}

static const struct ip_vs_scheduler lblcr_scheduler = {
	.name = "lblcr",
	.module = THIS_MODULE,
	.data_size = sizeof(struct ip_vs_cache),
	.init = lblcr_init,
	.exit = lblcr_exit,
	.pick = lblcr_pick,
};

static int __net_init lblcr_net_init(struct net *net)
{
	return ipvs_cache_net_init(net, net_generic(net, lblcr_net_id), "lblcr_expiration");
}

static void __net_exit lblcr_net_exit(struct net *net)
{
	ipvs_cache_net_exit(net_generic(net, lblcr_net_id));
}

static struct pernet_operations lblcr_net_ops = {
	.init = lblcr_net_init,
	.exit = lblcr_net_exit,
	.id = &lblcr_net_id,
	.size = sizeof(struct ip_vs_cache_net),
};

IP_VS_SCHEDULER_MODULE_PERNET(lblcr_scheduler, lblcr_net_ops,
			      "IPVS locality-based least connection with replication scheduler");
