/* doc_md.c - docs/BACKEND_API.md: prose from doc_head.md, tables from the rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/doc.h"

#include "admin/backend_head.gen.h"
#include "api/route.h"
#include "base/str.h"

static const char *const member_text[] = {
	[MEMBER_TEXT] = "text", [MEMBER_ID] = "id", [MEMBER_INT] = "number", [MEMBER_BOOL] = "true or false", [MEMBER_TIME] = "time",
	[MEMBER_OBJECT] = "JSON object", [MEMBER_SHAPE] = "object", [MEMBER_LIST] = "list",
};

static void
put_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buf_printf(out, "%s`%s`", i > 0 ? ", " : "", words[i]);
}

static void
put_kind(struct buf *out, const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT:
		buf_printf(out, "text of at most %lld", (long long)v->max);
		break;
	case VALUE_BOOL:
		buf_put_str(out, S("true or false"));
		break;
	case VALUE_INT:
		buf_printf(out, "%lld to %lld", (long long)v->min, (long long)v->max);
		break;
	case VALUE_WORD:
		put_words(out, v->words);
		break;
	case VALUE_OBJECT:
		buf_printf(out, "JSON object of at most %lld bytes", (long long)v->max);
		break;
	case VALUE_LIST:
		buf_printf(out, "list of at most %lld texts", (long long)v->max);
		break;
	case VALUE_END:
		break;
	}
	if (v->nullable)
		buf_put_str(out, S(", or null"));
}

static void
put_values(struct buf *out, const char *title, const struct value *values, size_t n)
{
	if (n == 0)
		return;
	buf_printf(out, "| %s | | what |\n|---|---|---|\n", title);
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "| `%s`%s | ", values[i].name, values[i].required ? ", required" : "");
		put_kind(out, &values[i]);
		buf_printf(out, " | %s |\n", values[i].help ? values[i].help : "");
	}
	buf_put_char(out, '\n');
}

static void
put_answer(struct buf *out, const struct backend_route *r)
{
	if (!r->answers)
		buf_printf(out, "Answers %d and no body.", route_http(r));
	else
		buf_printf(out, "Answers %d with %s[%s](#%s)%s.", route_http(r), r->pages ? "a page of " : "", r->answers->name,
		    r->answers->name, r->pages ? " (`limit`, `after`)" : "");
	for (size_t i = 0; i < CALL_FAILS_MAX && r->fails[i] != OK; i++)
		buf_printf(out, "%s%d `%s`", i == 0 ? " Refuses with " : ", ", status_info[r->fails[i]].http, status_info[r->fails[i]].code);
	buf_put_str(out, r->fails[0] != OK ? S(".\n\n") : S("\n\n"));
}

static void
put_route(struct buf *out, const struct backend_route *r)
{
	buf_printf(out, "### `%s %s`\n%s\n\n", route_method_name(r->method), r->path, r->summary);
	put_values(out, "query", r->query, CALL_N_QUERY(r));
	put_values(out, "body", r->body, CALL_N_BODY(r));
	if (r->takes_picture)
		buf_put_str(out, S("The body is the picture itself, with its `Content-Type`: `image/png`, `image/jpeg`, `image/webp` or `image/gif`.\n\n"));
	put_answer(out, r);
}

static void
put_shape(struct buf *out, const struct shape *s)
{
	buf_printf(out, "### %s\n| member | | |\n|---|---|---|\n", s->name);
	for (size_t i = 0; i < members_count(s); i++) {
		const struct member *m = &s->members[i];

		buf_printf(out, "| `%s` | %s", m->name, member_text[m->kind]);
		if (m->of)
			buf_printf(out, "%s [%s](#%s)", m->kind == MEMBER_LIST ? " of" : "", m->of->name, m->of->name);
		buf_printf(out, "%s | %s |\n", m->nullable ? ", or null" : "", m->help ? m->help : "");
	}
	buf_put_char(out, '\n');
}

static void
put_reasons(struct buf *out)
{
	buf_put_str(out, S("## Refusals of any call\n| status | code | when |\n|---|---|---|\n"));
	for (size_t i = 0; i < backend_n_reasons; i++)
		buf_printf(out, "| %d | `%s` | %s |\n", status_info[backend_reasons[i].st].http, status_info[backend_reasons[i].st].code,
		    backend_reasons[i].when);
	buf_put_char(out, '\n');
}

void
doc_backend_md(struct arena *a, struct buf *out)
{
	const struct shape *shapes[BACKEND_SHAPES_MAX];
	size_t n = backend_shapes(shapes, BACKEND_SHAPES_MAX);

	(void)a;
	buf_put_str(out, (struct str){ (const char *)backend_head_md, sizeof(backend_head_md) });
	put_reasons(out);
	buf_put_str(out, S("## Calls\n"));
	for (size_t i = 0; backend_routes[i]; i++)
		put_route(out, backend_routes[i]);
	buf_put_str(out, S("## Objects\n"));
	for (size_t i = 0; i < n; i++)
		put_shape(out, shapes[i]);
	/* One line's end is the file's. */
	out->n -= 1;
}
