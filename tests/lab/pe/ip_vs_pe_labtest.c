// SPDX-License-Identifier: GPL-2.0-only
/*
 * A persistence engine for the lab: a client is who sends the same first bytes in a UDP packet, whatever its
 * address. It has every function an engine can have. A packet that begins with '-' has no data.
 */
#include <linux/jhash.h>
#include <linux/module.h>
#include <linux/udp.h>
#include "pe/engine.h"
#include "proto/packet.h"

static uint bytes = 8;
module_param(bytes, uint, 0444);
MODULE_PARM_DESC(bytes, "how many bytes of the payload are the key, at most 255");

static unsigned int labtest_read(struct ip_vs_packet *pkt, u8 *data)
{
	unsigned int off = pkt->l4off + sizeof(struct udphdr);
	unsigned int len = min_t(unsigned int, bytes, IP_VS_PEDATA_MAXLEN);

	if (pkt->protocol != IPPROTO_UDP || pkt->skb->len <= off)
		return 0;
	len = min(len, pkt->skb->len - off);
	if (skb_copy_bits(pkt->skb, off, data, len) || data[0] == '-')
		return 0;
	return len;
}

static bool labtest_matches(const struct ip_vs_engine_data *wanted, const struct ip_vs_engine_data *has,
			    bool same_ends)
{
	return wanted->len == has->len && !memcmp(wanted->bytes, has->bytes, has->len);
}

static u32 labtest_hash(const struct ip_vs_engine_data *data, u32 seed)
{
	return jhash(data->bytes, data->len, seed);
}

static unsigned int labtest_print(const struct ip_vs_engine_data *data, char *buf, unsigned int size)
{
	return scnprintf(buf, size, "<%.*s>", data->len, data->bytes);
}

static const struct ip_vs_engine labtest = {
	.name = "labtest",
	.module = THIS_MODULE,
	.read = labtest_read,
	.matches = labtest_matches,
	.hash = labtest_hash,
	.print = labtest_print,
	.answers = true,
};

/* The same data, and nothing else of its own. */
static const struct ip_vs_engine labplain = {
	.name = "labplain",
	.module = THIS_MODULE,
	.read = labtest_read,
};

static const struct ip_vs_engine nameless = {
	.read = labtest_read,
};

static int __init labtest_init(void)
{
	int err;

	if (!ipvs_engine_register(&nameless))
		return -EINVAL;
	err = ipvs_engine_register(&labtest);
	if (err)
		return err;
	err = ipvs_engine_register(&labplain);
	if (err)
		ipvs_engine_unregister(&labtest);
	return err;
}

static void __exit labtest_exit(void)
{
	ipvs_engine_unregister(&labplain);
	ipvs_engine_unregister(&labtest);
}

module_init(labtest_init);
module_exit(labtest_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("IPVS persistence engine of the lab");
