/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a scheduler module offers and how it registers. The functions of a scheduler are called with the
 * service locked against configuration (init, exit, changed) or under RCU, in softirq, on many CPUs at once
 * (pick).
 */
#ifndef IP_VS_SCHED_SCHEDULER_H
#define IP_VS_SCHED_SCHEDULER_H

#include <linux/ip_vs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

struct ratelimit_state;
struct ip_vs_dest;
struct ip_vs_packet;
struct ip_vs_service;

enum ip_vs_sched_event {
	IP_VS_SCHED_DEST_ADDED,		/* it is in the list */
	IP_VS_SCHED_DEST_EDITED,
	IP_VS_SCHED_DEST_REMOVED,	/* it is out of the list, its list pointers are still valid */
	IP_VS_SCHED_DESTS_CHANGED,	/* any number of the above; dest is NULL */
};

/* What a scheduler has to say of destinations that it takes, but not as one might expect. The words are the core's. */
enum ip_vs_sched_remark {
	IP_VS_SCHED_NO_REMARK,
	IP_VS_SCHED_REFUSES_CLIENTS,	/* a client that is led to a quiesced destination gets no other one */
	IP_VS_SCHED_LACKS_ROOM,		/* the last ones in the list get less than their share */
};

/**
 * struct ip_vs_scheduler - the face of a scheduler
 * @name: at most IP_VS_SCHEDNAME_MAXLEN - 1 characters; the module is ip_vs_<name>
 * @tells_overload: when it has no destination because all are overloaded, say so in the log
 * @max_dests: it cannot take over a service with more destinations; 0 = no limit. When more come later, one by one, it
 *	       serves the newest; the user is told.
 * @data_size: bytes of state for a service, zeroed before @init and freed after @exit; may be 0
 * @init: build the state from the destinations there are; may be NULL without state. 0 or a negative errno;
 *	  then the service stays with the scheduler it has. The user's text is the core's: one in the module
 *	  might be gone before the user reads it.
 * @begin: the service has it from now on, with the destinations there are; may be NULL. It cannot fail. Until then @init must
 *	   not touch them: another scheduler has them, and may keep them.
 * @exit: no packet comes in any more, but some may still be in @pick: stop what runs by itself, and free after
 *	  a grace period; may sleep. May be NULL.
 * @changed: a destination came, went or was edited, or, once for all of a batch, any number of them; may be NULL. It
 *	     cannot fail: without memory the state must at least know no destination that has gone, which is what
 *	     ip_vs_dest_is_in_trash() says.
 * @remark: what there is to say after destinations or flags of the service have changed: of one of them, or, if dest is
 *	    NULL, of all; may be NULL
 * @pick: choose a destination or return NULL. It must not sleep and takes no lock but svc->sched_lock.
 *	  Mandatory. When it returns NULL the core tells the administrator.
 */
struct ip_vs_scheduler {
	const char *name;
	struct module *module;
	bool tells_overload;
	unsigned int max_dests;
	size_t data_size;
	int (*init)(struct ip_vs_service *svc, void *data);
	void (*begin)(struct ip_vs_service *svc, void *data);
	void (*exit)(struct ip_vs_service *svc, void *data);
	void (*changed)(struct ip_vs_service *svc, void *data, struct ip_vs_dest *dest,
			enum ip_vs_sched_event event);
	enum ip_vs_sched_remark (*remark)(const struct ip_vs_service *svc, const struct ip_vs_dest *dest);
	struct ip_vs_dest *(*pick)(struct ip_vs_service *svc, void *data, const struct ip_vs_packet *pkt);
};

/* 0, EINVAL for ops without name or pick, EEXIST, ENOMEM. */
int ipvs_scheduler_register(const struct ip_vs_scheduler *ops);
void ipvs_scheduler_unregister(const struct ip_vs_scheduler *ops);

/**
 * ip_vs_scheduler_get() - find a scheduler, load its module if need be, and hold it
 *
 * May sleep. Returns NULL if there is none of that name; then the log has a line, within the limit of @log.
 */
const struct ip_vs_scheduler *ip_vs_scheduler_get(const char *name, struct ratelimit_state *log);
void ip_vs_scheduler_put(const struct ip_vs_scheduler *ops);

/*
 * A whole scheduler module but for its functions. The second form has state in every network namespace. DKMS
 * puts no module in the place of one of the kernel's unless it has a version that the other has not.
 */
#define IP_VS_SCHEDULER_MODULE(ops, text) IP_VS_SCHEDULER_MODULE_CLEANUP(ops, (void)0, text)

/* @cleanup: an expression for the end of the module's exit. No service has the scheduler then, and no packet is in it. */
#define IP_VS_SCHEDULER_MODULE_CLEANUP(ops, cleanup, text)                                         \
	static int __init ops##_module_init(void)                                                  \
	{                                                                                          \
		return ipvs_scheduler_register(&(ops));                                            \
	}                                                                                          \
	static void __exit ops##_module_exit(void)                                                 \
	{                                                                                          \
		ipvs_scheduler_unregister(&(ops));                                                 \
		cleanup;                                                                           \
	}                                                                                          \
	module_init(ops##_module_init);                                                            \
	module_exit(ops##_module_exit);                                                            \
	MODULE_LICENSE("GPL");                                                                     \
	MODULE_VERSION(IP_VS_RELEASE);                                                             \
	MODULE_DESCRIPTION(text)

#define IP_VS_SCHEDULER_MODULE_PERNET(ops, pernet_ops, text)                                       \
	static int __init ops##_module_init(void)                                                  \
	{                                                                                          \
		int err = register_pernet_subsys(&(pernet_ops));                                   \
                                                                                                   \
		if (err)                                                                           \
			return err;                                                                \
		err = ipvs_scheduler_register(&(ops));                                             \
		if (err)                                                                           \
			unregister_pernet_subsys(&(pernet_ops));                                   \
		return err;                                                                        \
	}                                                                                          \
	static void __exit ops##_module_exit(void)                                                 \
	{                                                                                          \
		ipvs_scheduler_unregister(&(ops));                                                 \
		unregister_pernet_subsys(&(pernet_ops));                                           \
	}                                                                                          \
	module_init(ops##_module_init);                                                            \
	module_exit(ops##_module_exit);                                                            \
	MODULE_LICENSE("GPL");                                                                     \
	MODULE_VERSION(IP_VS_RELEASE);                                                             \
	MODULE_DESCRIPTION(text)

#endif
