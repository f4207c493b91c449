/* jwt_templates_section.c - a declared deployment's named templates of tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

#include <string.h>

#include "admin/declare/typed.h"
#include "base/secret.h"
#include "base/str.h"
#include "deployment/jwt_template.h"
#include "deployment/signing_key.h"

static const char *const parts[] = { "token_lifetime", "allowed_clock_skew", "template", "custom_signing_key", NULL };

/* One template: what is stored, .name.p NULL when none is, and what it is to be. */
struct change {
	struct applying         *a;
	struct str               name;
	struct jwt_template_row  row;
	struct jwt_template_spec spec;
	struct str               key_from;	/* where another key comes from; .p NULL: it stays */
};

static struct str
text_of(const json_t *v)
{
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static bool
has_row(const struct change *ch)
{
	return ch->row.name.p != NULL;
}

/* What the file does not say: as it is; with --prune by default, but for the claims, which have none. */
static json_t *
base_of(const struct change *ch)
{
	json_t *base = json_object();

	if (!has_row(ch))
		return base;
	json_object_set_new(base, "template", json_loadb(ch->row.claims.p, ch->row.claims.n, 0, NULL));
	if (ch->a->prune)
		return base;
	json_object_set_new(base, "token_lifetime", json_integer(ch->row.lifetime_s));
	json_object_set_new(base, "allowed_clock_skew", json_integer(ch->row.clock_skew_s));
	if (ch->row.algorithm.n > 0)
		json_object_set_new(base, "custom_signing_key", json_pack("{s:b,s:s%}", "enabled", ch->row.key_enabled, "algorithm",
		    ch->row.algorithm.p, ch->row.algorithm.n));
	return base;
}

static json_t *
value_of(const char *part, const json_t *declared)
{
	json_t *copy;

	if (strcmp(part, "template") == 0)
		return json_loadb(json_string_value(declared), json_string_length(declared), JSON_REJECT_DUPLICATES, NULL);
	copy = json_copy((json_t *)(uintptr_t)declared);
	/* In this copy alone: what is in the order is read later. */
	if (json_is_object(copy))
		json_object_del(copy, "key");
	return copy;
}

static enum status
merge(struct change *ch, const json_t *declared, struct str *ret_text)
{
	json_t *merged = base_of(ch);
	char *p;
	size_t n;

	for (size_t i = 0; parts[i]; i++) {
		const json_t *v = json_object_get(declared, parts[i]);

		if (v)
			json_object_set_new(merged, parts[i], value_of(parts[i], v));
	}
	n = json_dumpb(merged, NULL, 0, JSON_COMPACT);
	p = arena_alloc(ch->a->t->arena, n + 1);
	if (p && json_dumpb(merged, p, n, JSON_COMPACT) != n)
		p = NULL;
	json_decref(merged);
	TRY_MEM(ch->a->t, p);
	*ret_text = (struct str){ p, n };
	return OK;
}

static enum status
check_is_set(struct change *ch)
{
	if (ch->row.sealed_key.n > 0)
		return OK;
	return fail(ch->a->t, E_BAD_REQUEST_BODY, "custom_signing_key.key is missing: none is stored that could stay unchanged");
}

/* The pair was tried where the file was read, which may take longer than a transaction should. */
static enum status
take_key(struct change *ch, const json_t *key)
{
	struct task *t = ch->a->t;
	struct str value = text_of(json_object_get(key, "value")), from = text_of(json_object_get(key, "from"));
	struct secret stored = { 0 };
	bool is_same;

	if (!json_is_object(key))
		return check_is_set(ch);
	if (value.n == 0)
		return fail(t, E_BAD_REQUEST_BODY, "custom_signing_key.key is nothing");
	TRY(jwt_template_load_key(t, ch->a->keys, ch->a->deployment, &ch->row, &stored));
	is_same = stored.n == value.n && secret_eq(stored.p, value.p, value.n) &&
	    str_eq(ch->row.algorithm, str_of(jwt_alg_name(ch->spec.alg)));
	secret_done(&stored);
	if (is_same)
		return OK;
	ch->key_from = arena_printf(t->arena, "what is in " STR_FMT, STR_ARG(from));
	return jwt_template_spec_set_key(t, &ch->spec, value, false);
}

/* ---- telling ---- */

static bool
tell(struct change *ch, const char *part, struct str before, struct str after)
{
	if (str_eq(before, after))
		return false;
	plan_change(ch->a->plan, arena_printf(ch->a->t->arena, "jwt_templates." STR_FMT ".%s", STR_ARG(ch->name), part), before, after);
	return true;
}

static struct str
seconds_of(struct arena *a, int64_t s)
{
	return arena_printf(a, "%lld", (long long)s);
}

static struct str
key_shown(struct arena *a, bool has, struct str algorithm, bool enabled)
{
	return has ? arena_printf(a, STR_FMT "%s", STR_ARG(algorithm), enabled ? "" : ", disabled") : S("the deployment's own");
}

/* Names in another order are the same claims. */
static bool
are_the_same_claims(const struct change *ch)
{
	json_t *is = json_loadb(ch->row.claims.p, ch->row.claims.n, 0, NULL);
	json_t *wanted = json_loadb(ch->spec.claims.p, ch->spec.claims.n, 0, NULL);
	bool same = is && json_equal(is, wanted);

	json_decref(is);
	json_decref(wanted);
	return same;
}

static bool
tell_claims(struct change *ch)
{
	struct task *t = ch->a->t;

	if (has_row(ch) && are_the_same_claims(ch))
		return false;
	plan_weigh(ch->a->plan, ch->row.claims);
	plan_change(ch->a->plan, arena_printf(t->arena, "jwt_templates." STR_FMT ".template", STR_ARG(ch->name)),
	    has_row(ch) ? plan_json(t, ch->row.claims) : S("none"), plan_json(t, ch->spec.claims));
	return true;
}

static bool
tell_all(struct change *ch)
{
	struct arena *a = ch->a->t->arena;
	const struct jwt_template_row *row = &ch->row;
	const struct jwt_template_spec *spec = &ch->spec;
	bool has = has_row(ch), changed = tell_claims(ch);

	changed |= tell(ch, "token_lifetime", seconds_of(a, has ? row->lifetime_s : JWT_TEMPLATE_LIFETIME_S), seconds_of(a, spec->lifetime_s));
	changed |= tell(ch, "allowed_clock_skew", seconds_of(a, has ? row->clock_skew_s : JWT_TEMPLATE_SKEW_S), seconds_of(a, spec->clock_skew_s));
	changed |= tell(ch, "custom_signing_key", key_shown(a, row->algorithm.n > 0, row->algorithm, row->key_enabled),
	    key_shown(a, spec->has_key, spec->has_key ? str_of(jwt_alg_name(spec->alg)) : STR_NONE, spec->key_enabled));
	if (ch->key_from.p)
		changed |= tell(ch, "custom_signing_key.key", row->sealed_key.n > 0 ? S("another value") : S("not set"), ch->key_from);
	return changed;
}

/* ---- one, all ---- */

static enum status
put(struct change *ch, const json_t *declared)
{
	const json_t *own = json_object_get(declared, "custom_signing_key");
	struct str text;

	TRY(merge(ch, declared, &text));
	TRY(jwt_template_spec_read(ch->a->t, ch->name, text, &ch->spec));
	if (json_is_object(own))
		TRY(take_key(ch, json_object_get(own, "key")));
	if (!tell_all(ch))
		return OK;
	return jwt_template_put(ch->a->t, ch->a->keys, ch->a->deployment, &ch->spec);
}

static enum status
drop(struct applying *a, const struct jwt_template_row *row)
{
	plan_weigh(a->plan, row->claims);
	plan_change(a->plan, arena_printf(a->t->arena, "jwt_templates." STR_FMT, STR_ARG(row->name)), plan_json(a->t, row->claims), S("none"));
	return jwt_template_delete(a->t, a->deployment, row->name);
}

static enum status
apply_one(struct change *ch, const json_t *declared)
{
	enum status st = sql_jwt_template_find(ch->a->t, ch->a->deployment, ch->name, &ch->row);

	if (st != E_NOT_FOUND)
		TRY(st);
	if (json_is_null(declared))
		return has_row(ch) ? drop(ch->a, &ch->row) : OK;
	return put(ch, declared);
}

/* "jwt_templates.hasura: …": which of them. */
static enum status
apply_named(struct applying *a, struct str name, const json_t *declared)
{
	struct change ch = { .a = a, .name = name };
	enum status st = apply_one(&ch, declared);
	struct str why = arena_dup(a->t->arena, str_of(a->t->why));

	jwt_template_spec_done(&ch.spec);
	if (st != E_BAD_REQUEST_BODY && st != E_LIMIT_REACHED)
		return st;
	a->t->why[0] = '\0';
	return fail(a->t, st, "jwt_templates.%s: " STR_FMT, log_quote(name).text, STR_ARG(why));
}

/* Before the others are made: there is a most. */
static enum status
drop_undeclared(struct applying *a, const json_t *value)
{
	struct jwt_template_row *rows;
	size_t n;

	TRY(sql_jwt_templates(a->t, a->deployment, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (!json_object_get(value, arena_dup(a->t->arena, rows[i].name).p))
			TRY(drop(a, &rows[i]));
	return OK;
}

enum status
jwt_templates_section_apply(struct applying *a, const json_t *value)
{
	struct settings settings;
	const char *name;
	json_t *declared;

	if (a->prune)
		TRY(drop_undeclared(a, value));
	json_object_foreach((json_t *)(uintptr_t)value, name, declared)
	{
		TRY(apply_named(a, arena_dup(a->t->arena, str_of(name)), declared));
	}
	TRY(deployment_settings(a->t, a->deployment, &settings));
	return signing_keys_outlast(a->t, a->deployment, &settings);
}

/* ---- exporting ---- */

static void
put_seconds(struct exporting *e, const char *part, int64_t s, int64_t dflt)
{
	if (e->all || s != dflt)
		yaml_out_word(e->out, part, seconds_of(e->t->arena, s));
}

static void
put_key(struct exporting *e, const struct jwt_template_row *row)
{
	yaml_out_map(e->out, "custom_signing_key");
	yaml_out_word(e->out, "algorithm", row->algorithm);
	if (e->all || !row->key_enabled)
		yaml_out_word(e->out, "enabled", row->key_enabled ? S("true") : S("false"));
	yaml_out_word(e->out, "key", S("unchanged"));
	yaml_out_map_end(e->out);
}

static enum status
put_template(struct exporting *e, const struct jwt_template_row *row)
{
	json_t *claims = json_loadb(row->claims.p, row->claims.n, 0, NULL);

	if (!claims)
		return fail(e->t, E_INTERNAL, "the token template " STR_FMT " cannot be read", STR_ARG(row->name));
	yaml_out_map(e->out, arena_dup(e->t->arena, row->name).p);
	put_seconds(e, "token_lifetime", row->lifetime_s, JWT_TEMPLATE_LIFETIME_S);
	put_seconds(e, "allowed_clock_skew", row->clock_skew_s, JWT_TEMPLATE_SKEW_S);
	typed_put(e->out, e->t->arena, "template", claims);
	if (row->algorithm.n > 0)
		put_key(e, row);
	yaml_out_map_end(e->out);
	json_decref(claims);
	return OK;
}

enum status
jwt_templates_section_export(struct exporting *e, const char *name)
{
	struct jwt_template_row *rows;
	size_t n;

	TRY(sql_jwt_templates(e->t, e->d->id, &rows, &n));
	yaml_out_map(e->out, name);
	for (size_t i = 0; i < n; i++)
		TRY(put_template(e, &rows[i]));
	yaml_out_map_end(e->out);
	return OK;
}
