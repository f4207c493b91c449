/* settings_tree.c - the tree of GET /deployment, written from the table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "deployment/settings_rows.h"

enum { DEPTH_MAX = 4, NAME_MAX_BYTES = 64 };

static void
write_list(struct json *j, const char *key, const struct str_list *list)
{
	json_array_begin(j, key);
	for (size_t i = 0; i < list->n; i++)
		json_str(j, NULL, list->items[i]);
	json_array_end(j);
}

void
setting_write(struct json *j, const char *key, const struct setting_row *row, const struct settings *s)
{
	const void *at = setting_at(row, s);
	unsigned word;

	switch (row->type) {
	case SETTING_BOOL:
		json_bool(j, key, *(const bool *)at);
		return;
	case SETTING_INT:
		json_int(j, key, *(const int64_t *)at);
		return;
	case SETTING_ENUM:
		memcpy(&word, at, sizeof(word));
		json_str(j, key, str_of(row->words[word]));
		return;
	case SETTING_TEXT:
		json_str(j, key, *(const struct str *)at);
		return;
	case SETTING_OBJECT:
		json_raw(j, key, *(const struct str *)at);
		return;
	case SETTING_LIST:
		write_list(j, key, at);
		return;
	case SETTING_SHOWN:
		return;
	}
}

static void
write_row(struct json *j, const char *key, const struct setting_row *row, const struct deployment *d)
{
	static const struct str_list none;

	if (row->type == SETTING_SHOWN)
		row->write(j, key, d);
	else if (row->view == VIEW_EMPTIED)
		write_list(j, key, &none);
	else
		setting_write(j, key, row, &d->settings);
}

/* Where the tree's writer stands: the objects that are open, by name. */
struct place {
	struct json *j;
	struct str open[DEPTH_MAX];
	size_t depth;
};

static const char *
name_of(struct str s, char name[static NAME_MAX_BYTES])
{
	snprintf(name, NAME_MAX_BYTES, STR_FMT, STR_ARG(s));
	return name;
}

static void
close_to(struct place *at, size_t depth)
{
	for (; at->depth > depth; at->depth--)
		json_object_end(at->j);
}

/* Close what the path is not in, open what it is in; what is left of the path is the member's own name. */
static struct str
go_to(struct place *at, struct str path)
{
	char name[NAME_MAX_BYTES];
	struct str step, rest;
	size_t depth = 0;

	for (; str_cut(path, '.', &step, &rest); path = rest, depth++) {
		if (depth < at->depth && str_eq(at->open[depth], step))
			continue;
		CHECK(depth < DEPTH_MAX);
		close_to(at, depth);
		json_object_begin(at->j, name_of(step, name));
		at->open[at->depth++] = step;
	}
	close_to(at, depth);
	return path;
}

/* Every row whose key begins with `prefix`, which is taken off, as one object. */
static void
write_rows(struct json *j, const char *key, struct str prefix, const struct deployment *d)
{
	struct place at = { .j = j };
	char name[NAME_MAX_BYTES];

	json_object_begin(j, key);
	for (size_t i = 0; i < setting_rows_n; i++) {
		const struct setting_row *row = &setting_rows[i];
		struct str path = str_of(row->key);

		if (row->view == VIEW_OPERATOR || !str_starts(path, prefix))
			continue;
		path = go_to(&at, str_from(path, prefix.n));
		write_row(j, name_of(path, name), row, d);
	}
	close_to(&at, 0);
	json_object_end(j);
}

void
settings_write_tree(struct json *j, const char *key, const struct deployment *d)
{
	write_rows(j, key, S(""), d);
}

void
settings_write_ui(struct json *j, const char *key, const struct deployment *d)
{
	write_rows(j, key, S("ui_settings."), d);
}

void
settings_write_all(struct json *j, const char *key, const struct settings *s)
{
	json_object_begin(j, key);
	for (size_t i = 0; i < setting_rows_n; i++) {
		const struct setting_row *row = &setting_rows[i];

		if (row->type != SETTING_SHOWN)
			setting_write(j, row->key, row, s);
	}
	json_object_end(j);
}
