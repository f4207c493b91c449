/* outbox_page.c - GET /outbox: what staging and demo deployments have written, for who develops against them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/chore.h"

#include "base/clock.h"
#include "base/str.h"
#include "notify/letter.h"
#include "notify/template.h"
#include "store/store.gen.h"

enum { PAGE_MESSAGES = 50 };

/* Inert whatever is written into it: no script, no request; styles are the page's and the mail's own. */
#define PAGE_HEADERS \
	"Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n" \
	"Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"

static void
put_text(struct buf *out, struct str text)
{
	const struct template_var var = { "x", text };

	template_render(S("{{x}}"), TEMPLATE_HTML, &var, 1, out);
}

static void
put_head(struct buf *out)
{
	buf_put_str(out, S("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Outbox</title><style>"
	    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#111827}"
	    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #e5e7eb}"
	    "pre{white-space:pre-wrap;background:#f3f4f6;padding:1rem;border-radius:6px}"
	    "iframe{width:100%;height:36rem;border:1px solid #e5e7eb;border-radius:6px}"
	    "</style></head><body><h1>Outbox</h1>\n"));
}

/* Production's messages are nobody's to read here, whoever started this. */
static bool
is_shown(const struct deployment *d)
{
	return d->mode == MODE_STAGING || d->is_demo;
}

/* What one read transaction looks at. */
struct view {
	struct chore            *ch;
	const struct deployment *d;
	struct message_id        id;	/* of one message; 0: the list */
	bool                     any;
};

/* ---- the list ---- */

static void
put_row(struct buf *out, const struct deployment *d, struct arena *a, const struct message_row *m)
{
	buf_printf(out, "<tr><td>" STR_FMT "</td><td>", STR_ARG(clock_rfc3339(a, m->created_at)));
	put_text(out, d->backend_host);
	buf_put_str(out, S("</td><td>"));
	put_text(out, m->recipient);
	buf_printf(out, "</td><td><a href=\"/outbox/message_%lld?deployment=deployment_%lld\">", (long long)m->id.v,
	    (long long)d->id.v);
	put_text(out, m->kind);
	buf_printf(out, "</a></td><td>%s</td></tr>\n", message_state_name((enum message_state)m->state));
}

static enum status
list_read(struct task *t, void *arg)
{
	struct view *v = arg;
	struct message_row *rows;
	size_t n;

	TRY(sql_message_list(t, v->d->id, INT64_MAX, PAGE_MESSAGES, &rows, &n));
	for (size_t i = 0; i < n; i++)
		put_row(&v->ch->out, v->d, t->arena, &rows[i]);
	v->any = v->any || n > 0;
	return OK;
}

static enum status
write_list(struct chore *ch, struct db *db, const struct deployment *const *all, size_t n)
{
	struct view v = { .ch = ch };

	put_head(&ch->out);
	buf_put_str(&ch->out, S("<p>What staging and demo deployments have written. Production's is not here.</p>\n"
	    "<table><tr><th>Written<th>Deployment<th>To<th>Message<th>State</tr>\n"));
	for (size_t i = 0; i < n; i++) {
		v.d = all[i];
		if (is_shown(v.d))
			TRY(db_read(&ch->t, db, list_read, &v));
	}
	buf_put_str(&ch->out, v.any ? S("</table></body></html>\n") : S("</table><p>Nothing yet.</p></body></html>\n"));
	return OK;
}

/* ---- one message ---- */

static void
put_letter(struct buf *out, const struct letter *l)
{
	buf_put_str(out, S("<h2>"));
	put_text(out, l->parts[LETTER_SUBJECT]);
	buf_put_str(out, S("</h2>\n<pre>"));
	for (struct str line, rest = l->parts[LETTER_TEXT]; rest.n > 0; buf_put_char(out, '\n')) {
		(void)str_cut(rest, '\n', &line, &rest);
		put_text(out, line);
	}
	buf_put_str(out, S("</pre>\n"));
	if (l->parts[LETTER_HTML].n == 0)
		return;
	/* In a frame without an origin, in which nothing runs. */
	buf_put_str(out, S("<iframe sandbox title=\"As mail\" srcdoc=\""));
	put_text(out, l->parts[LETTER_HTML]);
	buf_put_str(out, S("\"></iframe>\n"));
}

static enum status
put_content(struct task *t, const struct view *v, const struct message_find_row *row)
{
	struct letter templates = { 0 }, letter;
	enum message_kind kind;
	struct secret content;
	enum status st;

	if (row->sealed_content.n == 0) {
		buf_put_str(&v->ch->out, S("<p>What it said is forgotten.</p>\n"));
		return OK;
	}
	if (message_kind_find(row->kind, &kind))
		TRY(letter_templates(t, v->d->id, kind, &templates));
	TRY(outbox_open(t, v->ch->c->app->keys, v->d->id, row->id, row->sealed_content, &content));
	st = letter_compose(t, v->d, &templates, &content, &letter);
	secret_done(&content);
	if (st == OK)
		put_letter(&v->ch->out, &letter);
	return st;
}

static enum status
one_read(struct task *t, void *arg)
{
	const struct view *v = arg;
	struct message_find_row row;
	struct buf *out = &v->ch->out;

	TRY(sql_message_find(t, v->d->id, v->id, &row));
	put_head(out);
	buf_put_str(out, S("<p><a href=\"/outbox\">All messages</a></p>\n<p>To "));
	put_text(out, row.recipient);
	buf_printf(out, ", written " STR_FMT ", %s.</p>\n", STR_ARG(clock_rfc3339(t->arena, row.created_at)),
	    message_state_name((enum message_state)row.state));
	TRY(put_content(t, v, &row));
	buf_put_str(out, S("</body></html>\n"));
	return OK;
}

static enum status
write_one(struct chore *ch, struct db *db, struct str id, const struct deployment *const *all, size_t n)
{
	struct view v = { .ch = ch };
	struct str name, value;
	struct deployment_id d;

	if (!message_id_parse(id, &v.id) || !str_cut(ch->x->head.query, '=', &name, &value) ||
	    !str_eq(name, S("deployment")) || !deployment_id_parse(value, &d))
		return E_NOT_FOUND;
	for (size_t i = 0; i < n; i++)
		if (all[i]->id.v == d.v && is_shown(all[i]))
			v.d = all[i];
	return v.d ? db_read(&ch->t, db, one_read, &v) : E_NOT_FOUND;
}

void
chore_outbox(struct chore *ch, struct chore_worker *worker)
{
	const struct deployment **all;
	size_t n;
	enum status st;

	ch->t.now = clock_now();
	n = directory_all(worker->app->directory, ch->t.arena, &all);
	if (ch->x->head.path.n > sizeof("/outbox/") - 1)
		st = write_one(ch, worker->db, str_from(ch->x->head.path, sizeof("/outbox/") - 1), all, n);
	else
		st = write_list(ch, worker->db, all, n);
	for (size_t i = 0; i < n; i++)
		deployment_unref(all[i]);
	if (st != OK || ch->out.failed) {
		chore_error(ch, st == E_NOT_FOUND ? 404 : 503, S("there is no such message, or no way to it now"));
		return;
	}
	ch->http = 200;
	ch->headers = PAGE_HEADERS;
}
