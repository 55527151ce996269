/* SPDX-License-Identifier: GPL-2.0-only */
/* What a daemon is made of, for the files of sync/. */
#ifndef IP_VS_SYNC_DAEMON_H
#define IP_VS_SYNC_DAEMON_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>
#include "core/sync_message.h"
#include "core/sync_own.h"
#include "sync/sync.h"

/*
 * With peers the whole table is asked for by a port of its own, so many above that of the messages: one that is sent to an
 * address comes to one socket, and a master and a backup may have the same.
 */
#define IP_VS_SYNC_PORT_ASIDE 64

/* Threads of a daemon; each has a port. In a namespace that is not the host's fewer. */
#define IP_VS_SYNC_THREADS_MAX 64
#define IP_VS_SYNC_GUEST_THREADS_MAX 4

/* A master's answer to a director that wants the whole table; of its first thread. */
struct ip_vs_sync_giving {
	bool is_active;
	bool is_asked;			/* by the next two: what comes after the present one */
	u64 asked_by;
	u32 asked_for;
	u64 to;				/* whom the present, or last, table is for, and for which question */
	u32 request;
	int table;			/* which of them @walk is in */
	struct ip_vs_hash_walk walk;
	u32 sent;			/* entries */
	u32 total;
	unsigned long next;		/* jiffies of the next slice, or the earliest next table */
	unsigned long tables;		/* that were sent */
};

/* A backup's question; of its first thread. */
struct ip_vs_sync_asking {
	int ups;			/* daemon->ups when it last wanted the table */
	u32 request;			/* number of the last question */
	u32 first_request;		/* and of the first one for what is wanted now */
	unsigned int tries;		/* to come */
	unsigned long next;		/* jiffies of the next one at the earliest */
	unsigned long pause;		/* before the next one that a heartbeat is the cause of */
	bool is_unanswered;
	unsigned long asked;		/* questions */
	unsigned long tables;		/* that came as a whole */
};

/* As many servers are in one message. */
#define IP_VS_SYNC_SAID_MAX 32

/* What a master says of servers; of its first thread. */
struct ip_vs_sync_saying {
	unsigned long next;		/* jiffies of the next message at the earliest */
	unsigned long gone;		/* servers that were said to have gone */
	unsigned long back;		/* or to be back */
	struct ip_vs_sync_server servers[IP_VS_SYNC_SAID_MAX]; /* those of the message that is made */
};

/* Of a sender's thread, with a key: which of its last messages have come. */
struct ip_vs_sync_heard {
	u64 instance;			/* 0 = nobody's */
	u64 first_ms;			/* since the start of the system */
	u64 last_ms;
	struct ip_vs_sync_window window;
	u8 thread;
};

/* As many are remembered by a thread. */
#define IP_VS_SYNC_HEARD_MAX 32

/* Other directors that a thread has heard of: as many. */
#define IP_VS_SYNC_KNOWN_MAX 32

/* The queue of a master's thread. All but the counters of what was sent: under @lock, which packets take. */
struct ip_vs_sync_sender {
	spinlock_t lock;
	struct ip_vs_sync_buffer *open;	/* records go here */
	struct ip_vs_sync_buffer *table; /* those of the whole table, if somebody has asked for it */
	struct list_head queue;		/* full ones */
	unsigned long queued;
	unsigned int since_empty;	/* queued since the queue was last empty */
	unsigned long due;		/* jiffies when the first of the queue is to be sent */
	unsigned long records;
	unsigned long dropped_messages;	/* the queue was full */
	unsigned long dropped_records;
	unsigned long no_memory;	/* records that were lost so */
	unsigned long inexpressible;	/* records that no message can hold */
	unsigned long messages;		/* from here on the thread's */
	u64 told;			/* those and all that could not be sent */
	unsigned long sent_records;
	unsigned long bytes;
	unsigned long errors;		/* the socket refused a message, which is lost */
	unsigned long unsent;		/* no socket: the interface is not there */
};

