// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TCP state machine of a middle box: it follows a connection from the flags it happens to see, so it
 * forgives what an end point must not. A RST in SYN_RECV is ignored on purpose: a forged one must not free
 * the entry early, its 60 seconds will.
 */
#include "core/tcp_state.h"

enum { EVENT_SYN, EVENT_FIN, EVENT_ACK, EVENT_RST, EVENTS };

#define NONE IP_VS_TCP_NONE
#define EST  IP_VS_TCP_ESTABLISHED
#define SYNS IP_VS_TCP_SYN_SENT
#define SYNR IP_VS_TCP_SYN_RECV
#define FINW IP_VS_TCP_FIN_WAIT
#define TIMW IP_VS_TCP_TIME_WAIT
#define CLOS IP_VS_TCP_CLOSE
#define CLSW IP_VS_TCP_CLOSE_WAIT
#define LACK IP_VS_TCP_LAST_ACK
#define LIST IP_VS_TCP_LISTEN
#define SACK IP_VS_TCP_SYNACK

/* One column for each old state, in the order of enum ip_vs_tcp_state. */
typedef u8 tcp_table[IP_VS_TCP_DIRECTIONS][EVENTS][IP_VS_TCP_STATES];

static const tcp_table normal_table = {
	[IP_VS_TCP_INPUT] = {
		/*            NONE  EST   SYNS  SYNR  FINW  TIMW  CLOS  CLSW  LACK  LIST  SACK */
		[EVENT_SYN] = { SYNR, EST,  EST,  SYNR, SYNR, SYNR, SYNR, SYNR, SYNR, SYNR, SYNR },
		[EVENT_FIN] = { CLOS, CLSW, SYNS, TIMW, TIMW, TIMW, CLOS, CLSW, LACK, LIST, TIMW },
		[EVENT_ACK] = { EST,  EST,  SYNS, EST,  FINW, TIMW, CLOS, CLSW, CLOS, LIST, EST },
		[EVENT_RST] = { CLOS, CLOS, CLOS, SYNR, CLOS, CLOS, CLOS, CLOS, LACK, LIST, SYNR },
	},
	[IP_VS_TCP_OUTPUT] = {
		[EVENT_SYN] = { SYNS, EST,  SYNS, SYNR, SYNS, SYNS, SYNS, SYNS, SYNS, LIST, SYNR },
		[EVENT_FIN] = { TIMW, FINW, SYNS, TIMW, FINW, TIMW, CLOS, TIMW, LACK, LIST, TIMW },
		[EVENT_ACK] = { EST,  EST,  SYNS, EST,  FINW, TIMW, CLOS, CLSW, LACK, EST,  EST },
		[EVENT_RST] = { CLOS, CLOS, SYNS, CLOS, CLOS, TIMW, CLOS, CLOS, CLOS, CLOS, CLOS },
	},
	[IP_VS_TCP_INPUT_ONLY] = {
		[EVENT_SYN] = { SYNR, EST,  EST,  SYNR, SYNR, SYNR, SYNR, SYNR, SYNR, SYNR, SYNR },
		[EVENT_FIN] = { CLOS, FINW, SYNS, TIMW, FINW, TIMW, CLOS, CLSW, LACK, LIST, TIMW },
		[EVENT_ACK] = { EST,  EST,  SYNS, EST,  FINW, TIMW, CLOS, CLSW, CLOS, LIST, EST },
		[EVENT_RST] = { CLOS, CLOS, CLOS, SYNR, CLOS, CLOS, CLOS, CLOS, LACK, LIST, CLOS },
	},
};

/*
 * While memory is short: the client alone cannot establish a connection, and what is half open says so by
 * its state. Without replies to be seen SYNACK stands for "waiting for the client".
 */
