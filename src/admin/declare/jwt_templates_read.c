/* jwt_templates_read.c - what a file says of a deployment's templates of tokens. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

#include "admin/declare/typed.h"
#include "base/secret.h"
#include "base/str.h"
#include "deployment/jwt_template.h"

enum { TEXT_MAX = 256 * 1024 };

/* As jwt_template_spec_read() takes it, with one part alone, so that what it says is about this line. */
static bool
try_part(struct reading *r, const struct node *n, struct str name, struct str json_text, struct jwt_template_spec *ret_spec)
{
	struct jwt_template_spec spec;
	enum status st = jwt_template_spec_read(r->t, name, json_text, &spec);

	if (st != OK)
		problem(&r->p, n->line, "%s: %s", log_quote(n->key).text, r->t->why);
	/* The next one has a sentence of its own. */
	r->t->why[0] = '\0';
	if (st != OK)
		return false;
	if (ret_spec)
		*ret_spec = spec;
	else
		jwt_template_spec_done(&spec);
	return true;
}

/* token_lifetime, allowed_clock_skew: a key that is known, and so needs no escaping. */
static void
read_seconds(struct reading *r, struct str name, const struct node *n)
{
	struct str text;

	if (node_is_null(n))
		json_put_null(&r->j, n->key.p);
	else if (typed_read(r, n, &text) && try_part(r, n, name, arena_printf(r->t->arena, "{\"template\":{},\"" STR_FMT "\":" STR_FMT "}",
	    STR_ARG(n->key), STR_ARG(text)), NULL))
		json_raw(&r->j, n->key.p, text);
}

/* {"template": {"NAME": value}} */
static struct str
claim_alone(struct arena *a, struct str name, struct str value)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, a, TEXT_MAX);
	json_init(&j, &out);
	json_object_begin(&j, NULL);
	json_object_begin(&j, "template");
	json_raw(&j, name.p, value);
	json_object_end(&j);
	json_object_end(&j);
	return buf_str(&out);
}

static bool
are_claims(struct reading *r, struct str name, const struct node *claims)
{
	int before = r->p.n;

	for (const struct node *n = claims->first; n; n = n->next) {
		struct str value;

		if (typed_read(r, n, &value))
			(void)try_part(r, n, name, claim_alone(r->t->arena, n->key, value), NULL);
	}
	return r->p.n == before;
}

/* Each claim by itself, and then all of them together, which may be too many. */
static void
read_claims(struct reading *r, struct str name, const struct node *n)
{
	struct str text;

	if (reading_is_map(r, n, "template") && are_claims(r, name, n) && typed_read(r, n, &text) &&
	    try_part(r, n, name, arena_printf(r->t->arena, "{\"template\":" STR_FMT "}", STR_ARG(text)), NULL))
		json_str(&r->j, "template", text);
}

static void
read_key_text(struct reading *r, const struct node *n, struct jwt_template_spec *spec)
{
	char buf[JWT_CUSTOM_KEY_MAX + 3];
	struct reference ref;

	if (!reading_secret(r, n, buf, sizeof(buf), &ref)) {
		/* It has told why. */
	} else if (jwt_template_spec_set_key(r->t, spec, ref.text, true) != OK) {
		problem(&r->p, n->line, "key: %s", r->t->why);
		r->t->why[0] = '\0';
	} else {
		section_put_reference(&r->j, "key", &ref);
	}
	secret_wipe(buf, sizeof(buf));
}

static void
read_key(struct reading *r, const struct node *n, struct jwt_template_spec *spec)
{
	if (!n || (n->kind == NODE_TEXT && str_eq(n->text, S("unchanged"))))
		json_str(&r->j, "key", S("unchanged"));
	else if (n->kind == NODE_MAP)
		read_key_text(r, n, spec);
	else
		/* Not quoted: it may be the key itself. */
		problem(&r->p, n->line, "key is not written here: say {from_file: PATH}, {from_env: NAME} or unchanged");
}

