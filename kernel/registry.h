/* SPDX-License-Identifier: GPL-2.0-only */
/* What other modules bring along, by name: schedulers, persistence engines. Loads the module if need be. */
#ifndef IP_VS_REGISTRY_H
#define IP_VS_REGISTRY_H

#include <linux/list.h>
#include <linux/mutex.h>

struct module;
struct ratelimit_state;

/**
 * struct ip_vs_registry - one kind of them
 * @kind: in messages about one that comes or goes
 * @title: in messages about one that was looked for
 * @prefix: of the names of their modules
 */
struct ip_vs_registry {
	const char *kind;
	const char *title;
	const char *prefix;
	struct list_head list;
	struct mutex mutex;
};

#define IP_VS_REGISTRY(registry, kind_, title_, prefix_)                                           \
	static struct ip_vs_registry registry = {                                                  \
		.kind = kind_,                                                                     \
		.title = title_,                                                                   \
		.prefix = prefix_,                                                                 \
		.list = LIST_HEAD_INIT(registry.list),                                             \
		.mutex = __MUTEX_INITIALIZER(registry.mutex),                                      \
	}

/**
 * ip_vs_registry_add() - @ops can be had by @name from now on
 * @module: is held by whoever has it
 *
 * EEXIST, ENOMEM.
 */
int ip_vs_registry_add(struct ip_vs_registry *registry, const char *name, struct module *module, const void *ops);

/* Nobody has it any more; returns when no packet is in it either. */
void ip_vs_registry_remove(struct ip_vs_registry *registry, const char *name);

/* Its ops, with its module held; NULL if there is none and none could be loaded, and a line within @log's limit. May sleep. */
const void *ip_vs_registry_get(struct ip_vs_registry *registry, const char *name, struct ratelimit_state *log);

/* The same of what is there already: nothing is loaded, or said. May sleep. */
const void *ip_vs_registry_get_present(struct ip_vs_registry *registry, const char *name);

#endif
