/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of kernel/netns.h: what the timing wheel, and the header of connections, know of a namespace. */
#pragma once
#include "shim.h"
#include "hash/hash.h"

struct ip_vs_wheel;

struct ip_vs_net {
	struct {
		int conn_max;
	} sysctl;
	struct ip_vs_hash conns;
	struct ip_vs_wheel *wheel;
	atomic_t num_conns;
};

extern struct workqueue_struct *ip_vs_wq;
