/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program as one writes them for the library that came with ipvsadm 1.31: every function, the structures, the
 * conventions. It is compiled as C99 and as C++, and prints a transcript that must not depend on the module.
 *
 * usage: classic table            needs 10.2.1.11 ... to be addresses of other hosts; ends with an empty table
 *        classic daemons DEVICE   starts and stops sync daemons
 */
/* nanosleep() */
#define _POSIX_C_SOURCE 200809L
#include <libipvs.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Structures are compiled into programs: sizes and offsets on 64 bits are those of the original. */
#define JOIN(a, b) a##b
#define ASSERT_AT(line, condition) typedef char JOIN(assertion_, line)[(condition) ? 1 : -1] __attribute__((unused))
#define ASSERT(condition) ASSERT_AT(__LINE__, condition)
#define SIZE(type, size) ASSERT_AT(__LINE__, sizeof(type) == (size))
#define AT(type, member, offset) ASSERT_AT(__LINE__, offsetof(type, member) == (offset))

SIZE(ipvs_service_t, 84);
AT(ipvs_service_t, protocol, 0);
AT(ipvs_service_t, port, 8);
AT(ipvs_service_t, fwmark, 12);
AT(ipvs_service_t, sched_name, 16);
AT(ipvs_service_t, flags, 32);
AT(ipvs_service_t, timeout, 36);
AT(ipvs_service_t, netmask, 40);
AT(ipvs_service_t, af, 44);
AT(ipvs_service_t, addr, 48);
AT(ipvs_service_t, pe_name, 64);
SIZE(ipvs_dest_t, 52);
AT(ipvs_dest_t, port, 4);
AT(ipvs_dest_t, conn_flags, 8);
AT(ipvs_dest_t, weight, 12);
AT(ipvs_dest_t, u_threshold, 16);
AT(ipvs_dest_t, l_threshold, 20);
AT(ipvs_dest_t, af, 24);
AT(ipvs_dest_t, addr, 28);
AT(ipvs_dest_t, tun_type, 44);
AT(ipvs_dest_t, tun_port, 46);
AT(ipvs_dest_t, tun_flags, 48);
SIZE(ipvs_service_entry_t, 224);
AT(ipvs_service_entry_t, protocol, 0);
AT(ipvs_service_entry_t, netmask, 40);
AT(ipvs_service_entry_t, num_dests, 44);
AT(ipvs_service_entry_t, stats, 48);
AT(ipvs_service_entry_t, af, 104);
AT(ipvs_service_entry_t, addr, 108);
AT(ipvs_service_entry_t, pe_name, 124);
AT(ipvs_service_entry_t, stats64, 144);
SIZE(ipvs_dest_entry_t, 208);
AT(ipvs_dest_entry_t, port, 4);
AT(ipvs_dest_entry_t, l_threshold, 20);
AT(ipvs_dest_entry_t, activeconns, 24);
AT(ipvs_dest_entry_t, inactconns, 28);
AT(ipvs_dest_entry_t, persistconns, 32);
AT(ipvs_dest_entry_t, stats, 40);
AT(ipvs_dest_entry_t, af, 96);
AT(ipvs_dest_entry_t, addr, 100);
AT(ipvs_dest_entry_t, stats64, 120);
AT(ipvs_dest_entry_t, tun_type, 200);
AT(ipvs_dest_entry_t, tun_port, 202);
AT(ipvs_dest_entry_t, tun_flags, 204);
AT(struct ip_vs_get_services, num_services, 0);
AT(struct ip_vs_get_services, entrytable, 8);
AT(struct ip_vs_get_dests, protocol, 0);
AT(struct ip_vs_get_dests, port, 8);
AT(struct ip_vs_get_dests, fwmark, 12);
AT(struct ip_vs_get_dests, num_dests, 16);
AT(struct ip_vs_get_dests, af, 20);
AT(struct ip_vs_get_dests, addr, 24);
AT(struct ip_vs_get_dests, entrytable, 40);
SIZE(ipvs_daemon_t, 52);
AT(ipvs_daemon_t, state, 0);
AT(ipvs_daemon_t, mcast_ifn, 4);
AT(ipvs_daemon_t, syncid, 20);
AT(ipvs_daemon_t, sync_maxlen, 24);
AT(ipvs_daemon_t, mcast_port, 28);
AT(ipvs_daemon_t, mcast_ttl, 30);
AT(ipvs_daemon_t, mcast_af, 32);
AT(ipvs_daemon_t, mcast_group, 36);
SIZE(ipvs_timeout_t, 12);
SIZE(struct ip_vs_getinfo, 12);
SIZE(struct ip_vs_stats64, 80);
AT(struct ip_vs_stats64, outbps, 72);
ASSERT(IPVS_SVC_PERSISTENT_TIMEOUT == 360);
ASSERT(IPVS_VERSION(1, 2, 3) == 0x10203);
ASSERT(IPVS_VERSION(MINIMUM_IPVS_VERSION_MAJOR, MINIMUM_IPVS_VERSION_MINOR, MINIMUM_IPVS_VERSION_PATCH) == 0x10104);
ASSERT(IP_VS_SVC_F_SCHED_MH_FALLBACK == 8 && IP_VS_SVC_F_SCHED_MH_PORT == 0x10);

