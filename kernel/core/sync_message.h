/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synchronisation messages: datagrams in which a director tells others about its connections. Versions 0 and 1 are
 * those of the original. What is ours stands where an old receiver does not look: options that it may skip, a
 * trailer behind the last record, and messages that it takes for empty ones. docs/sync-protocol.md has all of
 * ours byte by byte.
 *
 * A reader believes nothing: each length is compared with what is there before the bytes behind it are looked at.
 * Nothing here knows keys or clocks; sums over a message are the caller's.
 */
#ifndef IP_VS_CORE_SYNC_MESSAGE_H
#define IP_VS_CORE_SYNC_MESSAGE_H

#include "core/base.h"
#include "core/sync_trailer.h"

enum {
	IP_VS_SYNC_V0_HEADER_LEN = 4,
	IP_VS_SYNC_HEADER_LEN = 8,		/* version 1, and our own kinds */
	IP_VS_SYNC_V0_RECORD_LEN = 24,
	IP_VS_SYNC_RECORD4_LEN = 36,
	IP_VS_SYNC_RECORD6_LEN = 72,
	IP_VS_SYNC_SEQ_LEN = 24,
	IP_VS_SYNC_ENGINE_DATA_MAX = 255,
	IP_VS_SYNC_ENGINE_NAME_MAX = 16,
	IP_VS_SYNC_TIME_LEN = 8,
	IP_VS_SYNC_SERVER_LEN = 1,
	IP_VS_SYNC_RECORDS_MAX = 255,		/* the count is one byte */
};

/* The largest record with everything in it. A buffer with room for one, both headers and a trailer always suffices. */
#define IP_VS_SYNC_RECORD_MAX                                                                      \
	(IP_VS_SYNC_RECORD6_LEN + 2 + IP_VS_SYNC_SEQ_LEN + 2 + IP_VS_SYNC_ENGINE_DATA_MAX + 2 +    \
	 IP_VS_SYNC_ENGINE_NAME_MAX + 2 + IP_VS_SYNC_TIME_LEN + 2 + IP_VS_SYNC_SERVER_LEN)
#define IP_VS_SYNC_MESSAGE_MIN_ROOM                                                                \
	(IP_VS_SYNC_HEADER_LEN + IP_VS_SYNC_RECORD_MAX + IP_VS_SYNC_TRAILER_LEN + IP_VS_SYNC_TAG_LEN)

/* Flags as they are on the wire: the interface's IP_VS_CONN_F_*. */
enum {
	IP_VS_SYNC_F_FWD_MASK = 0x0007,
	IP_VS_SYNC_F_HASHED = 0x0040,
	IP_VS_SYNC_F_NOOUTPUT = 0x0080,
	IP_VS_SYNC_F_INACTIVE = 0x0100,
	IP_VS_SYNC_F_SEQ_MASK = 0x0600,
	IP_VS_SYNC_F_NO_CPORT = 0x0800,
	IP_VS_SYNC_F_TEMPLATE = 0x1000,
	IP_VS_SYNC_F_ONE_PACKET = 0x2000,

	/* sent as they are in the entry, all others are cleared; version 0 has room for the lower 16 only */
	IP_VS_SYNC_F_SENT = 0x1ffff & ~IP_VS_SYNC_F_HASHED,
	/* what a new entry takes over from a record */
	IP_VS_SYNC_F_NEW = IP_VS_SYNC_F_FWD_MASK | IP_VS_SYNC_F_NOOUTPUT | IP_VS_SYNC_F_INACTIVE |
			   IP_VS_SYNC_F_SEQ_MASK | IP_VS_SYNC_F_NO_CPORT | IP_VS_SYNC_F_TEMPLATE,
	/* what an entry that exists takes over */
	IP_VS_SYNC_F_UPDATE = IP_VS_SYNC_F_INACTIVE | IP_VS_SYNC_F_SEQ_MASK,
};

/* A template's two states. */
enum { IP_VS_SYNC_TEMPLATE_NONE, IP_VS_SYNC_TEMPLATE_ASSURED, IP_VS_SYNC_TEMPLATE_STATES };

