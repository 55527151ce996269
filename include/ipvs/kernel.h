/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this kernel module offers over the generic netlink family "IPVS" beyond <linux/ip_vs.h>. Commands and
 * attributes of that header keep their numbers and meaning; those here have numbers that it will not reach soon.
 */
#ifndef IPVS_KERNEL_H
#define IPVS_KERNEL_H

#include <linux/types.h>

/*
 * The level of this interface. It grows by one whenever something is added here; nothing is ever taken away or
 * changed. Who asks: IPVS_CMD_GET_INFO, whose answer has IPVS_INFO_ATTR_API. The kernel's own module has no such
 * attribute, and counts as level 0.
 */
#define IPVS_API_LEVEL 4

/*
 * What a request for a dump (IPVS_CMD_GET_SERVICE, GET_DEST, GET_TABLE) has as version in its generic netlink header,
 * instead of IPVS_GENL_VERSION, if it wants to be told that the table was changed meanwhile; since level 2. One of the
 * messages that follow the change, or the last one, has then NLM_F_DUMP_INTR: what was listed is of neither table, and
 * to be asked for again. Others are told nothing, as ever: programs that were written for the kernel's own module take
 * the flag for a failure.
 */
#define IPVS_GENL_VERSION_INTR 2

/* Commands. All need CAP_NET_ADMIN, as the other ones do. */
enum {
	/*
	 * Dump of the whole table, since level 1. The request has no attributes. The answer is one stream of
	 * attributes, cut into messages between any two of them:
	 *
	 *	IPVS_CMD_ATTR_TIMEOUT_*		the timeouts, since level 3
	 *	IPVS_CMD_ATTR_SERVICE		a service, and behind it
	 *	IPVS_CMD_ATTR_DEST ...		its destinations; also at the beginning of the next messages
	 *	IPVS_CMD_ATTR_SERVICE		the next service ...
	 *
	 * in the order of IPVS_CMD_GET_SERVICE and IPVS_CMD_GET_DEST. The nests have the members that they have
	 * there, but for the 32-bit statistics; and the 64-bit ones are left out where all are 0.
	 */
	IPVS_CMD_GET_TABLE = 64,

	/*
	 * Makes the table of the namespace be exactly the one given, or changes nothing; since level 1. The
	 * attributes are those of a dump: each service with all its options, behind it its destinations with
	 * theirs, and anywhere, if wanted, IPVS_CMD_ATTR_TIMEOUT_*. The message may be as long as the socket's
	 * send buffer allows. Without services it empties the table.
	 *
	 * It is one step for other requests: packets meet one service after the other in its new form. Services
	 * and destinations that are there already keep their counters, connections and, if its name
	 * is the same, the state of the scheduler. Of the two words of IPVS_SVC_ATTR_FLAGS the second is ignored:
	 * the flags become what the first says. Statistics and connection counters in the request are ignored,
	 * so that a dump can be sent back.
	 *
	 * Refused as a whole with the errno that NEW_SERVICE, SET_SERVICE, NEW_DEST, SET_DEST or SET_CONFIG would
	 * give to the service, destination or timeout in question, EEXIST if it is given twice; the offset in
	 * the extended acknowledgement is that of its attribute.
	 *
	 * Where a service was taken as it is, but may do other than it seems, the acknowledgement of success has a text,
	 * as with the commands for one service or server; and, since level 3, struct ipvs_remark_cookie as cookie, which
	 * says of which service.
	 */
	IPVS_CMD_SET_TABLE,

	/*
	 * Dump of connections and templates, in no order, since level 4. The request has those of IPVS_CONN_ATTR_* that say
	 * what is wanted; each one narrows it down, and without any all are told. Those that can only be told are refused with
	 * EINVAL, as is what is malformed. The answer is one stream of IPVS_CONN_ATTR_CONN, cut into messages between any
	 * two of them; a message may have none. Connections that come or go meanwhile may be missing, and while a table is
	 * resized some may come twice.
	 */
	IPVS_CMD_GET_CONN,
};

