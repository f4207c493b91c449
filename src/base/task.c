/* task.c - how a failure is recorded on its way out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/task.h"

#include <stdarg.h>
#include <stdio.h>

enum status
fail(struct task *t, enum status st, const char *fmt, ...)
{
	va_list args;

	/* The place nearest to the cause speaks first; those it passes on its way out know less. */
	if (t->why[0] != '\0')
		return st;
	va_start(args, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, args);
	va_end(args);
	return st;
}
