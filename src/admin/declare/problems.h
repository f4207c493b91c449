/* problems.h - what is wrong with a file: a line each, as compilers print it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

enum { PROBLEMS_MAX = 20 };

struct problems {
	struct buf *out;
	const char *file;
	int         n;	/* how many there are; those after PROBLEMS_MAX are counted only */
};

/* "FILE:LINE: sentence". The file's own words go through log_quote(), and a secret's not at all. */
void problem(struct problems *p, int line, const char *fmt, ...) PRINTF(3, 4);
