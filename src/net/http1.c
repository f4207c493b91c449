/* http1.c - the strict HTTP/1.1 reader: one pass, no memory of its own. RFC 9110, RFC 9112. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1.h"

#include <string.h>

#include "net/http1_bytes.h"
#include "net/http1_target.h"

struct reader {
	const char *p;
	const char *end;
	enum status over; /* OK: more bytes may come; else: end is a limit, and this is passing it */
	enum status why;
	struct target target;
	struct authority host;
	bool expect;
	bool close;
	bool keep_alive;
};

/* Leave unless this part of the head is complete and right. */
#define STEP(call)                                                                                           \
	do {                                                                                                 \
		enum http1_result step_ = (call);                                                            \
		if (step_ != HTTP1_DONE)                                                                     \
			return step_;                                                                        \
	} while (0)

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not 0 if any of the eight bytes of v is below n, which is at most 0x80. */
static inline uint64_t
below(uint64_t v, uint8_t n)
{
	return (v - EACH(n)) & ~v & EACH(0x80);
}

/* Only what is in TARGET, though not all of it. */
static inline bool
is_target(uint64_t v)
{
	return ((v & EACH(0x80)) | below(v, '!') | below(v ^ EACH('#'), 1) | below(v ^ EACH(0x7f), 1)) == 0;
}

/* Only what is in VALUE, though not all of it: no tab. */
static inline bool
is_value(uint64_t v)
{
	return (below(v, ' ') | below(v ^ EACH(0x7f), 1)) == 0;
}

/* Eight bytes at a time; what stops that, and the last ones, are looked up one by one. */
static inline const char *
skip_long(const char *p, const char *end, bool (*is_plain)(uint64_t v), uint8_t class)
{
	uint64_t v;

	for (; end - p >= (ptrdiff_t)sizeof(v); p += sizeof(v)) {
		memcpy(&v, p, sizeof(v));
		if (!is_plain(v))
			break;
	}
	return skip(p, end, class);
}

static enum http1_result
refuse(struct reader *r)
{
	r->why = E_BAD_REQUEST_BODY;
	return HTTP1_REFUSED;
}

/* The bytes end inside something. */
static enum http1_result
starve(struct reader *r)
{
	if (r->over == OK)
		return HTTP1_MORE;
	r->why = r->over;
	return HTTP1_REFUSED;
}

/* Exactly CRLF: a reader that takes a lone LF or CR for it sees other lines than we do. */
static inline enum http1_result
read_crlf(struct reader *r)
{
	if (r->p == r->end)
		return starve(r);
	if (*r->p != '\r')
		return refuse(r);
	if (r->p + 1 == r->end)
		return starve(r);
	if (r->p[1] != '\n')
		return refuse(r);
	r->p += 2;
	return HTTP1_DONE;
}

static enum http1_result
read_literal(struct reader *r, struct str lit)
{
	for (size_t i = 0; i < lit.n; i++, r->p++) {
		if (r->p == r->end)
			return starve(r);
		if (*r->p != lit.p[i])
			return refuse(r);
	}
	return HTTP1_DONE;
}

/* What was passed over from here on, then one space. */
static enum http1_result
end_word(struct reader *r, const char *from, struct str *ret_word)
{
	if (r->p == r->end)
		return starve(r);
	if (r->p == from || *r->p != ' ')
		return refuse(r);
	*ret_word = span(from, r->p++);
	return HTTP1_DONE;
}

static enum http1_result
read_method(struct reader *r, struct str *ret_word)
{
	const char *from = r->p;

	r->p = skip(from, r->end, TOKEN);
	return end_word(r, from, ret_word);
}

static enum http1_result
read_target(struct reader *r, struct str *ret_word)
{
	const char *from = r->p;

	r->p = skip_long(from, r->end, is_target, TARGET);
	return end_word(r, from, ret_word);
}

static enum http_method
method_of(struct str m)
{
	static const struct str names[HTTP_OTHER] = {
		[HTTP_GET] = S_INIT("GET"),
		[HTTP_HEAD] = S_INIT("HEAD"),
		[HTTP_POST] = S_INIT("POST"),
		[HTTP_PUT] = S_INIT("PUT"),
		[HTTP_PATCH] = S_INIT("PATCH"),
		[HTTP_DELETE] = S_INIT("DELETE"),
		[HTTP_OPTIONS] = S_INIT("OPTIONS"),
	};

	/* Methods are case-sensitive (RFC 9110 §9.1). */
	for (unsigned i = 0; i < HTTP_OTHER; i++)
		if (names[i].n == m.n && memcmp(names[i].p, m.p, m.n) == 0)
			return (enum http_method)i;
	return HTTP_OTHER;
}

static enum http1_result
read_request_line(struct reader *r, struct http_head *h)
{
	struct str target;

	STEP(read_method(r, &h->method_text));
	h->method = method_of(h->method_text);
	STEP(read_target(r, &target));
	STEP(read_literal(r, S("HTTP/1.")));
	if (r->p == r->end)
		return starve(r);
	if (*r->p != '0' && *r->p != '1')
		return refuse(r);
	h->minor = *r->p++ - '0';
	STEP(read_crlf(r));
	return target_split(target, h, &r->target) ? HTTP1_DONE : refuse(r);
}

/* Digits only, without leading zeros: no sign, space, list or base that may be taken differently. */
static bool
take_content_length(struct str v, struct http_head *h)
{
	int64_t n = 0;

	if (h->content_length >= 0 || v.n == 0 || v.n > 18 || (v.n > 1 && v.p[0] == '0'))
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (!is(v.p[i], DIGIT))
			return false;
		n = n * 10 + (v.p[i] - '0');
	}
	h->content_length = n;
	return true;
}

