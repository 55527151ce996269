// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SCTP state machine of a middle box, one column for each old state. It knows no verification tags: a
 * packet counts for what it says it is, as with TCP.
 */
#include "core/sctp_state.h"

enum {
	NO = IP_VS_SCTP_NONE,
	I1 = IP_VS_SCTP_INIT1,
	IN = IP_VS_SCTP_INIT,
	CS = IP_VS_SCTP_COOKIE_SENT,
	CR = IP_VS_SCTP_COOKIE_REPLIED,
	CW = IP_VS_SCTP_COOKIE_WAIT,
	CO = IP_VS_SCTP_COOKIE,
	CE = IP_VS_SCTP_COOKIE_ECHOED,
	ED = IP_VS_SCTP_ESTABLISHED, /* not ES: on some architectures that is a register */
	SS = IP_VS_SCTP_SHUTDOWN_SENT,
	SR = IP_VS_SCTP_SHUTDOWN_RECEIVED,
	SA = IP_VS_SCTP_SHUTDOWN_ACK_SENT,
	RJ = IP_VS_SCTP_REJECTED,
	CL = IP_VS_SCTP_CLOSED,
};

/* The events in the order of enum ip_vs_sctp_event. */
static const u8 next_state[IP_VS_TCP_DIRECTIONS][IP_VS_SCTP_EVENTS][IP_VS_SCTP_STATES] = {
	[IP_VS_TCP_INPUT] = {
		/* NO  I1  IN  CS  CR  CW  CO  CE  ED  SS  SR  SA  RJ  CL */
		{ ED, I1, IN, CS, CR, CW, CO, CE, ED, SS, SR, SA, RJ, CL }, /* DATA */
		{ I1, IN, IN, CS, CR, CW, CO, CE, ED, SS, SR, SA, IN, IN }, /* INIT */
		{ CW, CW, CW, CS, CR, CO, CO, CE, ED, SS, SR, SA, RJ, CL }, /* INIT-ACK */
		{ CR, IN, IN, CR, CR, CW, CO, CE, ED, SS, SR, SA, RJ, CL }, /* COOKIE-ECHO */
		{ ED, I1, IN, CS, CR, CW, CO, ED, ED, SS, SR, SA, RJ, CL }, /* COOKIE-ACK */
		{ SR, I1, IN, CS, CR, CW, CO, CE, SR, SS, SR, SA, RJ, CL }, /* SHUTDOWN */
		{ CL, IN, IN, CS, CR, CW, CO, CE, ED, CL, SR, CL, RJ, CL }, /* SHUTDOWN-ACK */
		{ CL, CL, CL, CS, CR, CW, CO, CE, ED, SS, SR, CL, RJ, CL }, /* SHUTDOWN-COMPLETE */
		{ CL, I1, IN, CS, CR, CW, CO, CL, ED, SS, SR, SA, RJ, CL }, /* ERROR */
		{ CL, CL, CL, CL, CL, RJ, CL, CL, CL, CL, CL, CL, CL, CL }, /* ABORT */
	},
	[IP_VS_TCP_OUTPUT] = {
		/* NO  I1  IN  CS  CR  CW  CO  CE  ED  SS  SR  SA  RJ  CL */
		{ ED, I1, IN, CS, CR, CW, CO, CE, ED, SS, SR, SA, RJ, CL }, /* DATA */
		{ CW, CW, CW, CW, CW, CW, CW, CW, ED, CW, CW, CW, CW, CW }, /* INIT */
		{ CS, CS, CS, CS, CR, CW, CO, CE, ED, SS, SR, SA, RJ, CL }, /* INIT-ACK */
		{ CE, CE, CE, CE, CE, CE, CE, CE, ED, SS, SR, SA, RJ, CL }, /* COOKIE-ECHO */
		{ ED, ED, ED, ED, ED, ED, ED, ED, ED, SS, SR, SA, RJ, CL }, /* COOKIE-ACK */
		{ SS, SS, SS, SS, SS, SS, SS, SS, SS, SS, SR, SA, RJ, CL }, /* SHUTDOWN */
		{ SA, SA, SA, SA, SA, CW, CO, CE, ED, SA, SA, SA, RJ, CL }, /* SHUTDOWN-ACK */
		{ CL, I1, IN, CS, CR, CW, CO, CE, ED, SS, SR, SA, RJ, CL }, /* SHUTDOWN-COMPLETE */
		{ CL, CL, CL, CL, CL, CW, CO, CE, ED, SS, SR, SA, RJ, CL }, /* ERROR */
		{ CL, RJ, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL }, /* ABORT */
	},
	[IP_VS_TCP_INPUT_ONLY] = {
		/* NO  I1  IN  CS  CR  CW  CO  CE  ED  SS  SR  SA  RJ  CL */
		{ ED, I1, IN, CS, CR, ED, CO, CE, ED, SS, SR, SA, RJ, CL }, /* DATA */
		{ I1, IN, IN, IN, IN, IN, CO, CE, ED, SS, SR, SA, IN, IN }, /* INIT */
		{ CE, CE, CE, CE, CE, CE, CO, CE, ED, SS, SR, SA, RJ, CL }, /* INIT-ACK */
		{ ED, ED, ED, ED, ED, ED, CO, CE, ED, SS, SR, SA, RJ, CL }, /* COOKIE-ECHO */
		{ ED, I1, IN, ED, ED, CW, ED, ED, ED, SS, SR, SA, RJ, CL }, /* COOKIE-ACK */
		{ SR, I1, IN, CS, CR, CW, CO, CE, SR, SS, SR, SA, RJ, CL }, /* SHUTDOWN */
		{ CL, IN, IN, CS, CR, CW, CO, CE, CL, CL, SR, CL, RJ, CL }, /* SHUTDOWN-ACK */
		{ CL, CL, CL, CL, CL, CW, CO, CE, ED, SS, CL, CL, RJ, CL }, /* SHUTDOWN-COMPLETE */
		{ CL, I1, IN, CS, CR, CW, CO, CE, ED, SS, SR, SA, RJ, CL }, /* ERROR */
		{ CL, CL, CL, CL, CL, RJ, CL, CL, CL, CL, CL, CL, CL, CL }, /* ABORT */
	},
};

