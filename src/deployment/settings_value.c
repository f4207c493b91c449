/* settings_value.c - one setting: from typed text to JSON, from JSON into struct settings. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/settings_value.h"

#include <string.h>

#include "base/str.h"
#include "deployment/origin.h"

_Static_assert(sizeof(enum first_factor) == sizeof(unsigned), "enums are stored as unsigned");
_Static_assert(sizeof(enum same_site) == sizeof(unsigned), "enums are stored as unsigned");

enum { THEME_TOKENS_MAX = 100 };

const struct setting_row *
setting_find(struct str key)
{
	for (size_t i = 0; i < setting_rows_n; i++) {
		if (str_eq(key, str_of(setting_rows[i].key)))
			return &setting_rows[i];
	}
	return NULL;
}

/* ---- from text ---- */

static json_t *
int_from_text(struct str text)
{
	int64_t v;

	return str_int(text, INT64_MIN, INT64_MAX, &v) ? json_integer(v) : NULL;
}

static json_t *
bool_from_text(struct str text)
{
	if (str_eq(text, S("true")))
		return json_true();
	return str_eq(text, S("false")) ? json_false() : NULL;
}

/* "a, b" is the list of the two; "" is the empty list. */
static json_t *
list_from_words(struct str text)
{
	json_t *list = json_array();
	struct str item;
	bool more;

	do {
		more = str_cut(text, ',', &item, &text);
		item = str_trim(item);
		if (item.n > 0 && json_array_append_new(list, json_stringn(item.p, item.n)) != 0) {
			json_decref(list);
			return NULL;
		}
	} while (more);
	return list;
}

