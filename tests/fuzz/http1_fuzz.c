/* http1_fuzz.c - what must hold of the HTTP reader whatever the bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "net/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small ones, so that short inputs reach them. */
static const struct http1_limits limits = { .request_line = 200, .head = 600 };

static bool
inside(struct str s, struct str bytes)
{
	return s.p == NULL || (s.p >= bytes.p && s.p + s.n <= bytes.p + bytes.n);
}

static void
check_views(const struct http_head *h, struct str bytes)
{
	CHECK(inside(h->method_text, bytes) && inside(h->path, bytes));
	CHECK(inside(h->query, bytes) && inside(h->host, bytes));
	CHECK(h->n_fields <= HTTP1_FIELDS_MAX);
	for (size_t i = 0; i < h->n_fields; i++) {
		CHECK(h->fields[i].name.n > 0);
		CHECK(inside(h->fields[i].name, bytes) && inside(h->fields[i].value, bytes));
		CHECK(memchr(h->fields[i].value.p, '\n', h->fields[i].value.n) == NULL);
		CHECK(memchr(h->fields[i].value.p, '\0', h->fields[i].value.n) == NULL);
	}
}

/* An accepted head has one host and one length, and says so in one field each. */
static void
check_accepted(const struct http_head *h, struct str head)
{
	size_t lengths = http_field_count(h, S("Content-Length"));
	size_t codings = http_field_count(h, S("Transfer-Encoding"));

	CHECK(http_field_count(h, S("Host")) == 1);
	CHECK(lengths + codings <= 1);
	CHECK((lengths == 1) == (h->content_length >= 0));
	CHECK((codings == 1) == h->chunked);
	CHECK(!h->chunked || h->minor == 1);
	CHECK(h->host.n > 0 && h->path.n > 0 && (h->path.p[0] == '/' || h->path.p[0] == '*'));
	CHECK(head.n <= limits.head && memcmp(head.p + head.n - 4, "\r\n\r\n", 4) == 0);
}

/* The verdict on the whole is the verdict on the first prefix that has one. */
static void
check_prefixes(struct str in, enum http1_result want, size_t want_used, enum status want_why)
{
	static struct http_head h;
	enum http1_result r = HTTP1_MORE;
	enum status why = OK;
	size_t used = 0;

	for (size_t n = 0; n <= in.n && r == HTTP1_MORE; n++)
		r = http1_head((struct str){ in.p, n }, &limits, &h, &used, &why);
	CHECK(r == want && used == want_used && why == want_why);
}

static size_t
fuzz_head(struct str in)
{
	static struct http_head h;
	enum status why = OK;
	size_t used = 0;
	enum http1_result r = http1_head(in, &limits, &h, &used, &why);

	CHECK(used <= in.n);
	CHECK(r != HTTP1_MORE || in.n < limits.head);
	check_views(&h, in);
	if (r == HTTP1_DONE)
		check_accepted(&h, (struct str){ in.p, used });
	check_prefixes(in, r, used, why);
	return used;
}

struct decoded {
	char *p;
	size_t n, used;
	enum http1_result result;
};

static void
decode(struct str in, size_t step, struct decoded *ret)
{
	struct http1_chunks c = { 0 };
	enum status why = OK;

	*ret = (struct decoded){ .p = malloc(in.n + 1) };
	CHECK(ret->p != NULL);
	for (ret->result = HTTP1_MORE; ret->used < in.n && ret->result == HTTP1_MORE;) {
		struct str part = { in.p + ret->used, in.n - ret->used < step ? in.n - ret->used : step };
		size_t out = 0, used = 0;

		ret->result = http1_chunked(&c, part, ret->p + ret->n, &out, &used, &why);
		CHECK(used <= part.n && out <= used);
		CHECK(ret->result != HTTP1_REFUSED || (out == 0 && used == 0 && why == E_BAD_REQUEST_BODY));
		ret->n += out;
		ret->used += used;
	}
}

static void
fuzz_chunks(struct str in)
{
	struct decoded whole, bytes;

	decode(in, in.n, &whole);
	decode(in, 1, &bytes);
	CHECK(whole.result == bytes.result);
	/* Of a refused body nothing is used, so how far each got may differ. */
	if (whole.result != HTTP1_REFUSED) {
		CHECK(whole.n == bytes.n && whole.used == bytes.used);
		CHECK(memcmp(whole.p, bytes.p, whole.n) == 0);
	}
	free(whole.p);
	free(bytes.p);
}

/* A head, and what follows it as a chunked body; without a head all of it as one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	size_t used = size > 0 ? fuzz_head(in) : 0;

	if (size > used)
		fuzz_chunks((struct str){ in.p + used, in.n - used });
	return 0;
}
