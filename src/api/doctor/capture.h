/* capture.h - one request as somebody captured it, in any of the forms that browsers and curl write. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"
#include "api/fields.h"

struct capture_fields {
	struct http_field items[HTTP1_FIELDS_MAX];
	size_t            n;
};

/* Views into the text that was pasted, or into the task's arena. There are tokens in it. */
struct capture {
	const char           *form;	/* what it was read as, for the reader */
	struct str            scheme;	/* "https", "http", of a URL; .n 0: it did not say */
	struct str            method, target, host;	/* target: path and query */
	struct capture_fields request;	/* without the pseudo-fields of HTTP/2 */
	int                   status;	/* of the answer; 0: there is none */
	struct capture_fields answer;
	struct str            answer_body;	/* as far as it was captured */
	struct str            client_time;	/* the browser's clock, RFC 3339, when the form has it */
};

/* Between a request and its answer that were given apart: a form feed, which neither has in it. */
#define CAPTURE_ANSWER_FOLLOWS '\f'

/*
 * A raw head (HTTP/1.1, or with the pseudo-fields of HTTP/2), a URL with fields below it, `curl -v`'s output, "Copy as
 * cURL", a HAR file or one entry of it. After a raw request and an empty line an answer may follow. E_BAD_REQUEST_BODY with
 * a sentence in t->why, which never quotes what was pasted.
 */
enum status capture_read(struct task *t, struct str text, struct capture *ret_capture) MUST_CHECK;

/* The first field of that name, ASCII case-insensitively; .p NULL when absent. */
struct str capture_field(const struct capture_fields *f, struct str name);
size_t capture_field_count(const struct capture_fields *f, struct str name);

/* ---- for the readers of the forms ---- */

enum status capture_add(struct task *t, struct capture_fields *f, struct str name, struct str value) MUST_CHECK;
enum status capture_url(struct task *t, struct capture *c, struct str url) MUST_CHECK;	/* scheme, host and target */
enum status capture_read_curl(struct task *t, struct str text, struct capture *c) MUST_CHECK;
enum status capture_read_har(struct task *t, struct str text, struct capture *c) MUST_CHECK;
