/* secrets_section.c - what a declared deployment proves itself with elsewhere: by reference, never by value. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

#include "base/secret.h"
#include "base/str.h"
#include "notify/secrets.h"
#include "store/store.gen.h"

enum { SECRET_MAX_BYTES = 512 };

/* ---- reading ---- */

static void
refuse_name(struct reading *r, const struct node *n)
{
	const char *names[DEPLOYMENT_SECRET__COUNT + 1] = { NULL };

	for (int i = 0; i < DEPLOYMENT_SECRET__COUNT; i++)
		names[i] = deployment_secret_name((enum deployment_secret)i);
	reading_unknown(r, n, "secret", names);
}

/* {"from": "the file …", "value": "…"} */
static void
read_reference(struct reading *r, const char *name, const struct node *n)
{
	char buf[SECRET_MAX_BYTES + 3];
	struct reference ref;

	if (!reading_secret(r, n, buf, sizeof(buf), &ref)) {
		/* It has told why. */
	} else if (ref.text.n > SECRET_MAX_BYTES) {
		problem(&r->p, n->line, "%s: more than %d bytes", name, SECRET_MAX_BYTES);
	} else {
		section_put_reference(&r->j, name, &ref);
	}
	secret_wipe(buf, sizeof(buf));
}

static void
read_one(struct reading *r, const struct node *n)
{
	enum deployment_secret which;
	const char *name;

	if (!deployment_secret_find(n->key, &which)) {
		refuse_name(r, n);
		return;
	}
	name = deployment_secret_name(which);
	if (node_is_null(n))
		json_put_null(&r->j, name);
	else if (n->kind == NODE_MAP)
		read_reference(r, name, n);
	else if (n->kind == NODE_TEXT && str_eq(n->text, S("unchanged")))
		json_str(&r->j, name, S("unchanged"));
	else
		/* Not quoted: it may be the secret itself. */
		problem(&r->p, n->line, "%s is not written here: say {from_file: PATH}, {from_env: NAME}, unchanged or null", name);
}

void
secrets_section_read(struct reading *r, const char *name, const struct node *n)
{
	if (!reading_is_map(r, n, name))
		return;
	json_object_begin(&r->j, name);
	for (const struct node *m = n->first; m; m = m->next)
		read_one(r, m);
	json_object_end(&r->j);
}

/* ---- applying ---- */

static void
tell(struct applying *a, enum deployment_secret which, const char *before, struct str after)
{
	plan_change(a->plan, arena_printf(a->t->arena, "secrets.%s", deployment_secret_name(which)), str_of(before), after);
}

static enum status
put(struct applying *a, enum deployment_secret which, bool is_set, const json_t *reference, struct str value)
{
	const char *from = json_string_value(json_object_get(reference, "from"));

	tell(a, which, is_set ? "another value" : "not set", arena_printf(a->t->arena, "what is in %s", from ? from : "the order"));
	return deployment_secret_put(a->t, a->keys, a->deployment, which, value);
}

static enum status
put_different(struct applying *a, enum deployment_secret which, const json_t *reference)
{
	const json_t *v = json_object_get(reference, "value");
	struct str value = { json_string_value(v), json_string_length(v) };
	struct secret before;
	bool is_same, is_set;

	if (value.n == 0 || value.n > SECRET_MAX_BYTES)
		return fail(a->t, E_BAD_REQUEST_BODY, "secrets.%s is a text of 1 to %d bytes", deployment_secret_name(which),
		    SECRET_MAX_BYTES);
	TRY(deployment_secret_load(a->t, a->keys, a->deployment, which, &before));
	is_set = before.n > 0;
	is_same = before.n == value.n && secret_eq(before.p, value.p, value.n);
	secret_done(&before);
	return is_same ? OK : put(a, which, is_set, reference, value);
}

static enum status
forget(struct applying *a, enum deployment_secret which)
{
	int64_t n;

	TRY(sql_deployment_secret_delete(a->t, a->deployment, str_of(deployment_secret_name(which)), &n));
	if (n > 0)
		tell(a, which, "set", S("not set"));
	return OK;
}

/* "unchanged" is what an export writes: elsewhere it must not pass for a secret that is there. */
static enum status
check_is_set(struct applying *a, enum deployment_secret which)
{
	const char *name = deployment_secret_name(which);
	struct deployment_secret_find_row row;
	enum status st = sql_deployment_secret_find(a->t, a->deployment, str_of(name), &row);

	if (st == E_NOT_FOUND)
		return fail(a->t, E_BAD_REQUEST_BODY, "secrets.%s is to stay unchanged, but none is set", name);
	return st;
}

enum status
secrets_section_apply(struct applying *a, const json_t *value)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)value, name, v)
	{
		enum deployment_secret which;

		if (!deployment_secret_find(str_of(name), &which))
			return fail(a->t, E_BAD_REQUEST_BODY, "there is no secret %s", log_quote(str_of(name)).text);
		if (json_is_object(v))
			TRY(put_different(a, which, v));
		else if (json_is_null(v))
			TRY(forget(a, which));
		else
			TRY(check_is_set(a, which));
	}
	return OK;
}

enum status
secrets_section_prune(struct applying *a, const json_t *value)
{
	for (int i = 0; i < DEPLOYMENT_SECRET__COUNT; i++)
		if (!json_object_get(value, deployment_secret_name((enum deployment_secret)i)))
			TRY(forget(a, (enum deployment_secret)i));
	return OK;
}

/* ---- exporting ---- */

enum status
secrets_section_export(struct exporting *e, const char *name)
{
	struct deployment_secrets_row *rows;
	size_t n;

	TRY(sql_deployment_secrets(e->t, e->d->id, &rows, &n));
	yaml_out_map(e->out, name);
	for (size_t i = 0; i < n; i++)
		yaml_out_word(e->out, arena_dup(e->t->arena, rows[i].name).p, S("unchanged"));
	yaml_out_map_end(e->out);
	return OK;
}
