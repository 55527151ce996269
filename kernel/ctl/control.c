// SPDX-License-Identifier: GPL-2.0-only
#include "core/tcp_state.h"
#include "ctl/control.h"
#include "path/path.h"
#include "pe/engine.h"
#include "sched/scheduler.h"
#include "sync/sync.h"

void ip_vs_control_changed(struct ip_vs_net *ipvs)
{
	lockdep_assert_held(&ipvs->mutex);
	if (!++ipvs->generation)
		ipvs->generation = 1;
}

void ip_vs_control_put_modules(const struct ip_vs_scheduler *sched, const struct ip_vs_engine *engine)
{
	if (sched)
		ip_vs_scheduler_put(sched);
	ip_vs_engine_put(engine);
}

int ip_vs_control_get_modules(struct ip_vs_net *ipvs, const char *sched_name, const char *engine_name,
			      const struct ip_vs_scheduler **sched, const struct ip_vs_engine **engine,
			      struct netlink_ext_ack *extack)
{
	*sched = NULL;
	*engine = NULL;
	if (strcmp(sched_name, "none")) {
		*sched = ip_vs_scheduler_get(sched_name, &ipvs->log);
		if (!*sched) {
			NL_SET_ERR_MSG(extack, "there is no scheduler of that name");
			return -ENOENT;
		}
	}
	if (*engine_name) {
		*engine = ip_vs_engine_get(engine_name, &ipvs->log);
		if (!*engine) {
			ip_vs_control_put_modules(*sched, NULL);
			*sched = NULL;
			NL_SET_ERR_MSG(extack, "there is no persistence engine of that name");
			return -ENOENT;
		}
	}
	return 0;
}

/* It is to be there, or not. */
static int check_existence(const struct ip_vs_service *svc, bool is_new, struct netlink_ext_ack *extack)
{
	if (is_new && svc) {
		NL_SET_ERR_MSG(extack, "this virtual service already exists");
		return -EEXIST;
	}
	if (!is_new && !svc) {
		NL_SET_ERR_MSG(extack, "there is no such virtual service");
		return -ESRCH;
	}
	return 0;
}

static int add_service(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
		       const struct ip_vs_service_options *opt, const struct ip_vs_scheduler *sched,
		       struct netlink_ext_ack *extack)
{
	int err = ip_vs_hooks_start(ipvs, key->af, extack);

	if (!err)
		err = ip_vs_service_add(ipvs, key, opt, sched, extack);
	if (err)
		ip_vs_hooks_trim(ipvs);
	return err;
}

/* Modules are loaded without the mutex. */
int ip_vs_control_change_service(struct ip_vs_net *ipvs, const struct ip_vs_service_key *key,
				 struct ip_vs_service_options *opt, const char *sched_name,
				 const char *engine_name, bool is_new, struct netlink_ext_ack *extack)
{
	const struct ip_vs_scheduler *sched;
	struct ip_vs_service *svc;
	int err;

	mutex_lock(&ipvs->mutex);
	err = check_existence(ip_vs_service_get(ipvs, key), is_new, extack);
	mutex_unlock(&ipvs->mutex);
	if (!err)
		err = ip_vs_control_get_modules(ipvs, sched_name, engine_name, &sched, &opt->engine, extack);
	if (err)
		return err;

	mutex_lock(&ipvs->mutex);
	svc = ip_vs_service_get(ipvs, key);
	err = check_existence(svc, is_new, extack);
	if (!err)
		err = is_new ? add_service(ipvs, key, opt, sched, extack) :
			       ip_vs_service_edit(svc, opt, sched, extack);
	if (!err)
		ip_vs_control_changed(ipvs);
	mutex_unlock(&ipvs->mutex);
	if (err)
		ip_vs_control_put_modules(sched, opt->engine);
	return err;
}

void ip_vs_control_delete_service(struct ip_vs_service *svc)
{
	struct ip_vs_net *ipvs = svc->ipvs;

	ip_vs_service_delete(svc);
	ip_vs_hooks_trim(ipvs);
	ip_vs_control_changed(ipvs);
}

void ip_vs_control_flush(struct ip_vs_net *ipvs)
{
	mutex_lock(&ipvs->mutex);
	ip_vs_service_flush(ipvs);
	ip_vs_hooks_trim(ipvs);
	ip_vs_control_changed(ipvs);
	mutex_unlock(&ipvs->mutex);
}

void ip_vs_control_zero_all(struct ip_vs_net *ipvs)
{
	mutex_lock(&ipvs->mutex);
	ip_vs_stats_zero_all(ipvs);
	mutex_unlock(&ipvs->mutex);
}

/* A server of the other family needs something of that family in the namespace. */
int ip_vs_control_add_dest(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
			   const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack)
{
	bool is_foreign = key->af != svc->key.af;
	int err = is_foreign ? ip_vs_hooks_start_tunnels(svc->ipvs, key->af, extack) : 0;

	if (err)
		return err;
	err = ip_vs_dest_add(svc, key, opt, extack);
	if (!err) {
		ip_vs_control_changed(svc->ipvs);
		ip_vs_sync_servers_added(svc->ipvs);
	} else if (is_foreign) {
		ip_vs_hooks_trim(svc->ipvs);
	}
	return err;
}

int ip_vs_control_delete_dest(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
			      struct netlink_ext_ack *extack)
{
	int err = ip_vs_dest_delete(svc, key, extack);

	ip_vs_hooks_trim(svc->ipvs);
	if (!err)
		ip_vs_control_changed(svc->ipvs);
	return err;
}

int ip_vs_control_edit_dest(struct ip_vs_service *svc, const struct ip_vs_dest_key *key,
			    const struct ip_vs_dest_options *opt, struct netlink_ext_ack *extack)
{
	int err = ip_vs_dest_edit(svc, key, opt, extack);

	if (!err)
		ip_vs_control_changed(svc->ipvs);
	return err;
}

bool ip_vs_timeouts_are_valid(const struct ip_vs_timeouts *seconds)
{
	return seconds->tcp <= INT_MAX / HZ && seconds->tcp_fin <= INT_MAX / HZ && seconds->udp <= INT_MAX / HZ;
}

static void set_timeout(u32 *timeout, u32 seconds)
{
	if (seconds)
		WRITE_ONCE(*timeout, seconds * HZ);
}

void ip_vs_timeouts_set(struct ip_vs_net *ipvs, const struct ip_vs_timeouts *seconds)
{
	lockdep_assert_held(&ipvs->mutex);
	set_timeout(&ipvs->tcp_timeouts[IP_VS_TCP_ESTABLISHED], seconds->tcp);
	set_timeout(&ipvs->tcp_timeouts[IP_VS_TCP_FIN_WAIT], seconds->tcp_fin);
	set_timeout(&ipvs->udp_timeout, seconds->udp);
}

struct ip_vs_timeouts ip_vs_timeouts_get(const struct ip_vs_net *ipvs)
{
	return (struct ip_vs_timeouts){
		.tcp = READ_ONCE(ipvs->tcp_timeouts[IP_VS_TCP_ESTABLISHED]) / HZ,
		.tcp_fin = READ_ONCE(ipvs->tcp_timeouts[IP_VS_TCP_FIN_WAIT]) / HZ,
		.udp = READ_ONCE(ipvs->udp_timeout) / HZ,
	};
}
