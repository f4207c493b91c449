/* settings_section.c - the settings of a declared deployment, nested as their dotted keys say. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "deployment/settings_value.h"

enum { CHANGES_MAX = 512, JSON_MAX = 256 * 1024, PATH_DEPTH_MAX = 5 };

/* ---- reading ---- */

static size_t
count_dots(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '.';
	return n;
}

/* The first steps of a key, as many as there are in a path with `dots` dots. */
static struct str
first_steps(const char *key, size_t dots)
{
	struct str s = str_of(key);
	size_t i = 0;

	for (; i < s.n; i++)
		if (s.p[i] == '.' && dots-- == 0)
			break;
	return (struct str){ s.p, i };
}

static bool
is_group(struct str path)
{
	for (size_t i = 0; i < setting_rows_n; i++) {
		struct str key = str_of(setting_rows[i].key);

		if (key.n > path.n && str_starts(key, path) && key.p[path.n] == '.')
			return true;
	}
	return false;
}

/* First a name at this place, a group's among them, and then one that stands elsewhere. */
static void
refuse_unknown(struct reading *r, const struct node *n, struct str path)
{
	struct nearest near;

	nearest_init(&near, path);
	for (size_t i = 0; i < setting_rows_n; i++)
		if (setting_rows[i].type != SETTING_SHOWN)
			nearest_offer(&near, arena_dup(r->t->arena, first_steps(setting_rows[i].key, count_dots(path))).p);
	for (size_t i = 0; !nearest_found(&near) && i < setting_rows_n; i++)
		if (str_ends(str_of(setting_rows[i].key), arena_printf(r->t->arena, "." STR_FMT, STR_ARG(n->key))))
			near.best = setting_rows[i].key;
	if (nearest_found(&near))
		problem(&r->p, n->line, "there is no setting %s; did you mean %s?", log_quote(path).text, nearest_found(&near));
	else
		problem(&r->p, n->line, "there is no setting %s", log_quote(path).text);
}

static void
write_texts(struct json *j, const char *key, const struct node *n)
{
	if (n->kind == NODE_TEXT) {
		json_str(j, key, n->text);
		return;
	}
	if (n->kind == NODE_LIST)
		json_array_begin(j, key);
	else
		json_object_begin(j, key);
	for (const struct node *m = n->first; m; m = m->next)
		write_texts(j, n->kind == NODE_MAP ? m->key.p : NULL, m);
	if (n->kind == NODE_LIST)
		json_array_end(j);
	else
		json_object_end(j);
}

static struct str
json_of(struct arena *a, const struct node *n)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, a, JSON_MAX);
	json_init(&j, &out);
	write_texts(&j, NULL, n);
	return buf_str(&out);
}

/* As deployment_set() takes it. What type a word has, the row knows: NO is a country, and +15550001111 a number. */
static bool
text_of(struct reading *r, const struct setting_row *row, const struct node *n, struct str *ret_text)
{
	bool is_word = row->type == SETTING_BOOL || row->type == SETTING_INT;

	if (row->type == SETTING_LIST || row->type == SETTING_OBJECT)
		*ret_text = json_of(r->t->arena, n);
	else
		*ret_text = n->text;
	if (row->type == SETTING_LIST)
		return n->kind == NODE_LIST;
	if (row->type == SETTING_OBJECT)
		return n->kind == NODE_MAP;
	return n->kind == NODE_TEXT && (n->is_plain || !is_word);
}

static bool
fits(struct reading *r, const struct setting_row *row, struct str text)
{
	json_t *value = setting_from_text(row, text);
	struct settings scratch;
	bool good = value && setting_store(row, value, r->t->arena, &scratch);

	json_decref(value);
	return good;
}

static void
read_setting(struct reading *r, const struct setting_row *row, const struct node *n)
{
	struct str text;

	if (row->type == SETTING_SHOWN) {
		problem(&r->p, n->line, "%s cannot be set: %s", row->key, row->help);
		return;
	}
	if (node_is_null(n)) {
		json_str(&r->j, row->key, S("default"));
		return;
	}
	/* "default" means on the command line, too, what it says. */
	if (text_of(r, row, n, &text) && (str_eq(text, S("default")) || fits(r, row, text)))
		json_str(&r->j, row->key, text);
	else
		problem(&r->p, n->line, "%s must be " STR_FMT, row->key, STR_ARG(setting_allowed(r->t->arena, row)));
}

