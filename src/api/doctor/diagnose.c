/* diagnose.c - a captured request, led through the resolver once more: its head, its way here, and whether it is admitted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/doctor/veil.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "notify/template.h"

enum { TEXT_MAX = 4096, RAW_MAX = 256 * 1024, ORDINARY_HEAD = 16384 };

/* ---- telling ---- */

void
examine_saw(struct examination *e, const char *step, const char *fmt, ...)
{
	struct diagnosis *d = e->d;
	char text[TEXT_MAX];
	va_list ap;

	if (d->n_steps == DIAGNOSIS_STEPS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->steps[d->n_steps++] = (struct diagnosis_step){ step, veil(e->t->arena, str_of(text)) };
}

static struct str
render(struct examination *e, const char *text, struct str value)
{
	const struct deployment *dep = e->rq.deployment;
	const struct template_var vars[] = {
		{ "host", veil(e->t->arena, e->x.head.host.n > 0 ? e->x.head.host : e->c->host) },
		{ "deployment", dep ? dep->backend_host : veil(e->t->arena, e->c->host) },
		{ "cookie", dep ? dep->cookie_name : S("") },
		{ "peer", str_of(e->peer) },
		{ "value", veil(e->t->arena, value) },
		{ "again", e->again ? S("1") : S("") },
	};
	struct buf out;

	buf_init_arena(&out, e->t->arena, TEXT_MAX);
	template_render(str_of(text), TEMPLATE_PLAIN, vars, ARRAY_LEN(vars), &out);
	return buf_str(&out);
}

void
examine_found(struct examination *e, enum finding_code code, struct str value)
{
	struct diagnosis *d = e->d;

	for (size_t i = 0; i < d->n_findings; i++)
		if (d->findings[i].code == code)
			return;
	if (d->n_findings == DIAGNOSIS_FINDINGS_MAX)
		return;
	d->findings[d->n_findings++] = (struct diagnosis_finding){
		code, render(e, finding_info[code].means, value), render(e, finding_info[code].mend, value),
	};
}

void
examine_found_first(struct examination *e, enum finding_code code, struct str value)
{
	struct diagnosis *d = e->d;
	size_t before = d->n_findings;
	struct diagnosis_finding found;

	examine_found(e, code, value);
	if (d->n_findings == before)
		return;
	found = d->findings[before];
	memmove(&d->findings[1], &d->findings[0], before * sizeof(found));
	d->findings[0] = found;
}

struct str
examine_masked(struct examination *e, struct str token)
{
	struct str begin = { token.p, token.n > 16 ? 4 : 0 };

	return arena_printf(e->t->arena, STR_FMT "…, %zu characters", STR_ARG(begin), token.n);
}

struct str
examine_host_name(struct str host)
{
	size_t at = host.n;

	while (at > 0 && host.p[at - 1] >= '0' && host.p[at - 1] <= '9')
		at--;
	if (at > 0 && at < host.n && host.p[at - 1] == ':')
		host.n = at - 1;
	return host;
}

/* ---- the way here ---- */

static bool
has_field(const struct examination *e, struct str name)
{
	return capture_field(&e->c->request, name).p != NULL;
}

static const char *
forwarding_field(const struct examination *e)
{
	static const char *const names[] = { "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Forwarded-Host", "X-Real-IP" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (has_field(e, str_of(names[i])))
			return names[i];
	return NULL;
}

static bool
host_is_loopback(struct str host_text)
{
	struct host host;

	return host_parse(host_text, &host) && host.is_loopback;
}

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
	bool plain = scheme.p ? str_eq(scheme, S("http")) || str_eq(scheme, S("ws")) : host_is_loopback(e->c->host);

	e->arrived_directly = !forwarding_field(e) && plain;
	if (!e->arrived_directly && app_first_proxy(e->app, &e->x.peer))
		return;
	set_address(&e->x.peer, host_is_loopback(e->c->host) ? "127.0.0.1" : "192.0.2.1");
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

/* ---- the head ---- */

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
	bool is_new = !has_field(e, S("Host"));
	bool is_browsers = !e->peer_is_given && !forwarding_field(e) && !e->arrived_directly && app_is_proxy(e->app, &e->x.peer);
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

/* ---- proxy and scheme ---- */

static void
found_https_missing(struct examination *e)
{
	bool is_proxy = app_is_proxy(e->app, &e->x.peer), rfc7239 = e->app->proxies_write_forwarded;
	const char *by = forwarding_field(e);
	struct str proto = http_field(&e->x.head, S("X-Forwarded-Proto"));

	if (!is_proxy && by)
		examine_found(e, FINDING_PROXY_NOT_LISTED, str_of(by));
	else if (!is_proxy && !e->peer_is_given && !str_eq(e->c->scheme, S("http")))
		examine_found(e, FINDING_PROXY_NOT_LISTED, S("what came over https"));
	else if (!is_proxy)
		examine_found(e, FINDING_HTTP_NOT_LOOPBACK, S(""));
	else if (rfc7239 ? proto.p && !has_field(e, S("Forwarded")) : !proto.p && has_field(e, S("Forwarded")))
		examine_found(e, FINDING_FORWARDED_MISMATCH, rfc7239 ? S("X-Forwarded-Proto") : S("Forwarded"));
	else if (!rfc7239 && proto.p)
		examine_found(e, FINDING_PROTO_HTTP, proto);
	else if (rfc7239 && has_field(e, S("Forwarded")))
		examine_found(e, FINDING_PROTO_HTTP, S("something else"));
	else
		examine_found(e, FINDING_PROTO_MISSING, rfc7239 ? S("Forwarded with proto=https") : S("X-Forwarded-Proto"));
}

static bool
step_scheme(struct examination *e)
{
	struct request *rq = &e->rq;
	bool plain = str_eq(e->c->scheme, S("http")) && !host_is_loopback(e->c->host);

	examine_saw(e, "scheme", "https by a proxy's word: %s", rq->https ? "yes" : "no");
	if (plain && rq->deployment->mode == MODE_PRODUCTION && !forwarding_field(e))
		examine_found(e, FINDING_HTTP_NOT_LOOPBACK, S(""));
	else if (e->admitted == E_TLS_REQUIRED)
		found_https_missing(e);
	return e->admitted != E_TLS_REQUIRED;
}

/* ---- host ---- */

/* Does another name in the request lead to a deployment? Then that is what the browser asked. */
static struct str
host_that_was_meant(struct examination *e)
{
	struct str names[] = { capture_field(&e->c->request, S("X-Forwarded-Host")), capture_field(&e->c->request, S("X-Original-Host")),
		e->c->scheme.p ? e->c->host : STR_NONE };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct deployment *d = names[i].n ? directory_find(e->app->directory, names[i], true) : NULL;

		deployment_unref(d);
		if (d)
			return names[i];
	}
	return STR_NONE;
}

static struct str
host_of_other_port(struct examination *e)
{
	struct str name = examine_host_name(e->x.head.host), found = STR_NONE;
	const struct deployment **all;
	size_t n = directory_all(e->app->directory, e->t->arena, &all);

	for (size_t i = 0; i < n; i++) {
		if (!found.p && str_eq_nocase(examine_host_name(all[i]->backend_host), name))
			found = arena_dup(e->t->arena, all[i]->backend_host);
		deployment_unref(all[i]);
	}
	return found;
}

static bool
step_host(struct examination *e)
{
	struct str meant, other;

	if (e->rq.deployment) {
		const struct deployment *d = e->rq.deployment;

		examine_saw(e, "host", STR_FMT " is deployment_%lld, %s", STR_ARG(d->backend_host), (long long)d->id.v,
		    d->mode == MODE_PRODUCTION ? "production: the token is in the cookie" : "staging: the token is a development token");
		return true;
	}
	examine_saw(e, "host", "no deployment has the host " STR_FMT, STR_ARG(e->x.head.host));
	meant = host_that_was_meant(e);
	other = host_of_other_port(e);
	if (meant.p)
		examine_found(e, FINDING_HOST_REWRITTEN, meant);
	else if (other.p)
		examine_found(e, FINDING_HOST_OTHER_PORT, other);
	else
		examine_found(e, FINDING_HOST_UNKNOWN, S(""));
	return false;
}

/* ---- path ---- */

/* "/Session/", "//session", "/api/session": is there a path that somebody could have meant? */
static bool
is_twin(struct examination *e, struct str path)
{
	const struct route *route;
	struct str ids[ROUTE_IDS_MAX], low = str_lower(e->t->arena, path);
	unsigned allow;

	while (low.n > 1 && low.p[low.n - 1] == '/')
		low.n--;
	for (; low.n > 1; low = str_from(low, 1))
		if (low.p[0] == '/' && route_find(e->x.head.method, low, &route, ids, &allow) != E_NOT_FOUND)
			return true;
	return false;
}

static bool
step_path(struct examination *e)
{
	struct str path = e->x.head.path;

	if (e->priv.preflight) {
		examine_saw(e, "path", "a preflight for " STR_FMT, STR_ARG(path));
		return true;
	}
	if (e->rq.route) {
		examine_saw(e, "path", STR_FMT " " STR_FMT " is %s", STR_ARG(e->c->method), STR_ARG(path), e->rq.route->name);
		return true;
	}
	examine_saw(e, "path", "there is no " STR_FMT " " STR_FMT, STR_ARG(e->c->method), STR_ARG(path));
	if (e->admitted == E_METHOD_NOT_ALLOWED)
		examine_found(e, FINDING_METHOD_WRONG, e->c->method);
	else
		examine_found(e, is_twin(e, path) ? FINDING_PATH_TWIN : FINDING_PATH_UNKNOWN, path);
	return false;
}

/* ---- origin and preflight ---- */

struct str
examine_origin(const struct examination *e)
{
	return e->rq.origin.n > 0 ? e->rq.origin : S("a page");
}

static void
step_origin(struct examination *e)
{
	const struct request *rq = &e->rq;

	if (!rq->origin.p) {
		examine_saw(e, "origin", "none: no script of another page");
		return;
	}
	examine_saw(e, "origin", STR_FMT " is %s", STR_ARG(rq->origin), rq->origin_allowed ? "allowed" : "not allowed");
	if (rq->origin_allowed || str_eq(rq->origin, rq->deployment->base_url))
		return;
	if (str_eq(rq->origin, S("null")))
		examine_found(e, FINDING_ORIGIN_NULL, S(""));
	else
		examine_found(e, FINDING_ORIGIN_NOT_ALLOWED, rq->origin);
}

/* The list in a header of the answer that the server would give. */
static struct str
answer_list(struct examination *e, struct str name)
{
	struct str line, head, value, rest;
	struct buf out;

	buf_init_arena(&out, e->t->arena, ORDINARY_HEAD);
	answer_headers(&e->rq, &out);
	for (rest = buf_str(&out); rest.n > 0;) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, ':', &head, &value) && str_eq_nocase(head, name))
			return str_trim((struct str){ value.p, value.n - 1 });
	}
	return STR_NONE;
}

