/* diagnose_arrival.c - a captured request as the server would read it: who connected, and with which head. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include "base/str.h"

enum { RAW_MAX = 256 * 1024 };

/*
 * What a proxy as it should be would add to what the browser sent. Only to what was captured at the browser, and only
 * where a proxy is listed: the rest is judged as it is.
 */
static const char *
proxy_would_add(const struct examination *e)
{
	return e->app->proxies_write_forwarded ? "Forwarded: for=192.0.2.1;proto=https\r\n" : "X-Forwarded-Proto: https\r\n";
}

static void
set_address(struct net_addr *addr, const char *text)
{
	CHECK(net_addr_parse(str_of(text), addr));
}

/* Who connected, when nobody said: whoever would have written these fields. */
static void
guess_peer(struct examination *e)
{
	struct str scheme = e->c->scheme;
	bool plain = scheme.p ? str_eq(scheme, S("http")) || str_eq(scheme, S("ws")) : examine_is_loopback(e->c->host);

	e->arrived_directly = !examine_forwarding_field(e) && plain;
	if (!e->arrived_directly && app_first_proxy(e->app, &e->x.peer))
		return;
	set_address(&e->x.peer, examine_is_loopback(e->c->host) ? "127.0.0.1" : "192.0.2.1");
}

static enum status
settle_peer(struct examination *e, struct str peer)
{
	e->peer_is_given = peer.n > 0;
	if (!e->peer_is_given)
		guess_peer(e);
	else if (!net_addr_parse(peer, &e->x.peer))
		return fail(e->t, E_BAD_REQUEST_BODY, "the peer is no address such as 10.0.0.7");
	(void)net_addr_format(&e->x.peer, e->peer);
	e->x.local = e->x.peer;
	return OK;
}

static void
put_field(struct buf *out, const struct http_field *f)
{
	buf_put_str(out, f->name);
	buf_put_str(out, S(": "));
	buf_put_str(out, f->value);
	buf_put_str(out, S("\r\n"));
}

/* As HTTP/1.1, in which a proxy would send it on. */
static void
write_head(struct examination *e)
{
	const struct capture *c = e->c;
	bool is_new = !examine_has_field(e, S("Host"));
	bool is_browsers = !e->peer_is_given && !examine_forwarding_field(e) && !e->arrived_directly && app_is_proxy(e->app, &e->x.peer);
	struct buf out;

	buf_init_arena(&out, e->t->arena, RAW_MAX);
	buf_printf(&out, STR_FMT " " STR_FMT " HTTP/1.1\r\n", STR_ARG(c->method), STR_ARG(c->target));
	if (is_new)
		buf_printf(&out, "Host: " STR_FMT "\r\n", STR_ARG(c->host));
	for (size_t i = 0; i < c->request.n; i++)
		put_field(&out, &c->request.items[i]);
	if (is_browsers)
		buf_put_str(&out, str_of(proxy_would_add(e)));
	buf_put_str(&out, S("\r\n"));
	e->raw = buf_str(&out);
	if (is_browsers)
		examine_saw(e, "proxy", "captured at the browser; assumed: a listed proxy (%s) says https", e->peer);
	else
		examine_saw(e, "proxy", "connected from %s, which is %s proxy", e->peer,
		    app_is_proxy(e->app, &e->x.peer) ? "a listed" : "not a listed");
}

static bool
read_head(struct examination *e)
{
	const struct http1_limits limits = net_limits_default.http1;
	enum http1_result got;
	enum status why = E_BAD_REQUEST_BODY;
	size_t used;

	got = http1_head(e->raw, &limits, &e->x.head, &used, &why);
	if (got == HTTP1_DONE && used == e->raw.n)
		return true;
	examine_found(e, FINDING_REQUEST_UNREADABLE, str_of(status_info[why].code));
	examine_saw(e, "head", "refused by the edge");
	return false;
}

enum status
examine_arrival(struct examination *e, struct str peer, bool *ret_is_readable)
{
	TRY(settle_peer(e, peer));
	write_head(e);
	*ret_is_readable = read_head(e);
	return OK;
}
