/* auth_test.h - what the tests of this folder share: a task, and keys out of a fresh file. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "test/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/keys.h"
#include "base/str.h"

static struct task test_task;
__attribute__((unused)) static const struct deployment_id first_deployment = { 11 },
							  second_deployment = { 12 };

static int
test_begin(void **state)
{
	(void)state;
	assert_true(secret_init_libraries());
	test_task = (struct task){ .arena = arena_new(1 << 24), .now = 1767225600 * SECOND_US };
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

/* Between two cases of a table: the first account of a failure wins, so it must go. */
__attribute__((unused)) static void
test_next(void)
{
	test_task.why[0] = '\0';
}

/* Keys from a master key of their own, whose file is gone again. */
__attribute__((unused)) static struct keys *
test_keys(void)
{
	char folder[] = "/tmp/sessiond-auth-XXXXXX";
	char file[64];
	struct keys *k = NULL;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/master.key", folder);
	assert_int_equal(keys_load(&test_task, file, true, &k), OK);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(folder), 0);
	return k;
}

#define test_equal(got, want)                                                                                \
	do {                                                                                                 \
		struct str got_ = (got), want_ = (want);                                                     \
		if (!str_eq(got_, want_))                                                                    \
			fail_msg("got '" STR_FMT "', want '" STR_FMT "'", STR_ARG(got_), STR_ARG(want_));    \
	} while (0)
