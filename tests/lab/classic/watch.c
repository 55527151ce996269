/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a monitoring tool asks for, through the C interface of release 1.1.
 *
 * usage: watch connections [PROTOCOL CLIENT-PORT]   those of both
 *        watch totals | drops | table
 *        watch sysctl NAME [VALUE] | sysctls
 *        watch elsewhere NETNS                       totals before and after this thread goes to the namespace NETNS
 */
#define _GNU_SOURCE
#include <libipvs.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, ipvs_error_text());
	return 1;
}

static void print_end(int af, const union nf_inet_addr *addr, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	printf(" %s %u", inet_ntop(af, addr, text, sizeof(text)), (unsigned)ntohs(port));
}

static int print_connection(const struct ipvs_connection *c, void *count)
{
	printf("%u", c->protocol);
	print_end(c->af, &c->caddr, c->cport);
	print_end(c->af, &c->vaddr, c->vport);
	print_end(c->dest_af, &c->daddr, c->dport);
	printf(" %s %s\n", c->state, c->expires > 0 ? "lives" : "ends");
	++*(int *)count;
	return 0;
}

static int connections(int argc, char **argv)
{
	struct ipvs_connection_filter filter;
	int count = 0;

	memset(&filter, 0, sizeof(filter));
	filter.size = sizeof(filter);
	if (argc == 4) {
		filter.protocol = atoi(argv[2]);
		filter.cport = htons(atoi(argv[3]));
	}
	if (ipvs_for_each_connection(&filter, print_connection, &count) != 0)
		return failed("connections");
	printf("%d\n", count);
	return 0;
}

static int totals(void)
{
	struct ip_vs_stats64 all;

	if (ipvs_get_totals(&all) != 0)
		return failed("totals");
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", all.conns, all.inpkts, all.inbytes);
	return 0;
}

static int print_drop(const char *reason, uint64_t packets, void *arg)
{
	(void)arg;
	printf("%s %" PRIu64 "\n", reason, packets);
	return 0;
}

static int print_sysctl(const char *name, const char *value, void *arg)
{
	(void)arg;
	printf("%s=%s\n", name, value);
	return 0;
}

static int sysctl_of(int argc, char **argv)
{
	char *value;

	if (argc == 4 && ipvs_set_sysctl(argv[2], argv[3]) != 0)
		return failed("set");
	value = ipvs_get_sysctl(argv[2]);
	if (!value)
		return failed("get");
	puts(value);
	free(value);
	return 0;
}

/* As in an event loop: nothing is done before the descriptor is readable. */
static int table(void)
{
	struct ip_vs_get_services *services;
	unsigned int i, servers = 0;
	struct pollfd fd;
	int more;

	fd.fd = ipvs_list_begin();
	fd.events = POLLIN;
	if (fd.fd < 0)
		return failed("list");
	do {
		if (poll(&fd, 1, 10000) != 1) {
			fprintf(stderr, "nothing comes\n");
			return 1;
		}
		more = ipvs_list_step();
	} while (more > 0);
	if (more < 0)
		return failed("list");
	services = ipvs_list_services();
	if (!services)
		return failed("services");
	for (i = 0; i < services->num_services; i++) {
		struct ip_vs_get_dests *dests = ipvs_list_dests(i);

		if (!dests)
			return failed("servers");
		servers += dests->num_dests;
		free(dests);
	}
	printf("%u services, %u servers\n", services->num_services, servers);
	free(services);
	ipvs_list_end();
	return 0;
}

static int elsewhere(const char *netns)
{
	int fd = open(netns, O_RDONLY);

	if (totals() != 0)
		return 1;
	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) {
		perror(netns);
		return 1;
	}
	return totals() || table();
}

static int run(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "connections") == 0)
		return connections(argc, argv);
	if (strcmp(what, "totals") == 0)
		return totals();
	if (strcmp(what, "drops") == 0)
		return ipvs_for_each_drop(print_drop, NULL) == 0 ? 0 : failed("drops");
	if (strcmp(what, "table") == 0)
		return table();
	if (strcmp(what, "sysctls") == 0)
		return ipvs_for_each_sysctl(print_sysctl, NULL) == 0 ? 0 : failed("sysctls");
	if (strcmp(what, "sysctl") == 0 && argc > 2)
		return sysctl_of(argc, argv);
	if (strcmp(what, "elsewhere") == 0 && argc > 2)
		return elsewhere(argv[2]);
	fprintf(stderr, "usage: watch connections|totals|drops|table|sysctls|sysctl|elsewhere ...\n");
	return 2;
}

int main(int argc, char **argv)
{
	int code;

	if (ipvs_init() != 0)
		return failed("no access to IPVS");
	code = run(argc, argv);
	ipvs_close();
	return code;
}
