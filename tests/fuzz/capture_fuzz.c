/* capture_fuzz.c - what somebody pastes as a captured request: whatever is read of it is lines, and can be read again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "api/doctor/capture.h"
#include "base/buf.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { FUZZ_ARENA = 16 << 20 };

static void
check_line(struct str s)
{
	CHECK(s.n == 0 || (memchr(s.p, '\n', s.n) == NULL && memchr(s.p, '\r', s.n) == NULL));
}

static void
put_fields(struct buf *out, const struct capture_fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		check_line(f->items[i].name);
		check_line(f->items[i].value);
		buf_printf(out, STR_FMT ": " STR_FMT "\n", STR_ARG(f->items[i].name), STR_ARG(f->items[i].value));
	}
}

/* Written as a raw head it is the same request: where a name begins with ':' or is empty, the head is another one. */
static void
check_again(struct task *t, const struct capture *c)
{
	struct capture again;
	struct buf out;

	for (size_t i = 0; i < c->request.n; i++)
		if (c->request.items[i].name.n == 0 || memchr(c->request.items[i].name.p, ':', c->request.items[i].name.n))
			return;
	buf_init_arena(&out, t->arena, FUZZ_ARENA / 4);
	buf_printf(&out, ":authority: " STR_FMT "\n", STR_ARG(c->host));
	put_fields(&out, &c->request);
	buf_printf(&out, ":method: " STR_FMT "\n:path: " STR_FMT "\n", STR_ARG(c->method), STR_ARG(c->target));
	if (out.failed)
		return;
	CHECK(capture_read(t, buf_str(&out), &again) == OK);
	CHECK(again.request.n == c->request.n && str_eq(again.host, str_trim(c->host)) && str_eq(again.target, str_trim(c->target)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct task t = { .arena = arena_new(FUZZ_ARENA) };
	struct capture c;
	struct buf out;

	CHECK(t.arena != NULL);
	buf_init_arena(&out, t.arena, FUZZ_ARENA / 4);
	if (capture_read(&t, (struct str){ (const char *)p, n }, &c) == OK) {
		CHECK(c.method.p && c.target.p && c.host.p && c.status >= 0);
		check_line(c.method);
		check_line(c.host);
		check_line(c.target);
		put_fields(&out, &c.answer);
		if (!memchr(c.target.p, '\f', c.target.n))
			check_again(&t, &c);
	} else {
		CHECK(t.why[0] != '\0');
	}
	arena_free(t.arena);
	return 0;
}
