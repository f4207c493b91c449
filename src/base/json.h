/* json.h - writing JSON (RFC 8259) into a buffer. Reading is jansson's work. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/id.h"

/*
 * A writer puts commas by itself. `key` is NULL inside an array. Text must be
 * well-formed UTF-8 (the edge sees to it); ", \ and control characters are
 * escaped, and so are <, > and & so that a body is inert when sniffed as HTML.
 *
 * json_object, json_array and json_null are names of jansson's: ours would be
 * called in its place by the library itself.
 */
struct json {
	struct buf *out;
	bool        comma;	/* the next value needs one before it */
};

void json_init(struct json *j, struct buf *out);
void json_object_begin(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array_begin(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_str(struct json *j, const char *key, struct str v);	/* v.p NULL writes "" */
struct str json_escaped(struct arena *a, struct str v);	/* as it stands between the quotes: v itself, where nothing needs an escape */
void json_str_or_null(struct json *j, const char *key, struct str v);	/* empty writes null */
void json_int(struct json *j, const char *key, int64_t v);
void json_bool(struct json *j, const char *key, bool v);
void json_put_null(struct json *j, const char *key);
void json_raw(struct json *j, const char *key, struct str json_text);	/* already JSON */
void json_time(struct json *j, const char *key, int64_t us);	/* "2024-01-01T12:00:00Z"; 0 writes null */
void json_id(struct json *j, const char *key, const char *prefix, int64_t v);	/* 0 writes null */

#define JSON_ID(kind, prefix) \
	static inline void \
	json_##kind##_id(struct json *j, const char *key, struct kind##_id id) \
	{ \
		json_id(j, key, prefix, id.v); \
	}
ID_KINDS(JSON_ID)
#undef JSON_ID

/*
 * Is this text nested no deeper than that? Asked before jansson reads what comes from outside, because it recurses.
 * Brackets in strings do not count. Any thread.
 */
bool json_is_shallow(struct str text, int depth_max);
