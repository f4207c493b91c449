/* json.c - writing JSON (RFC 8259) into a buffer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

void
json_init(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

/*
 * RFC 8259 §7 asks for ", \ and the controls. The other three are for a body
 * that somebody's browser or template takes for HTML: without them no name a
 * user chose can open a tag there, or close the script it was pasted into.
 */
static bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
}

static void
put_escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (c == '"' || c == '\\') {
		text[1] = (char)c;
		buf_put(out, text, 2);
		return;
	}
	buf_put(out, text, sizeof(text));
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (uint64_t)(b))

static uint64_t
zero_bytes(uint64_t w)
{
	return (w - EACH_BYTE(1)) & ~w & EACH_BYTE(0x80);
}

/* needs_escape() of eight bytes at once: is it true of any? */
static bool
any_needs_escape(uint64_t w)
{
	uint64_t controls = (w - EACH_BYTE(0x20)) & ~w & EACH_BYTE(0x80);

	/* " and & differ in one bit, and so do < and >. */
	return (controls | zero_bytes((w & ~EACH_BYTE(0x04)) ^ EACH_BYTE('"')) | zero_bytes(w ^ EACH_BYTE('\\')) |
	    zero_bytes((w | EACH_BYTE(0x02)) ^ EACH_BYTE('>'))) != 0;
}

/* How many of the first bytes need no escape: most text is nothing else. */
static size_t
plain_bytes(struct str s)
{
	size_t n = 0;
	uint64_t w;

	for (; n + sizeof(w) <= s.n; n += sizeof(w)) {
		memcpy(&w, s.p + n, sizeof(w));
		if (any_needs_escape(w))
			break;
	}
	while (n < s.n && !needs_escape((unsigned char)s.p[n]))
		n++;
	return n;
}

static void
put_escaped(struct buf *out, struct str s)
{
	buf_put_char(out, '"');
	while (s.n > 0) {
		size_t n = plain_bytes(s);

		buf_put(out, s.p, n);
		if (n < s.n)
			put_escape(out, (unsigned char)s.p[n++]);
		s = str_from(s, n);
	}
	buf_put_char(out, '"');
}

struct str
json_escaped(struct arena *a, struct str v)
{
	struct buf b;

	if (plain_bytes(v) == v.n)
		return v;
	buf_init_arena(&b, a, 2 + 6 * v.n);
	put_escaped(&b, v);
	return b.failed ? STR_NONE : (struct str){ b.p + 1, b.n - 2 };
}

static char *
put(char *to, struct str s)
{
	memcpy(to, s.p, s.n);
	return to + s.n;
}

/* A name is ours, and short: room for it and for what follows is asked for once. */
static char *
put_name(struct json *j, struct str key, size_t room)
{
	char *to;

	if (plain_bytes(key) < key.n) {
		if (j->comma)
			buf_put_char(j->out, ',');
		put_escaped(j->out, key);
		buf_put_char(j->out, ':');
		return buf_reserve(j->out, room) ? j->out->p + j->out->n : NULL;
	}
	if (!buf_reserve(j->out, 4 + key.n + room))
		return NULL;
	to = j->out->p + j->out->n;
	if (j->comma)
		*to++ = ',';
	*to++ = '"';
	to = put(to, key);
	*to++ = '"';
	*to++ = ':';
	return to;
}

/* What stands before a value: the comma, and the member's name. Where the value goes, for which there is room; NULL: no memory. */
static char *
lead(struct json *j, const char *key, size_t room)
{
	char *to;

	if (key != NULL) {
		to = put_name(j, (struct str){ key, strlen(key) }, room);
	} else {
		to = buf_reserve(j->out, 1 + room) ? j->out->p + j->out->n : NULL;
		if (to != NULL && j->comma)
			*to++ = ',';
	}
	j->comma = true;
	return to;
}

/* The value ends here. */
static void
ends(struct json *j, const char *at)
{
	j->out->n = (size_t)(at - j->out->p);
}

static void
begin(struct json *j, const char *key, char bracket)
{
	char *to = lead(j, key, 1);

	j->comma = false;
	if (to == NULL)
		return;
	*to++ = bracket;
	ends(j, to);
}

static void
end(struct json *j, char bracket)
{
	buf_put_char(j->out, bracket);
	j->comma = true;
}

void
json_object_begin(struct json *j, const char *key)
{
	begin(j, key, '{');
}

void
json_object_end(struct json *j)
{
	end(j, '}');
}

void
json_array_begin(struct json *j, const char *key)
{
	begin(j, key, '[');
}

void
json_array_end(struct json *j)
{
	end(j, ']');
}

void
json_str(struct json *j, const char *key, struct str v)
{
	bool plain = plain_bytes(v) == v.n;
	char *to = lead(j, key, plain ? v.n + 2 : 0);

	if (to == NULL)
		return;
	if (!plain) {
		ends(j, to);
		put_escaped(j->out, v);
		return;
	}
	*to++ = '"';
	if (v.n > 0)
		to = put(to, v);
	*to++ = '"';
	ends(j, to);
}

void
json_str_or_null(struct json *j, const char *key, struct str v)
{
	if (v.n == 0) {
		json_put_null(j, key);
		return;
	}
	json_str(j, key, v);
}

void
json_int(struct json *j, const char *key, int64_t v)
{
	char *to = lead(j, key, 0);

	if (to == NULL)
		return;
	ends(j, to);
	buf_put_int(j->out, v);
}

void
json_bool(struct json *j, const char *key, bool v)
{
	json_raw(j, key, v ? S("true") : S("false"));
}

void
json_put_null(struct json *j, const char *key)
{
	json_raw(j, key, S("null"));
}

void
json_raw(struct json *j, const char *key, struct str json_text)
{
	char *to = lead(j, key, json_text.n);

	if (to == NULL)
		return;
	if (json_text.n > 0)
		to = put(to, json_text);
	ends(j, to);
}

void
json_time(struct json *j, const char *key, int64_t us)
{
	char text[CLOCK_RFC3339_SIZE];
	struct str v;
	char *to;

	if (us == 0) {
		json_put_null(j, key);
		return;
	}
	v = clock_rfc3339_into(text, us);
	to = lead(j, key, v.n + 2);
	if (to == NULL)
		return;
	*to++ = '"';
	to = put(to, v);
	*to++ = '"';
	ends(j, to);
}

void
json_id(struct json *j, const char *key, const char *prefix, int64_t v)
{
	struct str kind = { prefix, strlen(prefix) };
	char digits[DECIMAL_MAX], *to;
	size_t n;

	if (v == 0) {
		json_put_null(j, key);
		return;
	}
	n = (size_t)(put_decimal(digits, (uint64_t)v) - digits);
	to = lead(j, key, kind.n + n + 2);
	if (to == NULL)
		return;
	*to++ = '"';
	to = put(to, kind);
	to = put(to, (struct str){ digits, n });
	*to++ = '"';
	ends(j, to);
}

bool
json_is_shallow(struct str text, int depth_max)
{
	bool in_string = false;
	int depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']'))
			depth--;
		if (depth > depth_max)
			return false;
	}
	return true;
}
