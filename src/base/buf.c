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

static const char pairs[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

/* Eight digits before `end`, two at a time; none of the divisions waits for all others, as a loop's would. */
static void
put_eight(char *end, uint32_t v)
{
	uint32_t high = v / 10000, low = v % 10000;

	memcpy(end - 8, pairs + 2 * (high / 100), 2);
	memcpy(end - 6, pairs + 2 * (high % 100), 2);
	memcpy(end - 4, pairs + 2 * (low / 100), 2);
	memcpy(end - 2, pairs + 2 * (low % 100), 2);
}

char *
put_decimal(char *to, uint64_t v)
{
	char digits[DECIMAL_MAX + 4];
	char *end = digits + sizeof(digits), *at = end;

	for (; v >= 100000000; v /= 100000000) {
		put_eight(at, (uint32_t)(v % 100000000));
		at -= 8;
	}
	for (; v >= 100; v /= 100) {
		at -= 2;
		memcpy(at, pairs + 2 * (v % 100), 2);
	}
	if (v >= 10) {
		at -= 2;
		memcpy(at, pairs + 2 * v, 2);
	} else {
		*--at = (char)('0' + v);
	}
	memcpy(to, at, (size_t)(end - at));
	return to + (end - at);
}

void
buf_put_int(struct buf *b, int64_t v)
{
	char text[1 + DECIMAL_MAX];
	char *end = text;

	if (v < 0)
		*end++ = '-';
	/* The magnitude of INT64_MIN is only representable without a sign. */
	end = put_decimal(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	buf_put(b, text, (size_t)(end - text));
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
