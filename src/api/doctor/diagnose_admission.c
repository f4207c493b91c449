/* diagnose_admission.c - is the request admitted? What request_admit() looks at, in its order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/examine.h"

#include "api/route.h"
#include "base/str.h"

enum { HEADERS_MAX = 16384 };

/* ---- proxy and scheme ---- */

static void
found_https_missing(struct examination *e)
{
	bool is_proxy = app_is_proxy(e->app, &e->x.peer), rfc7239 = e->app->proxies_write_forwarded;
	const char *by = examine_forwarding_field(e);
	struct str proto = http_field(&e->x.head, S("X-Forwarded-Proto"));

	if (!is_proxy && by)
		examine_found(e, FINDING_PROXY_NOT_LISTED, str_of(by));
	else if (!is_proxy && !e->peer_is_given && !str_eq(e->c->scheme, S("http")))
		examine_found(e, FINDING_PROXY_NOT_LISTED, S("what came over https"));
	else if (!is_proxy)
		examine_found(e, FINDING_HTTP_NOT_LOOPBACK, S(""));
	else if (rfc7239 ? proto.p && !examine_has_field(e, S("Forwarded")) : !proto.p && examine_has_field(e, S("Forwarded")))
		examine_found(e, FINDING_FORWARDED_MISMATCH, rfc7239 ? S("X-Forwarded-Proto") : S("Forwarded"));
	else if (!rfc7239 && proto.p)
		examine_found(e, FINDING_PROTO_HTTP, proto);
	else if (rfc7239 && examine_has_field(e, S("Forwarded")))
		examine_found(e, FINDING_PROTO_HTTP, S("something else"));
	else
		examine_found(e, FINDING_PROTO_MISSING, rfc7239 ? S("Forwarded with proto=https") : S("X-Forwarded-Proto"));
}

static bool
step_scheme(struct examination *e)
{
	struct request *rq = &e->rq;
	bool plain = str_eq(e->c->scheme, S("http")) && !examine_is_loopback(e->c->host);

	examine_saw(e, "scheme", "https by a proxy's word: %s", rq->https ? "yes" : "no");
	if (plain && rq->deployment->mode == MODE_PRODUCTION && !examine_forwarding_field(e))
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

	buf_init_arena(&out, e->t->arena, HEADERS_MAX);
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
	return examine_has_field(e, S("Sec-Purpose")) || examine_has_field(e, S("Purpose")) ? "a prefetch" : "a navigation or an embedded load";
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

bool
examine_admission(struct examination *e)
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
