/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What netlink and the socket options have in common: a change with all that belongs to it, such as hooks and
 * modules. They take the configuration mutex themselves. Errors have a text in @extack, which may be NULL.
 */
#ifndef IP_VS_CTL_CONTROL_H
#define IP_VS_CTL_CONTROL_H

#include "netns.h"
#include "svc/dest.h"
#include "svc/service.h"

/*
 * The scheduler and the persistence engine of these names, loaded if need be; held. "none" means no scheduler,
 * the empty string no engine. Without the mutex. ENOENT.
 */
int ip_vs_control_get_modules(struct ip_vs_net *ipvs, const char *sched_name, const char *engine_name,
			      const struct ip_vs_scheduler **sched, const struct ip_vs_engine **engine,
			      struct netlink_ext_ack *extack);
void ip_vs_control_put_modules(const struct ip_vs_scheduler *sched, const struct ip_vs_engine *engine);

/* @opt without engine. EEXIST, ESRCH, ENOENT, and what adding or editing a service says. */
int ip_vs_control_change_service(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
				 struct ip_vs_service_options *opt, const char *sched_name,
				 const char *engine_name, bool is_new, struct netlink_ext_ack *extack);
void ip_vs_control_delete_service(struct ip_vs_service *svc); /* under the mutex */
void ip_vs_control_flush(struct ip_vs_net *ipvs);
void ip_vs_control_zero_all(struct ip_vs_net *ipvs);

/* Under the mutex. */
int ip_vs_control_add_dest(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
			   const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack);
int ip_vs_control_delete_dest(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
			      struct netlink_ext_ack *extack);

int ip_vs_control_edit_dest(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
			    const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack);

/* Services or servers have changed: dumps that are under way will say so. Under the mutex. */
void ip_vs_control_changed(struct ip_vs_net *ipvs);

/* In seconds, of TCP connections, of those after a FIN, of UDP; when they are set 0 keeps. */
struct ip_vs_timeouts {
	u32 tcp;
	u32 tcp_fin;
	u32 udp;
};

bool ip_vs_timeouts_are_valid(const struct ip_vs_timeouts *seconds);
void ip_vs_timeouts_set(struct ip_vs_net *ipvs, const struct ip_vs_timeouts *seconds); /* under the mutex */
struct ip_vs_timeouts ip_vs_timeouts_get(const struct ip_vs_net *ipvs);

#endif
