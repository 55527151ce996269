// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets of the daemons. They follow the interface by its name: when it goes, or the address that a master sends from,
 * the socket is closed, and made anew when there is one of that name again. What happens to interfaces is noted in
 * notifiers, under rtnl; the threads do the rest, for opening and closing take rtnl themselves.
 *
 * Source: spec/sync.md, section 8.
 */
#define pr_fmt(fmt) "IPVS: " fmt

#include <linux/igmp.h>
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/socket.h>
#include <linux/sockptr.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/route.h>
#include <net/sock.h>
#include "sync/daemon.h"

/* What a socket depends on. */
struct place {
	int ifindex;	/* 0 = there is no such interface */
	__be32 saddr;	/* of masters that send to IPv4 */
};

static bool is_master(const struct ip_vs_sync_thread *thread)
{
	return thread->daemon->ops->role == IP_VS_SYNC_MASTER;
}

static struct place find_place(const struct ip_vs_sync_daemon *daemon)
{
	struct place place = {};
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(daemon->ipvs->net, daemon->config.interface);
	if (dev) {
		place.ifindex = dev->ifindex;
		if (daemon->ops->role == IP_VS_SYNC_MASTER && daemon->config.af == AF_INET)
			place.saddr = inet_select_addr(dev, 0, RT_SCOPE_UNIVERSE);
	}
	rcu_read_unlock();
	return place;
}

static int set_option(struct socket *sock, int level, int name, void *value, unsigned int len)
{
	if (level == SOL_SOCKET)
		return sock_setsockopt(sock, level, name, KERNEL_SOCKPTR(value), len);
	return sock->ops->setsockopt(sock, level, name, KERNEL_SOCKPTR(value), len);
}

static int set_number(struct socket *sock, int level, int name, int value)
{
	return set_option(sock, level, name, &value, sizeof(value));
}

/* Within what the administrator allows to all sockets; 0 and less = what all have. */
static int set_size(const struct ip_vs_sync_thread *thread, struct socket *sock, int name)
{
	int size = READ_ONCE(thread->daemon->ipvs->sysctl.sync_sock_size);

	return size > 0 ? set_number(sock, SOL_SOCKET, name, size) : 0;
}

/*
 * What goes to a peer that does not answer for its address waits in the queue of its neighbour, as many bytes as there by
 * default (sysctl unres_qlen_bytes), and counts for the socket. It must not take the room of the others: half of all is
 * what may be in use when something is sent.
 */
#define NEIGHBOUR_QUEUE (_SK_MEM_OVERHEAD * _SK_MEM_PACKETS)

static void make_room_for_absent(struct sock *sk, unsigned int peers)
{
	u64 size = (u32)READ_ONCE(sk->sk_sndbuf) + 2 * peers * (u64)NEIGHBOUR_QUEUE;

	lock_sock(sk);
	WRITE_ONCE(sk->sk_sndbuf, min_t(u64, size, INT_MAX / 2));
	release_sock(sk);
}

