/* buf.h - bytes that grow, on the heap or in an arena, with a ceiling. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

/*
 * Growth beyond `max` or without memory makes the buffer *failed*: it stays
 * empty and takes nothing more, so a writer checks once, at the end. What is
 * put must not lie in the buffer itself: growing moves it. One thread at a time.
 */
struct buf {
	char         *p;
	size_t        n;	/* bytes in use */
	size_t        cap;
	size_t        max;
	struct arena *arena;	/* NULL: on the heap, buf_done frees */
	bool          failed;
};

void buf_init(struct buf *b, size_t max);
void buf_init_arena(struct buf *b, struct arena *a, size_t max);
void buf_done(struct buf *b);	/* frees what is on the heap; wipes nothing */
void buf_clear(struct buf *b);	/* empty and unfailed; keeps its memory: not across arena_reset() */
bool buf_reserve(struct buf *b, size_t more);	/* room for `more` bytes at b->p + b->n */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_str(struct buf *b, struct str s);
void buf_put_char(struct buf *b, char c);
void buf_put_int(struct buf *b, int64_t v);
enum { DECIMAL_MAX = 20 };
char *put_decimal(char *to, uint64_t v);	/* at most DECIMAL_MAX digits, no NUL; returns their end */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}
