// SPDX-License-Identifier: GPL-2.0-only
/*
 * Servers that a master has removed from their services: the connections with them that its backups know of would lead
 * clients nowhere. A master says so when such a server is not awaited any more, and says it when it comes back while it is
 * remembered. A backup does with what it was told of as its own expire_nodest_conn has it for its own servers.
 *
 * One message ends the connections of many clients, so it is said and heard only under a key. A service that goes as a whole
 * takes nothing with it elsewhere: that is what a director does that is being shut down, whose connections the others are to
 * take over.
 *
 * Source: docs/sync-protocol.md.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "core/sync_gone.h"
#include "svc/dest.h"
#include "svc/service.h"
#include "sync/daemon.h"

/*
 * A message of records may wait for two seconds before it is sent: what was told of a server's connections is to come first.
 * Also, who stops removes servers first and then their services, and is not to be taken at the first word.
 */
#define SAID_AFTER (3 * HZ)
/* Between two messages, each of as many servers as it has room for: some 600 servers a second. */
#define SAID_PAUSE max(HZ / 20, 1)
/* As many are looked at while the lock is held. */
#define LOOKS 256
/* A backup waits so long for more before it goes along all connections. */
#define GATHER (HZ / 2)

static struct ip_vs_sync_server name_server(const struct ip_vs_service *svc, const struct ip_vs_dest *dest)
{
	return (struct ip_vs_sync_server){
		.is_v6 = dest->key.af == AF_INET6,
		.is_service_v6 = svc->key.af == AF_INET6,
		.protocol = svc->key.protocol,
		.fwmark = svc->key.fwmark,
		.vport = svc->key.port,
		.dport = dest->key.port,
		.vaddr = svc->key.addr.in6,
		.daddr = dest->key.addr.in6,
	};
}

/* --- the master --- */

/* A server has left for good, or is back. Under the configuration mutex. */
static void dest_moved(struct ip_vs_dest *dest)
{
	struct ip_vs_net *ipvs = dest->svc->ipvs;
	const struct ip_vs_sync_daemon *daemon;

	lockdep_assert_held(&ipvs->mutex);
	/* There may be thousands of a service that has gone, of which nothing is to be said. */
	if (!ip_vs_dest_is_available(dest) && !ip_vs_service_get(ipvs, &dest->svc->key))
		return;
	rcu_read_lock();
	/* Whoever stops it waits for this before it takes them from the list. */
	daemon = rcu_dereference(ipvs->sync.daemons[IP_VS_SYNC_MASTER]);
	if (daemon && daemon->hmac) {
		spin_lock(&ipvs->sync.moved_lock);
		if (list_empty(&dest->moved) &&
		    (!ip_vs_dest_is_available(dest) || test_bit(IP_VS_DEST_SAID_GONE, &dest->state))) {
			ip_vs_dest_get(dest);
			list_add_tail(&dest->moved, &ipvs->sync.moved);
		}
		spin_unlock(&ipvs->sync.moved_lock);
	}
	rcu_read_unlock();
}

/* Is there anything to say of it now? Under RCU: its service may be another one in a moment. */
static bool make_server(struct ip_vs_dest *dest, struct ip_vs_sync_server *server)
{
	const struct ip_vs_service *svc = READ_ONCE(dest->svc);
	bool was_said = test_bit(IP_VS_DEST_SAID_GONE, &dest->state), is_gone = ip_vs_dest_is_lost(dest);

	lockdep_assert_held(&svc->ipvs->sync.moved_lock);
	/* Another one that is awaited again comes back into the list, or into its service. */
	if (!is_gone && !(was_said && ip_vs_dest_is_available(dest)))
		return false;
	/* Without its service it is none of the others' business. */
	if (!ip_vs_service_get(svc->ipvs, &svc->key))
		return false;
	if (is_gone)
		set_bit(IP_VS_DEST_SAID_GONE, &dest->state);
	else
		clear_bit(IP_VS_DEST_SAID_GONE, &dest->state);
	*server = name_server(svc, dest);
	server->is_gone = is_gone;
	return ip_vs_sync_server_is_sound(server);
}

