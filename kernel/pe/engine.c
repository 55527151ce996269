// SPDX-License-Identifier: GPL-2.0-only
/* The registry of persistence engines, and the key data they read out of packets. */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/module.h>
#include <linux/once.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include "charge.h"
#include "pe/engine.h"
#include "registry.h"

IP_VS_REGISTRY(registry, "pe", "persistence engine", "ip_vs_pe_");

int ipvs_engine_register(const struct ip_vs_engine *engine)
{
	if (!engine->name || !*engine->name || strlen(engine->name) > IP_VS_PENAME_MAXLEN || !engine->read) {
		pr_err("a persistence engine without name or data was refused\n");
		return -EINVAL;
	}
	return ip_vs_registry_add(&registry, engine->name, engine->module, engine);
}
EXPORT_SYMBOL_GPL(ipvs_engine_register);

void ipvs_engine_unregister(const struct ip_vs_engine *engine)
{
	ip_vs_registry_remove(&registry, engine->name);
}
EXPORT_SYMBOL_GPL(ipvs_engine_unregister);

const struct ip_vs_engine *ip_vs_engine_get(const char *name, struct ratelimit_state *log)
{
	return ip_vs_registry_get(&registry, name, log);
}

void ip_vs_engine_put(const struct ip_vs_engine *engine)
{
	if (engine)
		module_put(engine->module);
}

/* With the hold on the engine, which it takes over, also without memory: it outlives the service that the engine was asked for. */
static struct ip_vs_engine_data *data_make(const struct ip_vs_net *ipvs, const struct ip_vs_engine *engine, const u8 *bytes,
					   unsigned int len)
{
	struct ip_vs_charge charge = ip_vs_charge_begin(ipvs);
	struct ip_vs_engine_data *data = kmalloc(struct_size(data, bytes, len), charge.gfp);

	ip_vs_charge_end(ipvs, charge);
	if (!data) {
		ip_vs_engine_put(engine);
		return NULL;
	}
	data->engine = engine;
	data->len = len;
	memcpy(data->bytes, bytes, len);
	return data;
}

struct ip_vs_engine_data *ip_vs_engine_read(const struct ip_vs_engine *engine, const struct ip_vs_net *ipvs,
					    struct ip_vs_packet *pkt)
{
	u8 bytes[IP_VS_PEDATA_MAXLEN];
	unsigned int len;

	len = engine->read(pkt, bytes);
	if (!len || len > sizeof(bytes))
		return NULL;
	return try_module_get(engine->module) ? data_make(ipvs, engine, bytes, len) : NULL;
}

struct ip_vs_engine_data *ip_vs_engine_data_make(const struct ip_vs_net *ipvs, const char *name, const u8 *bytes, u8 len,
						 bool *is_known)
{
	const struct ip_vs_engine *engine = ip_vs_registry_get_present(&registry, name);

	*is_known = engine;
	return engine ? data_make(ipvs, engine, bytes, len) : NULL;
}

void ip_vs_engine_data_free(struct ip_vs_engine_data *data)
{
	if (!data)
		return;
	module_put(data->engine->module);
	kfree(data);
}

bool ip_vs_engine_matches(const struct ip_vs_engine_data *wanted, const struct ip_vs_engine_data *has,
			  bool same_ends)
{
	if (!wanted || !has)
		return wanted == has && same_ends;
	if (wanted->engine != has->engine)
		return false;
	if (has->engine->matches)
		return has->engine->matches(wanted, has, same_ends);
	return same_ends && wanted->len == has->len && !memcmp(wanted->bytes, has->bytes, has->len);
}

u32 ip_vs_engine_hash(const struct ip_vs_engine_data *data, const hsiphash_key_t *key)
{
	/* What the engine makes of its seed must tell nothing of the key. */
	if (data->engine->hash)
		return data->engine->hash(data, hsiphash_1u32(0, key));
	/* The bytes are the client's choice: nobody outside may aim at a bucket. */
	return hsiphash(data->bytes, data->len, key);
}

unsigned int ip_vs_engine_print(const struct ip_vs_engine_data *data, char *buf, unsigned int size)
{
	unsigned int len = min_t(unsigned int, data->len, size);

	if (data->engine->print)
		return data->engine->print(data, buf, size);
	memcpy(buf, data->bytes, len);
	return len;
}
