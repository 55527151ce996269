/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a scheduler module offers and how it registers. The functions of a scheduler are called with the
 * service locked against configuration (init, changed) or under RCU, in softirq, on many CPUs at once (pick).
 */
#ifndef IP_VS_SCHED_SCHEDULER_H
#define IP_VS_SCHED_SCHEDULER_H

#include <linux/ip_vs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

struct ip_vs_dest;
struct ip_vs_packet;
struct ip_vs_service;

enum ip_vs_sched_event {
	IP_VS_SCHED_DEST_ADDED,		/* it is in the list */
	IP_VS_SCHED_DEST_EDITED,
	IP_VS_SCHED_DEST_REMOVED,	/* it is out of the list, its list pointers are still valid */
};

/**
 * struct ip_vs_scheduler - the face of a scheduler
 * @name: at most IP_VS_SCHEDNAME_MAXLEN - 1 characters; the module is ip_vs_<name>
 * @data_size: bytes of state for a service, zeroed before @init; may be 0
 * @init: build the state from the destinations there are; may be NULL without state
 * @changed: a destination came, went or was edited; may be NULL
 * @pick: choose a destination or return NULL. It must not sleep and takes no lock but svc->sched_lock.
 *	  Mandatory. When it returns NULL the core tells the administrator.
 */
struct ip_vs_scheduler {
	const char *name;
	struct module *module;
	size_t data_size;
	void (*init)(struct ip_vs_service *svc, void *data);
	void (*changed)(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
			enum ip_vs_sched_event event);
	struct ip_vs_dest *(*pick)(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt);
};

/* 0, EINVAL for ops without name or pick, EEXIST, ENOMEM. */
int ipvs_scheduler_register(const struct ip_vs_scheduler *ops);
void ipvs_scheduler_unregister(const struct ip_vs_scheduler *ops);

/**
 * ip_vs_scheduler_get() - find a scheduler, load its module if need be, and hold it
 *
 * May sleep. Returns NULL if there is none of that name.
 */
const struct ip_vs_scheduler *ip_vs_scheduler_get(const char *name);
void ip_vs_scheduler_put(const struct ip_vs_scheduler *ops);

/* A whole scheduler module but for its functions. */
#define IP_VS_SCHEDULER_MODULE(ops, text)                                                          \
	static int __init ops##_module_init(void)                                                  \
	{                                                                                          \
		return ipvs_scheduler_register(&(ops));                                            \
	}                                                                                          \
	static void __exit ops##_module_exit(void)                                                 \
	{                                                                                          \
		ipvs_scheduler_unregister(&(ops));                                                 \
	}                                                                                          \
	module_init(ops##_module_init);                                                            \
	module_exit(ops##_module_exit);                                                            \
	MODULE_LICENSE("GPL");                                                                     \
	MODULE_DESCRIPTION(text)

#endif
