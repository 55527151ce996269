/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IP_VS_XMIT_TUNNEL_H
#define IP_VS_XMIT_TUNNEL_H

#include "svc/dest.h"

/**
 * struct ip_vs_wrap - how one packet is wrapped up
 * @tunnel: as the destination has it now
 * @csum: the tunnel header has a checksum
 * @remcsum: GUE: and leaves the inner one to the receiver
 * @ip_len: size of the outer IP header
 * @tunnel_len: and of what stands between it and the inner packet
 * @inner_protocol: the inner packet as an IP protocol
 * @outer_protocol: the IP protocol of the outer packet
 */
struct ip_vs_wrap {
	struct ip_vs_dest_tunnel tunnel;
	bool csum;
	bool remcsum;
	unsigned int ip_len;
	unsigned int tunnel_len;
	u8 inner_protocol;
	u8 outer_protocol;
};

#endif
