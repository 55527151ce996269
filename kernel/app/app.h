/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers for protocols that carry addresses in their payload, or announce connections there. What a helper's module
 * offers, and the ports it is registered for. Its functions are called under RCU, in softirq or with it disabled, on
 * many CPUs at once. Source: spec/apps.md, section 1.
 */
#ifndef IP_VS_APP_APP_H
#define IP_VS_APP_APP_H

#include <linux/module.h>
#include <linux/rculist.h>
#include "netns.h"

struct ip_vs_conn;
struct ip_vs_packet;
struct seq_file;

/**
 * struct ip_vs_app - the face of a helper
 * @name: in listings
 * @protocol: IPPROTO_TCP: there are no others yet
 * @conn_flags: what its connections have besides: IP_VS_CONN_F_NFCT, or nothing
 * @from_client: a packet before it is translated, with a right checksum. False = it must not go on. Mandatory, as is
 * @from_server: the same of the other direction
 */
struct ip_vs_app {
	const char *name;
	struct module *module;
	u8 protocol;
	u32 conn_flags;
	bool (*from_client)(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);
	bool (*from_server)(struct ip_vs_packet *pkt, struct ip_vs_conn *cp);
};

/* One port of a helper; it is the same in all namespaces. */
struct ip_vs_app_port {
	struct list_head node;	/* newest first; RCU */
	const struct ip_vs_app *app;
	__be16 port;
};

/* 0, EINVAL for a helper without all of its face, EEXIST, ENOSPC. What is 0 of @ports is left out. */
int ipvs_app_register(const struct ip_vs_app *app, const u16 *ports, unsigned int num_ports);

/* No connection has it any more: each holds the helper's module. */
void ipvs_app_unregister(const struct ip_vs_app *app);

extern bool ip_vs_apps_exist;

/* The helper for connections to a virtual port, with its module held; NULL if there is none. Under RCU. */
const struct ip_vs_app_port *ip_vs_app_get_registered(struct ip_vs_net *ipvs, u8 protocol, __be16 port);

static inline const struct ip_vs_app_port *ip_vs_app_get(struct ip_vs_net *ipvs, u8 protocol, __be16 port)
{
	return likely(!READ_ONCE(ip_vs_apps_exist)) ? NULL : ip_vs_app_get_registered(ipvs, protocol, port);
}

void ip_vs_app_put(struct ip_vs_net *ipvs, const struct ip_vs_app_port *port);

/* The rows of /proc/net/ip_vs_app. */
void ip_vs_app_show(struct seq_file *seq, struct ip_vs_net *ipvs);

#endif