/* What a backup's thread has received; all of it the thread's. */
struct ip_vs_sync_receiver {
	void *buffer;
	unsigned long messages;
	unsigned long bytes;
	unsigned long records;		/* that were taken */
	unsigned long strangers;	/* messages of nobody among the peers */
	unsigned long known;		/* records of the whole table that there is an entry of */
	unsigned long errors;		/* of the socket */
	unsigned long gone;		/* servers that others say have gone */
	unsigned long back;		/* or are back */
	unsigned long unheeded;		/* servers of which nothing follows */
	unsigned long reasons[IP_VS_SYNC_REASONS];
};

/**
 * struct ip_vs_sync_thread - one of a daemon's threads
 * @sock: the thread's, once it runs; NULL = the interface is not there
 * @is_open: the same for others
 * @aside: of the first thread: a master hears by it who wants the whole table, a backup asks; NULL if it cannot be had
 * @heard: who is heard, with a key; IP_VS_SYNC_HEARD_MAX
 * @is_news: with a key, of the message at hand: nobody can have recorded it before
 * @known: who is heard, IP_VS_SYNC_KNOWN_MAX; NULL = nobody can be. Written by the thread, under @known_lock
 * @next_beat: jiffies of the next heartbeat
 * @beats: heartbeats that were sent
 * @heartbeats: that were heard
 * @ready: what @aside called before, of a master
 * @sequence: number of the last message of this thread that has a trailer
 * @seen: daemon->changes when @sock was last found to be as it should
 * @losses: daemon->losses when @sock was opened
 * @ifindex: of the interface @sock belongs to
 * @saddr: IPv4 address that a master's @sock is bound to, 0 = none
 * @port: of @sock's destination, or its own
 * @last: seconds since 1970 when it last sent or heard something, 0 = never
 */
struct ip_vs_sync_thread {
	struct ip_vs_sync_daemon *daemon;
	unsigned int number;
	struct task_struct *task;
	struct socket *sock;
	struct socket *aside;
	u64 sequence;
	struct ip_vs_sync_heard *heard;
	bool is_news;
	spinlock_t known_lock;
	struct ip_vs_sync_known *known;
	unsigned long next_beat;
	unsigned long beats;
	unsigned long heartbeats;
	void (*ready)(struct sock *sk);
	bool is_open;
	int seen;
	int losses;
	int ifindex;
	__be32 saddr;
	u16 port;
	time64_t last;
	union {
		struct ip_vs_sync_sender sender;
		struct ip_vs_sync_receiver receiver;
	};
};

/**
 * struct ip_vs_sync_daemon - a running daemon
 * @config: the values in effect; never changes
 * @changes: something has happened to interfaces or addresses: sockets may not be what they should
 * @losses: how often an interface of that name has gone
 * @ups: how often it was set up
 * @reopened: sockets that were opened after the start
 * @instance: a number that no other daemon has; not 0
 * @hmac: of the shared key, NULL = none
 */
struct ip_vs_sync_daemon {
	struct ip_vs_net *ipvs;
	const struct ip_vs_sync_role_ops *ops;
	struct ip_vs_sync_config config;
	atomic_t changes;
	atomic_t losses;
	atomic_t ups;
	atomic_t reopened;
	u64 instance;
	struct crypto_shash *hmac;
	struct ip_vs_sync_giving giving;	/* a master's */
	struct ip_vs_sync_saying saying;	/* a master's */
	struct ip_vs_sync_asking asking;	/* a backup's */
	unsigned int num_threads;	/* a power of two */
	struct ip_vs_sync_thread threads[];
};

/**
 * struct ip_vs_sync_role_ops - what masters and backups differ in
 * @prepare: memory for a thread; ENOMEM
 * @release: it and all that the thread has left
 * @run: the thread; ends when kthread_should_stop()
 * @show: its lines
 */
struct ip_vs_sync_role_ops {
	enum ip_vs_sync_role role;
	const char *name;
	const char *title;
	char letter;
	int (*prepare)(struct ip_vs_sync_thread *thread);
	void (*release)(struct ip_vs_sync_thread *thread);
	int (*run)(void *thread);
	void (*show)(struct seq_file *seq, const struct ip_vs_sync_daemon *daemon);
};

/* A line about what somebody has asked for. The root of a container, who may ask without end, is limited in that. */
static inline bool ip_vs_sync_may_log(struct ip_vs_net *ipvs)
{
	return ipvs->net->user_ns == &init_user_ns || __ratelimit(&ipvs->log);
}

