/* claims.h - claims with {{placeholders}}: an operator's words in a token. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/task.h"

/*
 * A template is a JSON object whose texts may hold {{path}}: names with dots between
 * them, looked up in a view, which is another JSON object. That is all there is: no
 * code, no loops, no arrays' items. What was filled in is not looked at again.
 *
 * A text that is one placeholder and nothing else becomes the value itself, whatever
 * its type, and null when there is none. Between other characters a text, number or
 * boolean is written out, and anything else is nothing.
 */
enum {
	CLAIMS_TEMPLATE_MAX = 2048, /* bytes of its JSON */
	CLAIMS_DEPTH_MAX = 8,
	CLAIMS_NAME_MAX = 64, /* bytes of one name in a path */
	CLAIMS_NAMES_MAX = 8, /* in one path */
};

/*
 * Read a template's JSON text; the caller gives *ret_template to json_decref(). Refused with E_BAD_REQUEST_BODY
 * and a sentence in t->why: what is no object, too long or nested too deep, has a name twice, a {{ that is no
 * placeholder or stands in a name, or claims that are the server's own to say. Those are refused in other
 * case too: some readers do not tell it apart.
 */
enum status claims_template_parse(struct task *t, struct str text, json_t **ret_template) MUST_CHECK;

/*
 * The template with its placeholders filled in, as a new object for json_decref(). Values are made as JSON
 * values, so that none can end a text and begin a claim. E_LIMIT_REACHED when one text grows beyond
 * `most` bytes; the whole may still be longer. Shares values with the view. Any thread.
 */
enum status claims_render(struct task *t, const json_t *claims_template, const json_t *view, size_t most,
    json_t **ret_claims) MUST_CHECK;
