// SPDX-License-Identifier: GPL-2.0-only
/* For others in the kernel: which connection does a packet belong to that has already been handled? */
#include <linux/export.h>
#include "path/path.h"

struct ip_vs_conn *ipvs_conn_of_translated(const struct sk_buff *skb, const struct nf_hook_state *state,
					   u8 *protocol)
{
	struct ip_vs_net *ipvs = ip_vs_net(state->net);
	/* Nothing of what is done with it changes it. */
	struct ip_vs_packet pkt = {
		.ipvs = ipvs,
		.skb = (struct sk_buff *)skb,
		.af = state->pf == NFPROTO_IPV6 ? AF_INET6 : AF_INET,
		.hook = state->hook,
	};

	/* Read by rules that may be there before the first service. */
	if (!smp_load_acquire(&ipvs->conn_ready))
		return NULL;
	if (!ip_vs_packet_parse(&pkt) || !ip_vs_packet_is_balanced(&pkt) || !pkt.has_ends)
		return NULL;
	*protocol = pkt.protocol;
	/* A request with the server's address is a reply with its ends swapped. */
	pkt.is_inverse = true;
	return ip_vs_conn_find_out(&pkt);
}
EXPORT_SYMBOL_GPL(ipvs_conn_of_translated);
