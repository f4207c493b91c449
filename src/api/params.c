/* params.c - fields by name, and the encoding that queries and plain forms have. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/fields_read.h"
#include "base/secret.h"
#include "base/str.h"

struct str
params_get(const struct params *ps, struct str name)
{
	for (size_t i = 0; i < ps->n; i++) {
		if (str_eq(ps->items[i].name, name))
			return ps->items[i].value;
	}
	return STR_NONE;
}

size_t
params_count(const struct params *ps, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < ps->n; i++)
		n += str_eq(ps->items[i].name, name);
	return n;
}

void
params_wipe(struct params *ps)
{
	/* A str promises its readers not to write; the memory is ours, in the arena or behind the body. */
	for (size_t i = 0; i < ps->n; i++)
		secret_wipe((void *)(uintptr_t)ps->items[i].value.p, ps->items[i].value.n);
}

enum status
fields_refuse(struct field_reader *r, const char *sentence)
{
	r->sentence = sentence;
	return fail(r->t, E_BAD_REQUEST_BODY, "%s", sentence);
}

/* Doubling from 16 to FIELDS_MAX: what is left behind in the arena is less than what is used. */
static enum status
make_room(struct field_reader *r)
{
	size_t cap = r->cap == 0 ? 16 : 2 * r->cap;
	struct param *items;

	if (r->got.n < r->cap)
		return OK;
	items = arena_array(r->t->arena, cap, sizeof(*items));
	TRY_MEM(r->t, items);
	if (r->got.n > 0)
		memcpy(items, r->got.items, r->got.n * sizeof(*items));
	r->got.items = items;
	r->cap = cap;
	return OK;
}

enum status
fields_add(struct field_reader *r, struct param p)
{
	if (p.name.n == 0)
		return fields_refuse(r, "A field has no name. Give each value a name.");
	if (p.name.n > FIELD_NAME_MAX)
		return fields_refuse(r, "A field's name is too long.");
	if (r->got.n == FIELDS_MAX)
		return fields_refuse(r, "There are too many fields. Send fewer.");
	TRY(make_room(r));
	r->got.items[r->got.n++] = p;
	return OK;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
fields_fold_list(struct str *name)
{
	size_t at;

	if (name->n < 3 || name->p[name->n - 1] != ']')
		return false;
	at = name->n - 1;
	while (at > 0 && is_digit(name->p[at - 1]))
		at--;
	if (at < 2 || name->p[at - 1] != '[')
		return false;
	name->n = at - 1;
	return true;
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode s to `out`, which has room for s.n bytes. false: a '%' without two hex digits behind it. */
static bool
decode(struct str s, char *out, struct str *ret_text)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		out[n] = s.p[i] == '+' ? ' ' : s.p[i];
		if (s.p[i] == '%') {
			high = s.n - i > 2 ? hex_digit(s.p[i + 1]) : -1;
			low = s.n - i > 2 ? hex_digit(s.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			out[n] = (char)(high << 4 | low);
			i += 2;
		}
		n++;
	}
	*ret_text = (struct str){ out, n };
	return true;
}

/* One "name=value", decoded to `out`, which has room for as many bytes. */
static enum status
read_pair(struct field_reader *r, struct str pair, char *out)
{
	struct param p = { 0 };
	struct str name, value;

	str_cut(pair, '=', &name, &value);
	if (name.n == 0 && value.n == 0)
		return OK;
	if (!decode(name, out, &p.name) || !decode(value, out + name.n, &p.value))
		return fields_refuse(r, "A %-escape is not complete. Write a percent sign as %25.");
	if (!str_is_text(p.name) || !str_is_text(p.value))
		return fields_refuse(r, "A field is not UTF-8 text.");
	p.is_list = fields_fold_list(&p.name);
	return fields_add(r, p);
}

enum status
fields_read_form(struct field_reader *r, struct str text)
{
	enum status st = OK;
	struct str pair;
	char *out, *at;

	if (text.n == 0)
		return OK;
	out = at = arena_alloc(r->t->arena, text.n);
	TRY_MEM(r->t, out);
	while (st == OK && text.n > 0) {
		str_cut(text, '&', &pair, &text);
		st = read_pair(r, pair, at);
		at += pair.n;
	}
	if (st != OK)
		secret_wipe(out, (size_t)(at - out));
	return st;
}

enum status
params_parse_form(struct task *t, struct str text, struct params *ret_params)
{
	struct field_reader r = { .t = t };

	TRY(fields_read_form(&r, text));
	*ret_params = r.got;
	return OK;
}