/* {"template": {}, "custom_signing_key": {…}}, without the key itself. */
static struct str
key_alone(struct arena *a, struct str enabled, struct str algorithm)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, a, TEXT_MAX);
	json_init(&j, &out);
	json_object_begin(&j, NULL);
	json_raw(&j, "template", S("{}"));
	json_object_begin(&j, "custom_signing_key");
	json_raw(&j, "enabled", enabled);
	json_str(&j, "algorithm", algorithm);
	json_object_end(&j);
	json_object_end(&j);
	return buf_str(&out);
}

static bool
read_key_facts(struct reading *r, const struct node *map, struct str *ret_text)
{
	static const char *const names[] = { "enabled", "algorithm", "key", NULL };
	const struct node *enabled = node_find(map, "enabled"), *algorithm = node_find(map, "algorithm");
	struct str value = S("true");
	int before = r->p.n;

	for (const struct node *n = map->first; n; n = n->next)
		if (n != enabled && n != algorithm && !str_eq(n->key, S("key")))
			reading_unknown(r, n, "part of a signing key", names);
	if (enabled && !typed_read(r, enabled, &value))
		return false;
	*ret_text = key_alone(r->t->arena, value, algorithm && algorithm->kind == NODE_TEXT ? algorithm->text : STR_NONE);
	return r->p.n == before;
}

static void
read_signing_key(struct reading *r, struct str name, const struct node *n)
{
	struct jwt_template_spec spec;
	struct str text;

	if (node_is_null(n)) {
		json_put_null(&r->j, "custom_signing_key");
		return;
	}
	if (!reading_is_map(r, n, "custom_signing_key") || !read_key_facts(r, n, &text) || !try_part(r, n, name, text, &spec))
		return;
	json_object_begin(&r->j, "custom_signing_key");
	json_bool(&r->j, "enabled", spec.key_enabled);
	json_str(&r->j, "algorithm", str_of(jwt_alg_name(spec.alg)));
	read_key(r, node_find(n, "key"), &spec);
	json_object_end(&r->j);
	jwt_template_spec_done(&spec);
}

static const struct part {
	const char *name;
	void (*read)(struct reading *r, struct str name, const struct node *n);
} parts[] = { { "token_lifetime", read_seconds }, { "allowed_clock_skew", read_seconds }, { "template", read_claims },
	{ "custom_signing_key", read_signing_key } };

static void
read_part(struct reading *r, struct str name, const struct node *n)
{
	const char *names[ARRAY_LEN(parts) + 1] = { NULL };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		names[i] = parts[i].name;
		if (!str_eq(n->key, str_of(parts[i].name)))
			continue;
		parts[i].read(r, name, n);
		return;
	}
	reading_unknown(r, n, "part of a token template", names);
}

static void
read_template(struct reading *r, const struct node *n)
{
	/* Its name alone, before what is in it. */
	if (!try_part(r, n, n->key, S("{\"template\":{}}"), NULL))
		return;
	if (node_is_null(n)) {
		json_put_null(&r->j, n->key.p);
		return;
	}
	if (!reading_is_map(r, n, arena_dup(r->t->arena, n->key).p))
		return;
	json_object_begin(&r->j, n->key.p);
	for (const struct node *m = n->first; m; m = m->next)
		read_part(r, n->key, m);
	json_object_end(&r->j);
}

void
jwt_templates_section_read(struct reading *r, const char *name, const struct node *n)
{
	int count = 0;

	if (!reading_is_map(r, n, name))
		return;
	json_object_begin(&r->j, name);
	for (const struct node *m = n->first; m; m = m->next) {
		if (++count == JWT_TEMPLATES_MAX + 1)
			problem(&r->p, m->line, "%s: more than %d templates", name, JWT_TEMPLATES_MAX);
		if (count <= JWT_TEMPLATES_MAX)
			read_template(r, m);
	}
	json_object_end(&r->j);
}
