// SPDX-License-Identifier: GPL-2.0-only
/* The registry of schedulers: names to functions. It knows nothing of what they do. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/module.h>
#include "registry.h"
#include "sched/scheduler.h"

IP_VS_REGISTRY(registry, "scheduler", "Scheduler", "ip_vs_");

int ipvs_scheduler_register(const struct ip_vs_scheduler *ops)
{
	if (!ops->name || !*ops->name || strlen(ops->name) >= IP_VS_SCHEDNAME_MAXLEN || !ops->pick ||
	    (ops->data_size && !ops->init)) {
		pr_err("a scheduler without name, pick or init was refused\n");
		return -EINVAL;
	}
	return ip_vs_registry_add(&registry, ops->name, ops->module, ops);
}
EXPORT_SYMBOL_GPL(ipvs_scheduler_register);

void ipvs_scheduler_unregister(const struct ip_vs_scheduler *ops)
{
	ip_vs_registry_remove(&registry, ops->name);
}
EXPORT_SYMBOL_GPL(ipvs_scheduler_unregister);

const struct ip_vs_scheduler *ip_vs_scheduler_get(const char *name, struct ratelimit_state *log)
{
	return ip_vs_registry_get(&registry, name, log);
}

void ip_vs_scheduler_put(const struct ip_vs_scheduler *ops)
{
	module_put(ops->module);
}
