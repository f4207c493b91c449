/* words.c - what the deployment proves itself with elsewhere, and the words of its messages. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/str.h"
#include "notify/letter.h"
#include "notify/secrets.h"

enum { SECRET_MAX = 512, TEMPLATE_MAX = 48 * 1024 };

static enum status
changed(struct call *c, struct str detail)
{
	TRY_MEM(c->t, detail.p);
	return deed_audit(c->t, &c->by, AUDIT_DEPLOYMENT_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

/* ---- secrets ---- */

static const struct shape shape_secret = { "secret", {
	{ "name", MEMBER_TEXT, .help = "smtp_password or sms_secret" },
	{ "updated_at", MEMBER_TIME },
} };
static const struct shape shape_secrets = { "secrets", { { "data", MEMBER_LIST, .of = &shape_secret } } };

static enum status
secret_list(struct call *c)
{
	struct deployment_secrets_row *rows;
	struct json *j;
	size_t n;

	TRY(sql_deployment_secrets(c->t, c->by.d->id, &rows, &n));
	j = call_answer(c);
	json_object_begin(j, NULL);
	json_array_begin(j, "data");
	for (size_t i = 0; i < n; i++) {
		json_object_begin(j, NULL);
		json_str(j, "name", rows[i].name);
		json_time(j, "updated_at", rows[i].updated_at);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_secret_list = {
	.method = HTTP_GET, .path = "/v1/deployment/secrets", .name = "secret_list",
	.summary = "Which secrets are set. What they are is never shown.",
	.tx = CALL_READ, .answers = &shape_secrets,
	.run = secret_list,
};

static enum status
read_secret(const struct call *c, enum deployment_secret *ret_which)
{
	return deployment_secret_find(c->ids[0], ret_which) ? OK : E_NOT_FOUND;
}

static enum status
secret_changed(struct call *c, enum deployment_secret which)
{
	return changed(c, arena_printf(c->t->arena, "{\"secret\":\"%s\"}", deployment_secret_name(which)));
}

static enum status
secret_set(struct call *c)
{
	enum deployment_secret which;

	TRY(read_secret(c, &which));
	if (call_text(c, "value").n > SECRET_MAX)
		return call_refuse(c, E_BAD_REQUEST_BODY, "value", "value must be 1 to %d bytes.", SECRET_MAX);
	TRY(deployment_secret_put(c->t, c->by.keys, c->by.d->id, which, call_text(c, "value")));
	return secret_changed(c, which);
}

const struct backend_route backend_secret_set = {
	.method = HTTP_PUT, .path = "/v1/deployment/secrets/{name}", .name = "secret_set",
	.summary = "Set smtp_password or sms_secret; it is sealed, and never shown again.",
	.tx = CALL_WRITE,
	.body = { { .name = "value", .kind = VALUE_TEXT, .required = true, .max = SECRET_MAX, .help = "the secret" } },
	.fails = { E_NOT_FOUND },
	.run = secret_set,
};

static enum status
secret_delete(struct call *c)
{
	enum deployment_secret which;
	int64_t rows;

	TRY(read_secret(c, &which));
	TRY(sql_deployment_secret_delete(c->t, c->by.d->id, str_of(deployment_secret_name(which)), &rows));
	return rows == 1 ? secret_changed(c, which) : E_NOT_FOUND;
}

const struct backend_route backend_secret_delete = {
	.method = HTTP_DELETE, .path = "/v1/deployment/secrets/{name}", .name = "secret_delete",
	.summary = "Forget a secret.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = secret_delete,
};

/* ---- templates ---- */

static const struct shape shape_template = { "template", {
	{ "kind", MEMBER_TEXT, .help = "of message" },
	{ "subject", MEMBER_TEXT, .help = "empty for text messages" },
	{ "text", MEMBER_TEXT },
	{ "html", MEMBER_TEXT, .help = "empty for text messages" },
	{ "own", MEMBER_LIST, .help = "which parts are not the built-in ones" },
} };
static const struct shape shape_templates = { "templates", { { "data", MEMBER_LIST, .of = &shape_template } } };

static enum status
write_template(struct call *c, struct json *j, enum message_kind kind, const struct message_templates_own_row *own, size_t n)
{
	struct str name = str_of(message_kind_info[kind].name);
	struct letter l;

	TRY(letter_templates(c->t, c->by.d->id, kind, &l));
	json_object_begin(j, NULL);
	json_str(j, "kind", name);
	for (int part = 0; part < LETTER_PART__COUNT; part++)
		json_str(j, letter_part_names[part], l.parts[part]);
	json_array_begin(j, "own");
	for (size_t i = 0; i < n; i++)
		if (str_eq(own[i].kind, name))
			json_str(j, NULL, own[i].part);
	json_array_end(j);
	json_object_end(j);
	return OK;
}

static enum status
template_list(struct call *c)
{
	struct message_templates_own_row *own;
	struct json *j;
	size_t n;

	TRY(sql_message_templates_own(c->t, c->by.d->id, &own, &n));
	j = call_answer(c);
	json_object_begin(j, NULL);
	json_array_begin(j, "data");
	for (int kind = 0; kind < MESSAGE_KIND__COUNT; kind++)
		TRY(write_template(c, j, (enum message_kind)kind, own, n));
	json_array_end(j);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_template_list = {
	.method = HTTP_GET, .path = "/v1/deployment/templates", .name = "template_list",
	.summary = "The words of every kind of message, as they are in force.",
	.tx = CALL_READ, .answers = &shape_templates,
	.run = template_list,
};

static enum status
read_kind(const struct call *c, enum message_kind *ret_kind)
{
	return message_kind_find(c->ids[0], ret_kind) ? OK : E_NOT_FOUND;
}

static enum status
answer_template(struct call *c, enum message_kind kind)
{
	struct message_templates_own_row *own;
	size_t n;

	TRY(sql_message_templates_own(c->t, c->by.d->id, &own, &n));
	return write_template(c, call_answer(c), kind, own, n);
}

static enum status
template_get(struct call *c)
{
	enum message_kind kind;

	TRY(read_kind(c, &kind));
	return answer_template(c, kind);
}

const struct backend_route backend_template_get = {
	.method = HTTP_GET, .path = "/v1/deployment/templates/{kind}", .name = "template_get",
	.summary = "The words of one kind of message.",
	.tx = CALL_READ, .answers = &shape_template,
	.fails = { E_NOT_FOUND },
	.run = template_get,
};

static enum status
template_changed(struct call *c, enum message_kind kind, const char *part)
{
	return changed(c, arena_printf(c->t->arena, "{\"template\":\"%s\",\"part\":\"%s\"}", message_kind_info[kind].name, part));
}

static enum status
set_part(struct call *c, enum message_kind kind, enum letter_part part)
{
	const char *name = letter_part_names[part];
	enum status st;

	if (!call_has(c, name))
		return OK;
	st = letter_check(c->t, kind, part, call_text(c, name));
	if (st == E_BAD_REQUEST_BODY)
		c->param = name;
	TRY(st);
	TRY(sql_message_template_put(c->t, c->by.d->id, str_of(message_kind_info[kind].name), str_of(name), call_text(c, name), c->t->now));
	return template_changed(c, kind, name);
}

static enum status
template_set(struct call *c)
{
	enum message_kind kind;

	TRY(read_kind(c, &kind));
	for (int part = 0; part < LETTER_PART__COUNT; part++)
		TRY(set_part(c, kind, (enum letter_part)part));
	return answer_template(c, kind);
}

const struct backend_route backend_template_set = {
	.method = HTTP_PATCH, .path = "/v1/deployment/templates/{kind}", .name = "template_set",
	.summary = "Use own words for a kind of message; a part that is not sent stays.",
	.tx = CALL_WRITE, .answers = &shape_template,
	.body = {
		{ .name = "subject", .kind = VALUE_TEXT, .max = TEMPLATE_MAX, .help = "of mail" },
		{ .name = "text", .kind = VALUE_TEXT, .max = TEMPLATE_MAX, .help = "plain" },
		{ .name = "html", .kind = VALUE_TEXT, .max = TEMPLATE_MAX, .help = "of mail" },
	},
	.fails = { E_NOT_FOUND },
	.run = template_set,
};

static enum status
template_reset(struct call *c)
{
	enum message_kind kind;
	int64_t rows;

	TRY(read_kind(c, &kind));
	for (int part = 0; part < LETTER_PART__COUNT; part++) {
		TRY(sql_message_template_delete(
		    c->t, c->by.d->id, str_of(message_kind_info[kind].name), str_of(letter_part_names[part]), &rows));
		if (rows > 0)
			TRY(template_changed(c, kind, letter_part_names[part]));
	}
	return answer_template(c, kind);
}

const struct backend_route backend_template_reset = {
	.method = HTTP_DELETE, .path = "/v1/deployment/templates/{kind}", .name = "template_reset",
	.summary = "Use the built-in words again.",
	.tx = CALL_WRITE, .answers = &shape_template,
	.fails = { E_NOT_FOUND },
	.run = template_reset,
};
