/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synchronisation of connections between directors: what the packet's path, the control interfaces and the end of a
 * namespace need of it. A master daemon tells others of connections, a backup daemon makes entries of what it hears.
 * Source: spec/sync.md.
 */
#ifndef IP_VS_SYNC_SYNC_H
#define IP_VS_SYNC_SYNC_H

#include <linux/ip_vs.h>
#include <linux/jump_label.h>
#include <linux/netfilter.h>
#include "conn/conn.h"
#include "core/sync_rule.h"
#include "netns.h"

struct netlink_ext_ack;
struct seq_file;

#define IP_VS_SYNC_PEERS_MAX 16

/**
 * struct ip_vs_sync_config - how a daemon is to run; 0 = the default
 * @interface: name of the one that messages go out of or come in by
 * @sync_id: marks the messages of directors that belong together
 * @maxlen: longest message, without headers of IP and UDP
 * @af: of @group and @peers, AF_UNSPEC = the default group
 * @group: multicast address; without peers
 * @peers: directors to send to, or to hear, one by one; @num_peers of them
 * @port: of the first thread; the next ones have the next
 * @ttl: or hop limit
 * @key: shared with the other directors, @key_len bytes; when it starts only
 */
struct ip_vs_sync_config {
	char interface[IP_VS_IFNAME_MAXLEN];
	u32 sync_id;
	u16 maxlen;
	u16 af;
	union nf_inet_addr group;
	union nf_inet_addr peers[IP_VS_SYNC_PEERS_MAX];
	u8 num_peers;
	u16 port;
	u8 ttl;
	u8 key_len;	/* 0 = none */
	const u8 *key;
};

#define IP_VS_SYNC_KEY_MIN 16
#define IP_VS_SYNC_KEY_MAX 64

/**
 * ip_vs_sync_start() - start a daemon
 * @state: IP_VS_STATE_MASTER or IP_VS_STATE_BACKUP
 *
 * When it returns 0 the threads are there and the sockets open. 0 or an errno with a text in @extack: EINVAL, ERANGE,
 * ENOPROTOOPT, ENODEV, EEXIST, ENOMEM, EINTR, and what sockets say. May sleep; neither the configuration mutex nor
 * rtnl is held. The same for the next one.
 */
int ip_vs_sync_start(struct ip_vs_net *ipvs, u32 state, const struct ip_vs_sync_config *config,
		     struct netlink_ext_ack *extack);

/* EINVAL, ESRCH. On return threads have ended and sockets are closed; what was not sent is lost. */
int ip_vs_sync_stop(struct ip_vs_net *ipvs, u32 state, struct netlink_ext_ack *extack);

/* The values in effect; false if none of that role runs. May sleep. */
bool ip_vs_sync_get(struct ip_vs_net *ipvs, enum ip_vs_sync_role role, struct ip_vs_sync_config *config);

/* Everything that is known of the daemons, a line each. Takes no mutex: anybody may read it. */
void ip_vs_sync_show(struct seq_file *seq, struct ip_vs_net *ipvs);

/* Sysctls that say what is told have new values. May sleep. */
void ip_vs_sync_rule_changed(struct ip_vs_net *ipvs);

/* Servers have been added: those of unbound entries may be among them. */
void ip_vs_sync_servers_added(struct ip_vs_net *ipvs);

/* Does a master, or a backup, run anywhere? */
DECLARE_STATIC_KEY_FALSE(ip_vs_sync_masters);
DECLARE_STATIC_KEY_FALSE(ip_vs_sync_backups);

/* The rest of ip_vs_sync_packet(). */
unsigned int ip_vs_sync_consider(struct ip_vs_conn *cp, const struct ip_vs_sync_rule *rule, unsigned int verdict);

/*
 * A client's packet of @cp has been sent on. Under RCU, with what was of the packet gone. Returns @verdict: so nothing
 * need be kept across a call.
 */
static __always_inline unsigned int ip_vs_sync_packet(struct ip_vs_conn *cp, unsigned int verdict)
{
	const struct ip_vs_sync_rule *rule = rcu_dereference(cp->ipvs->sync.rule);
	u32 packets = READ_ONCE(cp->in_pkts);

	if (!rule || (likely(!cp->control) &&
		      likely(ip_vs_sync_is_quiet(rule, packets, READ_ONCE(cp->state), READ_ONCE(cp->told_state)))))
		return verdict;
	return ip_vs_sync_consider(cp, rule, verdict);
}

/* The same for a connection of one packet, which is never told itself. */
void ip_vs_sync_one_packet(const struct ip_vs_conn *cp);

/* Does the namespace leave its packets alone, because another director has them? */
static __always_inline bool ip_vs_sync_is_asleep(const struct ip_vs_net *ipvs)
{
	return static_branch_unlikely(&ip_vs_sync_backups) && READ_ONCE(ipvs->sysctl.backup_only) &&
	       rcu_access_pointer(ipvs->sync.daemons[IP_VS_SYNC_BACKUP]);
}

void ip_vs_sync_init(struct ip_vs_net *ipvs);
void ip_vs_sync_close(struct ip_vs_net *ipvs); /* the namespace ends; packets may still come */
void ip_vs_sync_uninit(struct ip_vs_net *ipvs); /* none come any more; before connections are flushed */

int ip_vs_sync_module_init(void); /* ENOMEM */
void ip_vs_sync_module_exit(void);

#endif