static void said(const char *what, int result)
{
	int err = errno;

	if (result == 0)
		printf("%s: ok\n", what);
	else
		printf("%s: %d, errno %d, %s\n", what, result, err, ipvs_strerror(err));
}

static void got(const char *what, const void *result)
{
	said(what, result ? 0 : -1);
}

static union nf_inet_addr address(int af, const char *text)
{
	union nf_inet_addr addr;

	memset(&addr, 0, sizeof(addr));
	if (inet_pton(af, text, &addr) != 1) {
		fprintf(stderr, "classic: not an address: %s\n", text);
		exit(2);
	}
	return addr;
}

static ipvs_service_t service(int af, int protocol, const char *addr, int port, const char *scheduler)
{
	ipvs_service_t svc;

	memset(&svc, 0, sizeof(svc));
	svc.af = af;
	svc.protocol = protocol;
	svc.addr = address(af, addr);
	svc.port = htons(port);
	svc.netmask = af == AF_INET ? 0xffffffff : 128;
	strcpy(svc.sched_name, scheduler);
	return svc;
}

static ipvs_service_t marked(int af, unsigned fwmark, const char *scheduler)
{
	ipvs_service_t svc = service(af, 0, af == AF_INET ? "0.0.0.0" : "::", 0, scheduler);

	svc.fwmark = fwmark;
	return svc;
}

static ipvs_dest_t server(int af, const char *addr, int port, unsigned method, int weight)
{
	ipvs_dest_t dest;

	memset(&dest, 0, sizeof(dest));
	dest.af = af;
	dest.addr = address(af, addr);
	dest.port = htons(port);
	dest.conn_flags = method;
	dest.weight = weight;
	return dest;
}

static void print_address(int af, const union nf_inet_addr *addr, int port)
{
	char text[INET6_ADDRSTRLEN];

	printf("%s port %u", inet_ntop(af, addr, text, sizeof(text)), (unsigned)ntohs(port));
}

static void print_counters(const struct ip_vs_stats64 *s)
{
	printf(" counters %llu %llu %llu %llu %llu\n", (unsigned long long)s->conns, (unsigned long long)s->inpkts,
	       (unsigned long long)s->outpkts, (unsigned long long)s->inbytes, (unsigned long long)s->outbytes);
}

static void print_service(const ipvs_service_entry_t *s)
{
	if (s->fwmark) {
		printf("service mark %u family %u", s->fwmark, s->af);
	} else {
		printf("service protocol %u ", s->protocol);
		print_address(s->af, &s->addr, s->port);
	}
	printf(" %s flags %#x timeout %u mask %#x pe \"%s\" servers %u", s->sched_name, s->flags, s->timeout,
	       s->netmask, s->pe_name, s->num_dests);
	print_counters(&s->stats64);
}

static void print_dest(const ipvs_dest_entry_t *d)
{
	printf("  server ");
	print_address(d->af, &d->addr, d->port);
	printf(" method %u weight %d thresholds %u %u tunnel %u %u %u connections %u %u %u",
	       d->conn_flags & IP_VS_CONN_F_FWD_MASK, d->weight, d->u_threshold, d->l_threshold, d->tun_type,
	       ntohs(d->tun_port), d->tun_flags, d->activeconns, d->inactconns, d->persistconns);
	print_counters(&d->stats64);
}

/* for ipvs_sort_dests(): the heaviest first */
static int by_weight(ipvs_dest_entry_t *a, ipvs_dest_entry_t *b)
{
	return b->weight - a->weight;
}