static bool
list_has(struct str list, struct str item)
{
	struct str one;

	while (list.n > 0) {
		(void)str_cut(list, ',', &one, &list);
		if (str_eq_nocase(str_trim(one), item))
			return true;
	}
	return false;
}

/* Headers that need no preflight never stand in such a list: Fetch, CORS-safelisted request-header. */
static void
step_preflight(struct examination *e)
{
	struct str asked = http_field(&e->x.head, S("Access-Control-Request-Headers")), one;
	struct str method = http_field(&e->x.head, S("Access-Control-Request-Method"));
	struct str headers = answer_list(e, S("Access-Control-Allow-Headers"));

	while (asked.n > 0) {
		(void)str_cut(asked, ',', &one, &asked);
		one = str_trim(one);
		if (one.n > 0 && !list_has(headers, one))
			examine_found(e, FINDING_PREFLIGHT_HEADER, one);
	}
	if (method.n > 0 && !list_has(answer_list(e, S("Access-Control-Allow-Methods")), method))
		examine_found(e, FINDING_PREFLIGHT_METHOD, method);
	examine_saw(e, "preflight", "allowed headers: " STR_FMT, STR_ARG(headers));
}

/* ---- all of them ---- */

static struct str
why_refused(const struct request *rq)
{
	return rq->n_problems > 0 ? rq->problems[0].text : S("the server could not look");
}

