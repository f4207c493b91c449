/* cookie.c - one cookie by its name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/fields.h"
#include "base/str.h"

/*
 * cookie-octet of RFC 6265 §4.1.1. Values in double quotes are not unwrapped: a
 * cookie of ours never has them, and two spellings of one value are one too many.
 */
static const bool is_cookie_octet[256] = {
	['!'] = true,
	['#' ... '+'] = true,
	['-' ... ':'] = true,
	['<' ... '['] = true,
	[']' ... '~'] = true,
};

static bool
is_cookie_value(struct str s)
{
	bool all = true;

	for (size_t i = 0; i < s.n; i++)
		all &= is_cookie_octet[(unsigned char)s.p[i]];
	return all;
}

/* Look through one field; returns how often the name is in it, the last value in *ret_value. */
static size_t
scan(struct str field, struct str name, struct str *ret_value)
{
	struct str piece;
	size_t n = 0;

	while (field.n > 0) {
		str_cut(field, ';', &piece, &field);
		piece = str_trim(piece);
		if (piece.n <= name.n || piece.p[name.n] != '=' || !str_starts(piece, name))
			continue;
		/* Not str_from(): an empty value is there, and so has an address. */
		*ret_value = (struct str){ piece.p + name.n + 1, piece.n - name.n - 1 };
		n++;
	}
	return n;
}

struct str
cookie_get(const struct http_head *head, struct str name, bool *ret_twice)
{
	struct str value = STR_NONE;
	size_t n = 0;

	for (size_t i = 0; i < head->n_fields; i++) {
		if (str_eq_nocase(head->fields[i].name, S("Cookie")))
			n += scan(head->fields[i].value, name, &value);
	}
	/* A malformed twin is a twin too: somebody else may have set either. */
	*ret_twice = n > 1;
	return n == 1 && is_cookie_value(value) ? value : STR_NONE;
}
