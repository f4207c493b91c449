/* fields.h - what a request carries: query parameters, body fields and files, cookies. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"
#include "net/http1.h"

enum { FIELDS_MAX = 256, FIELD_NAME_MAX = 64 };

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
 * an empty name with a value, too many fields. A bare "?" or empty pieces are nothing.
 */
enum status params_parse_form(struct task *t, struct str text, struct params *ret_params) MUST_CHECK;

/*
 * A request body by its Content-Type: multipart/form-data (RFC 7578; zero parts are
 * fine), application/x-www-form-urlencoded, or application/json (one object: strings,
 * numbers, booleans and null, arrays of those, and one level of nested object as
 * "response.clientDataJSON"). No body, or no Content-Type with an empty body: no fields.
 * Any other type with a body: E_BAD_REQUEST_BODY. One JSON reading: no duplicate keys,
 * no BOM, depth at most 8, UTF-8 only, integers within int64. Every refusal sets
 * *ret_sentence (static text) that says what to do.
 */
enum status params_parse_body(struct task *t, const struct http_head *head, struct str body,
    struct params *ret_params, const char **ret_sentence) MUST_CHECK;

/* The first value of a name; .p NULL when absent. Empty means absent to most callers. */
struct str params_get(const struct params *ps, struct str name);
size_t     params_count(const struct params *ps, struct str name);

/*
 * The value of the one cookie of exactly this name (case-sensitive; RFC 6265 §5.4
 * octets), over all Cookie fields. Absent, malformed, or present twice: .p is NULL,
 * because the order of twins means nothing. *ret_twice tells the last case.
 */
struct str cookie_get(const struct http_head *head, struct str name, bool *ret_twice);
