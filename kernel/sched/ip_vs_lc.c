// SPDX-License-Identifier: GPL-2.0-only
/* Least connections, weights only say who takes part. Source: spec/schedulers.md, section 4. */
#include "sched/least.h"

IP_VS_LEAST_SCHEDULER(lc, ip_vs_dest_load, false, ip_vs_least_loaded(svc, ip_vs_dest_load, false),
		      "IPVS least connection scheduler");
