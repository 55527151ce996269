// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct routing: the packet stays as it is and goes to the server's link address. Bypass: it goes where it
 * wanted to go anyway. Source: spec/forwarding.md, sections 5 and 7.
 */
#include "xmit/xmit.h"

unsigned int ip_vs_xmit_direct(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	struct ip_vs_path path IP_VS_UNINITIALIZED;
	unsigned int verdict = ip_vs_path_find(pkt, cp, IP_VS_ROUTE_DIRECT, 0, &path);

	return verdict == NF_ACCEPT ? ip_vs_send(pkt, cp, &path) : verdict;
}

unsigned int ip_vs_xmit_bypass(struct ip_vs_packet *pkt, struct ip_vs_conn *cp)
{
	struct ip_vs_path path = {};
	unsigned int verdict = ip_vs_path_find(pkt, cp, IP_VS_ROUTE_BYPASS, 0, &path);

	return verdict == NF_ACCEPT ? ip_vs_send(pkt, cp, &path) : verdict;
}
