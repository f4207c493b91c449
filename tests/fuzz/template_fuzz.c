/* template_fuzz.c - what must hold of every template, whatever the bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/str.h"
#include "notify/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct template_var vars[] = { { "code", S_INIT("<1&2>\r\n") }, { "app_name", S_INIT("\"'") } };

/* Rendering never fails; what has no tag stays as it is; what is refused is told why. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size < 4096 ? size : 4096 };
	struct task t = { .arena = arena_new(1 << 20) };
	bool good;
	struct buf out;

	CHECK(t.arena != NULL);
	good = template_check(&t, in, "code app_name at") == OK;
	CHECK(good || t.why[0] != '\0');
	buf_init(&out, 1 << 20);
	template_render(in, TEMPLATE_HTML, vars, ARRAY_LEN(vars), &out);
	CHECK(!out.failed);
	if (good && in.n > 0 && !memmem(in.p, in.n, "{{", 2))
		CHECK(str_eq(buf_str(&out), in));
	/* A value is never markup. */
	if (in.n == 0 || !memmem(in.p, in.n, "<", 1))
		CHECK(out.n == 0 || !memmem(out.p, out.n, "<", 1));
	buf_done(&out);
	arena_free(t.arena);
	return 0;
}
