// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of helpers. It is one for all namespaces, as the modules are; each namespace counts the connections it
 * has of them. Whoever finds a port under RCU may hold the helper's module, which then keeps the port where it is.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/in.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include "app/app.h"

/* Changes of the list, and which of the places are taken. */
static DEFINE_MUTEX(mutex);
static LIST_HEAD(list);
static struct ip_vs_app_port places[IP_VS_APP_PORTS];

/* Without helpers new connections need not look for any. */
bool ip_vs_apps_exist __read_mostly;

static struct ip_vs_app_port *find(u8 protocol, __be16 port)
{
	struct ip_vs_app_port *p;

	list_for_each_entry_rcu(p, &list, node, lockdep_is_held(&mutex))
		if (p->port == port && p->app->protocol == protocol)
			return p;
	return NULL;
}

static struct ip_vs_app_port *free_place(void)
{
	int i;

	for (i = 0; i < IP_VS_APP_PORTS; i++)
		if (!places[i].app)
			return &places[i];
	return NULL;
}

static int add_port(const struct ip_vs_app *app, __be16 port)
{
	struct ip_vs_app_port *p;

	if (find(app->protocol, port)) {
		pr_err("[%s] port %u has a helper already\n", app->name, ntohs(port));
		return -EEXIST;
	}
	p = free_place();
	if (!p) {
		pr_err("[%s] there are %d ports with helpers already\n", app->name, IP_VS_APP_PORTS);
		return -ENOSPC;
	}
	p->app = app;
	p->port = port;
	list_add_rcu(&p->node, &list);
	return 0;
}

static void remove_ports(const struct ip_vs_app *app)
{
	int i;

	lockdep_assert_held(&mutex);
	for (i = 0; i < IP_VS_APP_PORTS; i++)
		if (places[i].app == app)
			list_del_rcu(&places[i].node);
	WRITE_ONCE(ip_vs_apps_exist, !list_empty(&list));
	synchronize_rcu();
	for (i = 0; i < IP_VS_APP_PORTS; i++)
		if (places[i].app == app)
			places[i].app = NULL;
}

static bool is_registered(const char *name)
{
	const struct ip_vs_app_port *p;

	list_for_each_entry(p, &list, node)
		if (!strcmp(p->app->name, name))
			return true;
	return false;
}

int ipvs_app_register(const struct ip_vs_app *app, const u16 *ports, unsigned int num_ports)
{
	unsigned int i;
	int err = 0;

	if (!app->name || !*app->name || app->protocol != IPPROTO_TCP || !app->from_client || !app->from_server) {
		pr_err("a protocol helper without name or functions was refused\n");
		return -EINVAL;
	}
	mutex_lock(&mutex);
	if (is_registered(app->name)) {
		pr_err("[%s] helper already registered.\n", app->name);
		err = -EEXIST;
	}
	for (i = 0; i < num_ports && !err; i++)
		if (ports[i])
			err = add_port(app, htons(ports[i]));
	if (i && err)
		remove_ports(app);
	WRITE_ONCE(ip_vs_apps_exist, !list_empty(&list));
	mutex_unlock(&mutex);
	return err;
}
EXPORT_SYMBOL_GPL(ipvs_app_register);

void ipvs_app_unregister(const struct ip_vs_app *app)
{
	mutex_lock(&mutex);
	remove_ports(app);
	mutex_unlock(&mutex);
}
EXPORT_SYMBOL_GPL(ipvs_app_unregister);

const struct ip_vs_app_port *ip_vs_app_get_registered(struct ip_vs_net *ipvs, u8 protocol, __be16 port)
{
	struct ip_vs_app_port *p = find(protocol, port);

	if (!p || !try_module_get(p->app->module))
		return NULL;
	atomic_inc(&ipvs->app_users[p - places]);
	return p;
}

void ip_vs_app_put(struct ip_vs_net *ipvs, const struct ip_vs_app_port *port)
{
	atomic_dec(&ipvs->app_users[port - places]);
	module_put(port->app->module);
}

void ip_vs_app_show(struct seq_file *seq, struct ip_vs_net *ipvs)
{
	const struct ip_vs_app_port *p;

	rcu_read_lock();
	list_for_each_entry_rcu(p, &list, node)
		seq_printf(seq, "TCP  %-7u %-6d %-17s\n", ntohs(p->port), atomic_read(&ipvs->app_users[p - places]),
			   p->app->name);
	rcu_read_unlock();
}