json_t *
setting_from_text(const struct setting_row *row, struct str text)
{
	switch (row->type) {
	case SETTING_BOOL:
		return bool_from_text(text);
	case SETTING_INT:
		return int_from_text(text);
	case SETTING_ENUM:
	case SETTING_TEXT:
		return json_stringn(text.n == 0 ? "" : text.p, text.n);
	case SETTING_LIST:
		if (!str_starts(text, S("[")))
			return list_from_words(text);
		return json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	case SETTING_OBJECT:
		return json_loadb(text.n == 0 ? "" : text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	case SETTING_SHOWN:
		return NULL;
	}
	return NULL;
}

/* ---- into the struct ---- */

static struct str
string_of(const json_t *value)
{
	return (struct str){ json_string_value(value), json_string_length(value) };
}

static bool
fits_text(const struct setting_row *row, const json_t *value)
{
	struct str s;

	if (!json_is_string(value))
		return false;
	s = string_of(value);
	return s.n <= (size_t)row->max && str_is_text(s) && (row->form == NULL || row->form->fits(s));
}

static bool
store_text(const struct setting_row *row, const json_t *value, struct arena *a, struct str *ret_s)
{
	if (!fits_text(row, value))
		return false;
	*ret_s = arena_dup(a, string_of(value));
	return !arena_failed(a);
}

static bool
store_int(const struct setting_row *row, const json_t *value, int64_t *ret_v)
{
	if (!json_is_integer(value))
		return false;
	if (json_integer_value(value) < row->min || json_integer_value(value) > row->max)
		return false;
	*ret_v = json_integer_value(value);
	return true;
}

static bool
store_word(const struct setting_row *row, const json_t *value, unsigned *ret_word)
{
	if (!json_is_string(value))
		return false;
	for (unsigned i = 0; row->words[i] != NULL; i++) {
		if (!str_eq(string_of(value), str_of(row->words[i])))
			continue;
		*ret_word = i;
		return true;
	}
	return false;
}

static bool
store_list(const struct setting_row *row, const json_t *value, struct arena *a, struct str_list *ret_list)
{
	size_t n = json_array_size(value);
	struct str *items;

	if (!json_is_array(value) || n < (size_t)row->min || n > SETTING_LIST_MAX)
		return false;
	items = arena_array(a, n, sizeof(*items));
	for (size_t i = 0; i < n; i++) {
		if (items == NULL || !store_text(row, json_array_get(value, i), a, &items[i]))
			return false;
	}
	*ret_list = (struct str_list){ items, n };
	return !arena_failed(a);
}

static bool
is_token_name(const char *name)
{
	return name[0] != '\0' && strlen(name) <= 64 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* {"primary": "#0a7d5a", …}: names and short texts. */
static bool
fits_tokens(const struct setting_row *row, const json_t *tokens)
{
	const char *name;
	json_t *text;

	if (!json_is_object(tokens) || json_object_size(tokens) > THEME_TOKENS_MAX)
		return false;
	json_object_foreach((json_t *)(uintptr_t)tokens, name, text)
	{
		if (!is_token_name(name) || !fits_text(row, text))
			return false;
	}
	return true;
}

static void
write_tokens(struct json *j, const char *key, const json_t *tokens)
{
	const char *name;
	json_t *text;

	json_object_begin(j, key);
	json_object_foreach((json_t *)(uintptr_t)tokens, name, text) json_str(j, name, string_of(text));
	json_object_end(j);
}

/* Written anew rather than copied, so that it is escaped like the rest of an answer. */
static bool
store_theme(const struct setting_row *row, const json_t *theme, struct arena *a, struct str *ret_json)
{
	struct buf out;
	struct json j;
	const char *name;
	json_t *tokens;

	if (!json_is_object(theme))
		return false;
	buf_init_arena(&out, a, 65536);
	json_init(&j, &out);
	json_object_begin(&j, NULL);
	json_object_foreach((json_t *)(uintptr_t)theme, name, tokens)
	{
		if ((strcmp(name, "light") != 0 && strcmp(name, "dark") != 0) || !fits_tokens(row, tokens))
			return false;
		write_tokens(&j, name, tokens);
	}
	json_object_end(&j);
	*ret_json = buf_str(&out);
	return !out.failed && !arena_failed(a);
}

bool
setting_store(const struct setting_row *row, const json_t *value, struct arena *a, struct settings *s)
{
	void *at = (char *)s + row->offset;

	switch (row->type) {
	case SETTING_BOOL:
		if (!json_is_boolean(value))
			return false;
		*(bool *)at = json_is_true(value);
		return true;
	case SETTING_INT:
		return store_int(row, value, at);
	case SETTING_ENUM:
		return store_word(row, value, at);
	case SETTING_TEXT:
		return store_text(row, value, a, at);
	case SETTING_LIST:
		return store_list(row, value, a, at);
	case SETTING_OBJECT:
		return store_theme(row, value, a, at);
	case SETTING_SHOWN:
		return false;
	}
	return false;
}

/* ---- what is allowed, and what is meant when nothing is said ---- */

struct str
setting_allowed(struct arena *a, const struct setting_row *row)
{
	struct buf out;

	buf_init_arena(&out, a, 1024);
	switch (row->type) {
	case SETTING_BOOL:
		return S("true or false");
	case SETTING_INT:
		return arena_printf(
		    a, "a whole number from %lld to %lld", (long long)row->min, (long long)row->max);
	case SETTING_ENUM:
		for (size_t i = 0; row->words[i] != NULL; i++)
			buf_printf(&out, "%s%s",
			    i == 0                      ? ""
			    : row->words[i + 1] == NULL ? " or "
							: ", ",
			    row->words[i]);
		return buf_str(&out);
	case SETTING_TEXT:
		if (row->form != NULL)
			return str_of(row->form->what);
		return arena_printf(a, "a text of at most %lld bytes", (long long)row->max);
	case SETTING_LIST:
		return arena_printf(a, "a list of %s %d items, each %s", row->min > 0 ? "1 to" : "up to",
		    SETTING_LIST_MAX, row->form->what);
	case SETTING_OBJECT:
		return S("JSON such as {\"light\": {\"primary\": \"#0a7d5a\"}, \"dark\": {}}");
	case SETTING_SHOWN:
		return S("left alone: it cannot be set");
	}
	return STR_NONE;
}

struct str
setting_default(struct arena *a, const struct setting_row *row, const struct settings_home *home)
{
	struct str def = str_of(row->def);
	const struct {
		struct str name, value;
	} names[] = {
		{ S("{name}"), home->name },
		{ S("{frontend}"), home->frontend_origin },
		{ S("{frontend_host}"), home->frontend_host },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_starts(def, names[i].name))
			return arena_printf(a, STR_FMT STR_FMT, STR_ARG(names[i].value),
			    STR_ARG(str_from(def, names[i].name.n)));
	}
	return def;
}
