/* problems.c - what is wrong with a file: a line each, as compilers print it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/problems.h"

#include <stdarg.h>
#include <stdio.h>

enum { SENTENCE_MAX = 512 };

void
problem(struct problems *p, int line, const char *fmt, ...)
{
	char sentence[SENTENCE_MAX];
	va_list args;

	if (++p->n > PROBLEMS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	buf_printf(p->out, "%s:%d: %s\n", p->file, line, sentence);
}
