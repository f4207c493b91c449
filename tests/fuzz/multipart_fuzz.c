/* multipart_fuzz.c - a Content-Type up to the first line feed, then the body: values are disjoint views into it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fields_fuzz.h"

/* In the body, in its order, with at least a boundary between them; none holds a boundary. */
static void
check_views(const struct params *ps, struct str body)
{
	const char *at = body.p;

	for (size_t i = 0; i < ps->n; i++) {
		struct str v = ps->items[i].value;

		CHECK(v.p >= at + 4 && v.p + v.n + 4 <= body.p + body.n);
		CHECK(memcmp(v.p - 4, "\r\n\r\n", 4) == 0);
		CHECK(memcmp(v.p + v.n, "\r\n--", 4) == 0);
		at = v.p + v.n;
	}
}

static const struct str multipart = S_INIT("multipart/form-data");

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t n = line != NULL ? (size_t)(line - data) : 0;
	struct str type = fuzz_copy(data, n);
	struct str body = fuzz_copy(data + (line != NULL ? n + 1 : 0), size - (line != NULL ? n + 1 : 0));
	struct task t = { .arena = arena_new(16 << 20) };
	struct params ps = { 0 };

	CHECK(t.arena != NULL);
	if (fuzz_body(&t, type, body, &ps)) {
		if (type.n >= multipart.n && str_eq_nocase((struct str){ type.p, multipart.n }, multipart))
			check_views(&ps, body);
		fuzz_check_wipe(&ps);
	}
	arena_free(t.arena);
	fuzz_free(type);
	fuzz_free(body);
	return 0;
}
