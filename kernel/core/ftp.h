/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the next data connection of FTP goes to, as the lines of its control connection say it: RFC 959 (PORT, PASV)
 * and RFC 2428 (EPRT, EPSV). A line is looked for in the payload of one packet, and what is not complete in it is not
 * there. Source: spec/apps.md, section 2.
 */
#ifndef IP_VS_CORE_FTP_H
#define IP_VS_CORE_FTP_H

#include "core/text.h"

/* How the next data connection is to be made, as far as it is known. */
enum ip_vs_ftp_mode {
	IP_VS_FTP_NONE,
	IP_VS_FTP_ACTIVE,	/* the server connects to where the client has said */
	IP_VS_FTP_PASSIVE,	/* the client connects to where the server will say: a reply to PASV */
	IP_VS_FTP_EXTENDED,	/* the same: a reply to EPSV */
};

/**
 * struct ip_vs_ftp_end - where a data connection goes to
 * @addr: 4 or 16 bytes, if @has_addr
 * @at, @len: what of the payload says so
 */
struct ip_vs_ftp_end {
	u8 addr[16];
	bool has_addr;
	u16 port;
	unsigned int at;
	unsigned int len;
};

/* --- addresses --- */

/* Numbers with @between them, as addresses of IPv4 and ports are written. */
static inline bool ip_vs_ftp_read_bytes(struct ip_vs_text *text, u8 between, u8 *bytes, int n)
{
	unsigned int value;
	int i;

	for (i = 0; i < n; i++) {
		if (i && !ip_vs_text_skip(text, between))
			return false;
		if (!ip_vs_text_read_number(text, 10, 255, &value))
			return false;
		bytes[i] = value;
	}
	return true;
}

/* An IPv6 address: up to eight words, with one gap at most, and the last two may be an IPv4 address. */
static inline bool ip_vs_ftp_read_addr6(struct ip_vs_text *text, u8 addr[16])
{
	struct ip_vs_text word;
	unsigned int value;
	int n = 0, gap = -1;

	memset(addr, 0, 16);
	while (n < 16) {
		if (text->end - text->at >= 2 && text->at[0] == ':' && text->at[1] == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			text->at += 2;
		} else if (n && !(gap == n) && !ip_vs_text_skip(text, ':')) {
			break;
		}
		word = *text;
		if (!ip_vs_text_read_number(&word, 16, U16_MAX, &value)) {
			/* Only a gap may be the last. */
			if (gap != n)
				return false;
			break;
		}
		if (word.at - text->at > 4)
			return false;
		if (ip_vs_text_is_next(&word, '.')) {
			if (n > 12 || !ip_vs_ftp_read_bytes(text, '.', addr + n, 4))
				return false;
			n += 4;
			break;
		}
		*text = word;
		addr[n++] = value >> 8;
		addr[n++] = value;
	}
	if (n == 16)
		return gap < 0;
	if (gap < 0)
		return false;
	memmove(addr + 16 - (n - gap), addr + gap, n - gap);
	memset(addr + gap, 0, 16 - n);
	return true;
}

static inline bool ip_vs_ftp_read_addr(struct ip_vs_text *text, bool is_v6, u8 addr[16])
{
	return is_v6 ? ip_vs_ftp_read_addr6(text, addr) : ip_vs_ftp_read_bytes(text, '.', addr, 4);
}

/* "a,b,c,d,p,q". A digit at the end of the payload may have others behind it, so there must be something else. */
static inline bool ip_vs_ftp_read_six(struct ip_vs_text *text, struct ip_vs_ftp_end *end)
{
	u8 bytes[6];

	if (!ip_vs_ftp_read_bytes(text, ',', bytes, 6) || !ip_vs_text_is_left(text))
		return false;
	memcpy(end->addr, bytes, 4);
	end->has_addr = true;
	end->port = bytes[4] << 8 | bytes[5];
	return true;
}

/* "|1|address|port|", with any delimiter; or, if @may_lack_addr, "|||port|". */
static inline bool ip_vs_ftp_read_extended(struct ip_vs_text *text, bool is_v6, bool may_lack_addr,
					   struct ip_vs_ftp_end *end)
{
	unsigned int port;
	u8 delimiter;

	if (!ip_vs_text_is_left(text) || *text->at < '!' || *text->at > '~')
		return false;
	delimiter = *text->at++;
	end->has_addr = ip_vs_text_skip(text, is_v6 ? '2' : '1');
	if (!end->has_addr && !may_lack_addr)
		return false;
	if (!ip_vs_text_skip(text, delimiter))
		return false;
	if (end->has_addr && !ip_vs_ftp_read_addr(text, is_v6, end->addr))
		return false;
	if (!ip_vs_text_skip(text, delimiter) || !ip_vs_text_read_number(text, 10, U16_MAX, &port) || !port ||
	    !ip_vs_text_skip(text, delimiter))
		return false;
	end->port = port;
	return true;
}

/* --- what the client says --- */

/* Behind "EPSV": nothing, or the family of the control connection. */
static inline bool ip_vs_ftp_skip_family(struct ip_vs_text *text, bool is_v6)
{
	if (ip_vs_text_skip(text, ' ') && !ip_vs_text_skip(text, is_v6 ? '2' : '1'))
		return false;
	return ip_vs_text_is_next(text, '\r');
}

