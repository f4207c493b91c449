/* conf_value.c - values of configuration keys: read from text, written as text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "conf/conf_rows.h"

struct unit {
	const char *name;
	int64_t size;
};

/* Largest first, so that a value is written in the largest unit that divides it. */
static const struct unit size_units[] = {
	{ "GiB", INT64_C(1) << 30 },
	{ "MiB", INT64_C(1) << 20 },
	{ "KiB", INT64_C(1) << 10 },
	{ "B", 1 },
	{ NULL, 0 },
};
static const struct unit time_units[] = {
	{ "d", DAY_US },
	{ "h", HOUR_US },
	{ "m", MINUTE_US },
	{ "s", SECOND_US },
	{ "ms", 1000 },
	{ "us", 1 },
	{ NULL, 0 },
};

static const struct unit *
units_of(const struct conf_row *row)
{
	return row->type == CONF_SIZE ? size_units : time_units;
}

/* "64KiB": digits, then one of the units, with nothing between them. */
static bool
parse_quantity(const struct unit *units, struct str text, int64_t *ret_v)
{
	size_t digits = 0;
	int64_t v;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (!str_int((struct str){ text.p, digits }, 0, INT64_MAX, &v))
		return false;
	for (; units->name != NULL; units++) {
		if (str_eq(str_from(text, digits), str_of(units->name)))
			return !__builtin_mul_overflow(v, units->size, ret_v);
	}
	return false;
}

static bool
store_number(const struct conf_row *row, struct str text, int64_t *ret_v)
{
	int64_t v;
	bool fine;

	if (row->type == CONF_INT)
		fine = str_int(text, row->min, row->max, &v);
	else
		fine = parse_quantity(units_of(row), text, &v) && v >= row->min && v <= row->max;
	if (fine)
		*ret_v = v;
	return fine;
}

static bool
store_bool(struct str text, bool *ret_v)
{
	if (!str_eq(text, S("true")) && !str_eq(text, S("false")))
		return false;
	*ret_v = str_eq(text, S("true"));
	return true;
}

static bool
store_word(const struct conf_row *row, struct str text, unsigned *ret_v)
{
	for (unsigned i = 0; row->words[i] != NULL; i++) {
		if (!str_eq(text, str_of(row->words[i])))
			continue;
		*ret_v = i;
		return true;
	}
	return false;
}

/* Text that stands on one line of a file. */
static bool
is_one_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F)
			return false;
	}
	return str_is_text(s);
}

static bool
store_text(const struct conf_row *row, struct str text, struct arena *a, const char **ret_text)
{
	struct str copy = arena_dup(a, text);

	if (arena_failed(a) || !is_one_line(text) || !row->form->fits(copy.p))
		return false;
	*ret_text = copy.p;
	return true;
}

