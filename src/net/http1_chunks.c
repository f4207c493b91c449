/* http1_chunks.c - a chunked body, decoded in place. RFC 9112 §7.1. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "net/http1.h"
#include "net/http1_bytes.h"

/* One framing byte a step; data goes in runs. Zero is where a body begins. */
enum chunk_state {
	CHUNK_SIZE,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	TRAILER_START,
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	CHUNK_END_LF,
	CHUNK_END,
};

static uint64_t
hex_value(char c)
{
	return (uint64_t)(is(c, DIGIT) ? c - '0' : lower(c) - 'a' + 10);
}

static bool
chunk_goto(struct http1_chunks *c, enum chunk_state state)
{
	c->state = (int)state;
	c->line = 0;
	return true;
}

/*
 * 1 to 16 hex digits, then CR. No extension: nobody sends one but those who
 * count on two readers ending the line at different places.
 */
static bool
chunk_size_byte(struct http1_chunks *c, char b)
{
	if (b == '\r' && c->line > 0)
		return chunk_goto(c, CHUNK_SIZE_LF);
	if (!is(b, HEX) || c->line == 16)
		return false;
	c->left = c->left << 4 | hex_value(b);
	c->line++;
	return true;
}

static bool
trailer_byte(struct http1_chunks *c, char b)
{
	switch (c->state) {
	case TRAILER_START:
		if (b == '\r')
			return chunk_goto(c, CHUNK_END_LF);
		return is(b, TOKEN) && chunk_goto(c, TRAILER_NAME);
	case TRAILER_NAME:
		return is(b, TOKEN) || (b == ':' && chunk_goto(c, TRAILER_VALUE));
	case TRAILER_VALUE:
		return is(b, VALUE) || (b == '\r' && chunk_goto(c, TRAILER_LF));
	case TRAILER_LF:
		return b == '\n' && chunk_goto(c, TRAILER_START);
	default:
		return b == '\n' && chunk_goto(c, CHUNK_END);
	}
}

static bool
chunk_byte(struct http1_chunks *c, char b)
{
	if (++c->overhead > HTTP1_CHUNK_OVERHEAD_MAX)
		return false;
	switch (c->state) {
	case CHUNK_SIZE:
		return chunk_size_byte(c, b);
	case CHUNK_SIZE_LF:
		return b == '\n' && chunk_goto(c, c->left > 0 ? CHUNK_DATA : TRAILER_START);
	case CHUNK_DATA_CR:
		return b == '\r' && chunk_goto(c, CHUNK_DATA_LF);
	case CHUNK_DATA_LF:
		return b == '\n' && chunk_goto(c, CHUNK_SIZE);
	default:
		return trailer_byte(c, b);
	}
}

static size_t
chunk_data(struct http1_chunks *c, struct str in, char *out)
{
	size_t n = c->left < in.n ? (size_t)c->left : in.n;

	memmove(out, in.p, n);
	c->left -= n;
	if (c->left == 0)
		chunk_goto(c, CHUNK_DATA_CR);
	return n;
}

enum http1_result
http1_chunked(
    struct http1_chunks *c, struct str in, char *out, size_t *ret_out, size_t *ret_used, enum status *ret_why)
{
	size_t used = 0, n_out = 0;

	while (used < in.n && c->state != CHUNK_END) {
		if (c->state == CHUNK_DATA) {
			size_t n = chunk_data(c, (struct str){ in.p + used, in.n - used }, out + n_out);

			used += n;
			n_out += n;
		} else if (!chunk_byte(c, in.p[used++])) {
			*ret_why = E_BAD_REQUEST_BODY;
			return HTTP1_REFUSED;
		}
	}
	*ret_out = n_out;
	*ret_used = used;
	return c->state == CHUNK_END ? HTTP1_DONE : HTTP1_MORE;
}
