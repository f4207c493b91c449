/* form_fuzz.c - an accepted form, written down again, is read as the same. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fields_fuzz.h"

#include "base/buf.h"

static void
put_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_printf(b, "%%%02x", (unsigned)(unsigned char)s.p[i]);
}

static struct str
print(struct arena *a, const struct params *ps)
{
	struct buf b;

	buf_init_arena(&b, a, 4 << 20);
	for (size_t i = 0; i < ps->n; i++) {
		put_escaped(&b, ps->items[i].name);
		buf_put_str(&b, ps->items[i].is_list ? S("[]=") : S("="));
		put_escaped(&b, ps->items[i].value);
		buf_put_char(&b, '&');
	}
	CHECK(!b.failed);
	return buf_str(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = fuzz_copy(data, size);
	struct task t = { .arena = arena_new(16 << 20) };
	struct params ps = { 0 }, again = { 0 };

	CHECK(t.arena != NULL);
	if (size <= FIELDS_TEXT_MAX && params_parse_form(&t, text, &ps) == OK) {
		fuzz_check(&ps);
		CHECK(params_parse_form(&t, print(t.arena, &ps), &again) == OK);
		fuzz_check_same(&ps, &again);
		fuzz_check_wipe(&ps);
	}
	arena_free(t.arena);
	fuzz_free(text);
	return 0;
}
