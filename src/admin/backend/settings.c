/* settings.c - the deployment itself: what it is, and every setting it has. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include <string.h>

#include "base/str.h"
#include "deployment/origin.h"
#include "notify/parcel.h"
#include "session/coherence.h"

enum { SETTINGS_MAX = 64, SETTINGS_BYTES_MAX = 48 * 1024 };

static const struct shape shape_deployment = { "deployment", {
	{ "id", MEMBER_ID, .help = "deployment_…" },
	{ "name", MEMBER_TEXT },
	{ "mode", MEMBER_TEXT, .help = "production or staging" },
	{ "host", MEMBER_TEXT, .help = "where browsers call it" },
	{ "frontend_host", MEMBER_TEXT, .help = "where the product's pages are" },
	{ "base_url", MEMBER_TEXT },
	{ "publishable_key", MEMBER_TEXT },
	{ "created_at", MEMBER_TIME },
	{ "updated_at", MEMBER_TIME },
} };

static enum status
deployment_get(struct call *c)
{
	const struct deployment *d = c->by.d;
	struct json *j = call_answer(c);

	json_object_begin(j, NULL);
	json_deployment_id(j, "id", d->id);
	json_str(j, "name", d->name);
	json_str(j, "mode", d->mode == MODE_PRODUCTION ? S("production") : S("staging"));
	json_str(j, "host", d->backend_host);
	json_str(j, "frontend_host", d->frontend_host);
	json_str(j, "base_url", d->base_url);
	json_str(j, "publishable_key", d->publishable_key);
	json_time(j, "created_at", d->created_at);
	json_time(j, "updated_at", d->updated_at);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_deployment_get = {
	.method = HTTP_GET, .path = "/v1/deployment", .name = "deployment_get",
	.summary = "Whose deployment the key is.",
	.tx = CALL_READ, .answers = &shape_deployment,
	.run = deployment_get,
};

/* ---- settings ---- */

static const struct shape shape_settings = { "settings", {
	{ "settings", MEMBER_OBJECT, .help = "every setting by its key, with the value in force" },
	{ "overrides", MEMBER_OBJECT, .help = "those that are not at their default" },
} };

/* As stored a moment ago, in this very transaction: c->by.d may be older. */
static enum status
answer_settings(struct call *c)
{
	const struct deployment *d;
	struct deployment_row row;
	struct json *j;

	TRY(sql_deployment_find(c->t, c->by.d->id, &row));
	TRY(deployment_load(c->t, c->by.keys, c->by.d->id, &d));
	j = call_answer(c);
	json_object_begin(j, NULL);
	settings_write_all(j, "settings", &d->settings);
	json_raw(j, "overrides", row.settings);
	json_object_end(j);
	deployment_unref(d);
	return OK;
}

static enum status
settings_get(struct call *c)
{
	return answer_settings(c);
}

const struct backend_route backend_settings_get = {
	.method = HTTP_GET, .path = "/v1/deployment/settings", .name = "settings_get",
	.summary = "Every setting of the deployment; what they mean stands in CONFIG.md.",
	.tx = CALL_READ, .answers = &shape_settings,
	.run = settings_get,
};

/* As it would be typed at the command line, which has one way to say each. */
static struct str
typed(struct arena *a, const json_t *v)
{
	size_t n;
	char *p;

	if (json_is_null(v))
		return S("default");
	if (json_is_string(v))
		return arena_dup(a, (struct str){ json_string_value(v), json_string_length(v) });
	n = json_dumpb(v, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	p = arena_alloc(a, n + 1);
	if (!p || json_dumpb(v, p, n, JSON_COMPACT | JSON_ENCODE_ANY) != n)
		return STR_NONE;
	return (struct str){ p, n };
}

/* {"keys": […]}: which settings, not their values. */
static struct str
detail_of(struct arena *a, const struct setting_text *changes, size_t n)
{
	struct buf b;
	struct json j;

	buf_init_arena(&b, a, SETTINGS_BYTES_MAX);
	json_init(&j, &b);
	json_object_begin(&j, NULL);
	json_array_begin(&j, "keys");
	for (size_t i = 0; i < n; i++)
		json_str(&j, NULL, changes[i].key);
	json_array_end(&j);
	json_object_end(&j);
	return buf_str(&b);
}

static bool
is_changed(const struct setting_text *changes, size_t n, struct str key)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(changes[i].key, key))
			return true;
	return false;
}

static bool
is_of_this_machine(struct str url)
{
	struct origin o;

	return url_parse(url, &o) && o.host.is_loopback;
}

