/* fields_test.h - what the tests of fields share: a task, and bytes that may be written to. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* cmocka.h asks for these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* The name is base/task.h's; fail_msg() goes with it. */
#undef fail
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#include <string.h>

#include "api/fields.h"
#include "base/str.h"

static struct task test_task;

static int
test_begin(void **state)
{
	(void)state;
	test_task = (struct task){ .arena = arena_new(1 << 22) };
	assert_non_null(test_task.arena);
	return 0;
}

static int
test_end(void **state)
{
	(void)state;
	test_task.arena = arena_free(test_task.arena);
	return 0;
}

/* Between two cases of a table. */
__attribute__((unused)) static void
test_next(void)
{
	arena_reset(test_task.arena);
	test_task.why[0] = '\0';
}

/*
 * What was read, in one line: a=1 b[]=2 c=<image/png>bytes. A case of a table
 * then says what it expects the way a person would write it down.
 */
__attribute__((unused)) static struct str
test_show(const struct params *ps)
{
	struct arena *a = test_task.arena;
	struct str out = S("");

	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->items[i];
		struct str type = p->file_type.p == NULL ? STR_NONE
							 : arena_printf(a, "<" STR_FMT ">", STR_ARG(p->file_type));

		out = arena_printf(a, STR_FMT "%s" STR_FMT "%s=" STR_FMT STR_FMT, STR_ARG(out), i > 0 ? " " : "",
		    STR_ARG(p->name), p->is_list ? "[]" : "", STR_ARG(type), STR_ARG(p->value));
	}
	return out;
}
