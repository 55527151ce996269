// SPDX-License-Identifier: GPL-2.0-only
/* Least connections in proportion to the weights. Source: spec/schedulers.md, section 4. */
#include "sched/least.h"

IP_VS_LEAST_SCHEDULER(wlc, ip_vs_dest_load, true, ip_vs_least_loaded(svc, ip_vs_dest_load, true),
		      "IPVS weighted least connection scheduler");
