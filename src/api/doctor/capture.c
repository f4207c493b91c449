/* capture.c - one request as somebody captured it: which form it is, and the forms made of lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/capture.h"

#include <string.h>

#include "base/str.h"

struct str
capture_field(const struct capture_fields *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq_nocase(f->items[i].name, name))
			return f->items[i].value;
	return STR_NONE;
}

size_t
capture_field_count(const struct capture_fields *f, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += str_eq_nocase(f->items[i].name, name);
	return n;
}

/* A HAR file's strings can hold more than what a head can. */
static bool
is_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\n' || s.p[i] == '\r')
			return false;
	return true;
}

enum status
capture_add(struct task *t, struct capture_fields *f, struct str name, struct str value)
{
	if (!is_line(name) || !is_line(value))
		return fail(t, E_BAD_REQUEST_BODY, "a header field of the capture has more than one line, which no request has");
	if (f->n == HTTP1_FIELDS_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "the capture has more than %d header fields, and so many are refused",
		    HTTP1_FIELDS_MAX);
	f->items[f->n++] = (struct http_field){ name, str_trim(value) };
	return OK;
}

static bool
cut_scheme(struct str url, struct str *ret_scheme, struct str *ret_rest)
{
	static const char *const schemes[] = { "https", "http", "wss", "ws" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		struct str s = str_of(schemes[i]), rest = str_from(url, s.n);

		if (!str_starts(url, s) || !str_starts(rest, S("://")))
			continue;
		*ret_scheme = s;
		*ret_rest = str_from(rest, 3);
		return true;
	}
	return false;
}

/* "alice:opensesame@api.example.com": the browser sends that otherwise. */
static struct str
without_user(struct str authority)
{
	const char *at = authority.n > 0 ? memrchr(authority.p, '@', authority.n) : NULL;

	return at ? str_from(authority, (size_t)(at + 1 - authority.p)) : authority;
}

enum status
capture_url(struct task *t, struct capture *c, struct str url)
{
	struct str rest;
	size_t at = 0;

	if (!cut_scheme(url, &c->scheme, &rest))
		return fail(t, E_BAD_REQUEST_BODY, "the capture's URL does not begin with https:// or http://");
	while (at < rest.n && rest.p[at] != '/' && rest.p[at] != '?' && rest.p[at] != '#')
		at++;
	c->host = without_user((struct str){ rest.p, at });
	c->target = str_from(rest, at);
	(void)str_cut(c->target, '#', &c->target, &rest);
	if (c->target.n == 0)
		c->target = S("/");
	else if (c->target.p[0] == '?')
		c->target = arena_printf(t->arena, "/" STR_FMT, STR_ARG(c->target));
	return OK;
}

/* ---- lines ---- */

