/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The classic C interface to IPVS, as programs have known it since ipvsadm 1.2x.
 *
 * int functions return 0, or -1 with errno set. Pointer functions return memory to be released with free(), or
 * NULL with errno set. Nothing is printed.
 *
 * Threads: all functions share one connection to the kernel and one record of the last operation. Call them from
 * one thread at a time. They act on the network namespace the caller was in at ipvs_init(). Programs that want
 * more use the C++ interface in ipvs/client.hh.
 *
 * Binary interface: what is declared here stays as it is in all libraries named libipvs.so.1. The structures down to
 * ipvs_daemon_t are compiled into programs, in arrays too: they never grow, and what the kernel has beyond them is told
 * by new functions. The structures of those grow at their end: what a program fills in begins with its size, and what
 * the library gives it is one at a time, by a pointer. Functions of a release since 1 have a symbol version of that
 * release, so that a program that needs them does not start with an older library.
 *
 * Ports, IPv4 addresses and IPv4 netmasks are in network byte order, an IPv6 "netmask" is a prefix length and,
 * like everything else, in host byte order.
 */
#ifndef LIBIPVS_H
#define LIBIPVS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
/* for union nf_inet_addr */
#include <linux/netfilter.h>

/*
 * Some structures of this interface carry the tags of the kernel's header but are longer. The kernel's own forms
 * are reachable here with the suffix _kern; the constants are the kernel's.
 */
#ifdef _IP_VS_H
#error "libipvs.h includes <linux/ip_vs.h> itself; do not include it before"
#endif
#define ip_vs_service_user ip_vs_service_user_kern
#define ip_vs_dest_user ip_vs_dest_user_kern
#define ip_vs_service_entry ip_vs_service_entry_kern
#define ip_vs_dest_entry ip_vs_dest_entry_kern
#define ip_vs_get_dests ip_vs_get_dests_kern
#define ip_vs_get_services ip_vs_get_services_kern
#define ip_vs_daemon_user ip_vs_daemon_user_kern
#include <linux/ip_vs.h>
#undef ip_vs_service_user
#undef ip_vs_dest_user
#undef ip_vs_service_entry
#undef ip_vs_dest_entry
#undef ip_vs_get_dests
#undef ip_vs_get_services
#undef ip_vs_daemon_user

