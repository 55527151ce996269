// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "registry.h"

struct registration {
	struct list_head node;
	const char *name;
	struct module *module;
	const void *ops;
};

static struct registration *find(struct ip_vs_registry *registry, const char *name)
{
	struct registration *reg;

	lockdep_assert_held(&registry->mutex);
	list_for_each_entry(reg, &registry->list, node)
		if (!strcmp(reg->name, name))
			return reg;
	return NULL;
}

int ip_vs_registry_add(struct ip_vs_registry *registry, const char *name, struct module *module, const void *ops)
{
	struct registration *reg = kmalloc(sizeof(*reg), GFP_KERNEL);

	if (!reg)
		return -ENOMEM;
	*reg = (struct registration){ .name = name, .module = module, .ops = ops };

	mutex_lock(&registry->mutex);
	if (find(registry, name)) {
		mutex_unlock(&registry->mutex);
		kfree(reg);
		pr_err("[%s] %s already registered.\n", name, registry->kind);
		return -EEXIST;
	}
	list_add(&reg->node, &registry->list);
	mutex_unlock(&registry->mutex);
	pr_info("[%s] %s registered.\n", name, registry->kind);
	return 0;
}

void ip_vs_registry_remove(struct ip_vs_registry *registry, const char *name)
{
	struct registration *reg;

	mutex_lock(&registry->mutex);
	reg = find(registry, name);
	if (reg)
		list_del(&reg->node);
	mutex_unlock(&registry->mutex);
	kfree(reg);
	/* A service gives it up at once; a packet may be in it until now. */
	synchronize_rcu();
	pr_info("[%s] %s unregistered.\n", name, registry->kind);
}

const void *ip_vs_registry_get_present(struct ip_vs_registry *registry, const char *name)
{
	struct registration *reg;
	const void *ops = NULL;

	mutex_lock(&registry->mutex);
	reg = find(registry, name);
	if (reg && try_module_get(reg->module))
		ops = reg->ops;
	mutex_unlock(&registry->mutex);
	return ops;
}

const void *ip_vs_registry_get(struct ip_vs_registry *registry, const char *name, struct ratelimit_state *log)
{
	const void *ops = ip_vs_registry_get_present(registry, name);

	if (!ops) {
		request_module("%s%s", registry->prefix, name);
		ops = ip_vs_registry_get_present(registry, name);
	}
	/* The name is whatever a user has written, the root of a container too. */
	if (!ops && __ratelimit(log))
		pr_info("%s module %s%*pE not found\n", registry->title, registry->prefix, (int)strlen(name), name);
	return ops;
}
