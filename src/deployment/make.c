/* make.c - deployments are made, changed and moved. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/secret.h"
#include "base/str.h"
#include "deployment/deployment.h"
#include "deployment/secret_key.h"
#include "deployment/signing_key.h"
#include "store/store.gen.h"

enum { NAME_MAX_POINTS = 100 };

/* ---- hosts ---- */

static enum status
refuse_host(struct task *t, const char *what, struct str text)
{
	return fail(t, E_BAD_REQUEST_BODY,
	    "%s must be a host such as app.example.com or localhost:8080, not %s", what,
	    log_quote(text).text);
}

/* As it is stored and looked up: folded, without the port that its scheme has anyway. */
static enum status
fold_host(struct task *t, const char *what, struct str text, struct str *ret_text, struct host *ret_host)
{
	char buf[HOST_MAX];
	struct host h;
	size_t n;

	if (!host_fold(text, true, buf, &n) || !host_parse((struct str){ buf, n }, &h))
		return refuse_host(t, what, text);
	if (h.is_loopback && !host_fold(text, false, buf, &n))
		return refuse_host(t, what, text);
	*ret_text = arena_dup(t->arena, (struct str){ buf, n });
	TRY_MEM(t, ret_text->p);
	if (!host_parse(*ret_text, ret_host))
		return refuse_host(t, what, text);
	return OK;
}

static struct str
origin_of(struct task *t, struct str host, const struct host *read)
{
	return arena_printf(t->arena, "%s://" STR_FMT, read->is_loopback ? "http" : "https", STR_ARG(host));
}

struct places {
	struct str backend, frontend, base_url;
};

static enum status
read_places(
    struct task *t, struct str host, struct str frontend_host, struct str base_url, struct places *ret_places)
{
	struct places p;
	struct host backend, frontend;
	struct origin o;

	TRY(fold_host(t, "the host", host, &p.backend, &backend));
	TRY(fold_host(t, "the frontend host", frontend_host, &p.frontend, &frontend));
	p.base_url = base_url.n > 0 ? base_url : origin_of(t, p.backend, &backend);
	if (!origin_parse(p.base_url, &o) || !origin_is_http(&o))
		return fail(t, E_BAD_REQUEST_BODY,
		    "the base URL must be an origin such as https://api.example.com, without a slash at the "
		    "end, not %s",
		    log_quote(base_url).text);
	*ret_places = p;
	return OK;
}

/* ---- what a new one begins with ---- */

struct made {
	struct deployment_id id;
	struct orgrole_id org_member, org_admin;
	struct wsrole_id ws_member, ws_admin;
};

/* Ids go up, and lists are in the order of ids: the least privileged first. */
static enum status
insert_roles(struct task *t, const struct made *m)
{
	TRY(sql_deployment_orgrole_insert(
	    t, m->id, m->org_member, S("Member"), S("member"), S("organization:member"), t->now));
	TRY(sql_deployment_orgrole_insert(
	    t, m->id, m->org_admin, S("Admin"), S("admin"), S("organization:admin"), t->now));
	TRY(sql_deployment_wsrole_insert(
	    t, m->id, m->ws_member, S("Member"), S("member"), S("workspace:member"), t->now));
	return sql_deployment_wsrole_insert(
	    t, m->id, m->ws_admin, S("Admin"), S("admin"), S("workspace:admin"), t->now);
}

/* The host, in all likelihood; an id only where two processes drew the same. */
static enum status
tell_conflict(struct task *t, struct str host)
{
	struct deployment_by_host_row taken;
	enum status st = sql_deployment_by_host(t, host, &taken);

	if (st == E_NOT_FOUND)
		return fail(t, E_CONFLICT, "the new deployment's id or host is taken; please try again");
	TRY(st);
	return fail(t, E_CONFLICT, "there is a deployment on " STR_FMT " already", STR_ARG(host));
}

static enum status
insert_row(struct task *t, const struct deployment_spec *spec, const struct places *p, struct made *ret_made)
{
	struct made m;
	struct str name = spec->name.n > 0 ? spec->name : p->backend;
	int64_t rows;

	m.id.v = id_next(t->now);
	m.org_member.v = id_next(t->now);
	m.org_admin.v = id_next(t->now);
	m.ws_member.v = id_next(t->now);
	m.ws_admin.v = id_next(t->now);
	TRY(sql_deployment_insert(t, m.id, (struct project_id){ id_next(t->now) }, name,
	    spec->mode == MODE_STAGING ? S("staging") : S("production"), p->backend, p->frontend, p->base_url,
	    spec->is_demo, m.org_admin, m.org_member, m.ws_admin, m.ws_member, t->now, &rows));
	if (rows == 0)
		return tell_conflict(t, p->backend);
	*ret_made = m;
	return OK;
}

static bool
is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7F)
			return false;
	}
	return str_is_text(name) && str_code_points(name) <= NAME_MAX_POINTS;
}

enum status
deployment_create(struct task *t, const struct keys *k, const struct deployment_spec *spec,
    struct deployment_made *ret_made)
{
	struct deployment_made made;
	struct settings settings;
	struct places p;
	struct made m = { .id = { 0 } };

	if (!is_name(spec->name))
		return fail(
		    t, E_BAD_REQUEST_BODY, "the name must be at most %d characters of text", NAME_MAX_POINTS);
	TRY(read_places(t, spec->host, spec->frontend_host, spec->base_url, &p));
	TRY(insert_row(t, spec, &p, &m));
	TRY(insert_roles(t, &m));
	TRY(deployment_settings(t, m.id, &settings));
	TRY(signing_key_make_first(t, k, m.id, settings.jwt_lifetime_s + settings.jwt_clock_skew_s));
	TRY(secret_key_make(t, m.id, spec->mode, &made.secret_key));
	made.id = m.id;
	made.publishable_key = deployment_publishable_key(t->arena, spec->mode, p.base_url);
	TRY_MEM(t, made.publishable_key.p);
	*ret_made = made;
	return OK;
}

