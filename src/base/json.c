/* json.c - writing JSON (RFC 8259) into a buffer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

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

static void
put_text(struct buf *out, struct str s)
{
	size_t from = 0;

	buf_put_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (!needs_escape((unsigned char)s.p[i]))
			continue;
		buf_put(out, s.p + from, i - from);
		put_escape(out, (unsigned char)s.p[i]);
		from = i + 1;
	}
	if (from < s.n)
		buf_put(out, s.p + from, s.n - from);
	buf_put_char(out, '"');
}

/* What stands before a value: the comma, and the member's name. */
static void
lead(struct json *j, const char *key)
{
	if (j->comma)
		buf_put_char(j->out, ',');
	j->comma = true;
	if (key == NULL)
		return;
	put_text(j->out, str_of(key));
	buf_put_char(j->out, ':');
}

static void
begin(struct json *j, const char *key, char bracket)
{
	lead(j, key);
	buf_put_char(j->out, bracket);
	j->comma = false;
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
	lead(j, key);
	put_text(j->out, v);
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
	lead(j, key);
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
	lead(j, key);
	buf_put_str(j->out, json_text);
}

void
json_time(struct json *j, const char *key, int64_t us)
{
	char text[CLOCK_RFC3339_SIZE];

	if (us == 0) {
		json_put_null(j, key);
		return;
	}
	json_str(j, key, clock_rfc3339_into(text, us));
}

void
json_id(struct json *j, const char *key, const char *prefix, int64_t v)
{
	if (v == 0) {
		json_put_null(j, key);
		return;
	}
	lead(j, key);
	buf_put_char(j->out, '"');
	buf_put_str(j->out, str_of(prefix));
	buf_put_int(j->out, v);
	buf_put_char(j->out, '"');
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
