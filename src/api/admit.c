/* admit.c - on the loop thread: which route, whose deployment, from where, with which token. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include "api/forwarded.h"
#include "api/route.h"
#include "base/str.h"

static bool
method_changes_state(enum http_method m)
{
	return m != HTTP_GET && m != HTTP_HEAD && m != HTTP_OPTIONS;
}

static void
admit_client(struct request *rq)
{
	const struct forwarded_rules rules = { app_is_proxy, rq->app, rq->app->proxies_write_forwarded };
	struct forwarded f = forwarded_read(&rq->x->head, &rq->x->peer, &rules);

	rq->client = f.client;
	rq->https = f.https;
	rq->source = throttle_source(rq->client.bytes, rq->client.family == AF_INET6 ? 16 : 4);
}

static void
admit_origin(struct request *rq)
{
	rq->origin = http_field(&rq->x->head, S("Origin"));
	if (!rq->origin.p)
		return;
	/* Two Origin fields are nobody's browser. */
	rq->origin_allowed = http_field_count(&rq->x->head, S("Origin")) == 1 &&
	    deployment_allows_origin(rq->deployment, rq->origin);
}

/*
 * Listeners are plain HTTP, so a production deployment answers only when a listed proxy
 * says https, or when everything is on this machine: listener and Host both loopback.
 */
static bool
scheme_is_safe(const struct request *rq)
{
	if (rq->deployment->mode == MODE_STAGING || rq->https)
		return true;
	return rq->deployment->is_loopback && net_addr_is_loopback(&rq->x->local);
}

static enum status
admit_scheme(struct request *rq)
{
	return scheme_is_safe(rq) ? OK : refuse(rq, E_TLS_REQUIRED, NULL);
}

/* A rule that cannot be read admits nobody, signed in or not. */
static enum status
admit_ask(struct request *rq)
{
	rq->priv->ask = check_read(&rq->x->head);
	if (!rq->priv->ask.wrong)
		return OK;
	return refuse(rq, E_FORBIDDEN, "What this check asks for cannot be read, so it admits nobody. The server's log says why.");
}

static enum status
admit_query(struct request *rq)
{
	if (rq->route->by_proxy)
		return admit_ask(rq);
	if (rq->x->head.query.n == 0)
		return OK;
	if (params_parse_form(&rq->task, rq->x->head.query, &rq->query) == OK)
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "The query string is not well-formed.");
}

/* Cookie in production, query or header in staging; never both. */
static void
admit_token(struct request *rq)
{
	struct request_private *p = rq->priv;
	bool twice;

	if (rq->deployment->mode == MODE_PRODUCTION) {
		p->token = cookie_get(&rq->x->head, rq->deployment->cookie_name, &twice);
		return;
	}
	p->token = params_get(&rq->query, S("__dev_session__"));
	if (p->token.n == 0)
		p->token = http_field(&rq->x->head, S("X-Development-Session"));
}

/*
 * A link followed, shown as a picture, fetched before anybody asked for it, or asked for its head alone: none of them is
 * a script's own call. Browsers that do not say how they came to ask are heard.
 */
static bool
is_navigation(const struct request *rq)
{
	static const char *const purposes[] = { "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz" };
	struct str mode = http_field(&rq->x->head, S("Sec-Fetch-Mode"));

	if (rq->x->head.method == HTTP_HEAD)
		return true;
	if (mode.n > 0 && !str_eq(mode, S("cors")) && !str_eq(mode, S("same-origin")))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(purposes); i++)
		if (http_field(&rq->x->head, str_of(purposes[i])).n > 0)
			return true;
	return false;
}

static enum status
admit_navigation(struct request *rq)
{
	if (!rq->route->no_navigation || !is_navigation(rq))
		return OK;
	return refuse(rq, E_FORBIDDEN, "This address is not a page. Open it from the app.");
}

static enum status
admit_preflight(struct request *rq)
{
	rq->priv->preflight = true;
	return OK;
}

static enum status
admit_route(struct request *rq)
{
	const struct http_head *h = &rq->x->head;

	/* A check of a preflight is no preflight: 204 would let it in. */
	if (h->method == HTTP_OPTIONS && !check_is_path(h->path))
		return admit_preflight(rq);
	return route_find(h->method, h->path, &rq->route, rq->ids, &rq->priv->allow);
}

/* Forms are "simple" requests: any page can send one, so the browser's word on where from is checked. */
static enum status
admit_csrf(struct request *rq)
{
	bool changes_state = method_changes_state(rq->x->head.method) || rq->route->no_navigation;

	/* It is asked about somebody else's request, whose method this is, and changes nothing. */
	if (rq->route->by_proxy || !changes_state || !rq->origin.p || rq->origin_allowed || rq->route->page)
		return OK;
	return refuse(rq, E_FORBIDDEN, "This request came from a page that may not make it.");
}

static enum status
admit_maintenance(struct request *rq)
{
	if (!rq->deployment->settings.maintenance_mode || rq->route->auth == AUTH_NONE)
		return OK;
	if (str_eq(rq->x->head.path, S("/deployment")))
		return OK;
	rq->retry_after_s = 60;
	return refuse(rq, E_MAINTENANCE, NULL);
}

bool
request_admit_light(struct request *rq)
{
	admit_client(rq);
	rq->deployment = directory_find(rq->app->directory, rq->x->head.host, rq->https);
	if (!rq->deployment || rq->deployment->settings.maintenance_mode)
		return false;
	admit_origin(rq);
	return scheme_is_safe(rq);
}

enum status
request_admit(struct request *rq)
{
	admit_client(rq);
	(void)net_addr_format(&rq->client, rq->client_text);
	rq->deployment = directory_find(rq->app->directory, rq->x->head.host, rq->https);
	if (!rq->deployment)
		return refuse(rq, E_NOT_FOUND, "No deployment answers at this host.");
	admit_origin(rq);
	TRY(admit_scheme(rq));
	TRY(admit_route(rq));
	if (rq->priv->preflight)
		return OK;
	TRY(admit_query(rq));
	admit_token(rq);
	TRY(admit_csrf(rq));
	TRY(admit_navigation(rq));
	return admit_maintenance(rq);
}