static const tcp_table secure_table = {
	[IP_VS_TCP_INPUT] = {
		/*            NONE  EST   SYNS  SYNR  FINW  TIMW  CLOS  CLSW  LACK  LIST  SACK */
		[EVENT_SYN] = { SYNR, EST,  EST,  SYNR, SYNR, SYNR, SYNR, SYNR, SYNR, SYNR, SACK },
		[EVENT_FIN] = { CLOS, CLSW, SYNS, TIMW, TIMW, TIMW, CLOS, CLSW, LACK, LIST, SACK },
		[EVENT_ACK] = { EST,  EST,  SYNS, SYNR, FINW, TIMW, CLOS, CLSW, CLOS, LIST, SACK },
		[EVENT_RST] = { CLOS, CLOS, CLOS, SYNR, CLOS, CLOS, CLOS, CLOS, LACK, LIST, CLOS },
	},
	[IP_VS_TCP_OUTPUT] = {
		[EVENT_SYN] = { SYNS, EST,  SYNS, SACK, SYNS, SYNS, SYNS, SYNS, SYNS, LIST, SACK },
		[EVENT_FIN] = { TIMW, FINW, SYNS, TIMW, FINW, TIMW, CLOS, TIMW, LACK, LIST, TIMW },
		[EVENT_ACK] = { EST,  EST,  SYNS, EST,  FINW, TIMW, CLOS, CLSW, LACK, EST,  EST },
		[EVENT_RST] = { CLOS, CLOS, SYNS, CLOS, CLOS, TIMW, CLOS, CLOS, CLOS, CLOS, CLOS },
	},
	[IP_VS_TCP_INPUT_ONLY] = {
		[EVENT_SYN] = { SACK, EST,  EST,  SYNR, SACK, SACK, SACK, SACK, SACK, SACK, SACK },
		[EVENT_FIN] = { CLOS, FINW, SYNS, TIMW, FINW, TIMW, CLOS, CLSW, LACK, LIST, TIMW },
		[EVENT_ACK] = { EST,  EST,  SYNS, EST,  FINW, TIMW, CLOS, CLSW, CLOS, LIST, EST },
		[EVENT_RST] = { CLOS, CLOS, CLOS, SYNR, CLOS, CLOS, CLOS, CLOS, LACK, LIST, CLOS },
	},
};

static const struct {
	const char *name;
	u32 timeout;
	bool active;
} states[IP_VS_TCP_STATES] = {
	[NONE] = { "NONE", 2, false },
	[EST]  = { "ESTABLISHED", 15 * 60, true },
	[SYNS] = { "SYN_SENT", 2 * 60, true },
	[SYNR] = { "SYN_RECV", 60, true },
	[FINW] = { "FIN_WAIT", 2 * 60, false },
	[TIMW] = { "TIME_WAIT", 2 * 60, false },
	[CLOS] = { "CLOSE", 10, false },
	[CLSW] = { "CLOSE_WAIT", 60, false },
	[LACK] = { "LAST_ACK", 30, false },
	[LIST] = { "LISTEN", 2 * 60, false },
	[SACK] = { "SYNACK", 120, true },
};

u8 ip_vs_tcp_next_state(bool secure, enum ip_vs_tcp_direction direction, u8 state, u8 flags)
{
	int event;

	if (flags & IP_VS_TCP_RST)
		event = EVENT_RST;
	else if (flags & IP_VS_TCP_SYN)
		event = EVENT_SYN;
	else if (flags & IP_VS_TCP_FIN)
		event = EVENT_FIN;
	else if (flags & IP_VS_TCP_ACK)
		event = EVENT_ACK;
	else
		return CLOS;

	if (state >= IP_VS_TCP_STATES)
		state = NONE;
	return (secure ? secure_table : normal_table)[direction][event][state];
}

const char *ip_vs_tcp_state_name(u8 state)
{
	return state < IP_VS_TCP_STATES ? states[state].name : "ERR!";
}

u32 ip_vs_tcp_default_timeout(u8 state)
{
	return state < IP_VS_TCP_STATES ? states[state].timeout : 0;
}

bool ip_vs_tcp_state_is_active(u8 state)
{
	return state < IP_VS_TCP_STATES && states[state].active;
}
