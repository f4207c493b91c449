/* body.c - a request body by its Content-Type. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/fields_read.h"
#include "base/str.h"

static bool
is_tchar(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static size_t
token_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_tchar(s.p[n]))
		n++;
	return n;
}

bool
header_is_token(struct str s)
{
	return s.n > 0 && token_length(s) == s.n;
}

/* The quoted string that s begins with, and what is after it. */
static bool
cut_quoted(struct str s, struct str *ret_value, struct str *ret_rest)
{
	struct str inside;

	if (!str_cut(str_from(s, 1), '"', &inside, ret_rest))
		return false;
	if (inside.n > 0 && inside.p[inside.n - 1] == '\\')
		return false;
	*ret_value = (struct str){ s.p + 1, inside.n };
	return true;
}

static bool
cut_value(struct str s, struct str *ret_value, struct str *ret_rest)
{
	size_t n = token_length(s);

	if (s.n > 0 && s.p[0] == '"')
		return cut_quoted(s, ret_value, ret_rest);
	if (n == 0)
		return false;
	*ret_value = (struct str){ s.p, n };
	*ret_rest = str_from(s, n);
	return true;
}

static struct str
skip_separators(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == ';'))
		s = str_from(s, 1);
	return s;
}

enum header_param
header_param_next(struct str *at, struct str *ret_name, struct str *ret_value)
{
	struct str s = skip_separators(*at), rest, name, value;
	size_t n = token_length(s);

	*at = s;
	if (s.n == 0)
		return HEADER_PARAM_END;
	if (n == 0 || n == s.n || s.p[n] != '=')
		return HEADER_PARAM_MALFORMED;
	name = (struct str){ s.p, n };
	if (!cut_value(str_from(s, n + 1), &value, &rest))
		return HEADER_PARAM_MALFORMED;
	rest = str_trim(rest);
	if (rest.n > 0 && rest.p[0] != ';')
		return HEADER_PARAM_MALFORMED;
	*at = rest;
	*ret_name = name;
	*ret_value = value;
	return HEADER_PARAM_FOUND;
}

static bool
is_type(struct str s)
{
	struct str main, sub;

	return str_cut(s, '/', &main, &sub) && header_is_token(main) && header_is_token(sub);
}

bool
media_type_parse(struct str s, struct media_type *ret_type)
{
	struct media_type m = { 0 };
	struct str params, name, value;
	bool charset = false;
	enum header_param p;

	str_cut(s, ';', &m.type, &params);
	m.type = str_trim(m.type);
	while ((p = header_param_next(&params, &name, &value)) == HEADER_PARAM_FOUND) {
		bool is_charset = str_eq_nocase(name, S("charset"));
		bool is_boundary = str_eq_nocase(name, S("boundary"));

		/* Given twice, readers differ on which one counts. */
		if ((is_charset && charset) || (is_boundary && m.boundary.p != NULL))
			return false;
		charset |= is_charset;
		m.other_charset |= is_charset && !str_eq_nocase(value, S("utf-8"));
		if (is_boundary)
			m.boundary = value;
	}
	if (p == HEADER_PARAM_MALFORMED || !is_type(m.type))
		return false;
	*ret_type = m;
	return true;
}

/* The one Content-Type; none or several is a refusal. */
static enum status
find_type(struct field_reader *r, const struct http_head *head, struct media_type *ret_type)
{
	struct str found = STR_NONE;
	size_t n = 0;

	for (size_t i = 0; i < head->n_fields; i++) {
		if (!str_eq_nocase(head->fields[i].name, S("Content-Type")))
			continue;
		found = head->fields[i].value;
		n++;
	}
	if (n == 0)
		return fields_refuse(r, "The body has no Content-Type. Send multipart/form-data or application/json.");
	if (n > 1 || !media_type_parse(found, ret_type))
		return fields_refuse(r, "The Content-Type cannot be read.");
	if (ret_type->other_charset)
		return fields_refuse(r, "The body's charset must be utf-8.");
	return OK;
}

static enum status
check_size(struct field_reader *r, struct str body)
{
	if (body.n <= FIELDS_TEXT_MAX)
		return OK;
	r->sentence = "The body is too large. Send files as multipart/form-data.";
	return fail(r->t, E_PAYLOAD_TOO_LARGE, "a form or JSON of %zu bytes", body.n);
}

static enum status
read_body(struct field_reader *r, const struct http_head *head, struct str body)
{
	struct media_type m;

	TRY(find_type(r, head, &m));
	if (str_eq_nocase(m.type, S("multipart/form-data")))
		return fields_read_multipart(r, m.boundary, body);
	TRY(check_size(r, body));
	if (str_eq_nocase(m.type, S("application/x-www-form-urlencoded")))
		return fields_read_form(r, body);
	if (str_eq_nocase(m.type, S("application/json")))
		return fields_read_json(r, body);
	return fields_refuse(r, "This Content-Type is not understood. Send multipart/form-data, "
	    "application/x-www-form-urlencoded or application/json.");
}

enum status
params_parse_body(struct task *t, const struct http_head *head, struct str body,
    struct params *ret_params, const char **ret_sentence)
{
	struct field_reader r = { .t = t };
	enum status st = OK;

	if (body.n > 0)
		st = read_body(&r, head, body);
	*ret_sentence = r.sentence;
	if (st != OK)
		return st;
	*ret_params = r.got;
	return OK;
}
