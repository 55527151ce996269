// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIP over UDP: a call keeps its server, whichever port its packets come from. The key is the Call-ID, besides the
 * client's network, which a netmask of 0.0.0.0 makes everybody's. Source: spec/apps.md, section 3.
 */
#include <linux/module.h>
#include <linux/udp.h>
#include "core/sip.h"
#include "pe/engine.h"
#include "proto/packet.h"

static unsigned int sip_read(struct ip_vs_packet *pkt, u8 *data)
{
	unsigned int off = pkt->l4off + sizeof(struct udphdr);
	struct sk_buff *skb = pkt->skb;
	unsigned int len, at;

	if (pkt->protocol != IPPROTO_UDP || skb->len <= off || skb_linearize(skb))
		return 0;
	len = ip_vs_sip_find_call_id(skb->data + off, skb->len - off, &at);
	if (len > IP_VS_PEDATA_MAXLEN)
		return 0;
	memcpy(data, skb->data + off + at, len);
	return len;
}

static const struct ip_vs_engine sip = {
	.name = "sip",
	.module = THIS_MODULE,
	.read = sip_read,
	.answers = true,
};

static int __init sip_init(void)
{
	return ipvs_engine_register(&sip);
}

static void __exit sip_exit(void)
{
	ipvs_engine_unregister(&sip);
}

module_init(sip_init);
module_exit(sip_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("IPVS persistence engine: the Call-ID of SIP");
MODULE_VERSION(IP_VS_RELEASE);