struct walk {
	struct reading *r;
	int            *line_of_row;	/* where each was given; 0: it was not */
};

/* A dotted key stands for the nested ones, so that two spellings may name one setting. */
static void
read_once(struct walk *w, const struct setting_row *row, const struct node *n)
{
	int *line = &w->line_of_row[row - setting_rows];

	if (*line != 0) {
		problem(&w->r->p, n->line, "%s is given twice, here and in line %d", row->key, *line);
		return;
	}
	*line = n->line;
	read_setting(w->r, row, n);
}

static void
read_group(struct walk *w, struct str prefix, const struct node *group)
{
	for (const struct node *n = group->first; n; n = n->next) {
		struct str path = prefix.n > 0
		    ? arena_printf(w->r->t->arena, STR_FMT "." STR_FMT, STR_ARG(prefix), STR_ARG(n->key)) : n->key;
		const struct setting_row *row = setting_find(path);

		if (row)
			read_once(w, row, n);
		else if (!is_group(path))
			refuse_unknown(w->r, n, path);
		else if (reading_is_map(w->r, n, arena_dup(w->r->t->arena, path).p))
			read_group(w, path, n);
	}
}

void
settings_section_read(struct reading *r, const char *name, const struct node *n)
{
	struct walk w = { r, arena_array(r->t->arena, setting_rows_n, sizeof(int)) };

	if (!w.line_of_row || !reading_is_map(r, n, name))
		return;
	json_object_begin(&r->j, name);
	read_group(&w, STR_NONE, n);
	json_object_end(&r->j);
}

/* ---- applying ---- */

struct change {
	struct setting_text texts[CHANGES_MAX];
	size_t              n;
	struct settings     before, after;
};

static struct str
value_of(struct arena *a, const struct setting_row *row, const struct settings *s)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, a, JSON_MAX);
	json_init(&j, &out);
	setting_write(&j, NULL, row, s);
	return buf_str(&out);
}

static bool
is_changed(struct task *t, const struct setting_row *row, const struct change *ch)
{
	return !str_eq(value_of(t->arena, row, &ch->before), value_of(t->arena, row, &ch->after));
}

/* What a setting is already is not written down: it goes on following its default. */
static size_t
keep_changed(struct applying *a, struct change *ch)
{
	size_t n = 0;

	for (size_t i = 0; i < ch->n; i++) {
		const struct setting_row *row = setting_find(ch->texts[i].key);

		if (row && is_changed(a->t, row, ch))
			ch->texts[n++] = ch->texts[i];
	}
	return n;
}

static enum status
change_settings(struct applying *a, struct change *ch)
{
	TRY(deployment_try(a->t, a->deployment, ch->texts, ch->n, &ch->before, &ch->after));
	ch->n = keep_changed(a, ch);
	if (ch->n == 0)
		return OK;
	for (size_t i = 0; i < setting_rows_n; i++) {
		const struct setting_row *row = &setting_rows[i];

		if (row->type == SETTING_SHOWN || !is_changed(a->t, row, ch))
			continue;
		plan_weigh(a->plan, value_of(a->t->arena, row, &ch->before));
		plan_change(a->plan, arena_printf(a->t->arena, "settings.%s", row->key),
		    plan_json(a->t, value_of(a->t->arena, row, &ch->before)),
		    plan_json(a->t, value_of(a->t->arena, row, &ch->after)));
	}
	return deployment_set(a->t, a->deployment, ch->texts, ch->n);
}

static enum status
add_text(struct applying *a, struct change *ch, struct str key, struct str value)
{
	if (ch->n == CHANGES_MAX)
		return fail(a->t, E_BAD_REQUEST_BODY, "more settings than there are");
	ch->texts[ch->n++] = (struct setting_text){ key, value };
	return OK;
}

