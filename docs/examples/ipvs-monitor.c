/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints all services, servers and their counters as text that Prometheus and others read: the classic C interface.
 * ipvs-monitor.cc does the same in C++.
 *
 *	cc -o ipvs-monitor ipvs-monitor.c $(pkg-config --cflags --libs libipvs)
 *	./ipvs-monitor > /var/lib/node_exporter/ipvs.prom
 */
#include <libipvs.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct table {
	struct ip_vs_get_services *services;
	struct ip_vs_get_dests **dests; /* of each service */
};

struct metric {
	const char *name, *help;
	size_t offset; /* in struct ip_vs_stats64 or struct ip_vs_dest_entry */
};

static const struct metric counters[] = {
	{ "connections", "Connections that were scheduled", offsetof(struct ip_vs_stats64, conns) },
	{ "packets_in", "Packets from clients", offsetof(struct ip_vs_stats64, inpkts) },
	{ "packets_out", "Packets to clients, where they come back through here",
	  offsetof(struct ip_vs_stats64, outpkts) },
	{ "bytes_in", "Bytes from clients", offsetof(struct ip_vs_stats64, inbytes) },
	{ "bytes_out", "Bytes to clients, where they come back through here",
	  offsetof(struct ip_vs_stats64, outbytes) },
};

static const struct metric gauges[] = {
	{ "weight", "Weight; 0: nothing new", offsetof(struct ip_vs_dest_entry, weight) },
	{ "active", "Connections that are opening or open", offsetof(struct ip_vs_dest_entry, activeconns) },
	{ "inactive", "All other connections", offsetof(struct ip_vs_dest_entry, inactconns) },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void die(const char *what)
{
	fprintf(stderr, "ipvs-monitor: %s: %s\n", what, ipvs_strerror(errno));
	exit(1);
}

static struct table read_table(void)
{
	struct table table;
	unsigned int i;

	table.services = ipvs_get_services();
	if (!table.services)
		die("services");
	ipvs_sort_services(table.services, ipvs_cmp_services);
	table.dests = calloc(table.services->num_services + 1, sizeof(*table.dests));
	if (!table.dests)
		die("memory");
	for (i = 0; i < table.services->num_services; i++) {
		table.dests[i] = ipvs_get_dests(&table.services->entrytable[i]);
		if (!table.dests[i])
			die("servers");
		ipvs_sort_dests(table.dests[i], ipvs_cmp_dests);
	}
	return table;
}

static void free_table(struct table *table)
{
	unsigned int i;

	for (i = 0; i < table->services->num_services; i++)
		free(table->dests[i]);
	free(table->dests);
	free(table->services);
}

static const char *protocol_name(unsigned int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return "other";
	}
}

static void print_service_labels(const ipvs_service_entry_t *s)
{
	char text[INET6_ADDRSTRLEN];

	if (s->fwmark)
		printf("fwmark=\"%" PRIu32 "\",family=\"%s\"", s->fwmark, s->af == AF_INET6 ? "ipv6" : "ipv4");
	else
		printf("protocol=\"%s\",address=\"%s\",port=\"%u\"", protocol_name(s->protocol),
		       inet_ntop(s->af, &s->addr, text, sizeof(text)), (unsigned int)ntohs(s->port));
}

static void print_dest_labels(const ipvs_service_entry_t *s, const ipvs_dest_entry_t *d)
{
	char text[INET6_ADDRSTRLEN];

	print_service_labels(s);
	printf(",server=\"%s\",server_port=\"%u\"", inet_ntop(d->af, &d->addr, text, sizeof(text)),
	       (unsigned int)ntohs(d->port));
}

static void print_head(const char *object, const struct metric *m, const char *suffix, const char *type)
{
	printf("# HELP ipvs_%s_%s%s %s.\n", object, m->name, suffix, m->help);
	printf("# TYPE ipvs_%s_%s%s %s\n", object, m->name, suffix, type);
}

static uint64_t counter_of(const struct ip_vs_stats64 *stats, const struct metric *m)
{
	return *(const uint64_t *)((const char *)stats + m->offset);
}

static void print_service_counter(const struct table *table, const struct metric *m)
{
	unsigned int i;

	print_head("service", m, "_total", "counter");
	for (i = 0; i < table->services->num_services; i++) {
		const ipvs_service_entry_t *s = &table->services->entrytable[i];

		printf("ipvs_service_%s_total{", m->name);
		print_service_labels(s);
		printf("} %" PRIu64 "\n", counter_of(&s->stats64, m));
	}
}

static void print_dest_metric(const struct table *table, const struct metric *m, int is_counter)
{
	const char *suffix = is_counter ? "_total" : "";
	unsigned int i, j;

	print_head("server", m, suffix, is_counter ? "counter" : "gauge");
	for (i = 0; i < table->services->num_services; i++) {
		for (j = 0; j < table->dests[i]->num_dests; j++) {
			const ipvs_dest_entry_t *d = &table->dests[i]->entrytable[j];
			uint64_t value = is_counter ? counter_of(&d->stats64, m)
						    : *(const uint32_t *)((const char *)d + m->offset);

			printf("ipvs_server_%s%s{", m->name, suffix);
			print_dest_labels(&table->services->entrytable[i], d);
			printf("} %" PRIu64 "\n", value);
		}
	}
}

int main(void)
{
	struct table table;
	size_t i;

	if (ipvs_init() != 0)
		die("no access to IPVS");
	table = read_table();
	for (i = 0; i < COUNT(counters); i++)
		print_service_counter(&table, &counters[i]);
	for (i = 0; i < COUNT(counters); i++)
		print_dest_metric(&table, &counters[i], 1);
	for (i = 0; i < COUNT(gauges); i++)
		print_dest_metric(&table, &gauges[i], 0);
	free_table(&table);
	ipvs_close();
	if (fflush(stdout) != 0) {
		perror("ipvs-monitor");
		return 1;
	}
	return 0;
}
