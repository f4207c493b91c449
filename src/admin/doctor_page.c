/* doctor_page.c - GET /doctor, POST /doctor/request: why is this browser signed out? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/chore.h"

#include <string.h>

#include "api/doctor/diagnose.h"
#include "api/fields.h"
#include "base/clock.h"
#include "base/str.h"
#include "notify/template.h"

/* No script; the form goes to where it came from and nowhere else; nobody frames it. */
#define PAGE_HEADERS \
	"Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n" \
	"Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; " \
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
#define TEXT_HEADERS "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"

static const char page[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Doctor</title><style>"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#111827}"
    "textarea,input{width:100%;font:13px/1.4 ui-monospace,monospace;box-sizing:border-box}label{display:block;margin:1rem 0 .2rem}"
    "button{margin-top:1rem;padding:.4rem 1rem}</style></head><body><h1>Why is this browser signed out?</h1>\n"
    "<p>Paste a request as the browser's developer tools copy it (its headers, &ldquo;Copy as cURL&rdquo;, a HAR entry) or "
    "the output of <code>curl -v</code>. It is led through the server's own rules once more: nothing is changed, and what "
    "you paste is neither kept nor logged.</p>\n"
    "<form method=\"post\" action=\"/doctor/request\" enctype=\"multipart/form-data\" autocomplete=\"off\">"
    "<label for=\"r\">Request</label><textarea id=\"r\" name=\"request\" rows=\"14\" required spellcheck=\"false\"></textarea>"
    "<label for=\"a\">Its answer's headers, if you have them</label><textarea id=\"a\" name=\"response\" rows=\"8\" spellcheck=\"false\"></textarea>"
    "<label for=\"p\">The address the request reached the server from, if it was captured behind the proxy</label>"
    "<input id=\"p\" name=\"peer\"><button>Examine</button></form></body></html>\n";

/*
 * It answers for whoever reaches this listener, so it is for an address or localhost alone, as /outbox is; and what
 * asks from another page (Origin) is not heard: no answer here has a CORS header, but a form needs none.
 */
static bool
is_own_page(const struct exchange *x)
{
	struct str origin = http_field(&x->head, S("Origin")), host = http_field(&x->head, S("Host"));
	struct str rest = str_from(origin, sizeof("http://") - 1);

	if (!origin.p)
		return true;
	return http_field_count(&x->head, S("Origin")) == 1 && str_starts(origin, S("http://")) && str_eq(rest, host);
}

void
chore_doctor_page(struct chore *ch, struct chore_worker *worker)
{
	(void)worker;
	buf_put_str(&ch->out, str_of(page));
	ch->http = 200;
	ch->headers = PAGE_HEADERS;
}

static enum status
examine(struct chore *ch, const struct chore_worker *w, const struct params *form)
{
	struct str text = params_get(form, S("request")), answer = params_get(form, S("response"));
	struct capture c;
	struct diagnosis d;

	if (answer.n > 0)
		text = arena_printf(ch->t.arena, STR_FMT "%c" STR_FMT, STR_ARG(text), CAPTURE_ANSWER_FOLLOWS, STR_ARG(answer));
	TRY(capture_read(&ch->t, text, &c));
	TRY(diagnose(&ch->t, w->app, w->db, &c, params_get(form, S("peer")), &d));
	if (memmem(http_field(&ch->x->head, S("Accept")).p, http_field(&ch->x->head, S("Accept")).n, "json", 4)) {
		diagnosis_write_json(&d, &ch->out);
		return OK;
	}
	ch->headers = TEXT_HEADERS;
	diagnosis_write_text(&d, &ch->out);
	return OK;
}

void
chore_doctor(struct chore *ch, struct chore_worker *worker)
{
	struct params form = { 0 };
	const char *sentence = NULL;
	enum status st;

	ch->t.now = clock_now();
	if (!is_own_page(ch->x)) {
		chore_error(ch, 403, S("another page may not ask this"));
		return;
	}
	st = params_parse_body(&ch->t, &ch->x->head, ch->x->body, &form, &sentence);
	if (st == OK)
		st = examine(ch, worker, &form);
	params_wipe(&form);
	ch->http = 200;
	if (st == E_BAD_REQUEST_BODY)
		chore_error(ch, 400, sentence ? str_of(sentence) : str_of(ch->t.why));
	else if (st != OK || ch->out.failed)
		chore_error(ch, 503, S("the database does not answer now"));
	if (ch->http != 200)
		ch->headers = NULL;
}