/* Bits of ip_vs_sync_record.server. */
enum { IP_VS_SYNC_SERVER_GONE = 1 };

/**
 * struct ip_vs_sync_record - what a message says about one connection or template
 * @is_v6: family of the three addresses
 * @protocol: 0 for the template of a mark's service
 * @flags: IP_VS_SYNC_F_*
 * @cport, @vport, @dport: as in packets
 * @caddr, @vaddr, @daddr: IPv4 addresses stand in the first 4 bytes, with zeros behind them
 * @fwmark: of the packet that made the connection; 0 in version 0
 * @timeout: seconds, in full; 0 = the receiver's own for the state, always so in version 0
 * @has_seq: reader: there was sequence data. A writer goes by the flags
 * @seq: incoming, then outgoing: number of the change, delta, delta before it
 * @engine_data: persistence engine's data, @engine_data_len bytes; NULL = none. A reader's points into the message
 * @has_engine: reader: there was a name
 * @engine: the engine's name, with a zero at its end; without data it says nothing
 * @has_time: the next two are there
 * @timeout_ms: @timeout in milliseconds
 * @left_ms: what of it is left
 * @has_server: @server is there
 * @server: IP_VS_SYNC_SERVER_*
 */
struct ip_vs_sync_record {
	bool is_v6;
	u8 protocol;
	u16 state;
	u32 flags;
	__be16 cport;
	__be16 vport;
	__be16 dport;
	struct in6_addr caddr;
	struct in6_addr vaddr;
	struct in6_addr daddr;
	u32 fwmark;
	u32 timeout;
	bool has_seq;
	u32 seq[6];
	u8 engine_data_len;
	const u8 *engine_data;
	bool has_engine;
	char engine[IP_VS_SYNC_ENGINE_NAME_MAX + 1];
	bool has_time;
	u32 timeout_ms;
	u32 left_ms;
	bool has_server;
	u8 server;
};

/*
 * Why a message or a record was not taken. Those of ABORT cost the rest of the message, those of SKIP one record, and
 * those of MESSAGE the whole message before its first record. The third column is what is logged, if anything is.
 */
#define IP_VS_SYNC_MESSAGE_REASONS(_)                                                              \
	_(SHORT, "short", NULL)			/* no header */                                    \
	_(SIZE, "size", NULL)			/* is not the one it says; also one that was cut */ \
	_(SYNCID, "syncid", NULL)		/* another one */                                  \
	_(SHORT_HEADER, "short-header", NULL)	/* of version 1 */                                 \
	_(NO_TAG, "no-tag", NULL)		/* there is a key, and no tag */                   \
	_(BAD_TAG, "bad-tag", NULL)		/* made with another key, or changed on the way */ \
	_(REPLAY, "replay", NULL)		/* was there already, or is too old to know */     \
	_(STALE, "stale", NULL)			/* first message of a sender, from another time */ \
	_(ECHO, "echo", NULL)			/* our own, come back */                           \
	_(KIND, "kind", NULL)			/* one of ours that we do not know */              \
	_(BODY, "body", NULL)			/* one of ours with a body that is none */         \
	_(SENDERS, "senders", NULL)		/* more senders than are remembered */

#define IP_VS_SYNC_ABORT_REASONS(_)                                                                \
	_(TRUNCATED, "truncated", "BACKUP, Dropping buffer, too small")                            \
	_(BEYOND, "beyond", "BACKUP, Dropping buffer, msg > buffer")                               \
	_(VERSION, "record-version", "BACKUP, Dropping buffer, Unknown version %u")                \
	_(TYPE, "type", "BACKUP, Dropping buffer, Err: -10 in decoding")                           \
	_(RECORD_SIZE, "record-size", "BACKUP, Dropping buffer, Err: -20 in decoding")             \
	_(OPTION, "option", "BACKUP, Dropping buffer, Err: -30 in decoding")                       \
	_(OPTION_LEN, "option-length", "BACKUP, Dropping buffer, Err: -40 in decoding")            \
	_(OPTION_SEQ, "option-sequence", "BACKUP, Dropping buffer, Err: -50 in decoding")          \
	_(OPTION_DATA, "option-engine-data", "BACKUP, Dropping buffer, Err: -60 in decoding")      \
	_(OPTION_NAME, "option-engine-name", "BACKUP, Dropping buffer, Err: -70 in decoding")      \
	_(V0_TRUNCATED, "v0-truncated", "BACKUP v0, bogus conn")                                   \
	_(V0_SEQ, "v0-sequence", "BACKUP v0, Dropping buffer bogus conn options")

