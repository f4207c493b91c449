/* nearest.c - "did you mean": which of the known names somebody may have meant. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include "base/str.h"

enum { WORD_MAX = 80 };

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the table of optimal string alignment: the distances of all of b's prefixes to a[..i]. */
static void
fill_row(struct str a, struct str b, size_t i, size_t rows[3][WORD_MAX + 1])
{
	size_t *now = rows[i % 3];
	const size_t *before = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

	now[0] = i;
	for (size_t k = 1; k <= b.n; k++) {
		now[k] = least(before[k], now[k - 1]) + 1;
		now[k] = least(now[k], before[k - 1] + (a.p[i - 1] != b.p[k - 1]));
		if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1])
			now[k] = least(now[k], second[k - 2] + 1);
	}
}

static size_t
slips_between(struct str a, struct str b)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t k = 0; k <= b.n; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a.n; i++)
		fill_row(a, b, i, rows);
	return rows[a.n % 3][b.n];
}

static bool
is_tail(struct str word, struct str name)
{
	return word.n > 0 && word.n < name.n && str_ends(name, word) && name.p[name.n - word.n - 1] == '.';
}

void
nearest_init(struct nearest *n, struct str word)
{
	/* Beyond a third of its letters a word is another word. */
	*n = (struct nearest){ .word = word, .slips = word.n / 3 + 2 };
}

void
nearest_offer(struct nearest *n, const char *name)
{
	struct str s = str_of(name);
	size_t slips;

	if (n->word.n > WORD_MAX || s.n > WORD_MAX)
		return;
	slips = is_tail(n->word, s) ? 0 : slips_between(n->word, s);
	if (slips >= n->slips)
		return;
	n->slips = slips;
	n->best = name;
}

const char *
nearest_found(const struct nearest *n)
{
	return n->best;
}
