// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heartbeats, and who is heard. Each thread of a master says once a second that it is there and how much it has told; the first
 * thread of a backup does so by the socket that it asks for tables by. Directors that know nothing of this take them for empty
 * messages. What is made of them is for people and programs that look: nothing is decided by it, since without a key anybody
 * may send them.
 *
 * Source: docs/sync-protocol.md.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "core/sync_pulse.h"
#include "sync/daemon.h"

#define INTERVAL HZ

struct ip_vs_sync_known {
	union nf_inet_addr addr;
	u64 last_ms;	/* since the start of the system; 0 = nobody */
	struct ip_vs_sync_pulse pulse;
	u8 thread;	/* his */
};

static u64 boot_ms(void)
{
	return div_u64(ktime_get_boottime_ns(), NSEC_PER_MSEC);
}

/* --- saying it --- */

static u8 role_bit(enum ip_vs_sync_role role)
{
	return role == IP_VS_SYNC_MASTER ? IP_VS_SYNC_IS_MASTER : IP_VS_SYNC_IS_BACKUP;
}

static struct ip_vs_sync_heartbeat make_beat(struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct ip_vs_net *ipvs = daemon->ipvs;
	struct ip_vs_sync_heartbeat beat = {
		.interval_ms = jiffies_to_msecs(INTERVAL),
		.entries = atomic_read(&ipvs->num_conns),
		.threads = daemon->num_threads,
		.role = role_bit(daemon->ops->role),
	};
	unsigned int role;

	for (role = 0; role < IP_VS_SYNC_ROLES; role++)
		if (rcu_access_pointer(ipvs->sync.daemons[role]))
			beat.roles |= role_bit(role);
	if (daemon->ops->role == IP_VS_SYNC_MASTER) {
		beat.told = thread->sender.told;
		ip_vs_sync_queue_state(thread, &beat.queued, &beat.age_ms);
	}
	return beat;
}

void ip_vs_sync_beat(struct ip_vs_sync_thread *thread, struct socket *sock)
{
	struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct ip_vs_sync_heartbeat beat;
	struct ip_vs_sync_trailer stamp;
	u8 data[IP_VS_SYNC_OWN_MAX];
	unsigned int len, next = 0;

	if ((long)(jiffies - thread->next_beat) < 0)
		return;
	/* Also without a socket: whoever waits for the next one would not sleep. */
	thread->next_beat = jiffies + INTERVAL;
	if (!sock)
		return;
	beat = make_beat(thread);
	stamp = ip_vs_sync_stamp(thread);
	len = ip_vs_sync_write_heartbeat(data, daemon->config.sync_id, &beat, &stamp, daemon->hmac);
	if (daemon->hmac &&
	    !ip_vs_sync_key_sum(daemon, data, len - IP_VS_SYNC_TAG_LEN, data + len - IP_VS_SYNC_TAG_LEN))
		return;
	/* One that cannot be sent is late when it can. */
	if (!ip_vs_sync_send(thread, sock, daemon->ops->role == IP_VS_SYNC_BACKUP, data, len, &next))
		ip_vs_sync_count(thread->beats, 1);
}

/* --- hearing it --- */

int ip_vs_sync_known_make(struct ip_vs_sync_thread *thread)
{
	spin_lock_init(&thread->known_lock);
	/* A master hears by its first thread alone. */
	if (thread->number && thread->daemon->ops->role == IP_VS_SYNC_MASTER)
		return 0;
	thread->known = kcalloc(IP_VS_SYNC_KNOWN_MAX, sizeof(*thread->known), GFP_KERNEL_ACCOUNT);
	return thread->known ? 0 : -ENOMEM;
}

static union nf_inet_addr address_of(const struct ip_vs_sync_daemon *daemon, const struct sockaddr_storage *from)
{
	union nf_inet_addr addr = {};

	if (daemon->config.af == AF_INET6)
		addr.in6 = ((const struct sockaddr_in6 *)from)->sin6_addr;
	else
		addr.ip = ((const struct sockaddr_in *)from)->sin_addr.s_addr;
	return addr;
}

/* His place, or that of whoever has been silent for longest: who is there is heard again within seconds. */
static struct ip_vs_sync_known *place_of(struct ip_vs_sync_thread *thread, const union nf_inet_addr *addr)
{
	struct ip_vs_sync_known *known, *oldest = thread->known;

	lockdep_assert_held(&thread->known_lock);
	for (known = thread->known; known < thread->known + IP_VS_SYNC_KNOWN_MAX; known++) {
		if (known->last_ms && nf_inet_addr_cmp(&known->addr, addr))
			return known;
		if (known->last_ms < oldest->last_ms)
			oldest = known;
	}
	*oldest = (struct ip_vs_sync_known){ .addr = *addr };
	return oldest;
}

void ip_vs_sync_heard_from(struct ip_vs_sync_thread *thread, const struct sockaddr_storage *from,
			   const struct ip_vs_sync_reader *reader, const struct ip_vs_sync_heartbeat *beat)
{
	union nf_inet_addr addr = address_of(thread->daemon, from);
	u64 now_ms = div_u64(ktime_get_real_ns(), NSEC_PER_MSEC);
	struct ip_vs_sync_known *known;

	spin_lock(&thread->known_lock);
	known = place_of(thread, &addr);
	known->last_ms = boot_ms() ?: 1;
	if (beat) {
		known->thread = reader->trailer.thread;
		ip_vs_sync_pulse_beat(&known->pulse, beat, reader->trailer.instance, reader->trailer.time_ms, now_ms);
	} else {
		known->pulse.messages++;
	}
	spin_unlock(&thread->known_lock);
}

static void show_known(struct seq_file *seq, const struct ip_vs_sync_thread *thread, const struct ip_vs_sync_known *known)
{
	const struct ip_vs_sync_pulse *pulse = &known->pulse;
	u64 silent_ms = boot_ms() - known->last_ms;

	seq_printf(seq, "%s heard:\taddress=", thread->daemon->ops->name);
	if (thread->daemon->config.af == AF_INET6)
		seq_printf(seq, "%pI6c", &known->addr.in6);
	else
		seq_printf(seq, "%pI4", &known->addr.ip);
	/* A master that never says so has a thread for each of ours. */
	seq_printf(seq, " thread=%u heard_ms=%llu messages=%llu", pulse->beats ? known->thread : thread->number, silent_ms,
		   pulse->messages);
	if (pulse->beats)
		seq_printf(seq, " alive=%s lost=%llu lag_ms=%u queued=%u entries=%u threads=%u",
			   ip_vs_sync_pulse_is_alive(pulse, silent_ms) ? "yes" : "no", pulse->lost, pulse->lag_ms,
			   pulse->queued, pulse->entries, pulse->threads);
	seq_putc(seq, '\n');
}

void ip_vs_sync_show_known(struct seq_file *seq, struct ip_vs_sync_thread *thread)
{
	struct ip_vs_sync_known *known;

	if (!thread->known)
		return;
	spin_lock(&thread->known_lock);
	for (known = thread->known; known < thread->known + IP_VS_SYNC_KNOWN_MAX; known++)
		if (known->last_ms)
			show_known(seq, thread, known);
	spin_unlock(&thread->known_lock);
}