/* Large messages are cut on their way, whatever is known of it. */
static int set_sending(const struct ip_vs_sync_thread *thread, struct socket *sock)
{
	struct ip_mreqn interface = { .imr_ifindex = thread->ifindex };
	const struct ip_vs_sync_config *config = &thread->daemon->config;
	int ttl = config->ttl;

	/* To peers, too, it goes through the interface. */
	if (config->num_peers && config->af == AF_INET6)
		return sock_bindtoindex(sock->sk, thread->ifindex, true) ?:
		       set_number(sock, SOL_IPV6, IPV6_UNICAST_HOPS, ttl) ?:
		       set_number(sock, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
	if (config->num_peers)
		return sock_bindtoindex(sock->sk, thread->ifindex, true) ?:
		       set_number(sock, SOL_IP, IP_TTL, ttl) ?:
		       set_number(sock, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	if (config->af == AF_INET6)
		return set_number(sock, SOL_IPV6, IPV6_MULTICAST_IF, thread->ifindex) ?:
		       set_number(sock, SOL_IPV6, IPV6_MULTICAST_HOPS, ttl) ?:
		       set_number(sock, SOL_IPV6, IPV6_MULTICAST_LOOP, 0) ?:
		       set_number(sock, SOL_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
	return set_option(sock, SOL_IP, IP_MULTICAST_IF, &interface, sizeof(interface)) ?:
	       set_number(sock, SOL_IP, IP_MULTICAST_TTL, ttl) ?:
	       set_number(sock, SOL_IP, IP_MULTICAST_LOOP, 0) ?:
	       set_number(sock, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

static int join(const struct ip_vs_sync_thread *thread, struct socket *sock)
{
	const struct ip_vs_sync_config *config = &thread->daemon->config;
	struct ipv6_mreq group6 = { .ipv6mr_multiaddr = config->group.in6, .ipv6mr_ifindex = thread->ifindex };
	struct ip_mreqn group4 = { .imr_multiaddr.s_addr = config->group.ip, .imr_ifindex = thread->ifindex };

	if (config->af == AF_INET6)
		return set_option(sock, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &group6, sizeof(group6));
	return set_option(sock, SOL_IP, IP_ADD_MEMBERSHIP, &group4, sizeof(group4));
}

static int make_address(struct sockaddr_storage *address, u16 af, const union nf_inet_addr *addr, u16 port, int ifindex)
{
	memset(address, 0, sizeof(*address));
	if (af == AF_INET6) {
		*(struct sockaddr_in6 *)address = (struct sockaddr_in6){
			.sin6_family = AF_INET6,
			.sin6_port = htons(port),
			.sin6_addr = addr->in6,
			.sin6_scope_id = ifindex,
		};
		return sizeof(struct sockaddr_in6);
	}
	*(struct sockaddr_in *)address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = addr->ip,
	};
	return sizeof(struct sockaddr_in);
}

int ip_vs_sync_address(const struct ip_vs_sync_thread *thread, unsigned int peer, bool aside,
		       struct sockaddr_storage *address)
{
	const struct ip_vs_sync_config *config = &thread->daemon->config;
	u16 port = thread->port + (aside && config->num_peers ? IP_VS_SYNC_PORT_ASIDE : 0);

	return make_address(address, config->af, config->num_peers ? &config->peers[peer] : &config->group, port,
			    thread->ifindex);
}

bool ip_vs_sync_is_peer(const struct ip_vs_sync_daemon *daemon, const struct sockaddr_storage *address)
{
	const struct ip_vs_sync_config *config = &daemon->config;
	const struct sockaddr_in6 *from6 = (const void *)address;
	const struct sockaddr_in *from4 = (const void *)address;
	unsigned int i;

	for (i = 0; i < config->num_peers; i++)
		if (config->af == AF_INET6 ? ipv6_addr_equal(&config->peers[i].in6, &from6->sin6_addr) :
					     config->peers[i].ip == from4->sin_addr.s_addr)
			return true;
	return !config->num_peers;
}

bool ip_vs_sync_is_own(const struct ip_vs_sync_daemon *daemon, const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *from6 = (const void *)address;
	const struct sockaddr_in *from4 = (const void *)address;
	struct net *net = daemon->ipvs->net;

	if (!daemon->config.num_peers)
		return false;
	if (daemon->config.af == AF_INET6)
		return ipv6_chk_addr(net, &from6->sin6_addr, NULL, 0);
	return inet_addr_type(net, from4->sin_addr.s_addr) == RTN_LOCAL;
}

static int send_to(struct socket *sock, void *data, unsigned int len, void *to, int to_len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL, .msg_name = to, .msg_namelen = to_len };
	struct kvec vec = { .iov_base = data, .iov_len = len };
	int sent = kernel_sendmsg(sock, &msg, &vec, 1, len);

	return min(sent, 0);
}

int ip_vs_sync_send(const struct ip_vs_sync_thread *thread, struct socket *sock, bool aside, void *data, unsigned int len,
		    unsigned int *next)
{
	const struct ip_vs_sync_config *config = &thread->daemon->config;
	struct sockaddr_storage to;
	int err = 0, one, to_len;

	/* Connected. */
	if (!config->num_peers)
		return send_to(sock, data, len, NULL, 0);
	for (; *next < config->num_peers; ++*next) {
		to_len = ip_vs_sync_address(thread, *next, aside, &to);
		one = send_to(sock, data, len, &to, to_len);
		if (one == -EAGAIN)
			return one;
		/* The others get it all the same. */
		err = one ?: err;
	}
	return err;
}

static int bind_to(struct socket *sock, __be32 saddr)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = saddr };

	return kernel_bind(sock, (struct sockaddr_unsized *)&address, sizeof(address));
}

/* A master's: it sends from one port for all its life. */
static int open_sending(const struct ip_vs_sync_thread *thread, struct socket *sock, struct netlink_ext_ack *extack)
{
	struct ip_vs_net *ipvs = thread->daemon->ipvs;
	struct sockaddr_storage group;
	int len = ip_vs_sync_address(thread, 0, false, &group);
	int err;

	err = set_size(thread, sock, SO_SNDBUF) ?: set_sending(thread, sock);
	if (err) {
		NL_SET_ERR_MSG(extack, "the socket that sends cannot be set up");
		return err;
	}
	if (thread->saddr) {
		err = bind_to(sock, thread->saddr);
		if (err) {
			NL_SET_ERR_MSG(extack, "the socket cannot be bound to the address of the interface");
			return err;
		}
	} else if (is_master(thread) && thread->daemon->config.af == AF_INET && !thread->task && ip_vs_sync_may_log(ipvs)) {
		pr_warn("You probably need to specify IP address on multicast interface.\n");
	}
	if (thread->daemon->config.num_peers) {
		make_room_for_absent(sock->sk, thread->daemon->config.num_peers);
		return 0;
	}
	err = kernel_connect(sock, (struct sockaddr_unsized *)&group, len, 0);
	if (!err)
		return 0;
	NL_SET_ERR_MSG(extack, "the multicast group cannot be reached through the interface: is it up?");
	/* Later it is nobody's mistake, and tried again. */
	if (is_master(thread) && !thread->task && ip_vs_sync_may_log(ipvs))
		pr_err("Error connecting to the multicast addr\n");
	return err;
}

/* Where one that receives is bound: to the group, or for peers to all addresses of the interface. */
static int receiving_address(const struct ip_vs_sync_thread *thread, struct sockaddr_storage *address)
{
	static const union nf_inet_addr any;
	u16 port = thread->port + (is_master(thread) ? IP_VS_SYNC_PORT_ASIDE : 0);

	if (!thread->daemon->config.num_peers)
		return ip_vs_sync_address(thread, 0, false, address);
	return make_address(address, thread->daemon->config.af, &any, port, 0);
}

/*
 * A backup's: it hears only what arrives on the interface, and is sent to the group or by peers. A master's, aside. Of a group
 * several programs may hear. What peers send comes to one socket alone: whoever could bind the same port, and the address
 * besides, would have it instead of the daemon.
 */
static int open_receiving(const struct ip_vs_sync_thread *thread, struct socket *sock, struct netlink_ext_ack *extack)
{
	struct sockaddr_storage address;
	int len = receiving_address(thread, &address);
	int err;

	err = set_number(sock, SOL_SOCKET, SO_REUSEADDR, !thread->daemon->config.num_peers) ?:
	      set_size(thread, sock, SO_RCVBUF) ?:
	      sock_bindtoindex(sock->sk, thread->ifindex, true);
	if (err) {
		NL_SET_ERR_MSG(extack, "the socket that receives cannot be set up");
		return err;
	}
	err = kernel_bind(sock, (struct sockaddr_unsized *)&address, len);
	if (err) {
		NL_SET_ERR_MSG(extack, "the socket cannot be bound to its address and port: is another program using the port?");
		return err;
	}
	err = thread->daemon->config.num_peers ? 0 : join(thread, sock);
	if (err)
		NL_SET_ERR_MSG(extack, "the interface cannot join the multicast group");
	return err;
}

static struct socket *make_socket(const struct ip_vs_sync_thread *thread, bool sends, struct netlink_ext_ack *extack)
{
	const struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct socket *sock;
	int err;

	err = sock_create_kern(daemon->ipvs->net, daemon->config.af == AF_INET6 ? PF_INET6 : PF_INET, SOCK_DGRAM,
			       IPPROTO_UDP, &sock);
	if (err) {
		NL_SET_ERR_MSG(extack, "no socket can be made");
		return ERR_PTR(err);
	}
	err = sends ? open_sending(thread, sock, extack) : open_receiving(thread, sock, extack);
	if (err) {
		sock_release(sock);
		return ERR_PTR(err);
	}
	return sock;
}

/* A datagram has come that may ask for the whole table. Under the lock nobody takes the thread away. */
static void wake_thread(struct sock *sk)
{
	struct ip_vs_sync_thread *thread;
	struct task_struct *task;

	read_lock_bh(&sk->sk_callback_lock);
	thread = sk->sk_user_data;
	task = thread ? READ_ONCE(thread->task) : NULL;
	if (task)
		wake_up_process(task);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* While it sleeps a master's thread does not wait for its socket's wake-ups. */
static void set_waking(struct sock *sk, struct ip_vs_sync_thread *thread)
{
	write_lock_bh(&sk->sk_callback_lock);
	if (thread) {
		thread->ready = sk->sk_data_ready;
		sk->sk_data_ready = wake_thread;
	} else {
		sk->sk_data_ready = ((struct ip_vs_sync_thread *)sk->sk_user_data)->ready;
	}
	sk->sk_user_data = thread;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* Of the first thread. Without it there is no whole table, and all else goes on. */
static void open_aside(struct ip_vs_sync_thread *thread)
{
	struct socket *sock;

	if (thread->number)
		return;
	sock = make_socket(thread, !is_master(thread), NULL);
	if (IS_ERR(sock))
		return;
	thread->aside = sock;
	if (is_master(thread))
		set_waking(sock->sk, thread);
	else
		ip_vs_sync_table_wanted(thread);
}

static void close_aside(struct ip_vs_sync_thread *thread)
{
	if (!thread->aside)
		return;
	if (is_master(thread))
		set_waking(thread->aside->sk, NULL);
	sock_release(thread->aside);
	thread->aside = NULL;
}

int ip_vs_sync_socket_open(struct ip_vs_sync_thread *thread, struct netlink_ext_ack *extack)
{
	struct ip_vs_sync_daemon *daemon = thread->daemon;
	struct place place;
	struct socket *sock;

	/* In this order: what changes from here on is seen the next time. */
	thread->seen = atomic_read(&daemon->changes);
	thread->losses = atomic_read(&daemon->losses);
	smp_rmb();
	place = find_place(daemon);
	if (!place.ifindex) {
		NL_SET_ERR_MSG(extack, "there is no interface of that name");
		return -ENODEV;
	}
	thread->ifindex = place.ifindex;
	thread->saddr = place.saddr;
	sock = make_socket(thread, is_master(thread), extack);
	if (IS_ERR(sock))
		return PTR_ERR(sock);
	thread->sock = sock;
	open_aside(thread);
	WRITE_ONCE(thread->is_open, true);
	return 0;
}

void ip_vs_sync_socket_close(struct ip_vs_sync_thread *thread)
{
	if (!thread->sock)
		return;
	WRITE_ONCE(thread->is_open, false);
	close_aside(thread);
	sock_release(thread->sock);
	thread->sock = NULL;
}

/* Something has changed. Is the socket as it would be if it were made now? */
static bool is_right(struct ip_vs_sync_thread *thread)
{
	int seen = atomic_read(&thread->daemon->changes);
	struct place place;

	smp_rmb();
	place = find_place(thread->daemon);
	if (thread->losses != atomic_read(&thread->daemon->losses) || thread->ifindex != place.ifindex ||
	    thread->saddr != place.saddr)
		return false;
	thread->seen = seen;
	return true;
}

struct socket *ip_vs_sync_socket(struct ip_vs_sync_thread *thread)
{
	if (likely(thread->sock && !ip_vs_sync_socket_is_doubtful(thread)))
		return thread->sock;
	if (thread->sock && is_right(thread)) {
		/* A backup's can be had while the interface is down, but not the one that it asks by. */
		if (!thread->aside)
			open_aside(thread);
		return thread->sock;
	}
	ip_vs_sync_socket_close(thread);
	if (!ip_vs_sync_socket_open(thread, NULL))
		atomic_inc(&thread->daemon->reopened);
	return thread->sock;
}

void ip_vs_sync_interface_changed(struct ip_vs_net *ipvs, const char *interface, enum ip_vs_sync_news news)
{
	struct ip_vs_sync_daemon *daemon;
	unsigned int role, i;

	for (role = 0; role < IP_VS_SYNC_ROLES; role++) {
		daemon = rcu_dereference(ipvs->sync.daemons[role]);
		if (!daemon || (interface && strcmp(daemon->config.interface, interface)))
			continue;
		if (news == IP_VS_SYNC_LOSS)
			atomic_inc(&daemon->losses);
		else if (news == IP_VS_SYNC_UP)
			atomic_inc(&daemon->ups);
		/* What has changed is seen by whoever sees this. */
		smp_mb__before_atomic();
		atomic_inc(&daemon->changes);
		for (i = 0; i < daemon->num_threads; i++)
			wake_up_process(daemon->threads[i].task);
	}
}
