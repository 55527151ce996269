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
 * Ports, IPv4 addresses and IPv4 netmasks are in network byte order, an IPv6 "netmask" is a prefix length and,
 * like everything else, in host byte order.
 */
#ifndef LIBIPVS_H
#define LIBIPVS_H

#include <netinet/in.h>
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

#ifdef __cplusplus
}
#endif

#endif
