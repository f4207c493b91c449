/* docjson.h - what the writers of OpenAPI documents share. A failure ends the program: a document has no other. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/arena.h"

json_t *doc_made(json_t *v);	/* v; out of memory, or a format of ours that is wrong: none */
void    doc_set(json_t *object, const char *key, json_t *v);	/* takes v */
void    doc_append(json_t *array, json_t *v);	/* takes v */
json_t *doc_ref(struct arena *a, const char *kind, const char *name);	/* {"$ref": "#/components/kind/name"} */
/* One entry of `parameters`; help NULL: none. Takes the schema. */
json_t *doc_parameter(const char *in, const char *name, bool required, const char *help, json_t *schema);
/* One for each {…} of a path. */
void    doc_append_path_ids(json_t *list, const char *path);
