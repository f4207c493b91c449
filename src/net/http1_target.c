/* http1_target.c - what a request is for: its target and the host it names. RFC 9112 §3.2. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1_target.h"

#include <string.h>

#include "net/http1_bytes.h"

/* ":1" to ":65535", or nothing. A leading zero or an empty port has twins, so there is none. */
static bool
parse_port(struct str s, unsigned *ret_port)
{
	unsigned port = 0;

	*ret_port = 0;
	if (s.n == 0)
		return true;
	if (s.n < 2 || s.n > 6 || s.p[0] != ':' || s.p[1] == '0')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		if (!is(s.p[i], DIGIT))
			return false;
		port = port * 10 + (unsigned)(s.p[i] - '0');
	}
	*ret_port = port;
	return port <= 65535;
}

static const char *
skip_ip6(const char *p, const char *end)
{
	while (p < end && (is(*p, HEX) || *p == ':' || *p == '.'))
		p++;
	return p;
}

bool
authority_parse(struct str s, struct authority *ret_a)
{
	const char *end = s.p + s.n;
	const char *p = s.p;

	if (s.n > 0 && *p == '[') {
		p = skip_ip6(p + 1, end);
		if (p == end || *p != ']' || p - s.p < 3)
			return false;
		p++;
	} else {
		p = skip(p, end, HOST);
	}
	ret_a->name = span(s.p, p);
	return ret_a->name.n > 0 && parse_port(span(p, end), &ret_a->port);
}

static void
split_query(struct str s, struct http_head *h)
{
	const char *q = s.n > 0 ? memchr(s.p, '?', s.n) : NULL;

	h->path = q == NULL ? s : span(s.p, q);
	h->query = q == NULL ? STR_NONE : span(q + 1, s.p + s.n);
}

/* RFC 9112 §3.2.2. The authority must later equal Host, so that no reader can route by another one. */
static bool
split_absolute(struct str text, struct http_head *h, struct target *t)
{
	static const struct str http = S_INIT("http://"), https = S_INIT("https://");
	bool secure = text.n > https.n && same((struct str){ text.p, https.n }, https);
	const char *end = text.p + text.n;
	const char *from, *p;

	if (!secure && !(text.n > http.n && same((struct str){ text.p, http.n }, http)))
		return false;
	from = text.p + (secure ? https.n : http.n);
	for (p = from; p < end && *p != '/' && *p != '?'; p++)
		;
	t->default_port = secure ? 443 : 80;
	split_query(span(p, end), h);
	/* An empty path means "/": a slash of "://" stands in, so that the view stays within the input. */
	if (h->path.n == 0)
		h->path = (struct str){ from - 1, 1 };
	return authority_parse(span(from, p), &t->authority);
}

bool
target_split(struct str text, struct http_head *h, struct target *ret_t)
{
	if (text.p[0] == '/') {
		split_query(text, h);
		return true;
	}
	if (text.n == 1 && text.p[0] == '*') {
		h->path = text;
		return h->method == HTTP_OPTIONS;
	}
	return split_absolute(text, h, ret_t);
}

bool
target_is_of(const struct target *t, const struct authority *host)
{
	unsigned a = t->authority.port == t->default_port ? 0 : t->authority.port;
	unsigned b = host->port == t->default_port ? 0 : host->port;

	return t->authority.name.n == 0 || (a == b && same(t->authority.name, host->name));
}
