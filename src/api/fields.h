/* fields.h - what a request carries: query parameters, body fields and files, cookies. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"
#include "net/http1.h"

enum {
	FIELDS_MAX = 256,
	FIELD_NAME_MAX = 64,		/* bytes */
	FIELDS_TEXT_MAX = 64 * 1024,	/* bytes of a body that is not multipart */
	FIELDS_JSON_DEPTH_MAX = 8,
};

/* One value of one field, decoded. Text is well-formed UTF-8 without U+0000; a file may be any bytes. */
struct param {
	struct str name;	/* list spellings folded: "permissions[0]" and "permissions[]" are "permissions" */
	struct str value;
	struct str file_type;	/* of a file part: its Content-Type; .p NULL for a plain field */
	bool       is_list;	/* spelled as a list, or a JSON array's element */
};

struct params {
	struct param *items;	/* task's arena; in the order sent */
	size_t        n;
};

/*
 * application/x-www-form-urlencoded, as used in queries and bodies (WHATWG URL §5.1).
 * Refused with E_BAD_REQUEST_BODY: a bad %-escape, bytes that are not UTF-8, U+0000,
 * an empty name with a value, a name too long, too many fields. Empty text and
 * empty pieces are nothing. Everything is decoded into the task's arena.
 */
enum status params_parse_form(struct task *t, struct str text, struct params *ret_params) MUST_CHECK;

/*
 * A request body by its Content-Type (a charset must be utf-8). An empty body has
 * no fields, whatever its type. Otherwise:
 *   multipart/form-data (RFC 7578): zero parts are fine, lines end in CRLF, nothing
 *     stands before the first boundary and only empty lines after the closing one.
 *     Values are views into `body`. A part with a filename is a file; the one of an
 *     input left empty has an empty value.
 *   application/x-www-form-urlencoded: as above.
 *   application/json: one object. Strings as they are, integers in decimal (within
 *     int64; reals are refused), "true" and "false"; null is an absent field; an array
 *     of these is a list, an empty one a list of one empty value, as `name[]=` is. A
 *     nested object's members are "response.clientDataJSON"; objects inside that one
 *     cannot be declared and are ignored like all unknown fields. One reading only:
 *     no duplicate keys, no "." or "[" in keys, no BOM, depth at most 8.
 * Any other type, or none: refused. E_BAD_REQUEST_BODY, or E_PAYLOAD_TOO_LARGE for
 * a form or JSON beyond FIELDS_TEXT_MAX, or E_OVERLOADED without memory. Every
 * refusal sets *ret_sentence (static text) that says what to do; it is set to NULL
 * otherwise. After a refusal no decoded copy of a value is left in memory.
 */
enum status params_parse_body(struct task *t, const struct http_head *head, struct str body,
    struct params *ret_params, const char **ret_sentence) MUST_CHECK;

/* The first value of a name; .p NULL when absent. Empty means absent to most callers. */
struct str params_get(const struct params *ps, struct str name);
size_t     params_count(const struct params *ps, struct str name);

/*
 * Overwrite every value: passwords are among them. What is behind a view into the
 * body is overwritten too, so the body must be writable. The values keep their length.
 */
void params_wipe(struct params *ps);

/*
 * The value of the one cookie of exactly this name (case-sensitive; RFC 6265 §4.1.1
 * octets, no quotes), over all Cookie fields. Absent, malformed, or present twice:
 * .p is NULL, because the order of twins means nothing (RFC 6265 §4.2.2). *ret_twice
 * tells the last case. A cookie without a value is present: .n is 0, .p is not NULL.
 */
struct str cookie_get(const struct http_head *head, struct str name, bool *ret_twice);
