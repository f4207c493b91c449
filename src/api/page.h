/* page.h - the few pages of our own that a person sees: plain HTML without script or style. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* One hidden field and one button, posted to the page's own address. */
struct page_form {
	const char *field;
	struct str  value;
	const char *button;
};

/* data: a whole page, whose texts are escaped here. form: NULL for none. For routes with .page. */
enum status reply_page(struct request *rq, const char *title, const char *text, const struct page_form *form) MUST_CHECK;

/* The same for a refusal, into `out`. */
void page_write(struct buf *out, struct str title, struct str text, const struct page_form *form);

/* What every page is sent with: it loads nothing, runs nothing, stands in no frame, and tells no other site its address. */
extern const char page_headers[];
