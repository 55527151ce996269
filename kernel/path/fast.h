/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another door to the same rooms: packets of established connections are taken at the ingress of their device, before
 * routing and the hooks of the network layer. docs/fast-path.md says what that means for whoever switches it on.
 */
#ifndef IP_VS_PATH_FAST_H
#define IP_VS_PATH_FAST_H

#include <linux/netfilter.h>
#include <linux/notifier.h>
#include <linux/xarray.h>
#include "conn/watch.h"
#include "netns.h"
#include "xmit/ways.h"

struct seq_file;

/*
 * That routing brings packets for a virtual address to this host, as of a generation of the routing tables. One word, so
 * that it is read and written as a whole.
 */
union ip_vs_fast_local {
	struct {
		__be32 addr;
		u32 generation;
	};
	u64 word;
};

/**
 * struct ip_vs_fast - of a namespace whose fast path is on
 * @watch: first, what every packet of every device looks at
 * @local4: by the place of the address in the watch
 * @ways: to clients
 * @hooks: by number of the device; under rtnl
 * @num_hooks: how many there are
 * @devices: tells of devices that come and go
 */
struct ip_vs_fast {
	struct ip_vs_watch watch;
	struct ip_vs_net *ipvs;
	union ip_vs_fast_local local4[IP_VS_ADDRESS_SET_SIZE];
	struct ip_vs_ways ways;
	struct xarray hooks;
	unsigned int num_hooks;
	struct notifier_block devices;
	struct rcu_head rcu;
};

/* The hook at the ingress of devices; @priv is the struct ip_vs_fast of their namespace. */
unsigned int ip_vs_fast_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

/**
 * ip_vs_fast_set() - switch it on or off
 *
 * Under sysctl_mutex; takes rtnl, may sleep. ENOMEM; ENOENT when the namespace ends; EOPNOTSUPP: this kernel has no
 * hooks at ingress.
 */
int ip_vs_fast_set(struct ip_vs_net *ipvs, bool on);

/*
 * The last step of the beginning of a namespace: on, if the parameter of the module says so, where there are hooks at
 * ingress. ENOMEM, and what else ip_vs_fast_set() says.
 */
int ip_vs_fast_open(struct ip_vs_net *ipvs);

/* The namespace ends: off, and never on again. */
void ip_vs_fast_close(struct ip_vs_net *ipvs);

/* How many packets were taken, how many were not, and why; a line each. */
void ip_vs_fast_show(struct seq_file *seq, struct ip_vs_net *ipvs);

int ip_vs_fast_init(struct ip_vs_net *ipvs); /* ENOMEM */
void ip_vs_fast_uninit(struct ip_vs_net *ipvs);

#endif
