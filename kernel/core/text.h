/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading lines that come from anybody. What is left of a text is two pointers; every function here asks whether
 * there is a byte before it looks at it, and takes away what it has read. Nothing stands behind the text: no
 * terminating zero is needed, and none ends it.
 */
#ifndef IP_VS_CORE_TEXT_H
#define IP_VS_CORE_TEXT_H

#include "core/base.h"

struct ip_vs_text {
	const u8 *at;
	const u8 *end;
};

static inline bool ip_vs_text_is_left(const struct ip_vs_text *text)
{
	return text->at < text->end;
}

static inline bool ip_vs_text_is_next(const struct ip_vs_text *text, u8 wanted)
{
	return ip_vs_text_is_left(text) && *text->at == wanted;
}

/* Is it next? Then it is taken. */
static inline bool ip_vs_text_skip(struct ip_vs_text *text, u8 wanted)
{
	if (!ip_vs_text_is_next(text, wanted))
		return false;
	text->at++;
	return true;
}

/* The same for a word in any case. @word: in small letters where it has some */
static inline bool ip_vs_text_skip_word(struct ip_vs_text *text, const char *word)
{
	const u8 *at = text->at;

	for (; *word; word++, at++) {
		if (at == text->end)
			return false;
		if ((*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at) != (u8)*word)
			return false;
	}
	text->at = at;
	return true;
}

/* What a hexadecimal digit is worth, 16 and more if it is none. */
static inline unsigned int ip_vs_text_digit(u8 c)
{
	u8 lower = c | 0x20;

	if (c >= '0' && c <= '9')
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10U : 16;
}

static inline bool ip_vs_text_is_at_digit(const struct ip_vs_text *text)
{
	return ip_vs_text_is_left(text) && ip_vs_text_digit(*text->at) < 10;
}

/**
 * ip_vs_text_read_number() - read a number of at least one digit, and not more than @max
 * @base: 10 or 16
 * @max: U16_MAX at most
 *
 * False if there is none, or a larger one: it is compared after each digit, so that no number of digits makes it wrap.
 */
static inline bool ip_vs_text_read_number(struct ip_vs_text *text, unsigned int base, unsigned int max, unsigned int *value)
{
	const u8 *start = text->at;
	unsigned int number = 0;

	for (; ip_vs_text_is_left(text) && ip_vs_text_digit(*text->at) < base; text->at++) {
		number = number * base + ip_vs_text_digit(*text->at);
		if (number > max)
			return false;
	}
	*value = number;
	return text->at > start;
}

#endif