#define IP_VS_SYNC_SKIP_REASONS(_)                                                                 \
	_(UNKNOWN_OPTION, "unknown-option", NULL)	/* that must not be ignored */             \
	_(FLAGS, "flags", NULL)				/* that no entry may have */               \
	_(PROTOCOL, "protocol", NULL)                                                              \
	_(STATE, "state", NULL)                                                                    \
	_(ENGINE_UNNAMED, "engine-unnamed", "BACKUP, Invalid PE parameters")                       \
	_(ENGINE_UNKNOWN, "engine-unknown", NULL)	/* the caller's, as all behind it */       \
	_(REPLACED, "replaced", NULL)	/* late end of a connection that was replaced */           \
	_(SERVER_LOST, "server-gone", NULL)	/* removed there, and not wanted here then */              \
	_(CONN_MAX, "conn-max", NULL)                                                              \
	_(NO_MEMORY, "no-memory", NULL)

enum ip_vs_sync_reason {
	IP_VS_SYNC_FINE,
#define IP_VS_SYNC_ENUM(name, text, log) IP_VS_SYNC_##name,
	IP_VS_SYNC_MESSAGE_REASONS(IP_VS_SYNC_ENUM)
	IP_VS_SYNC_ABORT_REASONS(IP_VS_SYNC_ENUM)
	IP_VS_SYNC_SKIP_REASONS(IP_VS_SYNC_ENUM)
#undef IP_VS_SYNC_ENUM
	IP_VS_SYNC_REASONS
};

/* The name that a reason is counted under; "fine" for the one that is none. */
const char *ip_vs_sync_reason_name(unsigned int reason);

/* What is logged, without a newline, or NULL. That of VERSION is a format with one %u, ip_vs_sync_reader.record_version. */
const char *ip_vs_sync_reason_log(unsigned int reason);

/* Writing */

/**
 * struct ip_vs_sync_writer - a message that grows
 * @data: where it is written to
 * @len: bytes so far
 * @limit: it does not grow beyond this, unless for the first record
 * @tail: bytes that are kept free for a trailer
 * @version: 0 or 1
 * @count: records in it
 */
struct ip_vs_sync_writer {
	u8 *data;
	unsigned int len;
	unsigned int limit;
	unsigned int tail;
	u8 version;
	u8 count;
};

enum ip_vs_sync_written {
	IP_VS_SYNC_WRITTEN,
	IP_VS_SYNC_FULL,	/* does not fit any more: finish this message and begin another one */
	IP_VS_SYNC_INEXPRESSIBLE, /* no message of this version can say it */
};

/**
 * ip_vs_sync_begin() - begin a message
 * @data: room for the larger of @limit and IP_VS_SYNC_MESSAGE_MIN_ROOM bytes
 * @limit: the longest it may become with its trailer; a single record always fits. At most 65535
 * @version: 0 or 1
 * @syncid: of the sender
 * @trailer_len: what ip_vs_sync_finish() will put behind the records: 0, IP_VS_SYNC_TRAILER_LEN, and with a tag
 *		 IP_VS_SYNC_TAG_LEN more
 */
void ip_vs_sync_begin(struct ip_vs_sync_writer *w, void *data, unsigned int limit, u8 version, u8 syncid,
		      unsigned int trailer_len);

/* Append a record. Of flags only IP_VS_SYNC_F_SENT go out. */
enum ip_vs_sync_written ip_vs_sync_write(struct ip_vs_sync_writer *w, const struct ip_vs_sync_record *rec);

/**
 * ip_vs_sync_finish() - close a message
 * @trailer: NULL if ip_vs_sync_begin() was told that there is none
 *
 * Returns its length. With a tag the last IP_VS_SYNC_TAG_LEN bytes of that are for the caller to fill in, with the sum
 * over all bytes in front of them.
 */
