/* veil.c - how much of a captured text is repeated. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/veil.h"

#include "base/buf.h"
#include "base/str.h"
#include "base/visible.h"

/* Our tokens are longer. What people name has capitals where words begin, and digits at an end. */
enum { TOKEN_MIN = 28, TURNS_MIN = 5, BEGIN = 4 };

enum kind { KIND_OTHER, KIND_LINK, KIND_LOWER, KIND_UPPER, KIND_DIGIT };

static enum kind
kind_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return KIND_LOWER;
	if (c >= 'A' && c <= 'Z')
		return KIND_UPPER;
	if (c >= '0' && c <= '9')
		return KIND_DIGIT;
	return c == '-' || c == '_' ? KIND_LINK : KIND_OTHER;
}

static bool
is_turn(enum kind before, enum kind now)
{
	if (before == KIND_OTHER || before == KIND_LINK || now == KIND_LINK || before == now)
		return false;
	return !(before == KIND_UPPER && now == KIND_LOWER);
}

/* How many of the first bytes are one run of base64url; *ret_turns: how often it goes from one kind of character to another. */
static size_t
run_length(struct str s, unsigned *ret_turns)
{
	enum kind before = KIND_OTHER, now;
	size_t n = 0;

	*ret_turns = 0;
	for (; n < s.n && (now = kind_of(s.p[n])) != KIND_OTHER; n++, before = now)
		*ret_turns += is_turn(before, now);
	return n;
}

static void
put_run(struct buf *out, struct str run, unsigned turns)
{
	bool is_token = run.n >= TOKEN_MIN && turns >= TURNS_MIN;

	buf_put_str(out, is_token ? (struct str){ run.p, BEGIN } : run);
	if (is_token)
		buf_put_str(out, S("…"));
}

static struct str
hide_tokens(struct arena *a, struct str text)
{
	struct buf out;
	unsigned turns;

	buf_init_arena(&out, a, text.n);
	while (text.n > 0) {
		size_t n = run_length(text, &turns);

		put_run(&out, (struct str){ text.p, n }, turns);
		text = str_from(text, n);
		if (text.n > 0)
			buf_put_char(&out, text.p[0]);
		text = str_from(text, 1);
	}
	return out.failed || out.n == 0 ? S("") : buf_str(&out);
}

/* Terminals obey what is written to them. */
static struct str
show(struct arena *a, struct str text)
{
	struct buf out;

	buf_init_arena(&out, a, 8 * text.n);
	visible_put(&out, text);
	return out.failed || out.n == 0 ? S("") : buf_str(&out);
}

/* Between two characters, not within one. */
static struct str
cut(struct arena *a, struct str text)
{
	size_t n = VEIL_MAX;

	if (text.n <= n)
		return text;
	while (n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
		n--;
	return arena_printf(a, STR_FMT "…", (int)n, text.p);
}

struct str
veil(struct arena *a, struct str text)
{
	return cut(a, show(a, hide_tokens(a, text)));
}
