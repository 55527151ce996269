/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What IPVS keeps for one network namespace. Each group belongs to the folder named above it and is changed
 * only there; the namespace is the one place where the floors meet.
 */
#ifndef IP_VS_NETNS_H
#define IP_VS_NETNS_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/siphash.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "core/tcp_state.h"
#include "hash/hash.h"
#include "proto/drop.h"
#include "svc/stats.h"

#if !IS_ENABLED(CONFIG_IP_VS)
#error "this kernel was built without IPVS: struct sk_buff lacks the ipvs_property bit that the module needs"
#endif

struct ctl_table;
struct ctl_table_header;
struct ip_vs_wheel;

/* Index of an address family in per-family arrays. */
enum { IP_VS_V4, IP_VS_V6, IP_VS_FAMILIES };

static inline int ip_vs_family_index(u16 af)
{
	return af == AF_INET6 ? IP_VS_V6 : IP_VS_V4;
}

/* The most connections a namespace can be allowed to have. Source: spec/sysctl.md, section 3.2. */
#define IP_VS_CONN_MAX (IS_ENABLED(CONFIG_64BIT) ? 1 << 30 : 1 << 24)

struct ip_vs_sysctl {
	int cache_bypass;
	int conn_lfactor;
	int conn_max;
	int conn_reuse_mode;
	int expire_nodest_conn;
	int expire_quiescent_template;
	int ignore_tunneled;
	int nat_icmp_send;
	int pmtu_disc;
	int run_estimation;
	int schedule_icmp;
	int sloppy_tcp;
	int snat_reroute;
	int svc_lfactor;
};

struct ip_vs_net {
	struct net *net;

	/* svc/: the configuration. Written under the mutex, read by packets under RCU. */
	struct mutex mutex;
	struct ip_vs_hash services;
	hsiphash_key_t service_key;
	struct xarray service_ids;	/* the same services in the order of their making, for listings */
	u32 next_service_id;
	u32 last_dest_id;
	unsigned int num_services[IP_VS_FAMILIES];
	unsigned int num_fwmark_services;
	unsigned int num_ftp_services;
	unsigned int num_port0_services;
	bool v6_defrag;			/* we asked for IPv6 defragmentation */
	struct list_head trash;		/* deleted destinations that somebody may still use */
	struct delayed_work trash_work;

	/* svc/stats.c */
	struct ip_vs_account account;	/* the namespace's total */
	struct mutex est_mutex;		/* all books of this namespace; taken inside the mutex above */
	struct delayed_work est_work;
	unsigned long est_next;		/* jiffies */

	/* proto/: how long a connection lives without packets, in jiffies */
	u32 tcp_timeouts[IP_VS_TCP_STATES];
	u32 udp_timeout;
	struct ip_vs_drops __percpu *drops;

	/* conn/: exists from the first service on */
	bool conn_ready;
	hsiphash_key_t conn_key;
	struct ip_vs_hash conns;	/* by client and virtual address */
	struct ip_vs_hash replies;	/* NAT connections by client and server address */
	struct ip_vs_hash templates;
	struct ip_vs_wheel *wheel;
	atomic_t num_conns;
	struct delayed_work expire_work;
	struct work_struct nodest_work;

	/* path/ */
	bool hooked[IP_VS_FAMILIES];

	/* ctl/ */
	struct ip_vs_sysctl sysctl;
	struct ctl_table *sysctl_table;
	struct ctl_table_header *sysctl_header;
};

extern unsigned int ip_vs_net_id;

static inline struct ip_vs_net *ip_vs_net(const struct net *net)
{
	return net_generic(net, ip_vs_net_id);
}

#endif