unsigned int ip_vs_sync_finish(struct ip_vs_sync_writer *w, const struct ip_vs_sync_trailer *trailer);

/*
 * Sender's details may become known only when it is sent: put another trailer over the one of a finished message.
 * The tag has to be computed after that.
 */
void ip_vs_sync_restamp(void *data, unsigned int len, bool has_tag, const struct ip_vs_sync_trailer *trailer);

/* A message of another kind: its body comes behind the first IP_VS_SYNC_HEADER_LEN bytes. See core/sync_own.h. */
void ip_vs_sync_begin_own(void *data, u8 syncid, u8 own_kind);
unsigned int ip_vs_sync_finish_own(void *data, unsigned int body_len, const struct ip_vs_sync_trailer *trailer,
				   bool has_tag);

/* Reading */

/* What a message is. */
enum ip_vs_sync_kind {
	IP_VS_SYNC_RECORDS_V0,
	IP_VS_SYNC_RECORDS_V1,
	IP_VS_SYNC_OURS,	/* enum ip_vs_sync_own_kind of core/sync_own.h */
};

/**
 * struct ip_vs_sync_reader - a way through a message
 * @data, @len: the message
 * @kind: enum ip_vs_sync_kind
 * @syncid: of the sender
 * @left: records to come, as the header counts them
 * @pos: where the next one is
 * @end: where records, or the body, end: at the trailer, or with the message
 * @own_kind: enum ip_vs_sync_own_kind, not validated; the body is from @pos to @end
 * @has_trailer: @trailer is there
 * @tag: IP_VS_SYNC_TAG_LEN bytes, the last ones of the message; NULL if there is none
 * @record_version: that IP_VS_SYNC_VERSION is about
 */
struct ip_vs_sync_reader {
	const u8 *data;
	unsigned int len;
	u8 kind;
	u8 syncid;
	u8 left;
	u8 own_kind;
	u8 record_version;
	bool has_trailer;
	unsigned int pos;
	unsigned int end;
	const u8 *tag;
	struct ip_vs_sync_trailer trailer;
};

/**
 * ip_vs_sync_open() - look at a message as a whole
 * @syncid: the receiver's; 0 takes all
 *
 * Returns IP_VS_SYNC_FINE, or why it is dropped: a reason of the MESSAGE group. Of the trailer nothing is proved
 * yet: see ip_vs_sync_admit().
 */
enum ip_vs_sync_reason ip_vs_sync_open(struct ip_vs_sync_reader *r, const void *data, unsigned int len, u8 syncid);

/**
 * ip_vs_sync_admit() - may this message be believed?
 * @sum: HMAC-SHA256 under the receiver's key over the first @len - IP_VS_SYNC_TAG_LEN bytes; NULL if it has no key.
 *	 Need not be computed if there is no tag
 * @has_key: a key is set
 *
 * Without a key all are, whatever tag they have. With one those that have a tag, and the right one.
 */
enum ip_vs_sync_reason ip_vs_sync_admit(const struct ip_vs_sync_reader *r, bool has_key, const u8 *sum);

enum ip_vs_sync_step {
	IP_VS_SYNC_END,		/* no more records */
	IP_VS_SYNC_RECORD,
	IP_VS_SYNC_SKIPPED,	/* this one; go on */
	IP_VS_SYNC_ABORTED,	/* this one and the rest */
};

/**
 * ip_vs_sync_next() - the next record of a message of records
 * @rec: filled in, with IP_VS_SYNC_RECORD only
 * @reason: why, with IP_VS_SYNC_SKIPPED and IP_VS_SYNC_ABORTED
 *
 * A record may be used when this gives it, but for two things that the caller knows: whether its engine is registered
 * (else IP_VS_SYNC_ENGINE_UNKNOWN, also of connections), and whether this host has IPv6.
 */
enum ip_vs_sync_step ip_vs_sync_next(struct ip_vs_sync_reader *r, struct ip_vs_sync_record *rec,
				     enum ip_vs_sync_reason *reason);

/* How many states a connection of this protocol has; 0 for a protocol that is none of ours. */
unsigned int ip_vs_sync_num_states(u8 protocol);

#endif
