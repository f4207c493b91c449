/* unit.h - what every unit test includes: cmocka, made to fit. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* cmocka.h wants these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Here fail() is what base/task.h has; a test fails with fail_msg("why %d", n). */
#undef fail
#undef fail_msg
#define fail_msg(...) \
	do { \
		print_error(__VA_ARGS__); \
		print_error("\n"); \
		_fail(__FILE__, __LINE__); \
	} while (0)
