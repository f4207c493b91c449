/* task_test.c - what is recorded of a failure. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/task.h"

#include <string.h>

#include "test/unit.h"

static void
test_first_account_wins(void **state)
{
	struct task t = { 0 };
	(void)state;

	assert_int_equal(fail(&t, E_STORE, "step: %s", "disk full"), E_STORE);
	assert_int_equal(fail(&t, E_INTERNAL, "sign-up failed"), E_INTERNAL);
	assert_string_equal(t.why, "step: disk full");
}

static void
test_long_account_is_cut(void **state)
{
	struct task t = { 0 };
	(void)state;

	assert_int_equal(fail(&t, E_BUG, "%0500d", 1), E_BUG);
	assert_int_equal(strlen(t.why), sizeof(t.why) - 1);
}

static enum status
leave(struct task *t, const void *p, enum status st)
{
	TRY_MEM(t, p);
	TRY(st);
	return OK;
}

static void
test_leaving(void **state)
{
	struct task t = { 0 };
	(void)state;

	assert_int_equal(leave(&t, "", OK), OK);
	assert_int_equal(leave(&t, "", E_CONFLICT), E_CONFLICT);
	assert_string_equal(t.why, "");
	assert_int_equal(leave(&t, NULL, OK), E_OVERLOADED);
	assert_string_equal(t.why, "out of memory for this task");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_account_wins),
		cmocka_unit_test(test_long_account_is_cut),
		cmocka_unit_test(test_leaving),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