/* A master is about to be seen, or is not to be seen any more; under the mutex. */
void ip_vs_sync_master_begin(struct ip_vs_net *ipvs);
void ip_vs_sync_master_end(struct ip_vs_net *ipvs);
void ip_vs_sync_master_init(struct ip_vs_net *ipvs);

void ip_vs_sync_backup_init(struct ip_vs_net *ipvs);
void ip_vs_sync_backup_uninit(struct ip_vs_net *ipvs);

extern const struct ip_vs_sync_role_ops ip_vs_sync_master_ops, ip_vs_sync_backup_ops;

/* Bytes of the headers of IP and UDP in front of a message. */
/* An entry's or a record's address, which has no more bytes than its family; the others are 0 already. */
static inline void ip_vs_sync_copy_address(struct in6_addr *to, u8 af, const void *from)
{
	memcpy(to, from, af == AF_INET6 ? sizeof(struct in6_addr) : sizeof(__be32));
}

static inline unsigned int ip_vs_sync_header_len(const struct ip_vs_sync_config *config)
{
	return config->af == AF_INET6 ? 48 : 28;
}

/**
 * ip_vs_sync_socket_open() - make the socket of a thread
 * @extack: may be NULL
 *
 * By the thread, or before it runs. Takes rtnl. ENODEV if there is no such interface, and what sockets say.
 */
int ip_vs_sync_socket_open(struct ip_vs_sync_thread *thread, struct netlink_ext_ack *extack);
void ip_vs_sync_socket_close(struct ip_vs_sync_thread *thread);

/*
 * The address of a peer, or without peers the group's, for this thread's port; returns its length. @aside: the port that
 * the whole table is asked for by. Is an address one of the peers? One of ours, which may stand among the peers where all
 * directors have the same list?
 */
int ip_vs_sync_address(const struct ip_vs_sync_thread *thread, unsigned int peer, bool aside,
		       struct sockaddr_storage *address);
bool ip_vs_sync_is_peer(const struct ip_vs_sync_daemon *daemon, const struct sockaddr_storage *address);
bool ip_vs_sync_is_own(const struct ip_vs_sync_daemon *daemon, const struct sockaddr_storage *address);

/* One datagram to the group or to all peers; 0 or what the last one that failed said. @next: where to go on after EAGAIN. */
int ip_vs_sync_send(const struct ip_vs_sync_thread *thread, struct socket *sock, bool aside, void *data, unsigned int len,
		    unsigned int *next);

/* The thread's socket as it should be, made anew if need be; NULL if that cannot be. By the thread; may sleep. */
struct socket *ip_vs_sync_socket(struct ip_vs_sync_thread *thread);

/* Has anything happened since ip_vs_sync_socket() was asked? For conditions to wait for. */
static inline bool ip_vs_sync_socket_is_doubtful(const struct ip_vs_sync_thread *thread)
{
	return thread->seen != atomic_read(&thread->daemon->changes);
}

/* A key, and the sum over a message under it; false if that cannot be computed. ENOENT, EOPNOTSUPP, ENOMEM. */
int ip_vs_sync_key_set(struct ip_vs_sync_daemon *daemon, const u8 *key, unsigned int len, struct netlink_ext_ack *extack);
void ip_vs_sync_key_free(struct ip_vs_sync_daemon *daemon);
bool ip_vs_sync_key_sum(const struct ip_vs_sync_daemon *daemon, const void *data, unsigned int len, u8 *sum);

/* Memory for who is heard, if there is a key. ENOMEM. */
int ip_vs_sync_seen_make(struct ip_vs_sync_thread *thread);

/* Is a message of somebody with the key, and has it not come before? Without a key all are believed. By the thread. */
enum ip_vs_sync_reason ip_vs_sync_believe(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_reader *reader);

/* Bytes behind the records of a message that has a trailer. */
static inline unsigned int ip_vs_sync_trailer_len(const struct ip_vs_sync_daemon *daemon)
{
	return IP_VS_SYNC_TRAILER_LEN + (daemon->hmac ? IP_VS_SYNC_TAG_LEN : 0);
}

/* The next message of this thread: who sends it, and when. By the thread. */
struct ip_vs_sync_trailer ip_vs_sync_stamp(struct ip_vs_sync_thread *thread);

