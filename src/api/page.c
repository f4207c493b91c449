/* page.c - the few pages of our own that a person sees. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/page.h"

#include "base/str.h"

enum { PAGE_MAX = 4096 };

const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

static void
put_text(struct buf *out, struct str text)
{
	static const struct {
		char        c;
		const char *as;
	} escapes[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" } };

	for (size_t i = 0; i < text.n; i++) {
		size_t e = 0;

		while (e < ARRAY_LEN(escapes) && escapes[e].c != text.p[i])
			e++;
		if (e < ARRAY_LEN(escapes))
			buf_put_str(out, str_of(escapes[e].as));
		else
			buf_put_char(out, text.p[i]);
	}
}

static void
put_form(struct buf *out, const struct page_form *form)
{
	buf_put_str(out, S("<form method=\"post\"><input type=\"hidden\" name=\""));
	put_text(out, str_of(form->field));
	buf_put_str(out, S("\" value=\""));
	put_text(out, form->value);
	buf_put_str(out, S("\"><button>"));
	put_text(out, str_of(form->button));
	buf_put_str(out, S("</button></form>\n"));
}

void
page_write(struct buf *out, struct str title, struct str text, const struct page_form *form)
{
	buf_put_str(out, S("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"robots\" content=\"noindex\">\n<title>"));
	put_text(out, title);
	buf_put_str(out, S("</title>\n<h1>"));
	put_text(out, title);
	buf_put_str(out, S("</h1>\n<p>"));
	put_text(out, text);
	buf_put_str(out, S("</p>\n"));
	if (form)
		put_form(out, form);
	buf_put_str(out, S("</html>\n"));
}

enum status
reply_page(struct request *rq, const char *title, const char *text, const struct page_form *form)
{
	struct buf out;

	buf_init_arena(&out, rq->task.arena, PAGE_MAX);
	page_write(&out, str_of(title), str_of(text), form);
	reply_more_headers(rq, page_headers);
	return reply_raw(rq, "text/html; charset=utf-8", "no-store", buf_str(&out));
}
