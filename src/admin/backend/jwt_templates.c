/* jwt_templates.c - the deployment's named templates of tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/str.h"
#include "deployment/jwt_template.h"
#include "deployment/signing_key.h"
#include "session/coherence.h"

enum { TEMPLATE_MAX = 32 * 1024, SECONDS_MAX = 1000000000 };

static const struct shape shape_key = { "custom_signing_key", {
	{ "enabled", MEMBER_BOOL },
	{ "algorithm", MEMBER_TEXT },
} };
static const struct shape shape_jwt_template = { "jwt_template", {
	{ "name", MEMBER_TEXT },
	{ "token_lifetime", MEMBER_INT, .help = "seconds" },
	{ "allowed_clock_skew", MEMBER_INT, .help = "seconds" },
	{ "template", MEMBER_OBJECT, .help = "the claims, with placeholders" },
	{ "custom_signing_key", MEMBER_SHAPE, .nullable = true, .of = &shape_key, .help = "the key itself is never shown" },
	{ "created_at", MEMBER_TIME },
	{ "updated_at", MEMBER_TIME },
} };
static const struct shape shape_jwt_templates = { "jwt_templates", { { "data", MEMBER_LIST, .of = &shape_jwt_template } } };

static void
write_template(struct json *j, const struct jwt_template_row *row)
{
	json_object_begin(j, NULL);
	json_str(j, "name", row->name);
	json_int(j, "token_lifetime", row->lifetime_s);
	json_int(j, "allowed_clock_skew", row->clock_skew_s);
	json_raw(j, "template", row->claims);
	if (row->algorithm.n > 0) {
		json_object_begin(j, "custom_signing_key");
		json_bool(j, "enabled", row->key_enabled);
		json_str(j, "algorithm", row->algorithm);
		json_object_end(j);
	} else {
		json_put_null(j, "custom_signing_key");
	}
	json_time(j, "created_at", row->created_at);
	json_time(j, "updated_at", row->updated_at);
	json_object_end(j);
}

static enum status
jwt_template_list(struct call *c)
{
	struct jwt_template_row *rows;
	struct json *j;
	size_t n;

	TRY(sql_jwt_templates(c->t, c->by.d->id, &rows, &n));
	j = call_list_begin(c);
	for (size_t i = 0; i < n; i++)
		write_template(j, &rows[i]);
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_jwt_template_list = {
	.method = HTTP_GET, .path = "/v1/deployment/jwt-templates", .name = "jwt_template_list",
	.summary = "The templates of tokens.",
	.tx = CALL_READ, .answers = &shape_jwt_templates,
	.run = jwt_template_list,
};

static enum status
answer_template(struct call *c)
{
	struct jwt_template_row row;

	TRY(sql_jwt_template_find(c->t, c->by.d->id, c->ids[0], &row));
	write_template(call_answer(c), &row);
	return OK;
}

static enum status
jwt_template_get(struct call *c)
{
	return answer_template(c);
}

const struct backend_route backend_jwt_template_get = {
	.method = HTTP_GET, .path = "/v1/deployment/jwt-templates/{name}", .name = "jwt_template_get",
	.summary = "One template of tokens.",
	.tx = CALL_READ, .answers = &shape_jwt_template,
	.fails = { E_NOT_FOUND },
	.run = jwt_template_get,
};

static enum status
changed(struct call *c, enum audit_event event, struct str detail)
{
	TRY_MEM(c->t, detail.p);
	TRY(cache_touch(c->t, c->by.d->id, SUBJECT_DEPLOYMENT, c->by.d->id.v));
	return deed_audit(c->t, &c->by, event, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

static void
done(void *spec)
{
	jwt_template_spec_done(spec);
}

/* The key in it is tried out, which may take a second. */
static enum status
jwt_template_set_prove(struct call *c)
{
	struct jwt_template_spec *spec = arena_one(c->t->arena, struct jwt_template_spec);

	TRY_MEM(c->t, spec);
	TRY(jwt_template_spec_read(c->t, c->ids[0], c->x->body, spec));
	c->proof = spec;
	if (arena_defer(c->t->arena, done, spec))
		return OK;
	jwt_template_spec_done(spec);
	return fail(c->t, E_OVERLOADED, "out of memory for this task");
}

/* A name needs no escaping. */
static enum status
jwt_template_set(struct call *c)
{
	const struct jwt_template_spec *spec = c->proof;
	struct str name = c->ids[0];

	TRY(jwt_template_put(c->t, c->by.keys, c->by.d->id, spec));
	TRY(signing_keys_outlast(c->t, c->by.d->id, &c->by.d->settings));
	if (spec->has_key)
		TRY(changed(c, AUDIT_JWT_TEMPLATE_SET,
		    arena_printf(c->t->arena, "{\"name\":\"" STR_FMT "\",\"algorithm\":\"%s\"}", STR_ARG(name), jwt_alg_name(spec->alg))));
	else
		TRY(changed(c, AUDIT_JWT_TEMPLATE_SET, arena_printf(c->t->arena, "{\"name\":\"" STR_FMT "\"}", STR_ARG(name))));
	return answer_template(c);
}

static enum status
refresh(struct call *c)
{
	return directory_refresh(c->t, c->app->directory, c->db, c->by.d->id);
}

const struct backend_route backend_jwt_template_set = {
	.method = HTTP_PUT, .path = "/v1/deployment/jwt-templates/{name}", .name = "jwt_template_set",
	.summary = "Make or replace a template of tokens; without the key of custom_signing_key the stored one stays.",
	.tx = CALL_WRITE, .answers = &shape_jwt_template,
	.body = {
		{ .name = "token_lifetime", .kind = VALUE_INT, .min = 1, .max = SECONDS_MAX, .help = "seconds" },
		{ .name = "allowed_clock_skew", .kind = VALUE_INT, .min = 0, .max = SECONDS_MAX, .help = "seconds" },
		{ .name = "template", .kind = VALUE_OBJECT, .max = TEMPLATE_MAX, .help = "the claims; what placeholders reach: jwt-templates.md" },
		{ .name = "custom_signing_key", .kind = VALUE_OBJECT, .max = TEMPLATE_MAX, .help = "enabled, algorithm and key; sealed, and never shown" },
	},
	.fails = { E_LIMIT_REACHED },
	.prove = jwt_template_set_prove, .run = jwt_template_set, .after = refresh,
};

static enum status
jwt_template_drop(struct call *c)
{
	enum status st = jwt_template_delete(c->t, c->by.d->id, c->ids[0]);

	if (st == E_TEMPLATE_NOT_FOUND)
		return E_NOT_FOUND;
	TRY(st);
	return changed(c, AUDIT_JWT_TEMPLATE_DELETED, arena_printf(c->t->arena, "{\"name\":\"" STR_FMT "\"}", STR_ARG(c->ids[0])));
}

const struct backend_route backend_jwt_template_delete = {
	.method = HTTP_DELETE, .path = "/v1/deployment/jwt-templates/{name}", .name = "jwt_template_delete",
	.summary = "Delete a template of tokens.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = jwt_template_drop, .after = refresh,
};
