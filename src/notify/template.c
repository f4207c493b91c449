/* template.c - texts with places for values: {{name}}. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/template.h"

#include <string.h>

#include "base/str.h"

enum { NAME_MAX_BYTES = 40 };

/* A text is a row of tokens: a piece of itself, or a tag. */
struct token {
	char       kind;	/* 't' text, 'v' value, '#' section, '^' inverted, '/' end, '!' a brace that is no tag */
	struct str text;	/* the piece, or the name */
	struct str whole;	/* as it stands */
};

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

static const char *
find(struct str s, const char *what)
{
	return s.n == 0 ? NULL : memmem(s.p, s.n, what, strlen(what));
}

/* rest begins with "{{". */
static struct token
take_tag(struct str rest)
{
	const char *end = find(rest, "}}");
	struct token tok = { .kind = '!', .text = rest, .whole = { rest.p, 2 } };
	struct str name;

	if (!end)
		return tok;
	name = str_trim((struct str){ rest.p + 2, (size_t)(end - rest.p) - 2 });
	tok.whole = (struct str){ rest.p, (size_t)(end - rest.p) + 2 };
	tok.kind = 'v';
	if (name.n > 0 && (name.p[0] == '#' || name.p[0] == '^' || name.p[0] == '/')) {
		tok.kind = name.p[0];
		name = str_trim(str_from(name, 1));
	}
	tok.text = name;
	if (!is_name(name))
		tok.kind = '!';
	return tok;
}

static bool
take(struct str *rest, struct token *ret_tok)
{
	const char *tag = find(*rest, "{{");

	if (rest->n == 0)
		return false;
	if (tag == rest->p)
		*ret_tok = take_tag(*rest);
	else
		*ret_tok = (struct token){ .kind = 't', .text = { rest->p, tag ? (size_t)(tag - rest->p) : rest->n } };
	if (ret_tok->kind == 't')
		ret_tok->whole = ret_tok->text;
	*rest = str_from(*rest, ret_tok->whole.n);
	return true;
}

/* ---- checking ---- */

static bool
is_listed(struct str name, const char *names)
{
	struct str word, rest = str_of(names);

	while (rest.n > 0) {
		(void)str_cut(rest, ' ', &word, &rest);
		if (str_eq(word, name))
			return true;
	}
	return false;
}

static int
line_of(struct str text, const char *at)
{
	int line = 1;

	for (const char *p = text.p; p < at; p++)
		line += *p == '\n';
	return line;
}

static enum status
check_section(struct task *t, const struct token *tok, int line, struct str *open)
{
	if (tok->kind != '/') {
		if (open->n > 0)
			return fail(t, E_BAD_REQUEST_BODY, "line %d: a section inside the section " STR_FMT, line, STR_ARG(*open));
		*open = tok->text;
		return OK;
	}
	if (!str_eq(tok->text, *open))
		return fail(t, E_BAD_REQUEST_BODY, "line %d: {{/" STR_FMT "}} ends no section that is open", line,
		    STR_ARG(tok->text));
	*open = (struct str){ 0 };
	return OK;
}

static enum status
check_tag(struct task *t, const struct token *tok, int line, const char *names, struct str *open)
{
	if (tok->kind == '!')
		return fail(t, E_BAD_REQUEST_BODY, "line %d: after {{ belongs one of the names %s, and then }}", line, names);
	if (!is_listed(tok->text, names))
		return fail(t, E_BAD_REQUEST_BODY, "line %d: there is no {{" STR_FMT "}} here; there are %s", line,
		    STR_ARG(tok->text), names);
	return tok->kind == 'v' ? OK : check_section(t, tok, line, open);
}

enum status
template_check(struct task *t, struct str text, const char *names)
{
	struct str rest = text, open = { 0 };
	struct token tok;

	if (!str_is_text(text))
		return fail(t, E_BAD_REQUEST_BODY, "a template is UTF-8 text");
	while (take(&rest, &tok))
		if (tok.kind != 't')
			TRY(check_tag(t, &tok, line_of(text, tok.whole.p), names, &open));
	if (open.n > 0)
		return fail(t, E_BAD_REQUEST_BODY, "the section " STR_FMT " has no end: {{/" STR_FMT "}} is missing",
		    STR_ARG(open), STR_ARG(open));
	return OK;
}

bool
template_shows(struct str text, const char *name)
{
	struct token tok;

	while (take(&text, &tok))
		if (tok.kind == 'v' && str_eq(tok.text, str_of(name)))
			return true;
	return false;
}

/* ---- rendering ---- */

static struct str
value_of(struct str name, const struct template_var *vars, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(vars[i].name), name))
			return vars[i].value;
	return S("");
}

static void
put_html(struct buf *out, char c)
{
	switch (c) {
	case '&':
		buf_put_str(out, S("&amp;"));
		break;
	case '<':
		buf_put_str(out, S("&lt;"));
		break;
	case '>':
		buf_put_str(out, S("&gt;"));
		break;
	case '"':
		buf_put_str(out, S("&quot;"));
		break;
	case '\'':
		buf_put_str(out, S("&#39;"));
		break;
	default:
		buf_put_char(out, c);
	}
}

/* A line's end in a name would begin a header, or a sentence that is not ours. */
static void
put_value(struct buf *out, enum template_form form, struct str value)
{
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c < 0x20 || c == 0x7F)
			buf_put_char(out, ' ');
		else if (form == TEMPLATE_HTML)
			put_html(out, value.p[i]);
		else
			buf_put_char(out, value.p[i]);
	}
}

void
template_render(struct str text, enum template_form form, const struct template_var *vars, size_t n, struct buf *out)
{
	bool hidden = false;
	struct token tok;

	while (take(&text, &tok)) {
		if (tok.kind == '#' || tok.kind == '^')
			hidden = (value_of(tok.text, vars, n).n == 0) == (tok.kind == '#');
		else if (tok.kind == '/')
			hidden = false;
		else if (!hidden && tok.kind == 'v')
			put_value(out, form, value_of(tok.text, vars, n));
		else if (!hidden)
			buf_put_str(out, tok.whole);
	}
}