static const struct {
	const char *name;
	u32 timeout;
} states[IP_VS_SCTP_STATES] = {
	[NO] = { "NONE", 2 },
	[I1] = { "INIT1", 3 + 1 },
	[IN] = { "INIT", 60 + 1 },
	[CS] = { "C-SENT", 60 + 1 },
	[CR] = { "C-REPLIED", 60 + 1 },
	[CW] = { "C-WAIT", 60 + 1 },
	[CO] = { "COOKIE", 60 + 1 },
	[CE] = { "C-ECHOED", 60 + 1 },
	[ED] = { "ESTABLISHED", 15 * 60 },
	[SS] = { "S-SENT", 60 + 1 },
	[SR] = { "S-RECEIVED", 60 + 1 },
	[SA] = { "S-ACK-SENT", 60 + 1 },
	[RJ] = { "REJECTED", 3 + 1 },
	[CL] = { "CLOSED", 60 + 1 },
};

/* RFC 9260, section 3.2; the rest is data, or as good as data. */
static const u8 events[] = {
	[1] = IP_VS_SCTP_EVENT_INIT,
	[2] = IP_VS_SCTP_EVENT_INIT_ACK,
	[6] = IP_VS_SCTP_EVENT_ABORT,
	[7] = IP_VS_SCTP_EVENT_SHUTDOWN,
	[8] = IP_VS_SCTP_EVENT_SHUTDOWN_ACK,
	[9] = IP_VS_SCTP_EVENT_ERROR,
	[10] = IP_VS_SCTP_EVENT_COOKIE_ECHO,
	[11] = IP_VS_SCTP_EVENT_COOKIE_ACK,
	[14] = IP_VS_SCTP_EVENT_SHUTDOWN_COMPLETE,
};

u8 ip_vs_sctp_event_of_chunk(u8 type)
{
	return type < sizeof(events) ? events[type] : IP_VS_SCTP_EVENT_DATA;
}

u8 ip_vs_sctp_next_state(enum ip_vs_tcp_direction direction, u8 state, u8 event)
{
	if (state >= IP_VS_SCTP_STATES)
		state = IP_VS_SCTP_NONE;
	if (event >= IP_VS_SCTP_EVENTS)
		event = IP_VS_SCTP_EVENT_DATA;
	return next_state[direction][event][state];
}

const char *ip_vs_sctp_state_name(u8 state)
{
	return state < IP_VS_SCTP_STATES ? states[state].name : "ERR!";
}

u32 ip_vs_sctp_default_timeout(u8 state)
{
	return state < IP_VS_SCTP_STATES ? states[state].timeout : 0;
}

bool ip_vs_sctp_state_is_active(u8 state)
{
	return state == IP_VS_SCTP_ESTABLISHED;
}