static void print_table(ipvs_dest_cmp_t order)
{
	struct ip_vs_get_services *services = ipvs_get_services();
	unsigned int i, j;

	got("ipvs_get_services", services);
	if (!services)
		return;
	ipvs_sort_services(services, ipvs_cmp_services);
	for (i = 0; i < services->num_services; i++) {
		struct ip_vs_get_dests *dests = ipvs_get_dests(&services->entrytable[i]);

		print_service(&services->entrytable[i]);
		if (!dests) {
			got("ipvs_get_dests", dests);
			continue;
		}
		ipvs_sort_dests(dests, order);
		for (j = 0; j < dests->num_dests; j++)
			print_dest(&dests->entrytable[j]);
		free(dests);
	}
	free(services);
}

static void print_one(uint32_t fwmark, int af, int protocol, const char *addr, int port)
{
	ipvs_service_entry_t *entry = ipvs_get_service(fwmark, af, protocol, address(af, addr), htons(port));

	got("ipvs_get_service", entry);
	if (entry)
		print_service(entry);
	free(entry);
}

static void print_timeouts(void)
{
	ipvs_timeout_t *to = ipvs_get_timeout();

	got("ipvs_get_timeout", to);
	if (to)
		printf("timeouts %d %d %d\n", to->tcp_timeout, to->tcp_fin_timeout, to->udp_timeout);
	free(to);
}

/* By state: which element has which daemon depends on the transport. */
static void print_daemons(void)
{
	ipvs_daemon_t *dm = ipvs_get_daemon();
	int state, i;

	got("ipvs_get_daemon", dm);
	if (!dm)
		return;
	for (state = IP_VS_STATE_MASTER; state <= IP_VS_STATE_BACKUP; state++)
		for (i = 0; i < 2; i++)
			if (dm[i].state == state)
				printf("daemon %d on %s id %d\n", state, dm[i].mcast_ifn, dm[i].syncid);
	free(dm);
}

static void open_library(void)
{
	int result = ipvs_init();

	said("ipvs_init", result);
	if (result)
		exit(1);
}

static void services(void)
{
	ipvs_service_t tcp = service(AF_INET, IPPROTO_TCP, "10.1.0.100", 80, "rr");
	ipvs_service_t udp = service(AF_INET, IPPROTO_UDP, "10.1.0.100", 53, "wlc");
	ipvs_service_t six = service(AF_INET6, IPPROTO_TCP, "fd01::100", 80, "wrr");
	ipvs_service_t mark = marked(AF_INET, 3000000000u, "sh");
	ipvs_service_t wrong;

	said("add TCP", ipvs_add_service(&tcp));
	said("add TCP again", ipvs_add_service(&tcp));
	said("add UDP", ipvs_add_service(&udp));
	six.flags = IP_VS_SVC_F_PERSISTENT;
	six.timeout = IPVS_SVC_PERSISTENT_TIMEOUT;
	six.netmask = 64;
	said("add IPv6", ipvs_add_service(&six));
	mark.flags = IP_VS_SVC_F_SCHED_SH_FALLBACK;
	said("add mark", ipvs_add_service(&mark));
	wrong = service(AF_INET, IPPROTO_TCP, "10.1.0.100", 81, "nosuch");
	said("add with unknown scheduler", ipvs_add_service(&wrong));
	wrong = service(AF_INET, IPPROTO_TCP, "10.1.0.100", 81, "rr");
	strcpy(wrong.pe_name, "nosuch");
	said("add with unknown engine", ipvs_add_service(&wrong));
	wrong = service(AF_INET6, IPPROTO_TCP, "fd01::100", 81, "rr");
	wrong.netmask = 0;
	said("add with no prefix", ipvs_add_service(&wrong));
	wrong = service(AF_INET, IPPROTO_TCP, "10.1.0.100", 81, "rr");
	said("update missing", ipvs_update_service(&wrong));
	said("delete missing", ipvs_del_service(&wrong));
	said("zero missing", ipvs_zero_service(&wrong));
	strcpy(tcp.sched_name, "wrr");
	tcp.flags = IP_VS_SVC_F_ONEPACKET | IP_VS_SVC_F_PERSISTENT;
	tcp.timeout = 60;
	tcp.netmask = htonl(0xffffff00);
	said("update TCP", ipvs_update_service(&tcp));
	strcpy(tcp.sched_name, "nosuch");
	said("update with unknown scheduler", ipvs_update_service(&tcp));
}

