// SPDX-License-Identifier: GPL-2.0-only
/* The registry of schedulers: names to functions. It knows nothing of what they do. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/kmod.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "sched/scheduler.h"

struct registration {
	struct list_head node;
	const struct ip_vs_scheduler *ops;
};

static LIST_HEAD(registrations);
static DEFINE_MUTEX(registrations_mutex);

static struct registration *find(const char *name)
{
	struct registration *reg;

	lockdep_assert_held(&registrations_mutex);
	list_for_each_entry(reg, &registrations, node)
		if (!strcmp(reg->ops->name, name))
			return reg;
	return NULL;
}

int ipvs_scheduler_register(const struct ip_vs_scheduler *ops)
{
	struct registration *reg;

	if (!ops->name || !*ops->name || strlen(ops->name) >= IP_VS_SCHEDNAME_MAXLEN || !ops->pick ||
	    (ops->data_size && !ops->init)) {
		pr_err("a scheduler without name, pick or init was refused\n");
		return -EINVAL;
	}
	reg = kmalloc(sizeof(*reg), GFP_KERNEL);
	if (!reg)
		return -ENOMEM;
	reg->ops = ops;

	mutex_lock(&registrations_mutex);
	if (find(ops->name)) {
		mutex_unlock(&registrations_mutex);
		kfree(reg);
		pr_err("[%s] scheduler already registered.\n", ops->name);
		return -EEXIST;
	}
	list_add(&reg->node, &registrations);
	mutex_unlock(&registrations_mutex);
	pr_info("[%s] scheduler registered.\n", ops->name);
	return 0;
}
EXPORT_SYMBOL_GPL(ipvs_scheduler_register);

void ipvs_scheduler_unregister(const struct ip_vs_scheduler *ops)
{
	struct registration *reg;

	mutex_lock(&registrations_mutex);
	reg = find(ops->name);
	if (reg)
		list_del(&reg->node);
	mutex_unlock(&registrations_mutex);
	kfree(reg);
	/* A service gives its scheduler up at once; a packet may be in it until now. */
	synchronize_rcu();
	pr_info("[%s] scheduler unregistered.\n", ops->name);
}
EXPORT_SYMBOL_GPL(ipvs_scheduler_unregister);

static const struct ip_vs_scheduler *get_registered(const char *name)
{
	const struct ip_vs_scheduler *ops = NULL;
	struct registration *reg;

	mutex_lock(&registrations_mutex);
	reg = find(name);
	if (reg && try_module_get(reg->ops->module))
		ops = reg->ops;
	mutex_unlock(&registrations_mutex);
	return ops;
}

const struct ip_vs_scheduler *ip_vs_scheduler_get(const char *name)
{
	const struct ip_vs_scheduler *ops = get_registered(name);

	if (!ops) {
		request_module("ip_vs_%s", name);
		ops = get_registered(name);
	}
	if (!ops)
		pr_info("Scheduler module ip_vs_%s not found\n", name);
	return ops;
}

void ip_vs_scheduler_put(const struct ip_vs_scheduler *ops)
{
	module_put(ops->module);
}
