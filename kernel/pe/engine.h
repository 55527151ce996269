/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Persistence engines: a persistent service may know its clients by something in the packet besides their
 * network. What an engine module offers and how it registers. Its functions are called under RCU, in softirq,
 * on many CPUs at once. Source: spec/apps.md, section 3.
 */
#ifndef IP_VS_PE_ENGINE_H
#define IP_VS_PE_ENGINE_H

#include <linux/ip_vs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/siphash.h>

struct ratelimit_state;
struct ip_vs_engine_data;
struct ip_vs_net;
struct ip_vs_packet;

/**
 * struct ip_vs_engine - the face of an engine
 * @name: at most IP_VS_PENAME_MAXLEN characters; the module is ip_vs_pe_<name>
 * @read: copy the key data of a packet to @data, IP_VS_PEDATA_MAXLEN bytes; returns how many there are, 0 if
 *	  the packet has none, and is dropped then. It may move the packet's data. Mandatory.
 * @matches: is a template with @has the one for a packet with @wanted? @same_ends: client network, virtual
 *	     address and port, and protocol are the same. NULL = these and all bytes have to be
 * @hash: of the data, for what @matches does not compare byte by byte; @seed has to go in. NULL = of all bytes
 * @print: write the data for a listing to @buf, @size bytes; returns how many, not more than @size. NULL =
 *	   the bytes as they are
 * @answers: the first packet may come from the server: of a NAT server that has none, the core then makes a
 *	     connection, with the template that the packet's data leads to
 */
struct ip_vs_engine {
	const char *name;
	struct module *module;
	unsigned int (*read)(struct ip_vs_packet *pkt, u8 *data);
	bool (*matches)(const struct ip_vs_engine_data *wanted, const struct ip_vs_engine_data *has,
			bool same_ends);
	u32 (*hash)(const struct ip_vs_engine_data *data, u32 seed);
	unsigned int (*print)(const struct ip_vs_engine_data *data, char *buf, unsigned int size);
	bool answers;
};

/* Key data and whose it is; it holds the engine's module. */
struct ip_vs_engine_data {
	const struct ip_vs_engine *engine;
	u8 len;
	u8 bytes[];
};

static_assert(IP_VS_PEDATA_MAXLEN <= U8_MAX);

/* 0, EINVAL for an engine without a fitting name or @read, EEXIST, ENOMEM. */
int ipvs_engine_register(const struct ip_vs_engine *engine);
void ipvs_engine_unregister(const struct ip_vs_engine *engine);

/**
 * ip_vs_engine_get() - find an engine, load its module if need be, and hold it
 *
 * May sleep. Returns NULL if there is none of that name; then the log has a line, within the limit of @log.
 */
const struct ip_vs_engine *ip_vs_engine_get(const char *name, struct ratelimit_state *log);
void ip_vs_engine_put(const struct ip_vs_engine *engine);

/*
 * Data that another director has read out of a packet, if its engine is there: none is loaded for it. NULL without one
 * (@is_known: false) or without memory. May sleep.
 */
struct ip_vs_engine_data *ip_vs_engine_data_make(const struct ip_vs_net *ipvs, const char *name, const u8 *bytes, u8 len,
						 bool *is_known);

/* The data of a packet, to be freed by ip_vs_engine_data_free(); NULL if it has none or without memory. */
struct ip_vs_engine_data *ip_vs_engine_read(const struct ip_vs_engine *engine, const struct ip_vs_net *ipvs,
					    struct ip_vs_packet *pkt);
void ip_vs_engine_data_free(struct ip_vs_engine_data *data);

/* The same for templates of any kind: data is NULL for one without an engine. */
bool ip_vs_engine_matches(const struct ip_vs_engine_data *wanted, const struct ip_vs_engine_data *has,
			  bool same_ends);
u32 ip_vs_engine_hash(const struct ip_vs_engine_data *data, const hsiphash_key_t *key);
unsigned int ip_vs_engine_print(const struct ip_vs_engine_data *data, char *buf, unsigned int size);

#endif
