/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What IPVS keeps for one network namespace. Each group belongs to the folder named above it and is changed
 * only there; the namespace is the one place where the floors meet.
 */
#ifndef IP_VS_NETNS_H
#define IP_VS_NETNS_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/netfilter.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "core/defense.h"
#include "core/sctp_state.h"
#include "core/sync_rule.h"
#include "core/tcp_state.h"
#include "hash/hash.h"
#include "proto/drop.h"
#include "proto/fast.h"
#include "svc/stats.h"

#if !IS_ENABLED(CONFIG_IP_VS)
#error "this kernel was built without IPVS: struct sk_buff lacks the ipvs_property bit that the module needs"
#endif

struct ctl_table;
struct ctl_table_header;
struct ip_vs_conn;
struct ip_vs_fast;
struct ip_vs_dest;
struct ip_vs_sync_daemon;
struct ip_vs_sync_gone;
struct ip_vs_watch;
struct mem_cgroup;
struct ip_vs_wheel;
struct task_struct;

/* Index of an address family in per-family arrays. */
enum { IP_VS_V4, IP_VS_V6, IP_VS_FAMILIES };

static inline int ip_vs_family_index(u16 af)
{
	return af == AF_INET6 ? IP_VS_V6 : IP_VS_V4;
}

/* The most of anything that is bounded. Source: spec/sysctl.md, section 3.2. */
#define IP_VS_BOUND_MAX (IS_ENABLED(CONFIG_64BIT) ? 1 << 30 : 1 << 24)

/* Values of /proc/sys/net/ipv4/vs, see docs/sysctl.md. Packets read them at any time. */
struct ip_vs_sysctl {
	int amemthresh;
	int am_droprate;
	int backup_only;
	int cache_bypass;
	int conn_lfactor;
	int conn_max;
	int conn_reuse_mode;
	int conntrack;
	int dest_max;
	int drop_entry;			/* the three modes: defense.mutex */
	int drop_packet;
	int est_nice;
	int expire_nodest_conn;
	int expire_quiescent_template;
	int fast_path;
	int ignore_tunneled;
	int nat_icmp_send;
	int pmtu_disc;
	int route_context;		/* IP_VS_ROUTE_CONTEXT_* */
	int run_estimation;
	int schedule_icmp;
	int secure_tcp;
	int sloppy_sctp;
	int sloppy_tcp;
	int snat_reroute;
	int svc_lfactor;
	int svc_max;
	int sync_persist_mode;
	int sync_ports;
	int sync_refresh_period;	/* jiffies */
	int sync_retries;
	int sync_sock_size;
	int sync_threshold[2];		/* threshold, period */
	int sync_version;
	unsigned long sync_qlen_max;
	int tunnel_mss;
};

/* How far a namespace may raise its own bounds. */
struct ip_vs_bounds {
	int conn_max;
	int dest_max;
	int svc_max;
};

/* What is done against overload at present. */
struct ip_vs_defense {
	struct mutex mutex;		/* the modes among the sysctls, and decisions that follow from them */
	struct delayed_work work;
	int drop_rate;			/* one of so many new connections is refused, 0 = none */
	int drop_counter;		/* all CPUs count without a lock: exactness is not needed */
	bool secure_tcp;
	struct ip_vs_defense_idle idle;	/* the work only */
};

/* Who estimates rates. */
struct ip_vs_estimator {
	struct mutex mutex;		/* all of this; innermost but for est_mutex, which the thread takes */
	struct task_struct *thread;
	struct completion started;	/* of the thread: it has taken its first step */
	bool wanted;			/* there are services */
	bool has_cpus;			/* the user has chosen @cpus, else they are those for kernel threads */
	cpumask_var_t cpus;
	struct delayed_work end_work;	/* ends the thread when there have been no services for a while */
};

/* What a daemon does for synchronisation: tell other directors of connections, or hear of theirs. */
enum ip_vs_sync_role { IP_VS_SYNC_MASTER, IP_VS_SYNC_BACKUP, IP_VS_SYNC_ROLES };

/* Those that run. */
struct ip_vs_sync {
	struct mutex mutex;		/* starting and stopping; outside of the configuration mutex and of rtnl */
	struct ip_vs_sync_daemon __rcu *daemons[IP_VS_SYNC_ROLES];
	struct ip_vs_sync_rule __rcu *rule;	/* of the master: one of the next two; NULL = none runs */
	struct ip_vs_sync_rule rules[2];
	struct work_struct bind_work;	/* servers for connections that were heard of before them */
	spinlock_t moved_lock;		/* the next; process context only */
	struct list_head moved;		/* servers that have left, or are back, and the others are to be told; each is held */
	struct mutex gone_mutex;	/* the next; taken alone */
	struct ip_vs_sync_gone *gone;	/* servers that another director has removed; NULL = none */
	struct delayed_work gone_work;	/* what that means for connections */
	unsigned long ended;		/* how many it has ended; the worker */
};

/* Of all helpers together. */
#define IP_VS_APP_PORTS 16

/* Of one family: LOCAL_IN, LOCAL_OUT, FORWARD. */
#define IP_VS_HOOKS 3

struct ip_vs_net {
	struct net *net;
	unsigned int number;		/* counts namespaces since the module was loaded; names its threads */
	struct ratelimit_state log;	/* for lines that its packets or its root can cause */

