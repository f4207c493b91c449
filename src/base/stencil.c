/* stencil.c - a text with gaps, cut out of one that was written with marks in their places. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stencil.h"

#include <string.h>

#include "base/str.h"

struct place {
	size_t at;	/* in the marked text */
	size_t mark;
};

/* In order of place: a gap more, put where it belongs. */
static bool
add_place(struct place *places, size_t *n, struct place new)
{
	size_t i = *n;

	if (*n == STENCIL_GAPS)
		return false;
	for (; i > 0 && places[i - 1].at > new.at; i--)
		places[i] = places[i - 1];
	places[i] = new;
	++*n;
	return true;
}

static bool
find_mark(struct str text, struct str mark, size_t number, struct place *places, size_t *n)
{
	const char *end = text.p + text.n;

	for (const char *p = text.p; (p = memmem(p, (size_t)(end - p), mark.p, mark.n)) != NULL; p += mark.n)
		if (!add_place(places, n, (struct place){ (size_t)(p - text.p), number }))
			return false;
	return true;
}

bool
stencil_cut(struct arena *a, struct str marked, const struct str *marks, size_t n, struct stencil *ret_s)
{
	struct place places[STENCIL_GAPS];
	struct stencil s = { .text = arena_dup(a, marked) };
	size_t at = 0;
	char *to;

	for (size_t i = 0; i < n; i++)
		if (!find_mark(marked, marks[i], i, places, &s.n))
			return false;
	if (s.text.p == NULL)
		return false;
	to = (char *)(uintptr_t)s.text.p;
	for (size_t i = 0; i < s.n; i++) {
		s.gaps[i].before = places[i].at - at;
		s.gaps[i].value = places[i].mark;
		memcpy(to, marked.p + at, s.gaps[i].before);
		to += s.gaps[i].before;
		at = places[i].at + marks[places[i].mark].n;
	}
	memcpy(to, marked.p + at, marked.n - at);
	s.text.n = (size_t)(to - s.text.p) + marked.n - at;
	*ret_s = s;
	return true;
}

size_t
stencil_bytes(const struct stencil *s, const struct str *values)
{
	size_t n = s->text.n;

	for (size_t i = 0; i < s->n; i++)
		n += values[s->gaps[i].value].n;
	return n;
}

/* Most of them are short: a call for each would take as long as the copying. Both ends, which may overlap. */
static inline char *
put(char *to, const char *from, size_t n)
{
	if (n >= 16 && n <= 32) {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	} else if (n >= 8 && n < 16) {
		memcpy(to, from, 8);
		memcpy(to + n - 8, from + n - 8, 8);
	} else if (n > 0) {
		memcpy(to, from, n);
	}
	return to + n;
}

char *
stencil_fill(const struct stencil *s, const struct str *values, char *to)
{
	const char *from = s->text.p;

	for (size_t i = 0; i < s->n; i++) {
		struct str v = values[s->gaps[i].value];

		to = put(to, from, s->gaps[i].before);
		from += s->gaps[i].before;
		to = put(to, v.p, v.n);
	}
	return put(to, from, s->text.n - (size_t)(from - s->text.p));
}