static struct str
take_line(struct str *text)
{
	struct str line;

	(void)str_cut(*text, '\n', &line, text);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "GET /session HTTP/1.1", "GET https://host/session", "https://host/session". */
static enum status
read_request_line(struct task *t, struct capture *c, struct str line)
{
	struct str method, target, version, scheme, rest;

	if (cut_scheme(line, &scheme, &rest)) {
		c->method = S("GET");
		return capture_url(t, c, str_trim(line));
	}
	if (!str_cut(line, ' ', &method, &target))
		return fail(t, E_BAD_REQUEST_BODY, "the capture begins with no request line, such as GET /session HTTP/1.1, and no URL");
	(void)str_cut(target, ' ', &target, &version);
	c->method = method;
	if (cut_scheme(target, &scheme, &rest))
		return capture_url(t, c, target);
	c->target = target;
	return OK;
}

/* ":authority: api.example.com": a browser's view of HTTP/2. false: it is none of them. */
static bool
read_pseudo(struct capture *c, struct str line)
{
	struct str name, value;

	if (line.n == 0 || line.p[0] != ':')
		return false;
	(void)str_cut(str_from(line, 1), ':', &name, &value);
	value = str_trim(value);
	if (str_eq(name, S("authority")))
		c->host = value;
	else if (str_eq(name, S("method")))
		c->method = value;
	else if (str_eq(name, S("path")))
		c->target = value;
	else if (str_eq(name, S("scheme")))
		c->scheme = value;
	return true;
}

static enum status
read_field(struct task *t, struct capture_fields *f, struct str line)
{
	struct str name, value;

	if (!str_cut(line, ':', &name, &value))
		return fail(t, E_BAD_REQUEST_BODY, "a line of the capture is no header field (name: value)");
	return capture_add(t, f, str_trim(name), value);
}

/* "HTTP/1.1 403 Forbidden" */
static enum status
read_status_line(struct task *t, struct capture *c, struct str line)
{
	struct str version, code;
	int64_t status;

	(void)str_cut(line, ' ', &version, &code);
	(void)str_cut(str_trim(code), ' ', &code, &version);
	if (!str_int(code, 100, 599, &status))
		return fail(t, E_BAD_REQUEST_BODY, "the answer's first line has no status");
	c->status = (int)status;
	c->answer.n = 0;
	return OK;
}

/* ":status: 200" is HTTP/2's. */
static enum status
read_answer_line(struct task *t, struct capture *c, struct str line)
{
	if (str_starts(line, S("HTTP/")))
		return read_status_line(t, c, line);
	if (str_starts(line, S(":status")))
		return read_status_line(t, c, arena_printf(t->arena, "HTTP" STR_FMT, STR_ARG(str_from(line, 7))));
	return read_field(t, &c->answer, line);
}

/* What browsers show of an answer may lack its first line. */
static enum status
read_answer(struct task *t, struct capture *c, struct str text)
{
	struct str line;

	while (text.n > 0 && (line = take_line(&text)).n > 0)
		TRY(read_answer_line(t, c, line));
	c->answer_body = text;
	return OK;
}

static enum status
read_head(struct task *t, struct capture *c, struct str *text)
{
	bool first = true;
	struct str line;

	while (text->n > 0) {
		line = take_line(text);
		if (line.n == 0 && first)
			continue;
		if (line.n == 0)
			return OK;
		if (!read_pseudo(c, line))
			TRY(first && !c->method.p ? read_request_line(t, c, line) : read_field(t, &c->request, line));
		first = false;
	}
	return OK;
}

static enum status
read_raw(struct task *t, struct str text, struct capture *c)
{
	c->form = "a request head";
	TRY(read_head(t, c, &text));
	/* What stands between may be the request's body. */
	while (text.n > 0) {
		struct str rest = text;

		if (str_starts(text, S("HTTP/")))
			return read_answer(t, c, text);
		(void)take_line(&rest);
		text = rest;
	}
	return OK;
}

/* ---- curl -v: "> " is what was sent, "< " what came ---- */

struct transcript {
	struct capture *c;
	bool            asked;	/* the request line has been read */
};

static enum status
read_sent(struct task *t, struct transcript *s, struct str line)
{
	struct capture *c = s->c;

	if (line.n == 0)
		return OK;
	if (s->asked && c->status == 0)
		return read_field(t, &c->request, line);
	/* A redirect that was followed, or another request: the last one counts. */
	*c = (struct capture){ .form = c->form };
	s->asked = true;
	return read_request_line(t, c, line);
}

static enum status
read_came(struct task *t, struct capture *c, struct str line)
{
	if (str_starts(line, S("HTTP/")))
		return read_status_line(t, c, line);
	return line.n == 0 ? OK : read_field(t, &c->answer, line);
}

static enum status
read_verbose(struct task *t, struct str text, struct capture *c)
{
	struct transcript s = { .c = c };

	c->form = "curl -v";
	while (text.n > 0) {
		struct str before = text, line = take_line(&text);

		if (str_starts(line, S(">")))
			TRY(read_sent(t, &s, str_trim(str_from(line, 1))));
		else if (str_starts(line, S("<")) && s.asked)
			TRY(read_came(t, c, str_trim(str_from(line, 1))));
		else if (c->status != 0 && str_starts(line, S("{")))
			c->answer_body = before;
	}
	return OK;
}

static bool
is_verbose(struct str text)
{
	while (text.n > 0)
		if (str_starts(take_line(&text), S("> ")))
			return true;
	return false;
}

static struct str
skip_space(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n'))
		s = str_from(s, 1);
	return s;
}

static enum status
read_form(struct task *t, struct str text, struct capture *c)
{
	if (str_starts(text, S("{")))
		return capture_read_har(t, text, c);
	if (str_starts(text, S("curl ")))
		return capture_read_curl(t, text, c);
	return is_verbose(text) ? read_verbose(t, text, c) : read_raw(t, text, c);
}

enum status
capture_read(struct task *t, struct str text, struct capture *ret_capture)
{
	struct capture c = { 0 };
	struct str answer;

	if (!str_is_text(text))
		return fail(t, E_BAD_REQUEST_BODY, "the capture is not UTF-8 text");
	(void)str_cut(text, CAPTURE_ANSWER_FOLLOWS, &text, &answer);
	answer = skip_space(answer);
	TRY(read_form(t, skip_space(text), &c));
	if (answer.n > 0)
		TRY(read_answer(t, &c, answer));
	if (c.method.n == 0 || c.target.n == 0)
		return fail(t, E_BAD_REQUEST_BODY, "the capture names no method and path");
	if (c.host.n == 0)
		c.host = capture_field(&c.request, S("Host"));
	if (c.host.n == 0)
		return fail(t, E_BAD_REQUEST_BODY, "the capture names no host: a Host field, :authority, or a whole URL");
	if (!is_line(c.method) || !is_line(c.target) || !is_line(c.host))
		return fail(t, E_BAD_REQUEST_BODY, "the capture's method, path or host has more than one line");
	*ret_capture = c;
	return OK;
}
