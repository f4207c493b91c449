/* docjson.c - what the writers of OpenAPI documents share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/docjson.h"

#include <string.h>

enum { ID_MAX = 64 };

json_t *
doc_made(json_t *v)
{
	CHECK(v != NULL);
	return v;
}

void
doc_set(json_t *object, const char *key, json_t *v)
{
	CHECK(json_object_set_new(object, key, v) == 0);
}

void
doc_append(json_t *array, json_t *v)
{
	CHECK(json_array_append_new(array, v) == 0);
}

json_t *
doc_ref(struct arena *a, const char *kind, const char *name)
{
	return doc_made(json_pack("{s:s}", "$ref", arena_printf(a, "#/components/%s/%s", kind, name).p));
}

json_t *
doc_parameter(const char *in, const char *name, bool required, const char *help, json_t *schema)
{
	json_t *p = doc_made(json_pack("{s:s, s:s, s:b}", "name", name, "in", in, "required", required));

	if (help)
		doc_set(p, "description", json_string(help));
	doc_set(p, "schema", doc_made(schema));
	return p;
}

void
doc_append_path_ids(json_t *list, const char *path)
{
	const char *begin = path, *end;
	char name[ID_MAX];

	while ((begin = strchr(begin, '{')) != NULL) {
		end = strchr(begin, '}');
		CHECK(end != NULL && end - begin <= ID_MAX);
		memcpy(name, begin + 1, (size_t)(end - begin - 1));
		name[end - begin - 1] = '\0';
		doc_append(list, doc_parameter("path", name, true, "a wire id such as signin_123",
				     json_pack("{s:s, s:i}", "type", "string", "maxLength", ID_MAX)));
		begin = end;
	}
}
