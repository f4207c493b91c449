/* str.h - looking at borrowed bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/base.h"

struct str str_of(const char *cstr);	/* NULL gives the empty string */
bool       str_eq(struct str a, struct str b);	/* not for secrets: secret_eq */
bool       str_eq_nocase(struct str a, struct str b);	/* ASCII */
bool       str_starts(struct str s, struct str prefix);
bool       str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s);	/* space and tab at both ends */
struct str str_from(struct str s, size_t at);	/* s[at..]; empty when past the end */
struct str str_lower(struct arena *a, struct str s);	/* ASCII */

/* Cut s at the first c: before in *ret_head, after in *ret_tail. false: no c; head = s, tail empty. */
bool str_cut(struct str s, char c, struct str *ret_head, struct str *ret_tail);

/* All of s is a decimal integer without leading zeros, sign only '-', within [min, max]. */
bool str_int(struct str s, int64_t min, int64_t max, int64_t *ret_v) MUST_CHECK;

/* Well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, at most U+10FFFF), no U+0000. */
bool str_is_text(struct str s);
size_t str_code_points(struct str s);	/* of well-formed UTF-8 */

/*
 * base64url without padding (RFC 4648 §5). Bytes have one spelling only: the
 * decoder refuses stray bits, padding, spaces, and every length that no bytes
 * have; it has written nothing when it refuses, or when cap bytes are too few.
 */
struct str str_b64url(struct arena *a, const void *p, size_t n);
bool       str_b64url_decode(struct str s, void *ret_p, size_t cap, size_t *ret_n) MUST_CHECK;
struct str str_b64(struct arena *a, const void *p, size_t n);	/* standard alphabet, padded */
struct str str_hex(struct arena *a, const void *p, size_t n);	/* lower case */
