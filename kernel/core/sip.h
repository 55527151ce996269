/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Call-ID in a SIP message, by which calls are told apart. The text comes from anybody: it is one pass from its
 * start to its end, and every byte is asked for before it is looked at.
 *
 * What is taken for a header, and what of it for the Call-ID, is what the kernel's own tracking of SIP takes, so that
 * calls keep their servers when a director with one module takes over from one with the other. It knows of no end of
 * the headers: a line of the body may be taken for one, too. The line at the very beginning never is.
 */
#ifndef IP_VS_CORE_SIP_H
#define IP_VS_CORE_SIP_H

#include "core/text.h"

static inline bool ip_vs_sip_is_at_break(const struct ip_vs_text *text)
{
	return ip_vs_text_is_next(text, '\r') || ip_vs_text_is_next(text, '\n');
}

static inline bool ip_vs_sip_is_at_blank(const struct ip_vs_text *text)
{
	return ip_vs_text_is_next(text, ' ') || ip_vs_text_is_next(text, '\t');
}

static inline void ip_vs_sip_skip_blanks(struct ip_vs_text *text)
{
	while (ip_vs_sip_is_at_blank(text))
		text->at++;
}

/* At the end of a line: to the start of the next one. */
static inline void ip_vs_sip_skip_break(struct ip_vs_text *text)
{
	if (*text->at++ == '\r')
		ip_vs_text_skip(text, '\n');
}

/* Blanks, and one end of a line among them if the next line goes on with blanks. False if it does not. */
static inline bool ip_vs_sip_skip_folded(struct ip_vs_text *text)
{
	ip_vs_sip_skip_blanks(text);
	if (!ip_vs_sip_is_at_break(text))
		return true;
	ip_vs_sip_skip_break(text);
	if (!ip_vs_sip_is_at_blank(text))
		return false;
	ip_vs_sip_skip_blanks(text);
	return true;
}

/* Of ASCII and, as the kernel has it, of Latin-1. */
static inline bool ip_vs_sip_is_letter(u8 c)
{
	u8 lower = c | 0x20;

	return (lower >= 'a' && lower <= 'z') || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

/* What a Call-ID is made of, on either side of its @: "word" in RFC 3261. */
static inline bool ip_vs_sip_is_of_word(u8 c)
{
	return ip_vs_sip_is_letter(c) || (c >= '0' && c <= '9') || (c && strchr("-.!%*_+`'~()<>:\\\"/[]?{}", c));
}

static inline unsigned int ip_vs_sip_skip_word(struct ip_vs_text *text)
{
	const u8 *start = text->at;

	while (ip_vs_text_is_left(text) && ip_vs_sip_is_of_word(*text->at))
		text->at++;
	return text->at - start;
}

/* At the start of a line: past the header's name. The short one must not be the beginning of another. */
static inline bool ip_vs_sip_skip_header(struct ip_vs_text *text)
{
	struct ip_vs_text behind = *text;

	if (ip_vs_text_skip_word(text, "call-id"))
		return true;
	if (!ip_vs_text_skip_word(&behind, "i") || !ip_vs_text_is_left(&behind) || ip_vs_sip_is_letter(*behind.at))
		return false;
	*text = behind;
	return true;
}

/* The length of a Call-ID that begins here; 0 if none does. */
static inline unsigned int ip_vs_sip_call_id_len(struct ip_vs_text text)
{
	unsigned int len = ip_vs_sip_skip_word(&text), host;

	if (!len || !ip_vs_text_skip(&text, '@'))
		return len;
	host = ip_vs_sip_skip_word(&text);
	return host ? len + 1 + host : 0;
}

/**
 * ip_vs_sip_find_call_id() - the Call-ID of a message
 * @text: the message, @len bytes
 * @at: set to where it begins
 *
 * Returns how long it is; 0 if there is none. The first header of that name decides; if nothing stands in it the second does.
 */
static inline unsigned int ip_vs_sip_find_call_id(const u8 *text, unsigned int len, unsigned int *at)
{
	struct ip_vs_text rest = { text, text + len }, value;
	unsigned int found, empty = 0;

	while (ip_vs_text_is_left(&rest)) {
		if (!ip_vs_sip_is_at_break(&rest)) {
			rest.at++;
			continue;
		}
		ip_vs_sip_skip_break(&rest);
		/* A line that begins with a blank goes on with the one before. */
		if (ip_vs_sip_is_at_blank(&rest) || !ip_vs_sip_skip_header(&rest)) {
			if (ip_vs_text_is_left(&rest))
				rest.at++;
			continue;
		}
		if (!ip_vs_sip_skip_folded(&rest) || !ip_vs_text_skip(&rest, ':') || !ip_vs_sip_skip_folded(&rest))
			return 0;
		found = ip_vs_sip_call_id_len(rest);
		if (!found) {
			if (++empty == 2)
				return 0;
			continue;
		}
		*at = rest.at - text;
		/* Behind it the line must be over, or who knows what of it is missing. */
		value = (struct ip_vs_text){ rest.at + found, rest.end };
		return ip_vs_sip_is_at_break(&value) ? found : 0;
	}
	return 0;
}

#endif