static bool
take_transfer_encoding(struct str v, struct http_head *h)
{
	if (h->chunked || !same(v, S("chunked")))
		return false;
	h->chunked = true;
	return true;
}

static bool
take_host(struct reader *r, struct str v, struct http_head *h)
{
	if (r->host.name.n > 0 || !authority_parse(v, &r->host))
		return false;
	h->host = v;
	return true;
}

static bool
take_expect(struct reader *r, struct str v)
{
	if (r->expect || !same(v, S("100-continue")))
		return false;
	r->expect = true;
	return true;
}

static struct str
trim(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return span(p, end);
}

/* A list (RFC 9110 §7.6.1). Options we do not know say nothing about framing. */
static bool
take_connection(struct reader *r, struct str v)
{
	const char *end = v.p + v.n;

	for (const char *p = v.p, *to; p < end; p = to + 1) {
		to = memchr(p, ',', (size_t)(end - p));
		if (to == NULL)
			to = end;
		r->close |= same(trim(p, to), S("close"));
		r->keep_alive |= same(trim(p, to), S("keep-alive"));
	}
	return true;
}

/* The fields that frame, route or keep the connection; all others are the caller's. */
static bool
take_field(struct reader *r, const struct http_field *f, struct http_head *h)
{
	switch (f->name.n) {
	case 4:
		return !same(f->name, S("host")) || take_host(r, f->value, h);
	case 6:
		return !same(f->name, S("expect")) || take_expect(r, f->value);
	case 10:
		return !same(f->name, S("connection")) || take_connection(r, f->value);
	case 14:
		return !same(f->name, S("content-length")) || take_content_length(f->value, h);
	case 17:
		return !same(f->name, S("transfer-encoding")) || take_transfer_encoding(f->value, h);
	default:
		return true;
	}
}

/* One `name: value` line. A space at its start (obs-fold) or before the colon is in no token, so refused. */
static enum http1_result
read_field(struct reader *r, struct http_field *ret_f)
{
	const char *from = r->p;
	const char *to;

	r->p = skip(from, r->end, TOKEN);
	if (r->p == r->end)
		return starve(r);
	if (r->p == from || *r->p != ':')
		return refuse(r);
	ret_f->name = span(from, r->p);
	from = ++r->p;
	to = r->p = skip_long(from, r->end, is_value, VALUE);
	STEP(read_crlf(r));
	ret_f->value = trim(from, to);
	return HTTP1_DONE;
}

static enum http1_result
read_fields(struct reader *r, struct http_head *h)
{
	for (;;) {
		struct http_field *f = &h->fields[h->n_fields];

		if (r->p == r->end)
			return starve(r);
		if (*r->p == '\r')
			return read_crlf(r);
		if (h->n_fields == HTTP1_FIELDS_MAX) {
			r->why = E_HEADERS_TOO_LARGE;
			return HTTP1_REFUSED;
		}
		STEP(read_field(r, f));
		if (!take_field(r, f, h))
			return refuse(r);
		h->n_fields++;
	}
}

/* What only the whole head can tell. */
static enum http1_result
judge(struct reader *r, struct http_head *h)
{
	if (r->host.name.n == 0 || !target_is_of(&r->target, &r->host))
		return refuse(r);
	if (h->chunked && (h->content_length >= 0 || h->minor == 0))
		return refuse(r);

	h->keep_alive = !r->close && (h->minor == 1 || r->keep_alive);
	/* A proxy may take what follows a CONNECT for a tunnel. */
	if (h->method == HTTP_OTHER && same(h->method_text, S("connect")))
		h->keep_alive = false;
	/* RFC 9110 §10.1.1: of an HTTP/1.0 client the expectation is ignored. */
	h->expect_continue = r->expect && h->minor == 1;
	return HTTP1_DONE;
}

/* Let the reader see no more than `cap` bytes: running into it is `over`. */
static void
set_limit(struct reader *r, struct str in, size_t cap, enum status over)
{
	r->end = in.p + (in.n < cap ? in.n : cap);
	r->over = in.n < cap ? OK : over;
}

static enum http1_result
read_head(struct reader *r, struct str in, const struct http1_limits *limits, struct http_head *h)
{
	size_t line = limits->request_line + 2;

	if (line < limits->head)
		set_limit(r, in, line, E_URI_TOO_LONG);
	else
		set_limit(r, in, limits->head, E_HEADERS_TOO_LARGE);
	STEP(read_request_line(r, h));
	set_limit(r, in, limits->head, E_HEADERS_TOO_LARGE);
	STEP(read_fields(r, h));
	return judge(r, h);
}

enum http1_result
http1_head(struct str in, const struct http1_limits *limits, struct http_head *ret_head, size_t *ret_used,
    enum status *ret_why)
{
	struct reader r = { .p = in.p };
	enum http1_result result;

	/* Not the fields: two kilobytes that nobody reads beyond n_fields. */
	ret_head->method = HTTP_OTHER;
	ret_head->method_text = ret_head->path = ret_head->query = ret_head->host = STR_NONE;
	ret_head->n_fields = 0;
	ret_head->content_length = -1;
	ret_head->chunked = ret_head->keep_alive = ret_head->expect_continue = false;
	ret_head->minor = 1;

	result = read_head(&r, in, limits, ret_head);
	if (result == HTTP1_DONE)
		*ret_used = (size_t)(r.p - in.p);
	if (result == HTTP1_REFUSED)
		*ret_why = r.why;
	return result;
}

struct str
http_field(const struct http_head *head, struct str name)
{
	for (size_t i = 0; i < head->n_fields; i++)
		if (same(head->fields[i].name, name))
			return head->fields[i].value;
	return STR_NONE;
}

size_t
http_field_count(const struct http_head *head, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < head->n_fields; i++)
		n += same(head->fields[i].name, name);
	return n;
}