/* Attributes of IPVS_CMD_GET_CONN, in the request and in the nests of the answer. */
enum {
	IPVS_CONN_ATTR_UNSPEC,
	IPVS_CONN_ATTR_CONN,		/* answer: nest, one connection or template */
	IPVS_CONN_ATTR_PROTOCOL,	/* u16: IPPROTO_*; of templates of marks IPPROTO_IP */
	IPVS_CONN_ATTR_CLIENT,		/* 4 or 16 bytes, as the family has it; of templates the client's network */
	IPVS_CONN_ATTR_CLIENT_PORT,	/* be16; of templates 0 */
	IPVS_CONN_ATTR_VIRT,		/* 4 or 16 bytes; of templates of marks the mark, as an address */
	IPVS_CONN_ATTR_VIRT_PORT,	/* be16 */
	IPVS_CONN_ATTR_DEST,		/* 4 or 16 bytes: the server, which a tunnel may have in the other family */
	IPVS_CONN_ATTR_DEST_PORT,	/* be16 */
	IPVS_CONN_ATTR_STATE,		/* NUL string: as in /proc/net/ip_vs_conn */
	IPVS_CONN_ATTR_EXPIRES,		/* answer: u32, seconds without a packet until it ends */
	IPVS_CONN_ATTR_FLAGS,		/* answer: u32, IPVS_CONN_FLAGS_TOLD of IP_VS_CONN_F_* */
	IPVS_CONN_ATTR_PE_NAME,		/* answer, templates: NUL string, the persistence engine */
	IPVS_CONN_ATTR_PE_DATA,		/* answer, templates: what it knows the client by, as it prints it; any bytes */
	__IPVS_CONN_ATTR_END,
};
#define IPVS_CONN_ATTR_LAST (__IPVS_CONN_ATTR_END - 1)

/* With the 0 behind it. */
#define IPVS_CONN_STATE_MAXLEN 16

/* Forwarding method, where it was made, counted as inactive, template. */
#define IPVS_CONN_FLAGS_TOLD \
	(IP_VS_CONN_F_FWD_MASK | IP_VS_CONN_F_SYNC | IP_VS_CONN_F_INACTIVE | IP_VS_CONN_F_TEMPLATE)

/* More attributes of a daemon, in IPVS_CMD_ATTR_DAEMON of IPVS_CMD_NEW_DAEMON. */
enum {
	/*
	 * 16 to 64 bytes, since level 3: what the directors of a group share. A master puts a sum under this key, of HMAC-SHA256,
	 * behind each of its messages, where others do not look; a backup refuses messages without the right one, and those that
	 * have come before. Clocks have to agree to two minutes. It is never told again.
	 */
	IPVS_DAEMON_ATTR_KEY = 64,
	/*
	 * The other directors, for networks without multicast, since level 3: up to 16 addresses of one family, 16 bytes each, as
	 * IPv6 addresses, those of IPv4 as ::ffff:a.b.c.d. A master sends to each of them instead of to the group; a backup hears
	 * them alone. The time to live is 64 then, if not given. Beside the usual ports the one that is 64 above the first is
	 * used. IPVS_CMD_GET_DAEMON has it, too, instead of a group.
	 */
	IPVS_DAEMON_ATTR_PEERS,
	/* A flag of IPVS_CMD_GET_DAEMON alone: the daemon has a key. */
	IPVS_DAEMON_ATTR_HAS_KEY,
	__IPVS_DAEMON_ATTR_END,
};
#define IPVS_DAEMON_ATTR_LAST (__IPVS_DAEMON_ATTR_END - 1)

/* NLMSGERR_ATTR_COOKIE of a success with a text */
struct ipvs_remark_cookie {
	__u32 service;	/* its number in the request, from 0 on */
	__u32 others;	/* how many more of the request's services there is a text for */
};

/* More attributes of the answer to IPVS_CMD_GET_INFO. */
enum {
	IPVS_INFO_ATTR_API = 64,	/* u32: IPVS_API_LEVEL of the module */
	IPVS_INFO_ATTR_RELEASE,		/* NUL string: release of the module, for people to read */
	__IPVS_INFO_ATTR_END,
};
#define IPVS_INFO_ATTR_LAST (__IPVS_INFO_ATTR_END - 1)

#endif
