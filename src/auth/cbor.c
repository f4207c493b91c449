/* cbor.c - reading CBOR from strangers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/cbor.h"

#include "base/str.h"

/* RFC 8949 §3.1. */
enum major { UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

struct head {
	enum major major;
	unsigned   info;	/* the low five bits */
	uint64_t   arg;
};

struct cbor
cbor_of(struct str s)
{
	return (struct cbor){ (const uint8_t *)s.p, s.n };
}

/* How many bytes of argument follow the first; 31 and what is reserved have none that we read. */
static bool
arg_size(unsigned info, size_t *ret_size)
{
	if (info > 27)
		return false;
	*ret_size = info < 24 ? 0 : (size_t)1 << (info - 24);
	return true;
}

static bool
read_head(struct cbor *c, struct head *ret_head)
{
	struct head h;
	size_t size;

	if (c->n == 0)
		return false;
	h.major = (enum major)(c->p[0] >> 5);
	h.info = c->p[0] & 0x1F;
	if (!arg_size(h.info, &size) || c->n - 1 < size)
		return false;
	h.arg = size == 0 ? h.info : 0;
	for (size_t i = 0; i < size; i++)
		h.arg = h.arg << 8 | c->p[1 + i];
	c->p += 1 + size;
	c->n -= 1 + size;
	*ret_head = h;
	return true;
}

bool
cbor_int(struct cbor *c, int64_t *ret_v)
{
	struct head h;

	if (!read_head(c, &h) || h.major > NEGATIVE || h.arg > INT64_MAX)
		return false;
	*ret_v = h.major == UINT ? (int64_t)h.arg : -1 - (int64_t)h.arg;
	return true;
}

static bool
take(struct cbor *c, uint64_t n, struct str *ret_s)
{
	if (n > c->n)
		return false;
	*ret_s = (struct str){ (const char *)c->p, (size_t)n };
	c->p += n;
	c->n -= (size_t)n;
	return true;
}

static bool
read_string(struct cbor *c, enum major major, struct str *ret_s)
{
	struct head h;

	return read_head(c, &h) && h.major == major && take(c, h.arg, ret_s);
}

bool
cbor_bytes(struct cbor *c, struct str *ret_s)
{
	return read_string(c, BYTES, ret_s);
}

bool
cbor_text(struct cbor *c, struct str *ret_s)
{
	return read_string(c, TEXT, ret_s) && str_is_text(*ret_s);
}

/* An item has a byte at least: a count that the bytes cannot hold is refused before anybody believes it. */
static bool
read_count(struct cbor *c, enum major major, size_t bytes_each, size_t *ret_n)
{
	struct head h;

	if (!read_head(c, &h) || h.major != major || h.arg > c->n / bytes_each)
		return false;
	*ret_n = (size_t)h.arg;
	return true;
}

bool
cbor_array(struct cbor *c, size_t *ret_items)
{
	return read_count(c, ARRAY, 1, ret_items);
}

bool
cbor_map(struct cbor *c, size_t *ret_pairs)
{
	return read_count(c, MAP, 2, ret_pairs);
}

/* A simple value below 32 in two bytes is not well-formed (RFC 8949 §3.3). */
static bool
is_simple(const struct head *h)
{
	return h->info != 24 || h->arg >= 32;
}

/* How many items are inside this one; its own bytes are taken. */
static bool
enter(struct cbor *c, size_t *ret_inside)
{
	struct head h;
	struct str s;

	if (!read_head(c, &h))
		return false;
	*ret_inside = 0;
	if (h.major == BYTES || h.major == TEXT)
		return take(c, h.arg, &s) && (h.major == BYTES || str_is_text(s));
	if (h.major == ARRAY || h.major == MAP) {
		size_t each = h.major == MAP ? 2 : 1;

		if (h.arg > c->n / each)
			return false;
		*ret_inside = (size_t)h.arg * each;
	}
	if (h.major == TAG)
		*ret_inside = 1;
	return h.major != SIMPLE || is_simple(&h);
}

/* No recursion: what is still to come at each depth is counted in a small array. */
bool
cbor_skip(struct cbor *c)
{
	size_t left[CBOR_DEPTH_MAX + 1] = { 1 }, depth = 0;

	for (;;) {
		size_t inside;

		while (left[depth] == 0) {
			if (depth == 0)
				return true;
			depth--;
		}
		left[depth]--;
		if (!enter(c, &inside))
			return false;
		if (inside == 0)
			continue;
		if (depth == CBOR_DEPTH_MAX)
			return false;
		left[++depth] = inside;
	}
}

bool
cbor_item(struct cbor *c, struct str *ret_item)
{
	const char *from = (const char *)c->p;

	if (!cbor_skip(c))
		return false;
	*ret_item = (struct str){ from, (size_t)((const char *)c->p - from) };
	return true;
}