/* A passive mode is asked for anywhere. Other kinds of EPSV are not understood, nor what comes behind them. */
static inline enum ip_vs_ftp_mode ip_vs_ftp_find_passive(struct ip_vs_text text, bool is_v6)
{
	for (; ip_vs_text_is_left(&text); text.at++) {
		struct ip_vs_text rest = text;

		if ((*text.at | 0x20) != 'p' && (*text.at | 0x20) != 'e')
			continue;
		if (!is_v6 && ip_vs_text_skip_word(&rest, "pasv\r\n"))
			return IP_VS_FTP_PASSIVE;
		rest = text;
		if (ip_vs_text_skip_word(&rest, "epsv"))
			return ip_vs_ftp_skip_family(&rest, is_v6) ? IP_VS_FTP_EXTENDED : IP_VS_FTP_NONE;
	}
	return IP_VS_FTP_NONE;
}

/**
 * ip_vs_ftp_read_request() - what a client says about its next data connection
 * @payload: of a packet, @len bytes
 * @is_v6: the family of the control connection
 * @end: filled in if it is to be an active one
 *
 * IP_VS_FTP_NONE if it says nothing.
 */
static inline enum ip_vs_ftp_mode ip_vs_ftp_read_request(const u8 *payload, unsigned int len, bool is_v6,
							 struct ip_vs_ftp_end *end)
{
	struct ip_vs_text text = { payload, payload + len };
	enum ip_vs_ftp_mode mode = ip_vs_ftp_find_passive(text, is_v6);
	bool is_extended;
	const u8 *start;

	if (mode != IP_VS_FTP_NONE)
		return mode;
	is_extended = ip_vs_text_skip_word(&text, "eprt");
	if (!is_extended && (is_v6 || !ip_vs_text_skip_word(&text, "port")))
		return IP_VS_FTP_NONE;
	if (!ip_vs_text_skip(&text, ' '))
		return IP_VS_FTP_NONE;
	while (ip_vs_text_skip(&text, ' '))
		;
	start = text.at;
	if (!(is_extended ? ip_vs_ftp_read_extended(&text, is_v6, false, end) : ip_vs_ftp_read_six(&text, end)))
		return IP_VS_FTP_NONE;
	end->at = start - payload;
	end->len = text.at - start;
	return IP_VS_FTP_ACTIVE;
}

/* --- what the server says --- */

/**
 * ip_vs_ftp_read_reply() - where a server waits for the next data connection
 * @mode: IP_VS_FTP_PASSIVE or IP_VS_FTP_EXTENDED, which the client has asked for
 * @end: filled in
 *
 * False if the payload is not such a reply.
 */
static inline bool ip_vs_ftp_read_reply(const u8 *payload, unsigned int len, enum ip_vs_ftp_mode mode, bool is_v6,
					struct ip_vs_ftp_end *end)
{
	struct ip_vs_text text = { payload, payload + len };
	bool is_extended = mode == IP_VS_FTP_EXTENDED;
	const u8 *start;

	if (!ip_vs_text_skip_word(&text, is_extended ? "229 " : "227 "))
		return false;
	/* Some servers write no bracket before the numbers of the older one. */
	while (ip_vs_text_is_left(&text) && !ip_vs_text_is_next(&text, '(') &&
	       (is_extended || !ip_vs_text_is_at_digit(&text)))
		text.at++;
	while (ip_vs_text_skip(&text, '('))
		;
	start = text.at;
	if (!(is_extended ? ip_vs_ftp_read_extended(&text, is_v6, true, end) : ip_vs_ftp_read_six(&text, end)))
		return false;
	end->at = start - payload;
	end->len = text.at - start;
	return true;
}

/* The most that ip_vs_ftp_write_reply() writes: "255,255,255,255,255,255". */
#define IP_VS_FTP_REPLY_MAX 24

/* A number of at most 65,535; returns what is behind it. */
static inline u8 *ip_vs_ftp_write_number(u8 *to, unsigned int value)
{
	unsigned int unit = 1;

	while (value / unit >= 10)
		unit *= 10;
	for (; unit; unit /= 10)
		*to++ = '0' + value / unit % 10;
	return to;
}

/**
 * ip_vs_ftp_write_reply() - what the client is to read in the place of what the server has said
 * @buf: IP_VS_FTP_REPLY_MAX bytes
 * @addr: IPv4, 4 bytes; of IPv6 the address goes without saying
 *
 * Returns how many bytes there are.
 */
static inline unsigned int ip_vs_ftp_write_reply(u8 *buf, enum ip_vs_ftp_mode mode, const u8 *addr, u16 port)
{
	u8 *to = buf;
	int i;

	if (mode == IP_VS_FTP_EXTENDED) {
		*to++ = '|';
		*to++ = '|';
		*to++ = '|';
		to = ip_vs_ftp_write_number(to, port);
		*to++ = '|';
		return to - buf;
	}
	for (i = 0; i < 4; i++) {
		to = ip_vs_ftp_write_number(to, addr[i]);
		*to++ = ',';
	}
	to = ip_vs_ftp_write_number(to, port >> 8);
	*to++ = ',';
	to = ip_vs_ftp_write_number(to, port & 255);
	return to - buf;
}

#endif
