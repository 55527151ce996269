/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who estimates: one kernel thread for a namespace with services, ipvs-e:<number of the namespace>:0, on the
 * CPUs and with the niceness that the user chose. The work itself is in svc/stats.c.
 */
#ifndef IP_VS_SVC_ESTIMATOR_H
#define IP_VS_SVC_ESTIMATOR_H

#include <linux/cpumask.h>

struct ip_vs_net;

/*
 * The first service has come, the last one has gone. The thread begins at once and ends some seconds later, if there
 * is no service again by then. May sleep; under the configuration mutex.
 */
void ip_vs_estimator_start(struct ip_vs_net *ipvs);
void ip_vs_estimator_stop(struct ip_vs_net *ipvs);

/* run_estimation or est_nice has changed. May sleep. */
void ip_vs_estimator_update(struct ip_vs_net *ipvs);

/* The CPUs it may use. With none it does not run. ENOMEM. */
int ip_vs_estimator_set_cpus(struct ip_vs_net *ipvs, const struct cpumask *cpus);
void ip_vs_estimator_get_cpus(struct ip_vs_net *ipvs, struct cpumask *cpus);

/* Is it there, for services that are there? */
bool ip_vs_estimator_is_running(struct ip_vs_net *ipvs);

void ip_vs_estimator_init(struct ip_vs_net *ipvs);
void ip_vs_estimator_uninit(struct ip_vs_net *ipvs);

#endif
