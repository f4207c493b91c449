/* templates_section.c - a declared deployment's own words for its messages. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

#include "base/str.h"
#include "notify/letter.h"
#include "store/store.gen.h"

enum { TEMPLATE_FILE_MAX = 64 * 1024 + 3 };

static bool
part_find(struct str name, enum letter_part *ret_part)
{
	for (int part = 0; part < LETTER_PART__COUNT; part++) {
		if (!str_eq(name, str_of(letter_part_names[part])))
			continue;
		*ret_part = (enum letter_part)part;
		return true;
	}
	return false;
}

/* ---- reading ---- */

/* Here, or in the file that is named. */
static bool
read_text(struct reading *r, const struct node *n, struct str *ret_text)
{
	struct reference ref;
	char *buf;

	if (n->kind != NODE_MAP) {
		*ret_text = n->text;
		return reading_is_text(r, n, "a template");
	}
	buf = arena_alloc(r->t->arena, TEMPLATE_FILE_MAX);
	if (!buf || !reading_file(r, n, buf, TEMPLATE_FILE_MAX, &ref))
		return false;
	*ret_text = ref.text;
	return true;
}

static bool
is_good(struct reading *r, const struct node *n, enum message_kind kind, enum letter_part part, struct str text)
{
	bool good = letter_check(r->t, kind, part, text) == OK;

	if (!good)
		problem(&r->p, n->line, "message_templates.%s.%s: %s", message_kind_info[kind].name, letter_part_names[part],
		    r->t->why);
	/* The next one has a sentence of its own. */
	r->t->why[0] = '\0';
	return good;
}

static void
read_part(struct reading *r, enum message_kind kind, const struct node *n)
{
	static const char *const names[] = { "subject", "text", "html", NULL };
	enum letter_part part;
	struct str text;

	if (!part_find(n->key, &part))
		reading_unknown(r, n, "part of a message", names);
	else if (node_is_null(n))
		json_put_null(&r->j, letter_part_names[part]);
	else if (read_text(r, n, &text) && is_good(r, n, kind, part, text))
		json_str(&r->j, letter_part_names[part], text);
}

static void
refuse_kind(struct reading *r, const struct node *n)
{
	const char *names[MESSAGE_KIND__COUNT + 1] = { NULL };

	for (int i = 0; i < MESSAGE_KIND__COUNT; i++)
		names[i] = message_kind_info[i].name;
	reading_unknown(r, n, "kind of message", names);
}

static void
read_kind(struct reading *r, const struct node *n)
{
	enum message_kind kind;

	if (!message_kind_find(n->key, &kind)) {
		refuse_kind(r, n);
		return;
	}
	if (!reading_is_map(r, n, message_kind_info[kind].name))
		return;
	json_object_begin(&r->j, message_kind_info[kind].name);
	for (const struct node *m = n->first; m; m = m->next)
		read_part(r, kind, m);
	json_object_end(&r->j);
}

void
templates_section_read(struct reading *r, const char *name, const struct node *n)
{
	if (!reading_is_map(r, n, name))
		return;
	json_object_begin(&r->j, name);
	for (const struct node *m = n->first; m; m = m->next)
		read_kind(r, m);
	json_object_end(&r->j);
}

/* ---- applying ---- */

static struct str
show(struct task *t, struct str text)
{
	return text.p ? plan_text(t, text) : S("the built-in words");
}

static void
tell(struct applying *a, enum message_kind kind, enum letter_part part, struct str before, struct str after)
{
	plan_change(a->plan, arena_printf(a->t->arena, "message_templates.%s.%s", message_kind_info[kind].name,
	    letter_part_names[part]), show(a->t, before), show(a->t, after));
}