/* The whole table: what a master's thread does for it each time it is awake, and jiffies until it is to be awake again. */
void ip_vs_sync_give_table(struct ip_vs_sync_thread *thread);
long ip_vs_sync_table_wait(const struct ip_vs_sync_thread *thread);

/* Into a master's queue: an entry, under RCU, false if it is none to be told; the end of a slice; what is between them. */
bool ip_vs_sync_queue_entry(struct ip_vs_sync_thread *thread, struct ip_vs_conn *cp);
void ip_vs_sync_end_slice(struct ip_vs_sync_thread *thread);
void ip_vs_sync_queue_table(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_table *body);

/* Has a master's queue room for what nobody waits for? */
bool ip_vs_sync_has_room(const struct ip_vs_sync_thread *thread);

/*
 * Servers that have left or are back: what a master's thread does for it each time it is awake, jiffies until it is to be awake
 * again, the message, at most IP_VS_SYNC_SAID_MAX of them; what is in the list when no master runs any more. What a backup makes
 * of such a message.
 */
void ip_vs_sync_say_servers(struct ip_vs_sync_thread *thread);
long ip_vs_sync_servers_wait(const struct ip_vs_sync_thread *thread);
void ip_vs_sync_queue_servers(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_server *servers, unsigned int n);
void ip_vs_sync_forget_moved(struct ip_vs_net *ipvs);
enum ip_vs_sync_reason ip_vs_sync_take_servers(struct ip_vs_sync_thread *thread, const struct ip_vs_sync_reader *reader);
void ip_vs_sync_servers_init(struct ip_vs_net *ipvs);
void ip_vs_sync_servers_uninit(struct ip_vs_net *ipvs);

/* A backup's: it wants the table; asks for it if it is time; has got a message of our own. By the thread. */
void ip_vs_sync_table_wanted(struct ip_vs_sync_thread *thread);
void ip_vs_sync_ask_for_table(struct ip_vs_sync_thread *thread);
enum ip_vs_sync_reason ip_vs_sync_take_own(struct ip_vs_sync_thread *thread, const struct sockaddr_storage *from,
					   const struct ip_vs_sync_reader *reader);

/* A thread's heartbeat, by @sock, if it is time and that is there. Of a master, how many messages wait, and the first one how long. */
void ip_vs_sync_beat(struct ip_vs_sync_thread *thread, struct socket *sock);
void ip_vs_sync_queue_state(struct ip_vs_sync_thread *thread, u32 *queued, u32 *age_ms);

/*
 * Memory for who is heard; ENOMEM. A message has come from somebody, a heartbeat if @beat is not NULL: after it was believed. By
 * the thread. Its lines, by anybody, under RCU.
 */
int ip_vs_sync_known_make(struct ip_vs_sync_thread *thread);
void ip_vs_sync_heard_from(struct ip_vs_sync_thread *thread, const struct sockaddr_storage *from,
			   const struct ip_vs_sync_reader *reader, const struct ip_vs_sync_heartbeat *beat);
void ip_vs_sync_show_known(struct seq_file *seq, struct ip_vs_sync_thread *thread);

/* The daemons of a namespace are to look at their sockets; under RCU. An interface of that name has gone, or is up. */
enum ip_vs_sync_news { IP_VS_SYNC_CHANGE, IP_VS_SYNC_LOSS, IP_VS_SYNC_UP };
void ip_vs_sync_interface_changed(struct ip_vs_net *ipvs, const char *interface, enum ip_vs_sync_news news);

/* Sum of one counter over all threads. */
#define ip_vs_sync_sum(daemon, member)                                                             \
	({                                                                                         \
		const struct ip_vs_sync_daemon *daemon_ = (daemon);                                \
		unsigned long sum_ = 0;                                                            \
		unsigned int i_;                                                                   \
                                                                                                   \
		for (i_ = 0; i_ < daemon_->num_threads; i_++)                                      \
			sum_ += READ_ONCE(daemon_->threads[i_].member);                            \
		sum_;                                                                              \
	})

/* Counters have one writer at a time, and readers at any. */
#define ip_vs_sync_count(counter, n) WRITE_ONCE(counter, (counter) + (n))

#endif
