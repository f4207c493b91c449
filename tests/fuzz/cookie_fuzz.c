/* cookie_fuzz.c - a Cookie field a line: a cookie that is found has no twin, and a twin makes it none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fields_fuzz.h"

static void
split_lines(struct str s, struct http_head *ret_head)
{
	ret_head->n_fields = 0;
	/* One field stays free for the twin. */
	while (s.n > 0 && ret_head->n_fields < HTTP1_FIELDS_MAX - 1) {
		struct http_field *f = &ret_head->fields[ret_head->n_fields++];

		f->name = S("Cookie");
		str_cut(s, '\n', &f->value, &s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head head;
	struct str text = fuzz_copy(data, size);
	struct str value, again;
	bool twice, twice_again;

	split_lines(text, &head);
	value = cookie_get(&head, S("s"), &twice);
	CHECK(value.p == NULL || (!twice && value.p > text.p + 1 && value.p + value.n <= text.p + text.n));
	CHECK(value.p == NULL || memcmp(value.p - 2, "s=", 2) == 0);
	for (size_t i = 0; i < value.n; i++)
		CHECK(value.p[i] > ' ' && value.p[i] < 0x7F && strchr("\",;\\", value.p[i]) == NULL);

	head.fields[head.n_fields++] = (struct http_field){ S("cookie"), S("a=b; s=twin") };
	again = cookie_get(&head, S("s"), &twice_again);
	/* Found then: there was none before, not even a malformed one. */
	CHECK((again.p != NULL) == !twice_again);
	CHECK(again.p == NULL || value.p == NULL);
	CHECK(!twice || twice_again);
	fuzz_free(text);
	return 0;
}
