/* command_secret_key.c - secret-key create, list, revoke: what a product's servers call the Backend API with. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"
#include "deployment/secret_key.h"

struct keeping {
	struct deed             by;
	struct str              prefix;
	int64_t                 at;
	struct str              key;
	struct secret_keys_row *rows;
	size_t                  n;
};

static enum status
keeping_begin(struct command *c, struct keeping *k)
{
	const struct deployment *d;

	TRY(command_flag_deployment(c, &d));
	k->by = command_deed(c, d);
	command_about(c, "%s", deployment_id_str(c->t->arena, d->id).p);
	return OK;
}

static enum status
audit(struct task *t, const struct keeping *k, enum audit_event event, struct str prefix)
{
	struct str detail = arena_printf(t->arena, "{\"prefix\":\"" STR_FMT "\"}", STR_ARG(prefix));

	return deed_audit(t, &k->by, event, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

static enum status
create_run(struct task *t, void *arg)
{
	struct keeping *k = arg;

	TRY(secret_key_make(t, k->by.d->id, k->by.d->mode, &k->key));
	return audit(t, k, AUDIT_SECRET_KEY_CREATED, (struct str){ k->key.p, SECRET_KEY_PREFIX });
}

enum status
command_secret_key_create(struct command *c)
{
	struct keeping k = { 0 };
	struct json j;

	TRY(keeping_begin(c, &k));
	TRY(command_write(c, create_run, &k));
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_str(&j, "secret_key", k.key);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}

static enum status
list_read(struct task *t, void *arg)
{
	struct keeping *k = arg;

	return sql_secret_keys(t, k->by.d->id, &k->rows, &k->n);
}

enum status
command_secret_key_list(struct command *c)
{
	struct keeping k = { 0 };

	TRY(keeping_begin(c, &k));
	TRY(db_read(c->t, c->db, list_read, &k));
	for (size_t i = 0; i < k.n; i++) {
		struct json j;

		json_init(&j, &c->out);
		json_object_begin(&j, NULL);
		json_str(&j, "prefix", k.rows[i].prefix);
		json_time(&j, "created_at", k.rows[i].created_at);
		json_time(&j, "last_used_at", k.rows[i].last_used_at);
		json_time(&j, "revoked_at", k.rows[i].revoked_at);
		json_object_end(&j);
		buf_put_char(&c->out, '\n');
	}
	return OK;
}

static enum status
revoke_run(struct task *t, void *arg)
{
	struct keeping *k = arg;
	int64_t rows;

	TRY(sql_secret_key_revoke(t, k->by.d->id, k->prefix, k->at, t->now, &rows));
	if (rows == 0)
		return fail(t, E_NOT_FOUND, "there is no live key that begins with %s", log_quote(k->prefix).text);
	return audit(t, k, AUDIT_SECRET_KEY_REVOKED, k->prefix);
}

enum status
command_secret_key_revoke(struct command *c)
{
	struct keeping k = { 0 };
	int64_t in_s;

	/* Whoever pastes the whole key has put it into the shell's history; its beginning is all that is needed. */
	if (c->args[0].n != SECRET_KEY_PREFIX)
		return fail(c->t, E_BAD_REQUEST_BODY, "secret-key revoke takes a key's first %d characters, as list shows them",
		    SECRET_KEY_PREFIX);
	TRY(command_int(c, "in", 0, 30 * (DAY_US / SECOND_US), 0, &in_s));
	TRY(keeping_begin(c, &k));
	k.prefix = c->args[0];
	k.at = c->t->now + in_s * SECOND_US;
	return command_write(c, revoke_run, &k);
}