static bool is_too_early(const struct ip_vs_dest *dest)
{
	return ip_vs_dest_is_lost(dest) && (s32)((u32)jiffies - READ_ONCE(dest->left)) < SAID_AFTER;
}

/* The next ones that there is something to say of, at most @max. */
static unsigned int take_moved(struct ip_vs_net *ipvs, struct ip_vs_sync_server *servers, unsigned int max)
{
	unsigned int n = 0, looks;
	struct ip_vs_dest *dest;

	rcu_read_lock();
	spin_lock(&ipvs->sync.moved_lock);
	for (looks = 0; looks < LOOKS && n < max; looks++) {
		dest = list_first_entry_or_null(&ipvs->sync.moved, struct ip_vs_dest, moved);
		if (!dest || is_too_early(dest))
			break;
		list_del_init(&dest->moved);
		if (make_server(dest, &servers[n]))
			n++;
		ip_vs_dest_put(dest);
	}
	spin_unlock(&ipvs->sync.moved_lock);
	rcu_read_unlock();
	return n;
}

static unsigned int servers_of_message(const struct ip_vs_sync_daemon *daemon)
{
	int room = daemon->config.maxlen - IP_VS_SYNC_HEADER_LEN - (int)ip_vs_sync_trailer_len(daemon);

	return clamp_t(int, room / IP_VS_SYNC_SERVER_ENTRY_LEN, 1, IP_VS_SYNC_SAID_MAX);
}

void ip_vs_sync_say_servers(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct ip_vs_sync_saying *saying = &daemon->saying;
	unsigned int n, i;

	if (thread->number || !daemon->hmac || (long)(jiffies - saying->next) < 0 || !ip_vs_sync_has_room(thread))
		return;
	n = take_moved(daemon->ipvs, saying->servers, servers_of_message(daemon));
	if (!n)
		return;
	saying->next = jiffies + SAID_PAUSE;
	for (i = 0; i < n; i++) {
		if (saying->servers[i].is_gone)
			ip_vs_sync_count(saying->gone, 1);
		else
			ip_vs_sync_count(saying->back, 1);
	}
	ip_vs_sync_queue_servers(thread, saying->servers, n);
}

long ip_vs_sync_servers_wait(const struct ip_vs_sync_thread *thread)
{
	const struct ip_vs_sync_saying *saying = &thread->daemon->saying;

	/* Who is added to an empty list has to wait in any case. */
	if (thread->number || (long)(saying->next - jiffies) <= 0)
		return HZ;
	return saying->next - jiffies;
}

void ip_vs_sync_forget_moved(struct ip_vs_net *ipvs)
{
	struct ip_vs_dest *dest, *next;
	LIST_HEAD(moved);

	lockdep_assert_held(&ipvs->sync.mutex);
	spin_lock(&ipvs->sync.moved_lock);
	list_splice_init(&ipvs->sync.moved, &moved);
	spin_unlock(&ipvs->sync.moved_lock);
	/* No master runs, and none is started meanwhile: nobody looks at them. */
	list_for_each_entry_safe(dest, next, &moved, moved) {
		list_del_init(&dest->moved);
		ip_vs_dest_put(dest);
		cond_resched();
	}
}

/* --- the backup --- */

struct ending {
	const struct ip_vs_sync_gone *gone;
	u32 threshold;
	unsigned long ended;
};

static bool is_of_gone_server(const struct ip_vs_conn *cp, const struct ip_vs_sync_gone *gone)
{
	struct ip_vs_sync_server server;

	if (cp->dest) {
		server = name_server(READ_ONCE(cp->dest->svc), cp->dest);
		return ip_vs_sync_gone_has(gone, &server);
	}
	server = (struct ip_vs_sync_server){
		.is_v6 = cp->af == AF_INET6,
		.is_service_v6 = cp->af == AF_INET6,
		.protocol = cp->protocol,
		.fwmark = READ_ONCE(cp->mark),
		.vport = cp->vport,
		.dport = cp->dport,
	};
	ip_vs_sync_copy_address(&server.vaddr, cp->af, ip_vs_conn_vaddr(cp));
	ip_vs_sync_copy_address(&server.daddr, cp->af, ip_vs_conn_daddr(cp));
	return ip_vs_sync_gone_has_told(gone, &server);
}