static bool
store_list(const struct conf_row *row, struct str text, struct arena *a, struct conf_list *list)
{
	const char **items = arena_array(a, CONF_LIST_MAX, sizeof(*items));
	struct str item;
	size_t n = list->n;
	bool more;

	if (items == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		items[i] = list->items[i];
	do {
		more = str_cut(text, ',', &item, &text);
		if (n == CONF_LIST_MAX || !store_text(row, str_trim(item), a, &items[n]))
			return false;
		n++;
	} while (more);
	*list = (struct conf_list){ items, n };
	return true;
}

bool
conf_store(const struct conf_row *row, struct str text, struct arena *a, struct conf *c)
{
	void *at = (char *)c + row->offset;

	switch (row->type) {
	case CONF_BOOL:
		return store_bool(text, at);
	case CONF_INT:
	case CONF_SIZE:
	case CONF_DURATION:
		return store_number(row, text, at);
	case CONF_WORD:
		return store_word(row, text, at);
	case CONF_TEXT:
		return store_text(row, text, a, at);
	case CONF_LIST:
		return store_list(row, text, a, at);
	}
	return false;
}

static void
put_quantity(const struct unit *units, int64_t v, struct buf *out)
{
	/* 0 is divided by every unit; it is written in the second-smallest. */
	while (units[1].name != NULL && (v % units->size != 0 || (v == 0 && units[2].name != NULL)))
		units++;
	buf_put_int(out, v / units->size);
	buf_put_str(out, str_of(units->name));
}

static void
put_words(const char *const *words, struct buf *out)
{
	for (size_t i = 0; words[i] != NULL; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ", words[i]);
}

static void
put_range(const struct conf_row *row, struct buf *out)
{
	if (row->type == CONF_INT) {
		buf_printf(out, "a whole number from %lld to %lld", (long long)row->min, (long long)row->max);
		return;
	}
	buf_put_str(out, row->type == CONF_SIZE ? S("a size from ") : S("a duration from "));
	put_quantity(units_of(row), row->min, out);
	buf_put_str(out, S(" to "));
	put_quantity(units_of(row), row->max, out);
	buf_put_str(out, row->type == CONF_SIZE ? S(", such as 64KiB") : S(", such as 500ms, 10s or 5m"));
}

struct str
conf_allowed(struct arena *a, const struct conf_row *row)
{
	struct buf out;

	buf_init_arena(&out, a, 1024);
	switch (row->type) {
	case CONF_BOOL:
		return S("true or false");
	case CONF_WORD:
		put_words(row->words, &out);
		break;
	case CONF_INT:
	case CONF_SIZE:
	case CONF_DURATION:
		put_range(row, &out);
		break;
	case CONF_TEXT:
	case CONF_LIST:
		return str_of(row->form->what);
	}
	return buf_str(&out);
}

/* "postgresql://user:password@host/name" without the password, in the authority and in ?password=. */
static void
put_without_password(const char *url, struct buf *out)
{
	const char *from = strstr(url, "//") == NULL ? url : strstr(url, "//") + 2;
	size_t n = strcspn(from, "/?");
	const char *at = memrchr(from, '@', n);
	const char *colon = at == NULL ? NULL : memchr(from, ':', (size_t)(at - from));

	if (strstr(url, "password") != NULL) {
		buf_put_str(out, S("postgresql://***"));
		return;
	}
	if (colon == NULL) {
		buf_put_str(out, str_of(url));
		return;
	}
	buf_put(out, url, (size_t)(colon + 1 - url));
	buf_put_str(out, S("***"));
	buf_put_str(out, str_of(at));
}

static bool
put_text(const struct conf_row *row, const char *text, struct buf *out)
{
	if (text == NULL || text[0] == '\0')
		return false;
	if (row->secret)
		put_without_password(text, out);
	else
		buf_put_str(out, str_of(text));
	return true;
}

static bool
put_item(const struct conf_list *list, size_t i, struct buf *out)
{
	if (i >= list->n)
		return false;
	buf_put_str(out, str_of(list->items[i]));
	return true;
}

bool
conf_format(const struct conf_row *row, const struct conf *c, size_t i, struct buf *out)
{
	const void *at = (const char *)c + row->offset;
	unsigned word;

	if (row->type == CONF_LIST)
		return put_item(at, i, out);
	if (i > 0)
		return false;
	switch (row->type) {
	case CONF_BOOL:
		buf_put_str(out, *(const bool *)at ? S("true") : S("false"));
		return true;
	case CONF_INT:
		buf_put_int(out, *(const int64_t *)at);
		return true;
	case CONF_SIZE:
	case CONF_DURATION:
		put_quantity(units_of(row), *(const int64_t *)at, out);
		return true;
	case CONF_WORD:
		memcpy(&word, at, sizeof(word));
		buf_put_str(out, str_of(row->words[word]));
		return true;
	case CONF_TEXT:
		return put_text(row, *(const char *const *)at, out);
	case CONF_LIST:
		break;
	}
	return false;
}