static void servers(void)
{
	ipvs_service_t tcp = service(AF_INET, IPPROTO_TCP, "10.1.0.100", 80, "");
	ipvs_service_t six = service(AF_INET6, IPPROTO_TCP, "fd01::100", 80, "");
	ipvs_service_t mark = marked(AF_INET, 3000000000u, "");
	ipvs_service_t missing = service(AF_INET, IPPROTO_TCP, "10.1.0.100", 81, "");
	ipvs_dest_t nat = server(AF_INET, "10.2.1.11", 8080, IP_VS_CONN_F_MASQ, 1);
	ipvs_dest_t route = server(AF_INET, "10.2.1.12", 80, IP_VS_CONN_F_DROUTE, 65535);
	ipvs_dest_t tunnel = server(AF_INET, "10.2.1.13", 80, IP_VS_CONN_F_TUNNEL, 3);
	ipvs_dest_t other;

	nat.u_threshold = 100;
	nat.l_threshold = 50;
	said("add NAT server", ipvs_add_dest(&tcp, &nat));
	said("add it again", ipvs_add_dest(&tcp, &nat));
	said("add to missing service", ipvs_add_dest(&missing, &nat));
	said("add routed server", ipvs_add_dest(&tcp, &route));
	tunnel.tun_type = IP_VS_CONN_F_TUNNEL_TYPE_GUE;
	tunnel.tun_port = htons(6080);
	tunnel.tun_flags = IP_VS_TUNNEL_ENCAP_FLAG_CSUM;
	said("add tunnel server", ipvs_add_dest(&tcp, &tunnel));
	other = server(AF_INET6, "fd02:1::11", 80, IP_VS_CONN_F_MASQ, 0);
	said("add IPv6 server", ipvs_add_dest(&six, &other));
	other = server(AF_INET, "10.2.1.14", 0, IP_VS_CONN_F_DROUTE, 5);
	said("add server of mark", ipvs_add_dest(&mark, &other));
	other = server(AF_INET, "10.2.1.15", 80, IP_VS_CONN_F_MASQ, -1);
	said("add with negative weight", ipvs_add_dest(&tcp, &other));
	other.weight = 1;
	other.u_threshold = 5;
	other.l_threshold = 6;
	said("add with thresholds the wrong way round", ipvs_add_dest(&tcp, &other));
	other = server(AF_INET, "224.0.0.5", 80, IP_VS_CONN_F_MASQ, 1);
	said("add multicast server", ipvs_add_dest(&tcp, &other));
	other = server(AF_INET6, "fd02:1::12", 80, IP_VS_CONN_F_MASQ, 1);
	said("add server of other family by NAT", ipvs_add_dest(&tcp, &other));

	other = server(AF_INET, "10.2.1.99", 80, IP_VS_CONN_F_MASQ, 1);
	said("update missing server", ipvs_update_dest(&tcp, &other));
	said("delete missing server", ipvs_del_dest(&tcp, &other));
	said("update server of missing service", ipvs_update_dest(&missing, &other));
	said("delete server of missing service", ipvs_del_dest(&missing, &other));
	nat.weight = 7;
	nat.u_threshold = nat.l_threshold = 0;
	said("update NAT server", ipvs_update_dest(&tcp, &nat));
}

static void removals(void)
{
	ipvs_service_t tcp = service(AF_INET, IPPROTO_TCP, "10.1.0.100", 80, "");
	ipvs_service_t udp = service(AF_INET, IPPROTO_UDP, "10.1.0.100", 53, "");
	ipvs_service_t everything;
	ipvs_dest_t route = server(AF_INET, "10.2.1.12", 80, 0, 0);

	memset(&everything, 0, sizeof(everything));
	said("zero TCP", ipvs_zero_service(&tcp));
	said("zero everything", ipvs_zero_service(&everything));
	said("delete routed server", ipvs_del_dest(&tcp, &route));
	said("delete UDP", ipvs_del_service(&udp));
	print_table(by_weight);
	said("ipvs_flush", ipvs_flush());
	print_table(by_weight);
	said("delete it again", ipvs_del_service(&tcp));
}