/* What is not named takes its default again, in the same step: the one may be of no use without the other. */
static enum status
add_pruned(struct applying *a, struct change *ch, const json_t *value)
{
	for (size_t i = 0; i < setting_rows_n; i++)
		if (setting_rows[i].type != SETTING_SHOWN && !json_object_get(value, setting_rows[i].key))
			TRY(add_text(a, ch, str_of(setting_rows[i].key), S("default")));
	return OK;
}

enum status
settings_section_apply(struct applying *a, const json_t *value)
{
	struct change *ch = arena_one(a->t->arena, struct change);
	const char *key;
	json_t *text;

	TRY_MEM(a->t, ch);
	json_object_foreach((json_t *)(uintptr_t)value, key, text)
	{
		TRY(add_text(a, ch, str_of(key), (struct str){ json_string_value(text), json_string_length(text) }));
	}
	if (a->prune)
		TRY(add_pruned(a, ch, value));
	return change_settings(a, ch);
}

/* ---- exporting ---- */

/* Where the writer stands: the maps that are open, by name. */
struct place {
	struct yaml_out *out;
	struct arena    *a;
	struct str       open[PATH_DEPTH_MAX];
	size_t           depth;
};

static void
close_to(struct place *at, size_t depth)
{
	for (; at->depth > depth; at->depth--)
		yaml_out_map_end(at->out);
}

/* Close what the path is not in, open what it is in; what is left of the path is the setting's own name. */
static struct str
go_to(struct place *at, struct str path)
{
	struct str step, rest;
	size_t depth = 0;

	for (; str_cut(path, '.', &step, &rest); path = rest, depth++) {
		if (depth < at->depth && str_eq(at->open[depth], step))
			continue;
		CHECK(depth < PATH_DEPTH_MAX);
		close_to(at, depth);
		yaml_out_map(at->out, arena_dup(at->a, step).p);
		at->open[at->depth++] = step;
	}
	close_to(at, depth);
	return path;
}

static void
put_json(struct yaml_out *out, const char *key, const json_t *v)
{
	const json_t *item;
	const char *name;
	size_t i;

	if (json_is_object(v)) {
		yaml_out_map(out, key);
		json_object_foreach((json_t *)(uintptr_t)v, name, item) put_json(out, name, item);
		yaml_out_map_end(out);
	} else if (json_is_array(v)) {
		yaml_out_list(out, key);
		json_array_foreach(v, i, item) put_json(out, NULL, item);
		yaml_out_list_end(out);
	} else {
		yaml_out_text(out, key, (struct str){ json_string_value(v), json_string_length(v) });
	}
}

static enum status
put_setting(struct exporting *e, const char *name, const struct setting_row *row, struct str json_text)
{
	json_t *v;

	if (row->type == SETTING_BOOL || row->type == SETTING_INT) {
		yaml_out_word(e->out, name, json_text);
		return OK;
	}
	v = json_loadb(json_text.p, json_text.n, JSON_DECODE_ANY, NULL);
	TRY_MEM(e->t, v);
	put_json(e->out, name, v);
	json_decref(v);
	return OK;
}

enum status
settings_section_export(struct exporting *e, const char *name)
{
	const struct settings_home home = { e->d->name, e->d->frontend_host, e->d->frontend_origin };
	struct place at = { .out = e->out, .a = e->t->arena };
	struct settings defaults;

	TRY(settings_parse(e->t, e->t->arena, &home, S("{}"), &defaults));
	yaml_out_map(e->out, name);
	for (size_t i = 0; i < setting_rows_n; i++) {
		const struct setting_row *row = &setting_rows[i];
		struct str path, value;

		if (row->type == SETTING_SHOWN)
			continue;
		value = value_of(e->t->arena, row, &e->d->settings);
		if (!e->all && str_eq(value, value_of(e->t->arena, row, &defaults)))
			continue;
		path = go_to(&at, str_of(row->key));
		TRY(put_setting(e, path.p, row, value));
	}
	close_to(&at, 0);
	yaml_out_map_end(e->out);
	return OK;
}
