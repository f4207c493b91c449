/* lines.c - a sorted list of words as one text, a word a line: searched where it lies. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lines.h"

#include <string.h>

#include "base/str.h"

struct str
lines_body(struct str text)
{
	struct str line, rest;

	while (str_starts(text, S("# "))) {
		(void)str_cut(text, '\n', &line, &rest);
		text = rest;
	}
	return text;
}

int
lines_compare(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (order != 0 || a.n == b.n)
		return order;
	return a.n < b.n ? -1 : 1;
}

/* Where the line begins that has the byte at `at`, not before `from`. */
static size_t
line_start(struct str lines, size_t from, size_t at)
{
	while (at > from && lines.p[at - 1] != '\n')
		at--;
	return at;
}

bool
lines_have(struct str lines, struct str word)
{
	size_t low = 0, high = lines.n;

	while (low < high && word.n > 0) {
		size_t at = line_start(lines, low, low + (high - low) / 2);
		struct str line, rest;
		int order;

		(void)str_cut(str_from(lines, at), '\n', &line, &rest);
		order = lines_compare(word, line);
		if (order == 0)
			return true;
		if (order < 0)
			high = at;
		else
			low = at + line.n + 1;
	}
	return false;
}

bool
lines_have_beginning_of(struct str lines, struct str word)
{
	for (size_t n = 1; n <= word.n; n++)
		if (lines_have(lines, (struct str){ word.p, n }))
			return true;
	return false;
}
