/* typed.c - values whose types no table knows: they are what they are written as. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/typed.h"

#include "base/str.h"

enum { JSON_MAX = 256 * 1024, NUMBER_MAX = 64 };

/* ---- a word without quotes ---- */

enum word { WORD_TEXT, WORD_VALUE, WORD_DOUBTFUL };

/* Booleans, numbers and nothing, as the one or the other version of YAML spells them. */
static bool
is_yaml_value(struct str s)
{
	static const char *const names[] = { "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ".inf", ".nan" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(s, str_of(names[i])))
			return true;
	return false;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 0x10, 010, 1_000, +5, -.5, 12:30, 2026-01-31. */
static bool
begins_as_number(struct str s)
{
	if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-'))
		s = str_from(s, 1);
	if (s.n > 1 && s.p[0] == '.')
		s = str_from(s, 1);
	return s.n > 0 && is_digit(s.p[0]);
}

static bool
is_json_number(struct str s)
{
	json_t *v = s.n > 0 && s.n <= NUMBER_MAX ? json_loadb(s.p, s.n, JSON_DECODE_ANY, NULL) : NULL;
	bool is = json_is_number(v);

	json_decref(v);
	return is;
}

static enum word
word_of(struct str s)
{
	if (str_eq(s, S("true")) || str_eq(s, S("false")))
		return WORD_VALUE;
	if (begins_as_number(s))
		return is_json_number(s) ? WORD_VALUE : WORD_DOUBTFUL;
	return is_yaml_value(s) ? WORD_DOUBTFUL : WORD_TEXT;
}

/* ---- reading ---- */

static bool write_value(struct reading *r, struct json *j, const char *key, const struct node *n);

static bool
write_word(struct reading *r, struct json *j, const char *key, const struct node *n)
{
	enum word word = n->is_plain ? word_of(n->text) : WORD_TEXT;

	if (node_is_null(n))
		json_put_null(j, key);
	else if (word == WORD_TEXT)
		json_str(j, key, n->text);
	else if (word == WORD_VALUE)
		json_raw(j, key, n->text);
	else
		problem(&r->p, n->line, "%s: if this is a text, put it into quotes; otherwise write true, false, null, or a number as JSON has it",
		    log_quote(n->text).text);
	return word != WORD_DOUBTFUL || node_is_null(n);
}

static bool
write_list(struct reading *r, struct json *j, const char *key, const struct node *list)
{
	bool good = true;

	json_array_begin(j, key);
	for (const struct node *n = list->first; n; n = n->next)
		good = write_value(r, j, NULL, n) && good;
	json_array_end(j);
	return good;
}

static bool
write_map(struct reading *r, struct json *j, const char *key, const struct node *map)
{
	bool good = true;

	json_object_begin(j, key);
	for (const struct node *n = map->first; n; n = n->next)
		good = write_value(r, j, n->key.p, n) && good;
	json_object_end(j);
	return good;
}

/* No deeper than the tree. */
static bool
write_value(struct reading *r, struct json *j, const char *key, const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
		return write_word(r, j, key, n);
	case NODE_LIST:
		return write_list(r, j, key, n);
	case NODE_MAP:
		return write_map(r, j, key, n);
	}
	return false;
}

bool
typed_read(struct reading *r, const struct node *n, struct str *ret_json_text)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, r->t->arena, JSON_MAX);
	json_init(&j, &out);
	if (!write_value(r, &j, NULL, n))
		return false;
	if (out.failed) {
		problem(&r->p, n->line, "more than %d bytes", JSON_MAX);
		return false;
	}
	*ret_json_text = buf_str(&out);
	return true;
}

/* ---- writing ---- */

static void
put_text(struct yaml_out *y, const char *key, struct str text)
{
	if (word_of(text) == WORD_TEXT)
		yaml_out_text(y, key, text);
	else
		yaml_out_quoted(y, key, text);
}

/* A number, true, false, null. */
static void
put_word(struct yaml_out *y, struct arena *a, const char *key, const json_t *v)
{
	size_t n = json_dumpb(v, NULL, 0, JSON_ENCODE_ANY);
	char *p = arena_alloc(a, n + 1);

	if (p && json_dumpb(v, p, n, JSON_ENCODE_ANY) == n)
		yaml_out_word(y, key, (struct str){ p, n });
	else
		y->failed = true;
}

static void
put_list(struct yaml_out *y, struct arena *a, const char *key, const json_t *list)
{
	const json_t *item;
	size_t i;

	yaml_out_list(y, key);
	json_array_foreach(list, i, item)
	{
		typed_put(y, a, NULL, item);
	}
	yaml_out_list_end(y);
}

static void
put_map(struct yaml_out *y, struct arena *a, const char *key, const json_t *map)
{
	const char *name;
	json_t *item;

	yaml_out_map(y, key);
	json_object_foreach((json_t *)(uintptr_t)map, name, item)
	{
		typed_put(y, a, name, item);
	}
	yaml_out_map_end(y);
}

void
typed_put(struct yaml_out *y, struct arena *a, const char *key, const json_t *value)
{
	if (json_is_object(value))
		put_map(y, a, key, value);
	else if (json_is_array(value))
		put_list(y, a, key, value);
	else if (json_is_string(value))
		put_text(y, key, (struct str){ json_string_value(value), json_string_length(value) });
	else
		put_word(y, a, key, value);
}