static const char *
kind_of_navigation(const struct examination *e)
{
	if (e->x.head.method == HTTP_HEAD)
		return "HEAD";
	return has_field(e, S("Sec-Purpose")) || has_field(e, S("Purpose")) ? "a prefetch" : "a navigation or an embedded load";
}

static void
found_refusal(struct examination *e)
{
	const struct request *rq = &e->rq;

	if (e->admitted == E_MAINTENANCE)
		examine_found(e, FINDING_MAINTENANCE, S(""));
	else if (e->priv.ask.wrong)
		examine_found(e, FINDING_QUERY_UNREADABLE, arena_printf(e->t->arena, "the rule of this check: %s.", e->priv.ask.wrong));
	else if (e->admitted == E_FORBIDDEN && rq->route->no_navigation && (!rq->origin.p || rq->origin_allowed))
		examine_found(e, FINDING_NAVIGATION, str_of(kind_of_navigation(e)));
	else if (e->d->n_findings == 0)
		examine_found(e, FINDING_QUERY_UNREADABLE, why_refused(rq));
}

/* Everything that request_admit() looks at, in its order. */
static bool
step_admit(struct examination *e)
{
	e->admitted = request_admit(&e->rq);
	if (!step_host(e) || !step_scheme(e) || !step_path(e))
		return false;
	step_origin(e);
	if (e->priv.preflight) {
		step_preflight(e);
		e->d->verdict = DIAGNOSIS_NO_SESSION;
		return false;
	}
	examine_saw(e, "admission", "%s", e->admitted == OK ? "admitted" : status_info[e->admitted].code);
	if (e->admitted == OK)
		return true;
	found_refusal(e);
	return false;
}

