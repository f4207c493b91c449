/* buf.c - bytes that grow, on the heap or in an arena, with a ceiling. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_FIRST = 256 };

void
buf_init(struct buf *b, size_t max)
{
	/* Half of the address space is a ceiling too: sums below it cannot overflow. */
	*b = (struct buf){ .max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4 };
}

void
buf_init_arena(struct buf *b, struct arena *a, size_t max)
{
	buf_init(b, max);
	b->arena = a;
}

void
buf_done(struct buf *b)
{
	if (b->arena == NULL)
		free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

static bool
fail_buf(struct buf *b)
{
	b->n = 0;
	b->failed = true;
	return false;
}

/* cap does not count the one byte more that buf_printf's terminator needs. */
static char *
grow(struct buf *b, size_t cap)
{
	char *p;

	if (b->arena == NULL)
		return realloc(b->p, cap + 1);
	p = arena_alloc(b->arena, cap + 1);
	if (p != NULL && b->p != NULL)
		memcpy(p, b->p, b->n);
	return p;
}

bool
buf_reserve(struct buf *b, size_t more)
{
	size_t cap;
	char *p;

	if (b->failed)
		return false;
	if (more > b->max - b->n)
		return fail_buf(b);
	if (b->p != NULL && more <= b->cap - b->n)
		return true;
	cap = b->cap > 0 ? 2 * b->cap : CAP_FIRST;
	if (cap < b->n + more)
		cap = b->n + more;
	if (cap > b->max)
		cap = b->max;
	p = grow(b, cap);
	if (p == NULL)
		return fail_buf(b);
	b->p = p;
	b->cap = cap;
	return true;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

void
buf_put_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

void
buf_put_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void
buf_put_int(struct buf *b, int64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);
	/* The magnitude of INT64_MIN is only representable without a sign. */
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (v < 0)
		digits[--at] = '-';
	buf_put(b, digits + at, sizeof(digits) - at);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		fail_buf(b);
	if (n < 0 || !buf_reserve(b, (size_t)n))
		return;
	va_start(args, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, args);
	va_end(args);
	b->n += (size_t)n;
}
