/* cbor.h - reading CBOR (RFC 8949) from strangers: one pass over borrowed bytes, nothing allocated. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * What is left to read. Every function takes one item (or its head) off the front. It is false
 * when the bytes do not hold one of that kind, whole; then where `c` stands means nothing.
 * Lengths are believed only as far as there are bytes. Refused: indefinite lengths, the
 * reserved forms of RFC 8949 §3, and nesting beyond CBOR_DEPTH_MAX. Any thread.
 */
struct cbor {
	const uint8_t *p;
	size_t         n;
};

enum { CBOR_DEPTH_MAX = 8 };

struct cbor cbor_of(struct str s);

bool cbor_int(struct cbor *c, int64_t *ret_v) MUST_CHECK;	/* major types 0 and 1, within int64 */
bool cbor_bytes(struct cbor *c, struct str *ret_s) MUST_CHECK;	/* a view */
bool cbor_text(struct cbor *c, struct str *ret_s) MUST_CHECK;	/* a view; well-formed UTF-8 without U+0000 */
bool cbor_array(struct cbor *c, size_t *ret_items) MUST_CHECK;	/* the head; its items follow */
bool cbor_map(struct cbor *c, size_t *ret_pairs) MUST_CHECK;	/* the head; keys and values follow in turn */
bool cbor_skip(struct cbor *c) MUST_CHECK;	/* one whole item of any kind */

/* The same, giving the bytes that were skipped. */
bool cbor_item(struct cbor *c, struct str *ret_item) MUST_CHECK;