#ifdef __cplusplus
extern "C" {
#endif

#define MINIMUM_IPVS_VERSION_MAJOR 1
#define MINIMUM_IPVS_VERSION_MINOR 1
#define MINIMUM_IPVS_VERSION_PATCH 4
#define IPVS_VERSION(x, y, z) (((x) << 16) + ((y) << 8) + (z))

/* seconds; used for persistent services that name no timeout */
#define IPVS_SVC_PERSISTENT_TIMEOUT (6 * 60)

#ifndef IP_VS_SVC_F_SCHED_MH_FALLBACK
#define IP_VS_SVC_F_SCHED_MH_FALLBACK IP_VS_SVC_F_SCHED1
#define IP_VS_SVC_F_SCHED_MH_PORT IP_VS_SVC_F_SCHED2
#endif

/* Members called __addr_v4 are copies the library keeps for the socket option interface; set addr. */

struct ip_vs_service_user {
  uint16_t protocol;
  uint32_t __addr_v4;
  uint16_t port;
  uint32_t fwmark;
  char sched_name[IP_VS_SCHEDNAME_MAXLEN];
  unsigned int flags;   /* IP_VS_SVC_F_* */
  unsigned int timeout; /* persistence, seconds */
  uint32_t netmask;
  uint16_t af;
  union nf_inet_addr addr;
  char pe_name[IP_VS_PENAME_MAXLEN + 1];
};

struct ip_vs_dest_user {
  uint32_t __addr_v4;
  uint16_t port;
  unsigned int conn_flags; /* IP_VS_CONN_F_*: the forwarding method */
  int weight;
  uint32_t u_threshold;
  uint32_t l_threshold;
  uint16_t af;
  union nf_inet_addr addr;
  uint16_t tun_type;
  uint16_t tun_port;
  uint16_t tun_flags;
};

/* counters; rates per second, bytes rather than bits */
struct ip_vs_stats64 {
  uint64_t conns;
  uint64_t inpkts;
  uint64_t outpkts;
  uint64_t inbytes;
  uint64_t outbytes;
  uint64_t cps;
  uint64_t inpps;
  uint64_t outpps;
  uint64_t inbps;
  uint64_t outbps;
};

struct ip_vs_service_entry {
  uint16_t protocol;
  uint32_t __addr_v4;
  uint16_t port;
  uint32_t fwmark;
  char sched_name[IP_VS_SCHEDNAME_MAXLEN];
  unsigned int flags;
  unsigned int timeout;
  uint32_t netmask;
  unsigned int num_dests;
  struct ip_vs_stats_user stats; /* stays zero over netlink; see stats64 */
  uint16_t af;
  union nf_inet_addr addr;
  char pe_name[IP_VS_PENAME_MAXLEN + 1];
  struct ip_vs_stats64 stats64;
};

struct ip_vs_dest_entry {
  uint32_t __addr_v4;
  uint16_t port;
  unsigned int conn_flags;
  int weight;
  uint32_t u_threshold;
  uint32_t l_threshold;
  uint32_t activeconns;
  uint32_t inactconns;
  uint32_t persistconns;
  struct ip_vs_stats_user stats; /* stays zero over netlink; see stats64 */
  uint16_t af;
  union nf_inet_addr addr;
  struct ip_vs_stats64 stats64;
  uint16_t tun_type;
  uint16_t tun_port;
  uint16_t tun_flags;
};

struct ip_vs_get_services {
  unsigned int num_services;
  struct ip_vs_service_entry entrytable[];
};

struct ip_vs_get_dests {
  uint16_t protocol;
  uint32_t __addr_v4;
  uint16_t port;
  uint32_t fwmark;
  unsigned int num_dests;
  uint16_t af;
  union nf_inet_addr addr;
  struct ip_vs_dest_entry entrytable[];
};

struct ip_vs_daemon_user {
  int state; /* IP_VS_STATE_*; 0 for an unused element */
  char mcast_ifn[IP_VS_IFNAME_MAXLEN];
  int syncid;
  int sync_maxlen;
  uint16_t mcast_port; /* host byte order */
  uint16_t mcast_ttl;
  uint16_t mcast_af;
  union nf_inet_addr mcast_group;
};

typedef struct ip_vs_service_user ipvs_service_t;
typedef struct ip_vs_dest_user ipvs_dest_t;
typedef struct ip_vs_timeout_user ipvs_timeout_t;
typedef struct ip_vs_daemon_user ipvs_daemon_t;
typedef struct ip_vs_service_entry ipvs_service_entry_t;
typedef struct ip_vs_dest_entry ipvs_dest_entry_t;

/* what the kernel said at the last ipvs_init() or ipvs_getinfo() */
extern struct ip_vs_getinfo ipvs_info;

/* Connects to the kernel. ENOPROTOOPT: no IPVS there; EPERM: not allowed. */
int ipvs_init(void);
int ipvs_getinfo(void);
unsigned int ipvs_version(void);
void ipvs_close(void);

int ipvs_flush(void);
int ipvs_add_service(ipvs_service_t *svc);
/* Replaces all options of the service. */
int ipvs_update_service(ipvs_service_t *svc);
int ipvs_del_service(ipvs_service_t *svc);
/* With fwmark, address and port all zero: everything. */
int ipvs_zero_service(ipvs_service_t *svc);
int ipvs_add_dest(ipvs_service_t *svc, ipvs_dest_t *dest);
/* Replaces all options of the destination. */
int ipvs_update_dest(ipvs_service_t *svc, ipvs_dest_t *dest);
int ipvs_del_dest(ipvs_service_t *svc, ipvs_dest_t *dest);
/* Seconds; 0 keeps the present value. */
int ipvs_set_timeout(ipvs_timeout_t *to);
int ipvs_start_daemon(ipvs_daemon_t *dm);
int ipvs_stop_daemon(ipvs_daemon_t *dm);

/* Kernel order, num_dests filled in. */
struct ip_vs_get_services *ipvs_get_services(void);
typedef int (*ipvs_service_cmp_t)(ipvs_service_entry_t *, ipvs_service_entry_t *);
int ipvs_cmp_services(ipvs_service_entry_t *s1, ipvs_service_entry_t *s2);
void ipvs_sort_services(struct ip_vs_get_services *s, ipvs_service_cmp_t f);

struct ip_vs_get_dests *ipvs_get_dests(ipvs_service_entry_t *svc);
typedef int (*ipvs_dest_cmp_t)(ipvs_dest_entry_t *, ipvs_dest_entry_t *);
int ipvs_cmp_dests(ipvs_dest_entry_t *d1, ipvs_dest_entry_t *d2);
void ipvs_sort_dests(struct ip_vs_get_dests *d, ipvs_dest_cmp_t f);

/* port in network byte order */
ipvs_service_entry_t *ipvs_get_service(uint32_t fwmark, uint16_t af, uint16_t protocol,
                                       union nf_inet_addr addr, uint16_t port);
ipvs_timeout_t *ipvs_get_timeout(void);
/* An array of two; look at state, not at the index. */
ipvs_daemon_t *ipvs_get_daemon(void);

/* The text for an errno left by the last call that can fail in a way of its own. */
const char *ipvs_strerror(int err);

/*
 * Since 1.1 (LIBIPVS_1.1).
 */

/*
 * Why the last call failed, in the words of the kernel or of this library where there are any, else as
 * ipvs_strerror(errno). Never NULL; good until the next call.
 */
const char *ipvs_error_text(void);

/* A connection or template. Given by the library, which may put more behind pe_data_len. */
struct ipvs_connection {
  uint16_t protocol; /* IPPROTO_*; IPPROTO_IP for templates of marks */
  uint16_t af;       /* of client and virtual address */
  uint16_t dest_af;
  uint16_t cport, vport, dport;
  union nf_inet_addr caddr, vaddr, daddr; /* client, virtual, server */
  uint32_t expires;                       /* seconds without a packet until it ends */
  const char *state;                      /* the kernel's word, such as ESTABLISHED */
  const char *pe_name;                    /* persistence engine; NULL for none */
  const char *pe_data;                    /* any bytes, and a NUL behind them */
  size_t pe_data_len;
};

/* Which connections are wanted: what is zero may be anything. An address counts if its family is set. */
struct ipvs_connection_filter {
  size_t size; /* sizeof(struct ipvs_connection_filter) */
  uint16_t protocol;
  uint16_t caf, vaf, daf;
  uint16_t cport, vport, dport;
  union nf_inet_addr caddr, vaddr, daddr;
  const char *state;
};

/*
 * Calls back for each connection as it is read; what it gets is good until it returns. Not 0: no more are wanted, and
 * that is returned. Filter NULL: all. E2BIG: the filter asks for what this library does not know.
 */
typedef int (*ipvs_connection_cb)(const struct ipvs_connection *connection, void *arg);
int ipvs_for_each_connection(const struct ipvs_connection_filter *filter, ipvs_connection_cb visit, void *arg);

/*
 * The whole table in steps that never wait, for programs with an event loop. ipvs_list_begin() asks for it and returns a
 * descriptor for poll(2): when that is readable, ipvs_list_step() takes some of what has come, and returns 1 while there
 * is more to come, 0 when the list is whole. Then ipvs_list_services() returns it, and ipvs_list_dests() the servers of
 * the service with that number in it; ENODATA before. ipvs_list_end() forgets the list and closes the descriptor.
 */
int ipvs_list_begin(void);
int ipvs_list_step(void);
struct ip_vs_get_services *ipvs_list_services(void);
struct ip_vs_get_dests *ipvs_list_dests(unsigned int service);
void ipvs_list_end(void);

/* Of all services together. */
int ipvs_get_totals(struct ip_vs_stats64 *totals);

/* How many packets were dropped for each reason. EOPNOTSUPP: this module does not tell. */
typedef int (*ipvs_drop_cb)(const char *reason, uint64_t packets, void *arg);
int ipvs_for_each_drop(ipvs_drop_cb visit, void *arg);

/* The settings below /proc/sys/net/ipv4/vs. ENOENT: this module has none of that name. */
char *ipvs_get_sysctl(const char *name);
int ipvs_set_sysctl(const char *name, const char *value);
typedef int (*ipvs_sysctl_cb)(const char *name, const char *value, void *arg);
int ipvs_for_each_sysctl(ipvs_sysctl_cb visit, void *arg);

/*
 * Since 1.2 (LIBIPVS_1.2).
 */

/*
 * What the kernel said of the change that the last call made, because it may do other than it seems, such as a server that
 * no client will reach; empty if it said nothing or made none. Never NULL; good until the next call.
 */
const char *ipvs_remark(void);

/*
 * Since 1.3 (LIBIPVS_1.3).
 */

/* What a sync daemon may have that ipvs_daemon_t has no room for. */
struct ipvs_daemon_extra {
  size_t size;                     /* sizeof(struct ipvs_daemon_extra) */
  const void *key;                 /* 16 to 64 bytes that the directors share; NULL for none, and when it is told */
  size_t key_len;
  int has_key;                     /* when it is told; ignored when a daemon is started */
  uint16_t peer_af;                /* of all peers */
  unsigned int num_peers;          /* 0 to 16; with peers there is no group */
  const union nf_inet_addr *peers; /* the other directors */
};

/*
 * As ipvs_start_daemon(), with more; extra NULL: with no more. EOPNOTSUPP: this module knows neither keys nor peers, and the
 * daemon is not started. E2BIG: the structure asks for what this library does not know.
 */
int ipvs_start_daemon_with(ipvs_daemon_t *dm, const struct ipvs_daemon_extra *extra);
/* Of the daemon of that state, in one piece; the key is never told. ESRCH: none runs. */
struct ipvs_daemon_extra *ipvs_get_daemon_extra(int state);

/*
 * What the daemon of that state counts, in the module's words: "messages", "queue", "dropped bad-tag" and more. Not 0: no
 * more are wanted, and that is returned. ESRCH: none runs; EOPNOTSUPP: this module does not tell.
 */
typedef int (*ipvs_sync_figure_cb)(const char *name, uint64_t value, void *arg);
int ipvs_for_each_sync_figure(int state, ipvs_sync_figure_cb visit, void *arg);

/* Another director that a daemon has heard of. Given by the library, which may put more behind entries. */
struct ipvs_sync_peer {
  uint16_t af;
  union nf_inet_addr addr;
  unsigned int thread;  /* of the other one */
  int is_alive;         /* 1, 0; -1 if it never says how often it is to be heard, as those with the kernel's own module */
  uint64_t heard_ms;    /* since its last message, milliseconds */
  uint64_t messages;    /* that came from it */
  uint64_t lost;        /* that did not come; 0 if not known, as the following ones */
  uint64_t lag_ms;      /* how old what it tells is when it comes, beyond what is usual */
  uint64_t queued;      /* messages that wait there */
  uint64_t entries;     /* in its tables */
};
typedef int (*ipvs_sync_peer_cb)(const struct ipvs_sync_peer *peer, void *arg);
int ipvs_for_each_sync_peer(int state, ipvs_sync_peer_cb visit, void *arg);

#ifdef __cplusplus
}
#endif

#endif
