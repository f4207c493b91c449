/* fields_read.h - what the readers of the three encodings share. Only for the files behind fields.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/fields.h"

/* What has been read so far, and why it went no further. */
struct field_reader {
	struct task  *t;
	struct params got;
	size_t        cap;
	const char   *sentence;	/* set with a refusal */
};

enum status fields_refuse(struct field_reader *r, const char *sentence) MUST_CHECK;	/* E_BAD_REQUEST_BODY */

/* Check the name and append. The value's bytes have been checked by the caller. */
enum status fields_add(struct field_reader *r, struct param p) MUST_CHECK;

/* "name[]" and "name[12]" become "name": true. The spellings of lists in forms. */
bool fields_fold_list(struct str *name);

enum status fields_read_form(struct field_reader *r, struct str text) MUST_CHECK;
enum status fields_read_multipart(struct field_reader *r, struct str boundary, struct str body) MUST_CHECK;
enum status fields_read_json(struct field_reader *r, struct str text) MUST_CHECK;

/*
 * The parameters of a header value ("; name=token; name="quoted""), one a call.
 * `at` begins after the first ';' or is empty. A backslash is an ordinary byte, as
 * browsers send it in file names; one before a quote is malformed, because
 * readers differ on whether that quote ends the value.
 */
enum header_param { HEADER_PARAM_END, HEADER_PARAM_FOUND, HEADER_PARAM_MALFORMED };
enum header_param header_param_next(struct str *at, struct str *ret_name, struct str *ret_value) MUST_CHECK;
bool header_is_token(struct str s);	/* RFC 9110 §5.6.2; not empty */

/* The type in front of the parameters, and the parameters that mean something here; false: malformed. */
struct media_type {
	struct str type;
	struct str boundary;	/* .p NULL when absent */
	bool       other_charset;	/* one that is not utf-8 is named */
};
bool media_type_parse(struct str s, struct media_type *ret_type) MUST_CHECK;
