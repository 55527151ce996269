/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux 6.18 has the DSCP in flows instead of the type of service; that had no bits of ECN, and none of the precedence. */
#ifndef IP_VS_COMPAT_FLOW_H
#define IP_VS_COMPAT_FLOW_H

#include_next <net/flow.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#include <net/inet_dscp.h>

static inline void ip_vs_flow4_set_tos(struct flowi4 *flow, u8 tos)
{
	flow->flowi4_dscp = inet_dsfield_to_dscp(tos);
}
#else
static inline void ip_vs_flow4_set_tos(struct flowi4 *flow, u8 tos)
{
	flow->flowi4_tos = tos & 0x1c;
}
#endif

#endif
