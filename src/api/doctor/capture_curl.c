/* capture_curl.c - "Copy as cURL": a command line for a POSIX shell, or what is left of one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/capture.h"

#include "base/buf.h"
#include "base/str.h"

enum { WORDS_MAX = 256 };

/* ---- words ---- */

static bool
is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Within $'…' a few letters stand for other characters; the rest stands for itself. */
static char
ansi_char(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	default:
		return c;
	}
}

/* From behind the opening quote to behind the closing one. */
static struct str
take_quoted(struct str s, char quote, bool ansi, struct buf *out)
{
	while (s.n > 0 && s.p[0] != quote) {
		if (s.p[0] == '\\' && s.n > 1 && (ansi || quote == '"')) {
			buf_put_char(out, ansi ? ansi_char(s.p[1]) : s.p[1]);
			s = str_from(s, 2);
			continue;
		}
		buf_put_char(out, s.p[0]);
		s = str_from(s, 1);
	}
	return str_from(s, 1);
}

static struct str
take_piece(struct str s, struct buf *out)
{
	if (s.p[0] == '\'' || s.p[0] == '"')
		return take_quoted(str_from(s, 1), s.p[0], false, out);
	if (str_starts(s, S("$'")))
		return take_quoted(str_from(s, 2), '\'', true, out);
	if (s.p[0] == '\\' && s.n > 1) {
		if (!is_gap(s.p[1]))
			buf_put_char(out, s.p[1]);
		return str_from(s, 2);
	}
	buf_put_char(out, s.p[0]);
	return str_from(s, 1);
}

/* What the shell would make of it. false: there is no further word. */
static bool
take_word(struct arena *a, struct str *s, struct str *ret_word)
{
	struct buf out;

	while (s->n > 0 && (is_gap(s->p[0]) || str_starts(*s, S("\\\n")) || str_starts(*s, S("\\\r\n"))))
		*s = str_from(*s, s->p[0] == '\\' ? 2 : 1);
	if (s->n == 0)
		return false;
	buf_init_arena(&out, a, s->n + 1);
	while (s->n > 0 && !is_gap(s->p[0]))
		*s = take_piece(*s, &out);
	*ret_word = out.n > 0 ? buf_str(&out) : S("");
	return true;
}

/* ---- options ---- */

enum option_kind { OPTION_OTHER, OPTION_FIELD, OPTION_COOKIE, OPTION_METHOD, OPTION_BODY, OPTION_URL, OPTION_AGENT };

static const struct option {
	const char      *name;
	enum option_kind kind;
} options[] = {
	{ "-H", OPTION_FIELD }, { "--header", OPTION_FIELD }, { "-b", OPTION_COOKIE }, { "--cookie", OPTION_COOKIE },
	{ "-X", OPTION_METHOD }, { "--request", OPTION_METHOD }, { "--url", OPTION_URL }, { "-A", OPTION_AGENT },
	{ "--user-agent", OPTION_AGENT }, { "-d", OPTION_BODY }, { "--data", OPTION_BODY }, { "--data-raw", OPTION_BODY },
	{ "--data-binary", OPTION_BODY }, { "--data-urlencode", OPTION_BODY }, { "-F", OPTION_BODY }, { "--form", OPTION_BODY },
	/* These take a value that says nothing here. */
	{ "-o", OPTION_OTHER }, { "-u", OPTION_OTHER }, { "-x", OPTION_OTHER }, { "--resolve", OPTION_OTHER },
	{ "--connect-to", OPTION_OTHER }, { "-e", OPTION_OTHER }, { "--cacert", OPTION_OTHER }, { "-m", OPTION_OTHER },
};

static const struct option *
option_find(struct str word)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (str_eq(word, str_of(options[i].name)))
			return &options[i];
	return NULL;
}

static enum status
take_option(struct task *t, struct capture *c, const struct option *o, struct str value)
{
	struct str name, rest;

	switch (o->kind) {
	case OPTION_FIELD:
		if (!str_cut(value, ':', &name, &rest))
			return OK;
		return capture_add(t, &c->request, name, rest);
	case OPTION_COOKIE:
		return capture_add(t, &c->request, S("Cookie"), value);
	case OPTION_AGENT:
		return capture_add(t, &c->request, S("User-Agent"), value);
	case OPTION_METHOD:
		c->method = value;
		return OK;
	case OPTION_BODY:
		if (!c->method.p)
			c->method = S("POST");
		return OK;
	case OPTION_URL:
		return capture_url(t, c, value);
	case OPTION_OTHER:
		break;
	}
	return OK;
}

enum status
capture_read_curl(struct task *t, struct str text, struct capture *c)
{
	struct str word, value;
	size_t n = 0;

	c->form = "a curl command";
	(void)take_word(t->arena, &text, &word);
	while (n++ < WORDS_MAX && take_word(t->arena, &text, &word)) {
		const struct option *o = option_find(word);

		if (o && take_word(t->arena, &text, &value))
			TRY(take_option(t, c, o, value));
		else if (str_eq(word, S("-I")) || str_eq(word, S("--head")))
			c->method = S("HEAD");
		else if (word.n > 0 && word.p[0] != '-')
			TRY(capture_url(t, c, word));
	}
	if (!c->method.p)
		c->method = S("GET");
	return OK;
}
