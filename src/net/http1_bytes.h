/* http1_bytes.h - what a byte of a message may be part of. For src/net/http1*.c only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * What a byte may be part of. One table look-up a byte is all the checking
 * there is on the hot path: a byte outside its class ends the run, and only
 * the delimiter that belongs there may follow.
 */
enum {
	TOKEN = 1,  /* RFC 9110 §5.6.2: methods, field names */
	TARGET = 2, /* visible ASCII without '#': a fragment never goes over the wire */
	VALUE = 4,  /* RFC 9110 §5.5: visible, space, tab, obs-text; no other control */
	HOST = 8,   /* letters, digits, '-', '.', '_': names and IPv4; no %-encoding */
	DIGIT = 16,
	HEX = 32,
};

#define WORD  (TOKEN | TARGET | VALUE)
#define PUNCT (TARGET | VALUE)

/* clang-format off */
static const uint8_t class_of[256] = {
	['\t'] = VALUE, [' '] = VALUE, ['!'] = WORD, ['"'] = PUNCT, ['#'] = TOKEN | VALUE,
	['$' ... '\''] = WORD, ['('] = PUNCT, [')'] = PUNCT, ['*'] = WORD, ['+'] = WORD,
	[','] = PUNCT, ['-'] = WORD | HOST, ['.'] = WORD | HOST, ['/'] = PUNCT,
	['0' ... '9'] = WORD | HOST | DIGIT | HEX, [':' ... '@'] = PUNCT,
	['A' ... 'F'] = WORD | HOST | HEX, ['G' ... 'Z'] = WORD | HOST,
	['[' ... ']'] = PUNCT, ['^'] = WORD, ['_'] = WORD | HOST, ['`'] = WORD,
	['a' ... 'f'] = WORD | HOST | HEX, ['g' ... 'z'] = WORD | HOST,
	['{'] = PUNCT, ['|'] = WORD, ['}'] = PUNCT, ['~'] = WORD,
	[0x80 ... 0xff] = VALUE,
};
/* clang-format on */

static inline bool
is(char c, uint8_t class)
{
	return (class_of[(uint8_t)c] & class) != 0;
}

static inline const char *
skip(const char *p, const char *end, uint8_t class)
{
	while (p < end && is(*p, class))
		p++;
	return p;
}

static inline struct str
span(const char *from, const char *to)
{
	return (struct str){ from, (size_t)(to - from) };
}

static inline char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool
same(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}
