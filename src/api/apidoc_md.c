/* apidoc_md.c - docs/API.md and docs/EVENTS.md: prose from the .md files beside this, tables from the rows.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/apidoc.h"

#include "api/apidoc_api.gen.h"
#include "api/apidoc_events.gen.h"
#include "api/route.h"
#include "base/str.h"

static const char *const who_may[] = {
	[AUTH_NONE] = "anybody; no session is read or made, and the answer is outside the envelope",
	[AUTH_SESSION] = "anybody; a session is made when none is sent",
	[AUTH_SIGNIN] = "whoever is signed in",
};

/* Beyond that, by the row's rule; NULL: no more. */
static const char *const rule_text[RULE__COUNT] = {
	[RULE_ORG_MEMBER] = "and a member of the organization",
	[RULE_ORG_MANAGE] = "and has `organization:manage` or `organization:admin` in the organization",
	[RULE_ORG_ADMIN] = "and has `organization:admin` in the organization",
	[RULE_WORKSPACE_MEMBER] = "and a member of the workspace, or an admin of its organization",
	[RULE_WORKSPACE_MANAGE] = "and has `workspace:manage` or `workspace:admin` in the workspace, or is an admin of its organization",
	[RULE_WORKSPACE_ADMIN] = "and has `workspace:admin` in the workspace, or is an admin of its organization",
};

static const char *const kind_text[] = {
	[F_TEXT] = "text",
	[F_BOOL] = "true or false",
	[F_LIST] = "list of texts",
	[F_FILE] = "file",
};

/* A table's cell: a bar would end it. */
static void
put_cell(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|')
			buf_put_char(out, '\\');
		buf_put_char(out, s.p[i]);
	}
}

static void
put_fails(struct buf *out, const struct fails *f)
{
	buf_put_str(out, S("| status | code | when |\n|---|---|---|\n"));
	for (int st = 0; st < E__COUNT; st++) {
		if (f->when[st].n == 0)
			continue;
		buf_printf(out, "| %d | `%s` | ", status_info[st].http, status_info[st].code);
		put_cell(out, f->when[st]);
		buf_put_str(out, S(" |\n"));
	}
}

static bool
has_any(const struct fails *f)
{
	for (int st = 0; st < E__COUNT; st++)
		if (f->when[st].n > 0)
			return true;
	return false;
}

static void
put_fields(struct buf *out, const char *title, const struct field *fields, size_t n)
{
	if (n == 0)
		return;
	buf_printf(out, "\n| %s | kind | required | at most | what it is |\n|---|---|---|---|---|\n", title);
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "| `%s` | %s | %s | ", fields[i].name, kind_text[fields[i].kind],
		    fields[i].required ? "yes" : "no");
		if (fields[i].max > 0)
			buf_put_int(out, fields[i].max);
		buf_put_str(out, S(" | "));
		put_cell(out, str_of(fields[i].help));
		buf_put_str(out, S(" |\n"));
	}
}

static void
put_route(struct arena *a, struct buf *out, const struct route *r, bool is_next)
{
	struct fails f = fails_of_route(a, r);

	buf_printf(out, "%s### %s %s\n\n%s\n\nWho may call: %s", is_next ? "\n" : "",
	    route_method_name(r->method), r->path, r->summary,
	    r->by_proxy ? "a reverse proxy, with any method; see [below](#in-front-of-an-application)" : who_may[r->auth]);
	buf_printf(out, "%s%s.\n", rule_text[r->rule] ? ", " : "", rule_text[r->rule] ? rule_text[r->rule] : "");
	put_fields(out, "query parameter", r->query, ROUTE_N_QUERY(r));
	put_fields(out, "body field", r->body, ROUTE_N_BODY(r));
	if (!has_any(&f))
		return;
	buf_put_char(out, '\n');
	put_fails(out, &f);
}

/* ---- what the lines beginning with @ stand for ---- */

static void
put_general(struct arena *a, struct buf *out)
{
	struct fails any = fails_of_any(a, NULL);

	put_fails(out, &any);
}

static void
put_contents(struct arena *a, struct buf *out)
{
	(void)a;
	buf_put_str(out, S("| call | what it does |\n|---|---|\n"));
	for (size_t i = 0; routes[i]; i++) {
		buf_printf(out, "| `%s %s` | ", route_method_name(routes[i]->method), routes[i]->path);
		put_cell(out, str_of(routes[i]->summary));
		buf_put_str(out, S(" |\n"));
	}
}

static void
put_calls(struct arena *a, struct buf *out)
{
	for (size_t i = 0; routes[i]; i++)
		put_route(a, out, routes[i], i > 0);
}

/* The codes after E_MAINTENANCE are ours alone: clients see them under another one's name. */
static void
put_codes(struct arena *a, struct buf *out)
{
	(void)a;
	buf_put_str(out, S("| status | code | sentence |\n|---|---|---|\n"));
	for (int st = OK + 1; st <= E_MAINTENANCE; st++)
		buf_printf(out, "| %d | `%s` | %s |\n", status_info[st].http, status_info[st].code,
		    status_info[st].text);
}

static void
put_log_events(struct arena *a, struct buf *out)
{
	(void)a;
	buf_put_str(out, S("| event | what happened |\n|---|---|\n"));
	for (size_t i = 0; i < EV__COUNT; i++)
		buf_printf(out, "| `%s` | %s |\n", log_event_info[i].name, log_event_info[i].help);
}

static void
put_audit_events(struct arena *a, struct buf *out)
{
	(void)a;
	buf_put_str(out, S("| event | what happened | webhook |\n|---|---|---|\n"));
	for (size_t i = 0; i < AUDIT__COUNT; i++) {
		const struct audit_event_info *e = &audit_event_info[i];
		const char *hook = hook_type_info[e->hook].name;

		buf_printf(out, "| `%s` | %s | %s%s%s |\n", e->name, e->help, hook ? "`" : "", hook ? hook : "", hook ? "`" : "");
	}
}

static void
put_hook_types(struct arena *a, struct buf *out)
{
	(void)a;
	buf_put_str(out, S("| type | what happened |\n|---|---|\n"));
	for (size_t i = HOOK_NONE + 1; i < HOOK_TYPE__COUNT; i++)
		buf_printf(out, "| `%s` | %s |\n", hook_type_info[i].name, hook_type_info[i].help);
}

static const struct slot {
	const char *name;
	void (*put)(struct arena *a, struct buf *out);
} slots[] = {
	{ "@general", put_general },
	{ "@contents", put_contents },
	{ "@calls", put_calls },
	{ "@codes", put_codes },
	{ "@log-events", put_log_events },
	{ "@audit-events", put_audit_events },
	{ "@hook-types", put_hook_types },
};

static void
fill_slot(struct arena *a, struct buf *out, struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		if (str_eq(name, str_of(slots[i].name))) {
			slots[i].put(a, out);
			return;
		}
	}
	CHECK(false);
}

static void
fill(struct arena *a, struct buf *out, struct str text)
{
	struct str line;

	while (text.n > 0) {
		(void)str_cut(text, '\n', &line, &text);
		if (str_starts(line, S("@"))) {
			fill_slot(a, out, line);
			continue;
		}
		buf_put_str(out, line);
		buf_put_char(out, '\n');
	}
}

void
doc_api(struct arena *a, struct buf *out)
{
	fill(a, out, (struct str){ (const char *)api_md, sizeof(api_md) });
}

void
doc_events(struct arena *a, struct buf *out)
{
	fill(a, out, (struct str){ (const char *)events_md, sizeof(events_md) });
}
