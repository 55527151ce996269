/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of kernel/netns.h: what the readers and translators of packets know of a namespace. */
#pragma once
#include "proto/drop.h"

struct ip_vs_net {
	struct ip_vs_drops *drops;
};