/* ---- changing ---- */

/* A cookie is only kept for a domain that the host is in (RFC 6265 §5.3). */
static enum status
check_cookie_domain(struct task *t, const struct settings *s, struct str backend_host)
{
	struct host backend, domain;

	if (s->cookie_domain.n == 0)
		return OK;
	if (host_parse(backend_host, &backend) && host_parse(s->cookie_domain, &domain) &&
	    host_is_within(&backend, &domain))
		return OK;
	return fail(t, E_BAD_REQUEST_BODY, "cookie_domain must be a parent domain of " STR_FMT,
	    STR_ARG(backend_host));
}

/*
 * Nobody could finish signing up otherwise. Staging and the demo have the outbox itself: who develops
 * reads it there.
 */
static enum status
check_transports(struct task *t, const struct deployment_row *row, const struct settings *s)
{
	bool shown_here = row->is_demo || !str_eq(row->mode, S("production"));
	struct host server;

	if (s->auth.verification_policy.email && s->smtp.host.n == 0 && !shown_here)
		return fail(t, E_BAD_REQUEST_BODY,
		    "auth_settings.verification_policy.email needs a mail server: set smtp_host first");
	if (s->auth.verification_policy.phone_number && s->sms.webhook_url.n == 0 && !shown_here)
		return fail(t, E_BAD_REQUEST_BODY,
		    "auth_settings.verification_policy.phone_number needs a way for text messages: set sms_webhook_url first");
	if (s->smtp.host.n > 0 && s->smtp.security == SMTP_NO_TLS &&
	    !(host_parse(s->smtp.host, &server) && server.is_loopback))
		return fail(t, E_BAD_REQUEST_BODY,
		    "smtp_security=none is for a mail server on a loopback host only: use starttls or tls");
	return OK;
}

static enum status
home_of(struct task *t, const struct deployment_row *row, struct settings_home *ret_home)
{
	struct host frontend;

	if (!host_parse(row->frontend_host, &frontend))
		return refuse_host(t, "the frontend host", row->frontend_host);
	*ret_home = (struct settings_home){ row->name, row->frontend_host,
		origin_of(t, row->frontend_host, &frontend) };
	return OK;
}

/* Would it load like this? */
static enum status
check_settings(struct task *t, const struct deployment_row *row, struct str overrides, struct settings *ret_settings)
{
	struct settings_home home;

	TRY(home_of(t, row, &home));
	TRY(settings_parse(t, t->arena, &home, overrides, ret_settings));
	TRY(check_transports(t, row, ret_settings));
	return check_cookie_domain(t, ret_settings, row->backend_host);
}

enum status
deployment_settings(struct task *t, struct deployment_id id, struct settings *ret_settings)
{
	struct deployment_row row;
	struct settings_home home;

	TRY(sql_deployment_find(t, id, &row));
	TRY(home_of(t, &row, &home));
	return settings_parse(t, t->arena, &home, row.settings, ret_settings);
}

enum status
deployment_set(struct task *t, struct deployment_id id, const struct setting_text *changes, size_t n)
{
	struct deployment_row row;
	struct settings_home home;
	struct settings settings;
	struct str after;
	int64_t rows;

	TRY(sql_deployment_find(t, id, &row));
	TRY(home_of(t, &row, &home));
	TRY(settings_change(t, &home, row.settings, changes, n, &after));
	TRY(check_settings(t, &row, after, &settings));
	TRY(sql_deployment_set_settings(t, id, row.settings, after, t->now, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "the settings were changed by somebody else meanwhile");
	return signing_keys_outlast(t, id, &settings);
}

enum status
deployment_try(struct task *t, struct deployment_id id, const struct setting_text *changes, size_t n,
    struct settings *ret_before, struct settings *ret_after)
{
	struct settings before, after;
	struct deployment_row row;
	struct settings_home home;
	struct str overrides;

	TRY(sql_deployment_find(t, id, &row));
	TRY(home_of(t, &row, &home));
	TRY(settings_parse(t, t->arena, &home, row.settings, &before));
	TRY(settings_change(t, &home, row.settings, changes, n, &overrides));
	TRY(check_settings(t, &row, overrides, &after));
	*ret_before = before;
	*ret_after = after;
	return OK;
}

enum status
deployment_move(struct task *t, struct deployment_id id, struct str host, struct str frontend_host)
{
	struct deployment_row row;
	struct settings settings;
	struct places p;
	int64_t rows;

	TRY(sql_deployment_find(t, id, &row));
	TRY(read_places(t, host, frontend_host, STR_NONE, &p));
	row.backend_host = p.backend;
	row.frontend_host = p.frontend;
	TRY(check_settings(t, &row, row.settings, &settings));
	TRY(sql_deployment_set_hosts(t, id, p.backend, p.frontend, p.base_url, t->now, &rows));
	return rows == 0 ? E_NOT_FOUND : OK;
}

enum status
deployment_find_host(struct task *t, struct str host, struct deployment_id *ret_id)
{
	struct deployment_by_host_row row;
	struct host read;
	struct str folded;
	enum status st;

	TRY(fold_host(t, "the host", host, &folded, &read));
	st = sql_deployment_by_host(t, folded, &row);
	if (st == E_NOT_FOUND)
		return fail(t, st, "there is no deployment on " STR_FMT, STR_ARG(folded));
	TRY(st);
	*ret_id = row.id;
	return OK;
}