static void table(void)
{
	ipvs_timeout_t to;

	printf("before: version %u\n", ipvs_version());
	open_library();
	said("ipvs_getinfo", ipvs_getinfo());
	printf("version %#x, the same: %d, size: %s\n", ipvs_version(), ipvs_version() == (unsigned)ipvs_info.version,
	       ipvs_info.size > 0 ? "some" : "none");
	said("ipvs_flush", ipvs_flush());
	services();
	servers();
	print_table(ipvs_cmp_dests);
	print_table(by_weight);
	printf("services %u\n", ipvs_info.num_services);
	print_one(0, AF_INET, IPPROTO_TCP, "10.1.0.100", 80);
	print_one(0, AF_INET6, IPPROTO_TCP, "fd01::100", 80);
	print_one(3000000000u, AF_INET, 0, "0.0.0.0", 0);
	print_one(0, AF_INET, IPPROTO_TCP, "10.1.0.100", 81);
	print_one(3000000000u, AF_INET6, 0, "::", 0);

	to.tcp_timeout = 1000;
	to.tcp_fin_timeout = 0;
	to.udp_timeout = 77;
	said("ipvs_set_timeout", ipvs_set_timeout(&to));
	print_timeouts();
	to.tcp_timeout = -1;
	said("ipvs_set_timeout, negative", ipvs_set_timeout(&to));
	print_timeouts();
	print_daemons();
	removals();
	ipvs_close();
	open_library();
	printf("version %#x\n", ipvs_version());
	ipvs_close();
}

/* Does a thread of a daemon, "ipvs-m" or "ipvs-b", sleep in its own loop? */
static int is_asleep(const char *process, const char *name)
{
	char path[300], state = '?', comm[32] = "";
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%s/stat", process);
	stat = fopen(path, "r");
	if (stat == NULL)
		return 0;
	if (fscanf(stat, "%*d (%31[^)]) %c", comm, &state) != 2)
		state = '?';
	fclose(stat);
	return strncmp(comm, name, strlen(name)) == 0 && (state == 'S' || state == 'I');
}

/*
 * The kernel's own module does not acknowledge the stop of a daemon whose thread has not begun to run yet: whoever waits
 * for that waits for ever.
 */
static void await_thread(const char *name)
{
	const struct timespec pause = { 0, 10000000 };
	int tries, found = 0;

	for (tries = 0; tries < 1000 && !found; tries++) {
		DIR *processes = opendir("/proc");
		struct dirent *each;

		while (processes != NULL && !found && (each = readdir(processes)) != NULL)
			found = is_asleep(each->d_name, name);
		if (processes != NULL)
			closedir(processes);
		if (!found)
			nanosleep(&pause, NULL);
	}
}

static void daemons(const char *device)
{
	ipvs_daemon_t dm;

	open_library();
	memset(&dm, 0, sizeof(dm));
	dm.state = IP_VS_STATE_MASTER;
	strcpy(dm.mcast_ifn, "nosuch");
	said("start on missing device", ipvs_start_daemon(&dm));
	strncpy(dm.mcast_ifn, device, sizeof(dm.mcast_ifn) - 1);
	dm.syncid = 5;
	said("start master", ipvs_start_daemon(&dm));
	said("start master again", ipvs_start_daemon(&dm));
	print_daemons();
	dm.state = IP_VS_STATE_BACKUP;
	dm.syncid = 6;
	dm.sync_maxlen = 1000;
	dm.mcast_port = 9999;
	dm.mcast_ttl = 3;
	dm.mcast_af = AF_INET;
	dm.mcast_group = address(AF_INET, "224.0.0.99");
	said("start backup", ipvs_start_daemon(&dm));
	print_daemons();
	dm.state = IP_VS_STATE_MASTER;
	await_thread("ipvs-m");
	said("stop master", ipvs_stop_daemon(&dm));
	said("stop master again", ipvs_stop_daemon(&dm));
	print_daemons();
	dm.state = IP_VS_STATE_BACKUP;
	await_thread("ipvs-b");
	said("stop backup", ipvs_stop_daemon(&dm));
	print_daemons();
	ipvs_close();
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "table") == 0) {
		table();
	} else if (argc == 3 && strcmp(argv[1], "daemons") == 0) {
		daemons(argv[2]);
	} else {
		fprintf(stderr, "usage: classic table | classic daemons DEVICE\n");
		return 2;
	}
	return 0;
}