/*
 * An entry of another director, of which no packet has come here since that has told of it: each would have counted. One that
 * packets come for is this director's by now, who has eyes of his own for the server. Under its lock and RCU.
 */
static bool ends(struct ip_vs_conn *cp, void *data)
{
	struct ending *ending = data;

	if (!(cp->flags & IP_VS_CONN_F_SYNC) || READ_ONCE(cp->in_pkts) != ending->threshold)
		return false;
	if (!(cp->dest || ip_vs_conn_is_unbound(cp)) || !is_of_gone_server(cp, ending->gone))
		return false;
	ending->ended++;
	return true;
}

static void gone_worker(struct work_struct *work)
{
	struct ip_vs_net *ipvs = container_of(work, struct ip_vs_net, sync.gone_work.work);
	struct ending ending = { .threshold = READ_ONCE(ipvs->sysctl.sync_threshold[0]) };
	struct ip_vs_sync_gone *gone;

	mutex_lock(&ipvs->sync.gone_mutex);
	gone = ipvs->sync.gone;
	ipvs->sync.gone = NULL;
	mutex_unlock(&ipvs->sync.gone_mutex);
	if (!gone)
		return;
	ending.gone = gone;
	ip_vs_conn_end_where(ipvs, ends, &ending);
	ip_vs_sync_count(ipvs->sync.ended, ending.ended);
	kvfree(gone);
}

/* False: there is no room for it. */
static bool note_server(struct ip_vs_net *ipvs, const struct ip_vs_sync_server *server)
{
	lockdep_assert_held(&ipvs->sync.gone_mutex);
	if (!ipvs->sync.gone && !server->is_gone)
		return true;
	if (!ipvs->sync.gone) {
		ipvs->sync.gone = kvzalloc(sizeof(*ipvs->sync.gone), GFP_KERNEL_ACCOUNT);
		if (!ipvs->sync.gone)
			return false;
		queue_delayed_work(system_dfl_wq, &ipvs->sync.gone_work, GATHER);
	}
	return ip_vs_sync_gone_note(ipvs->sync.gone, server);
}

enum ip_vs_sync_reason ip_vs_sync_take_servers(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_reader *reader)
{
	struct ip_vs_sync_receiver *r = &thread->receiver;
	struct ip_vs_net *ipvs = thread->daemon->ipvs;
	struct ip_vs_sync_reader way = *reader;
	struct ip_vs_sync_server server;
	unsigned int n = 0;
	bool is_heeded;

	is_heeded = thread->daemon->hmac && thread->is_news && READ_ONCE(ipvs->sysctl.expire_nodest_conn);
	mutex_lock(&ipvs->sync.gone_mutex);
	for (; ip_vs_sync_next_server(&way, &server); n++) {
		if (!is_heeded || !ip_vs_sync_server_is_sound(&server) || !note_server(ipvs, &server))
			ip_vs_sync_count(r->unheeded, 1);
		else if (server.is_gone)
			ip_vs_sync_count(r->gone, 1);
		else
			ip_vs_sync_count(r->back, 1);
	}
	mutex_unlock(&ipvs->sync.gone_mutex);
	return n ? IP_VS_SYNC_FINE : IP_VS_SYNC_BODY;
}

/* --- namespaces --- */

void ip_vs_sync_servers_init(struct ip_vs_net *ipvs)
{
	spin_lock_init(&ipvs->sync.moved_lock);
	INIT_LIST_HEAD(&ipvs->sync.moved);
	ipvs->dest_moved = dest_moved;
	mutex_init(&ipvs->sync.gone_mutex);
	INIT_DELAYED_WORK(&ipvs->sync.gone_work, gone_worker);
}

void ip_vs_sync_servers_uninit(struct ip_vs_net *ipvs)
{
	cancel_delayed_work_sync(&ipvs->sync.gone_work);
	kvfree(ipvs->sync.gone);
	ipvs->sync.gone = NULL;
}
