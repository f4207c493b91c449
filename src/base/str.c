/* str.c - looking at borrowed bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <sodium.h>
#include <string.h>

struct str
str_of(const char *cstr)
{
	return cstr == NULL ? STR_NONE : (struct str){ cstr, strlen(cstr) };
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Not tolower(3): the locale has no say here. */
static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq((struct str){ s.p, prefix.n }, prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct str
str_trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = str_from(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str
str_from(struct str s, size_t at)
{
	if (at >= s.n)
		return STR_NONE;
	return (struct str){ s.p + at, s.n - at };
}

struct str
str_lower(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n);

	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++)
		p[i] = lower(s.p[i]);
	return (struct str){ p, s.n };
}

bool
str_cut(struct str s, char c, struct str *ret_head, struct str *ret_tail)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);
	size_t n = at == NULL ? s.n : (size_t)(at - s.p);

	*ret_head = (struct str){ s.p, n };
	*ret_tail = at == NULL ? STR_NONE : str_from(s, n + 1);
	return at != NULL;
}

/* All of s is digits that make a number of at most `most`. */
static bool
parse_digits(struct str s, uint64_t most, uint64_t *ret_v)
{
	uint64_t v = 0;

	if (s.n == 0 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v))
			return false;
		if (__builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*ret_v = v;
	return v <= most;
}

bool
str_int(struct str s, int64_t min, int64_t max, int64_t *ret_v)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t size;
	int64_t v;

	if (!parse_digits(negative ? str_from(s, 1) : s, (uint64_t)INT64_MAX + negative, &size))
		return false;
	if (negative && size == 0)
		return false;
	v = (int64_t)(negative ? 0 - size : size);
	if (v < min || v > max)
		return false;
	*ret_v = v;
	return true;
}

static bool
in_range(unsigned char c, unsigned char from, unsigned char to)
{
	return c >= from && c <= to;
}

/*
 * How many bytes the well-formed sequence at p[0..n) has; 0: there is none.
 * The rows are those of RFC 3629 §4: only a second byte has odd bounds.
 */
static size_t
sequence(const unsigned char *p, size_t n)
{
	static const struct {
		unsigned char first, last, second_min, second_max, len;
	} rows[] = {
		{ 0x01, 0x7F, 0x00, 0x00, 1 },
		{ 0xC2, 0xDF, 0x80, 0xBF, 2 },
		{ 0xE0, 0xE0, 0xA0, 0xBF, 3 },
		{ 0xE1, 0xEC, 0x80, 0xBF, 3 },
		{ 0xED, 0xED, 0x80, 0x9F, 3 },
		{ 0xEE, 0xEF, 0x80, 0xBF, 3 },
		{ 0xF0, 0xF0, 0x90, 0xBF, 4 },
		{ 0xF1, 0xF3, 0x80, 0xBF, 4 },
		{ 0xF4, 0xF4, 0x80, 0x8F, 4 },
	};
	size_t row = 0, len;

	while (row < ARRAY_LEN(rows) && !in_range(p[0], rows[row].first, rows[row].last))
		row++;
	if (row == ARRAY_LEN(rows) || rows[row].len > n)
		return 0;
	len = rows[row].len;
	if (len > 1 && !in_range(p[1], rows[row].second_min, rows[row].second_max))
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (!in_range(p[i], 0x80, 0xBF))
			return 0;
	}
	return len;
}

bool
str_is_text(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t at = 0, len;

	while (at < s.n) {
		len = sequence(p + at, s.n - at);
		if (len == 0)
			return false;
		at += len;
	}
	return true;
}

size_t
str_code_points(struct str s)
{
	size_t n = 0;

	/* Every code point has exactly one byte that continues nothing. */
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}

/* libsodium's encoders take the same time for all bytes: what they see may be a token. */
static struct str
b64(struct arena *a, const void *p, size_t n, int variant)
{
	size_t size;
	char *text;

	/* Beyond this the size would overflow; the arena refuses such a size itself. */
	size = n < SIZE_MAX / 4 ? sodium_base64_encoded_len(n, variant) : SIZE_MAX;
	text = arena_alloc(a, size);
	if (text == NULL)
		return STR_NONE;
	sodium_bin2base64(text, size, p, n, variant);
	return (struct str){ text, strlen(text) };
}

struct str
str_b64url(struct arena *a, const void *p, size_t n)
{
	return b64(a, p, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

struct str
str_b64(struct arena *a, const void *p, size_t n)
{
	return b64(a, p, n, sodium_base64_VARIANT_ORIGINAL);
}

/* The six bits that c stands for; -1: none. */
static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* s stands for whole bytes: all of it in the alphabet, and no bit over that is not zero. */
static bool
is_b64url(struct str s)
{
	static const int spare[] = { 0, -1, 15, 3 };

	if (s.n % 4 == 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (sextet(s.p[i]) < 0)
			return false;
	}
	return s.n % 4 == 0 || (sextet(s.p[s.n - 1]) & spare[s.n % 4]) == 0;
}

/* Not libsodium's decoder: that of 1.0.18 takes bytes above 0x7f for '-', where char is signed. */
bool
str_b64url_decode(struct str s, void *ret_p, size_t cap, size_t *ret_n)
{
	size_t size = s.n / 4 * 3 + s.n % 4 * 3 / 4;
	uint8_t *out = ret_p;
	uint32_t bits = 0;
	unsigned n_bits = 0;

	if (size > cap || !is_b64url(s))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bits = bits << 6 | (uint32_t)sextet(s.p[i]);
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			*out++ = (uint8_t)(bits >> n_bits);
		}
	}
	*ret_n = size;
	return true;
}

struct str
str_hex(struct arena *a, const void *p, size_t n)
{
	char *text = arena_alloc(a, n < SIZE_MAX / 4 ? 2 * n + 1 : SIZE_MAX);

	if (text == NULL)
		return STR_NONE;
	sodium_bin2hex(text, 2 * n + 1, p, n);
	return (struct str){ text, 2 * n };
}