	/* svc/: the configuration. Written under the mutex, read by packets under RCU. */
	struct mutex mutex;
	struct ip_vs_hash services;
	struct xarray service_ids;	/* the same services in the order of their making, for listings */
	u32 next_service_id;
	struct ip_vs_hash dests;	/* by service and key, also those in the trash */
	struct ip_vs_hash nat_servers;	/* by address, port and protocol: one for all that share them */
	u64 last_dest_id;
	u32 generation;			/* another one after each change that a dump can show; never 0 */
	u32 last_replacement;		/* counts replacements of the whole table */
	unsigned int num_made_services;	/* also those that nobody sees yet */
	unsigned int num_made_dests;	/* also those, and those in the trash */
	unsigned int num_services[IP_VS_FAMILIES];
	unsigned int num_foreign_dests[IP_VS_FAMILIES]; /* of this family, in services of the other */
	unsigned int num_fwmark_services;
	unsigned int num_ftp_services;
	unsigned int num_port0_services;
	unsigned int num_answering_services;	/* with an engine that makes connections of replies */
	unsigned int num_sync_daemons;	/* run or are about to: they know no servers of another family */
	bool v6_defrag;			/* we asked for IPv6 defragmentation */
	struct list_head trash;		/* deleted destinations that somebody may still use */
	struct delayed_work trash_work;
	struct delayed_work farewell_work;	/* which of them are still awaited */
	u32 reshaped;			/* jiffies when a service or destination last came or went */
	void (*dest_moved)(struct ip_vs_dest *dest); /* it has left for good, or is back from the trash; under the mutex */

	/* svc/stats.c */
	struct ip_vs_account account;	/* the namespace's total */
	struct mutex est_mutex;		/* all books of this namespace; taken inside the mutex above */
	struct list_head counted;	/* all destinations, also those in the trash, oldest first; est_mutex */
	u64 last_place;			/* in that list; est_mutex */
	struct ip_vs_stats_walk est_walk; /* the estimator's */
	struct ip_vs_stats_reading reading;
	unsigned long est_last;		/* jiffies of the beat of the last pass; the thread */
	unsigned long est_next;		/* and of the next one */
	unsigned int num_estimated;	/* total, services and destinations of the last pass */
	struct ip_vs_counts __percpu *gone; /* counted by destinations that exist no more; est_mutex */

	/* svc/estimator.c */
	struct ip_vs_estimator estimator;

	/* proto/: how long a connection lives without packets, in jiffies */
	u32 tcp_timeouts[IP_VS_TCP_STATES];
	u32 udp_timeout;
	u32 sctp_timeouts[IP_VS_SCTP_STATES];
	struct ip_vs_drops __percpu *drops;

	/* app/: connections that a helper looks after, by its port's place */
	atomic_t app_users[IP_VS_APP_PORTS];

	/* conn/: exists from the first service on */
	bool conn_ready;
	bool conn_closing;		/* the namespace ends: connection tracking cleans up its own */
	struct ip_vs_hash conns;	/* by client and virtual address */
	struct ip_vs_hash replies;	/* NAT connections by client and server address */
	struct ip_vs_hash templates;
	struct mem_cgroup *payer;	/* of what packets make, see charge.h; NULL = the host */
	struct ip_vs_wheel *wheel;
	atomic_t num_conns;
	atomic_t num_portless;		/* connections whose client has not shown its port yet */
	u32 refused_at;			/* jiffies of the last connection that conn_max did not allow, or 0 */
	struct delayed_work room_work;	/* makes room after that */
	struct work_struct nodest_work;
	struct llist_head dead;		/* connections that have ended, for the next burial */
	struct llist_node *buried;	/* those that are freed when it comes */
	struct rcu_work burial;
	atomic_t is_burying;
	atomic_t num_unbound;		/* heard of from another director, without a server here */
	void (*controller_stays)(struct ip_vs_conn *cp); /* past its time, for those it controls; under RCU */
	struct ip_vs_watch __rcu *watch;	/* whoever wants to know the connections' addresses */

	/* path/ */
	struct nf_hook_ops hooks[IP_VS_FAMILIES][IP_VS_HOOKS];
	nf_hookfn *local_out;		/* the one of them that sees what we send */
	bool hooked[IP_VS_FAMILIES];
	bool has_local_clients;		/* connections were made for clients on this host */
	struct ip_vs_defense defense;
	bool hooked_tunnels[IP_VS_FAMILIES];	/* for errors about tunnels of this family */
	struct ip_vs_fast *fast;	/* while the fast path is on; sysctl_mutex */
	bool fast_closed;		/* it is not switched on any more; sysctl_mutex */
	struct ip_vs_fast_counts __percpu *fast_counts;

	/* sync/ */
	struct ip_vs_sync sync;

	/* ctl/ */
	struct ip_vs_sysctl sysctl;
	struct ip_vs_bounds bounds;	/* sysctl_mutex */
	struct mutex sysctl_mutex;	/* values that are checked together, and writes to them */
	struct ctl_table *sysctl_table;
	struct ctl_table_header *sysctl_header;
};

extern unsigned int ip_vs_net_id;

/* For what ends connections: it must go on, on all CPUs, when memory is short. */
extern struct workqueue_struct *ip_vs_wq;

static inline struct ip_vs_net *ip_vs_net(const struct net *net)
{
	return net_generic(net, ip_vs_net_id);
}

#endif