/* The deployment's own words; .p NULL: it has none. */
static enum status
load(struct task *t, struct deployment_id d, enum message_kind kind, struct letter *ret_own)
{
	struct message_templates_row *rows;
	struct letter own = { 0 };
	enum letter_part part;
	size_t n;

	TRY(sql_message_templates(t, d, str_of(message_kind_info[kind].name), &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (part_find(rows[i].part, &part))
			own.parts[part] = rows[i].body;
	*ret_own = own;
	return OK;
}

/* after.p NULL: the built-in words again. */
static enum status
change_part(struct applying *a, enum message_kind kind, enum letter_part part, struct str before, struct str after)
{
	const struct str kind_name = str_of(message_kind_info[kind].name), part_name = str_of(letter_part_names[part]);
	int64_t n;

	if ((before.p != NULL) == (after.p != NULL) && str_eq(before, after))
		return OK;
	plan_weigh(a->plan, before);
	tell(a, kind, part, before, after);
	if (!after.p)
		return sql_message_template_delete(a->t, a->deployment, kind_name, part_name, &n);
	TRY(letter_check(a->t, kind, part, after));
	return sql_message_template_put(a->t, a->deployment, kind_name, part_name, after, a->t->now);
}

static enum status
apply_kind(struct applying *a, enum message_kind kind, const json_t *parts)
{
	struct letter own;
	const char *name;
	json_t *text;

	TRY(load(a->t, a->deployment, kind, &own));
	json_object_foreach((json_t *)(uintptr_t)parts, name, text)
	{
		enum letter_part part;

		if (!part_find(str_of(name), &part))
			return fail(a->t, E_BAD_REQUEST_BODY, "there is no part %s of a message", log_quote(str_of(name)).text);
		TRY(change_part(a, kind, part, own.parts[part],
		    (struct str){ json_string_value(text), json_string_length(text) }));
	}
	return OK;
}

enum status
templates_section_apply(struct applying *a, const json_t *value)
{
	const char *name;
	json_t *parts;

	json_object_foreach((json_t *)(uintptr_t)value, name, parts)
	{
		enum message_kind kind;

		if (!message_kind_find(str_of(name), &kind))
			return fail(a->t, E_BAD_REQUEST_BODY, "there is no kind of message %s", log_quote(str_of(name)).text);
		TRY(apply_kind(a, kind, parts));
	}
	return OK;
}

static enum status
prune_kind(struct applying *a, enum message_kind kind, const json_t *parts)
{
	struct letter own;

	TRY(load(a->t, a->deployment, kind, &own));
	for (int part = 0; part < LETTER_PART__COUNT; part++)
		if (!json_object_get(parts, letter_part_names[part]))
			TRY(change_part(a, kind, (enum letter_part)part, own.parts[part], STR_NONE));
	return OK;
}

enum status
templates_section_prune(struct applying *a, const json_t *value)
{
	for (int kind = 0; kind < MESSAGE_KIND__COUNT; kind++)
		TRY(prune_kind(a, (enum message_kind)kind, json_object_get(value, message_kind_info[kind].name)));
	return OK;
}

/* ---- exporting ---- */

static void
put_kind(struct exporting *e, enum message_kind kind, const struct letter *own)
{
	yaml_out_map(e->out, message_kind_info[kind].name);
	for (int part = 0; part < LETTER_PART__COUNT; part++)
		if (own->parts[part].p)
			yaml_out_text(e->out, letter_part_names[part], own->parts[part]);
	yaml_out_map_end(e->out);
}

enum status
templates_section_export(struct exporting *e, const char *name)
{
	struct letter own;

	yaml_out_map(e->out, name);
	for (int kind = 0; kind < MESSAGE_KIND__COUNT; kind++) {
		TRY(load(e->t, e->d->id, (enum message_kind)kind, &own));
		if (own.parts[LETTER_SUBJECT].p || own.parts[LETTER_TEXT].p || own.parts[LETTER_HTML].p)
			put_kind(e, (enum message_kind)kind, &own);
	}
	yaml_out_map_end(e->out);
	return OK;
}
