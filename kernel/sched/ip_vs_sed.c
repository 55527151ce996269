// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shortest expected delay: as if the connection were there already, only active ones count. Source:
 * spec/schedulers.md, section 5.
 */
#include "sched/least.h"

IP_VS_LEAST_SCHEDULER(sed, ip_vs_dest_expected_load, true, ip_vs_least_loaded(svc, ip_vs_dest_expected_load, true),
		      "IPVS shortest expected delay scheduler");
