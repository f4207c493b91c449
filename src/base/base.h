/* base.h - the few types and macros every file may use. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MUST_CHECK   __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

/* Bytes that someone else owns. Never NUL-terminated by promise. */
struct str {
	const char *p;
	size_t      n;
};
#define S(lit)     ((struct str){ (lit), sizeof(lit) - 1 })
#define S_INIT(lit) { (lit), sizeof(lit) - 1 }	/* the same, in a static table */
#define STR_NONE   ((struct str){ NULL, 0 })
#define STR_FMT    "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

/* A condition that only a bug of ours can break. Stays on in release: prints and aborts. */
#define CHECK(cond) \
	((cond) ? (void)0 : check_failed(#cond, __FILE__, __LINE__))
void check_failed(const char *cond, const char *file, int line)
    __attribute__((noreturn, cold));