static enum status
refuse_reach(struct call *c, const char *key, const char *why)
{
	return call_refuse(c, E_BAD_REQUEST_BODY, "settings", "%s %s: only its operator sets that.", key, why);
}

/*
 * This machine's own services, and what listens in its network, are for its operator to name: keys are held by products,
 * and what is sent there would come from within. What a name leads to shows when a socket is made: see add_public_only().
 */
static enum status
check_reach(struct call *c, const struct setting_text *changes, size_t n, const struct settings *was)
{
	const char *sentence = NULL;
	struct settings s;
	struct str server;
	bool same_host;

	TRY(deployment_settings(c->t, c->by.d->id, &s));
	server = arena_printf(c->t->arena, "https://" STR_FMT "/", STR_ARG(s.smtp.host));
	same_host = str_eq(was->smtp.host, s.smtp.host);
	if (is_changed(changes, n, S("sms_webhook_url")) && s.sms.webhook_url.n > 0 && is_of_this_machine(s.sms.webhook_url))
		return refuse_reach(c, "sms_webhook_url", "leads to the server itself");
	if (is_changed(changes, n, S("smtp_host")) && s.smtp.host.n > 0 &&
	    (is_of_this_machine(server) || !parcel_may_post_to(server, &sentence)))
		return refuse_reach(c, "smtp_host", "leads into the server's own network");
	if ((was->smtp.public_only || !same_host) && s.smtp.host.n > 0 && !s.smtp.public_only)
		return refuse_reach(c, "smtp_public_only", "keeps mail out of the server's own network");
	/* Another port of a host that may be inside is another service. */
	if (same_host && s.smtp.host.n > 0 && !s.smtp.public_only &&
	    (was->smtp.port != s.smtp.port || was->smtp.security != s.smtp.security))
		return refuse_reach(c, "smtp_host", "is not a key's, and its port and security go with it");
	return OK;
}

/* A mail server that a key names is on the internet, whatever its name leads to, now and later. */
static size_t
add_public_only(struct setting_text *changes, size_t n, const struct settings *was)
{
	for (size_t i = 0; i < n; i++) {
		struct str host = changes[i].value;

		if (!str_eq(changes[i].key, S("smtp_host")) || host.n == 0 || str_eq(host, S("default")) || str_eq(host, was->smtp.host) ||
		    is_changed(changes, n, S("smtp_public_only")))
			continue;
		changes[n] = (struct setting_text){ S("smtp_public_only"), S("true") };
		return n + 1;
	}
	return n;
}

/* `changes` has room for one more. */
static enum status
change(struct call *c, struct setting_text *changes, size_t n)
{
	struct settings was;
	enum status st;

	TRY(deployment_settings(c->t, c->by.d->id, &was));
	n = add_public_only(changes, n, &was);
	st = deployment_set(c->t, c->by.d->id, changes, n);
	if (st == E_BAD_REQUEST_BODY)
		c->param = "settings";
	TRY(st);
	TRY(check_reach(c, changes, n, &was));
	TRY(cache_touch(c->t, c->by.d->id, SUBJECT_DEPLOYMENT, c->by.d->id.v));
	return deed_audit(c->t, &c->by, AUDIT_DEPLOYMENT_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 },
	    detail_of(c->t->arena, changes, n));
}

static enum status
settings_update(struct call *c)
{
	const json_t *wanted = call_value(c, "settings");
	struct setting_text changes[SETTINGS_MAX + 1];
	const char *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)wanted, key, v)
	{
		if (n == SETTINGS_MAX)
			return call_refuse(c, E_BAD_REQUEST_BODY, "settings", "Change at most %d settings at once.", SETTINGS_MAX);
		changes[n++] = (struct setting_text){ str_of(key), typed(c->t->arena, v) };
	}
	TRY(change(c, changes, n));
	return answer_settings(c);
}

/* From the next request on, here; other nodes hear of it. */
static enum status
refresh(struct call *c)
{
	return directory_refresh(c->t, c->app->directory, c->db, c->by.d->id);
}

const struct backend_route backend_settings_update = {
	.method = HTTP_PATCH, .path = "/v1/deployment/settings", .name = "settings_update",
	.summary = "Change settings, all of them or none: {\"settings\": {KEY: value}}; null takes the default again.",
	.tx = CALL_WRITE, .answers = &shape_settings,
	.body = { { .name = "settings", .kind = VALUE_OBJECT, .required = true, .max = SETTINGS_BYTES_MAX, .help = "by key, as settings_get shows them" } },
	.run = settings_update, .after = refresh,
};
