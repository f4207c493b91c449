/* origin.c - hosts, origins and absolute URLs, read exactly. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/origin.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c);
}

/* RFC 1123 §2.1: letters, digits, and hyphens that are not at an end. */
static bool
is_label(struct str s)
{
	if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	}
	return true;
}

/*
 * Browsers read a host whose last label is a number, in any base, as an IPv4 address (WHATWG URL,
 * "ends in a number").
 */
static bool
is_number(struct str label)
{
	size_t at = str_starts(label, S("0x")) ? 2 : 0;

	for (; at < label.n; at++) {
		if (!is_digit(label.p[at]) &&
		    !(str_starts(label, S("0x")) && label.p[at] >= 'a' && label.p[at] <= 'f'))
			return false;
	}
	return true;
}

static bool
parse_name(struct str name)
{
	struct str label, rest = name;
	bool more;

	if (name.n > 253)
		return false;
	do {
		more = str_cut(rest, '.', &label, &rest);
		if (!is_label(label))
			return false;
	} while (more);
	return !is_number(label);
}

/* inet_pton(3) alone would take spellings that inet_ntop(3) does not give. */
static bool
is_canonical(int family, struct str text)
{
	char in[INET6_ADDRSTRLEN] = "", out[INET6_ADDRSTRLEN] = "";
	unsigned char bytes[16];

	if (text.n == 0 || text.n >= sizeof(in))
		return false;
	memcpy(in, text.p, text.n);
	if (inet_pton(family, in, bytes) != 1 || inet_ntop(family, bytes, out, sizeof(out)) == NULL)
		return false;
	return str_eq(text, str_of(out));
}

static bool
is_ipv6(struct str name)
{
	if (name.n < 3 || name.p[0] != '[' || name.p[name.n - 1] != ']')
		return false;
	return is_canonical(AF_INET6, (struct str){ name.p + 1, name.n - 2 });
}

static bool
is_loopback(const struct host *h)
{
	switch (h->kind) {
	case HOST_IPV4:
		return str_starts(h->name, S("127."));
	case HOST_IPV6:
		return str_eq(h->name, S("[::1]"));
	case HOST_NAME:
		return str_eq(h->name, S("localhost")) || str_ends(h->name, S(".localhost"));
	}
	return false;
}

/* The colon before the port, or the end; colons inside brackets are the address's. */
static size_t
port_at(struct str text)
{
	size_t at = text.n;

	while (at > 0 && is_digit(text.p[at - 1]))
		at--;
	return at > 0 && text.p[at - 1] == ':' ? at - 1 : text.n;
}

bool
host_parse(struct str text, struct host *ret_host)
{
	size_t colon = port_at(text);
	struct host h = { .name = { text.p, colon } };
	int64_t port = 0;

	if (colon < text.n && !str_int(str_from(text, colon + 1), 1, 65535, &port))
		return false;
	if (is_ipv6(h.name))
		h.kind = HOST_IPV6;
	else if (is_canonical(AF_INET, h.name))
		h.kind = HOST_IPV4;
	else if (!parse_name(h.name))
		return false;
	h.port = (uint16_t)port;
	h.is_loopback = is_loopback(&h);
	*ret_host = h;
	return true;
}

bool
host_is_within(const struct host *host, const struct host *parent)
{
	struct str name = host->name, above = parent->name;

	if (str_eq(name, above))
		return true;
	if (host->kind != HOST_NAME || parent->kind != HOST_NAME)
		return false;
	return str_ends(name, above) && name.p[name.n - above.n - 1] == '.';
}

bool
host_fold(struct str text, bool https, char buf[static HOST_MAX], size_t *ret_n)
{
	struct str own = https ? S(":443") : S(":80");
	size_t colon = port_at(text), n = 0;
	struct str name = { text.p, colon }, port = str_from(text, colon);

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (str_eq(port, own))
		port = STR_NONE;
	if (name.n + port.n > HOST_MAX)
		return false;
	for (; n < name.n; n++)
		buf[n] = (char)(name.p[n] >= 'A' && name.p[n] <= 'Z' ? name.p[n] - 'A' + 'a' : name.p[n]);
	if (port.n > 0)
		memcpy(buf + n, port.p, port.n);
	*ret_n = n + port.n;
	return true;
}

static bool
is_scheme(struct str s)
{
	if (s.n == 0 || s.p[0] < 'a' || s.p[0] > 'z')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_alnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
			return false;
	}
	return true;
}

bool
origin_is_http(const struct origin *o)
{
	return str_eq(o->scheme, S("http")) || origin_is_https(o);
}

bool
origin_is_https(const struct origin *o)
{
	return str_eq(o->scheme, S("https"));
}

static bool
spells_own_port(const struct origin *o)
{
	return o->host.port == (origin_is_https(o) ? 443 : 80) && origin_is_http(o);
}

bool
origin_parse(struct str text, struct origin *ret_origin)
{
	struct origin o;
	struct str rest;

	if (!str_cut(text, ':', &o.scheme, &rest) || !is_scheme(o.scheme) || !str_starts(rest, S("//")))
		return false;
	if (!host_parse(str_from(rest, 2), &o.host) || spells_own_port(&o))
		return false;
	*ret_origin = o;
	return true;
}

/* Bytes that some reader drops or turns into a slash, or that could leave a header or an attribute. */
static bool
is_url_byte(char c)
{
	return c > 0x20 && c < 0x7F && strchr("\\\"<>", c) == NULL;
}

bool
url_parse(struct str text, struct origin *ret_origin)
{
	struct origin o;
	size_t end = 0;
	struct str scheme, rest;

	for (size_t i = 0; i < text.n; i++) {
		if (!is_url_byte(text.p[i]))
			return false;
	}
	if (!str_cut(text, ':', &scheme, &rest) || !str_starts(rest, S("//")))
		return false;
	end = scheme.n + 3;
	while (end < text.n && strchr("/?#", text.p[end]) == NULL)
		end++;
	if (!origin_parse((struct str){ text.p, end }, &o) || !origin_is_http(&o))
		return false;
	*ret_origin = o;
	return true;
}