static enum status
examine(struct examination *e, struct str peer)
{
	examine_saw(e, "capture", "read as %s: " STR_FMT " " STR_FMT, e->c->form, STR_ARG(e->c->method), STR_ARG(e->c->host));
	TRY(settle_peer(e, peer));
	write_head(e);
	if (!read_head(e))
		return OK;
	if (step_admit(e)) {
		examine_carrier(e);
		TRY(examine_session(e));
	}
	examine_answer(e);
	return OK;
}

enum status
diagnose(struct task *t, struct app *app, struct db *db, const struct capture *c, struct str peer,
    struct diagnosis *ret_diagnosis)
{
	struct diagnosis *d = arena_one(t->arena, struct diagnosis);
	struct examination *e = arena_one(t->arena, struct examination);
	enum status st;

	TRY_MEM(t, d);
	TRY_MEM(t, e);
	*e = (struct examination){ .t = t, .app = app, .db = db, .c = c, .d = d };
	e->rq = (struct request){ .task = { .arena = t->arena, .now = clock_now() }, .app = app, .x = &e->x, .priv = &e->priv };
	reply_reset(&e->rq);
	st = examine(e, peer);
	deployment_unref(e->rq.deployment);
	if (st == OK)
		*ret_diagnosis = *d;
	return st;
}
