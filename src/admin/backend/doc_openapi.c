/* doc_openapi.c - docs/backend-openapi.json: every call of the Backend API, for programs (OpenAPI 3.1). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/doc.h"

#include <stdlib.h>
#include <string.h>

#include "api/docjson.h"
#include "api/route.h"
#include "base/str.h"
#include "version.gen.h"

enum { HTTP_FIRST = 400, HTTP_END = 600 };

/* ---- what goes in ---- */

static json_t *
words_of(const char *const *words)
{
	json_t *list = doc_made(json_array());

	for (size_t i = 0; words[i]; i++)
		doc_append(list, json_string(words[i]));
	return list;
}

static json_t *
plain_schema(const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT:
		return json_pack("{s:s, s:I, s:I}", "type", "string", "minLength", (json_int_t)(v->required && v->min == 0 ? 1 : v->min),
		    "maxLength", (json_int_t)v->max);
	case VALUE_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case VALUE_INT:
		return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)v->min, "maximum", (json_int_t)v->max);
	case VALUE_WORD:
		return json_pack("{s:s, s:o}", "type", "string", "enum", words_of(v->words));
	case VALUE_OBJECT:
		return json_pack("{s:s}", "type", "object");
	case VALUE_LIST:
		return json_pack("{s:s, s:{s:s}, s:I}", "type", "array", "items", "type", "string", "maxItems", (json_int_t)v->max);
	case VALUE_END:
		break;
	}
	return NULL;
}

static json_t *
or_null(json_t *schema)
{
	json_t *type = json_object_get(schema, "type");

	if (type)
		doc_set(schema, "type", json_pack("[s, s]", json_string_value(type), "null"));
	else
		schema = doc_made(json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null"));
	return schema;
}

static json_t *
value_schema(const struct value *v)
{
	json_t *schema = doc_made(plain_schema(v));

	if (v->nullable)
		schema = or_null(schema);
	if (v->help)
		doc_set(schema, "description", json_string(v->help));
	return schema;
}

static json_t *
body_schema(const struct backend_route *r)
{
	json_t *properties = doc_made(json_object()), *required = doc_made(json_array());

	for (size_t i = 0; i < CALL_N_BODY(r); i++) {
		doc_set(properties, r->body[i].name, value_schema(&r->body[i]));
		if (r->body[i].required)
			doc_append(required, json_string(r->body[i].name));
	}
	return doc_made(json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties", 0, "properties", properties, "required",
	    required));
}

static json_t *
parameters(const struct backend_route *r)
{
	json_t *list = doc_made(json_array());

	doc_append_path_ids(list, r->path);
	for (size_t i = 0; i < CALL_N_QUERY(r); i++)
		doc_append(list, doc_parameter("query", r->query[i].name, r->query[i].required, NULL, value_schema(&r->query[i])));
	if (r->pages) {
		doc_append(list, doc_parameter("query", "limit", false, NULL, json_pack("{s:s, s:i, s:i, s:i}", "type", "integer", "minimum", 1, "maximum",
				 CALL_PAGE_MAX, "default", CALL_PAGE_DEFAULT)));
		doc_append(list, doc_parameter("query", "after", false, NULL, json_pack("{s:s}", "type", "string")));
	}
	if (r->method == HTTP_POST && r->tx == CALL_WRITE)
		doc_append(list, doc_parameter("header", "Idempotency-Key", false, NULL, json_pack("{s:s, s:i}", "type", "string", "maxLength", 255)));
	return list;
}

/* ---- what comes out ---- */

static json_t *
list_items(struct arena *a, const struct member *m)
{
	return m->of ? doc_ref(a, "schemas", m->of->name) : doc_made(json_pack("{s:s}", "type", "string"));
}

static json_t *
plain_member(struct arena *a, const struct member *m)
{
	switch (m->kind) {
	case MEMBER_TEXT:
		return json_pack("{s:s}", "type", "string");
	case MEMBER_ID:
		return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[a-z_]+_[0-9]+$");
	case MEMBER_INT:
		return json_pack("{s:s}", "type", "integer");
	case MEMBER_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case MEMBER_TIME:
		return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
	case MEMBER_OBJECT:
		return json_pack("{s:s}", "type", "object");
	case MEMBER_SHAPE:
		return doc_ref(a, "schemas", m->of->name);
	case MEMBER_LIST:
		return json_pack("{s:s, s:o}", "type", "array", "items", list_items(a, m));
	case MEMBER_END:
		break;
	}
	return NULL;
}

static json_t *
member_schema(struct arena *a, const struct member *m)
{
	json_t *schema = doc_made(plain_member(a, m));

	if (m->nullable)
		schema = or_null(schema);
	if (m->help)
		doc_set(schema, "description", json_string(m->help));
	return schema;
}

/* Exactly these members. */
static json_t *
shape_schema(struct arena *a, const struct shape *s)
{
	json_t *properties = doc_made(json_object()), *required = doc_made(json_array());

	for (size_t i = 0; i < members_count(s); i++) {
		doc_set(properties, s->members[i].name, member_schema(a, &s->members[i]));
		doc_append(required, json_string(s->members[i].name));
	}
	return doc_made(json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties", 0, "required", required, "properties",
	    properties));
}

static json_t *
page_schema(struct arena *a, const struct shape *s)
{
	return doc_made(json_pack("{s:s, s:b, s:[s, s], s:{s:{s:s, s:o}, s:{s:[s, s]}}}", "type", "object", "additionalProperties", 0, "required",
	    "data", "next", "properties", "data", "type", "array", "items", doc_ref(a, "schemas", s->name), "next", "type", "string", "null"));
}

static json_t *
success(struct arena *a, const struct backend_route *r)
{
	json_t *schema;

	if (!r->answers)
		return doc_made(json_pack("{s:s}", "description", "Done."));
	schema = r->pages ? page_schema(a, r->answers) : doc_ref(a, "schemas", r->answers->name);
	return doc_made(json_pack("{s:s, s:{s:{s:o}}}", "description", "Done.", "content", "application/json", "schema", schema));
}

static bool
gives(const struct backend_route *r, enum status st)
{
	for (size_t i = 0; i < CALL_FAILS_MAX && r->fails[i] != OK; i++)
		if (r->fails[i] == st)
			return true;
	for (size_t i = 0; i < backend_n_reasons; i++)
		if (backend_reasons[i].st == st)
			return !backend_reasons[i].applies || backend_reasons[i].applies(r);
	return false;
}

static json_t *
refusal(struct arena *a, json_t *codes)
{
	return doc_made(json_pack("{s:s, s:{s:{s:{s:[o, {s:{s:{s:{s:{s:{s:o}}}}}}]}}}}", "description", "Refused.", "content", "application/json",
	    "schema", "allOf", doc_ref(a, "schemas", "refusal"), "properties", "errors", "items", "properties", "code", "enum", codes));
}

static json_t *
responses(struct arena *a, const struct backend_route *r)
{
	json_t *all = doc_made(json_object());

	doc_set(all, arena_printf(a, "%d", route_http(r)).p, success(a, r));
	for (int http = HTTP_FIRST; http < HTTP_END; http++) {
		json_t *codes = doc_made(json_array());

		/* Another method's answer. */
		for (int st = OK + 1; http != 405 && st <= E_MAINTENANCE; st++)
			if (status_info[st].http == http && gives(r, (enum status)st))
				doc_append(codes, json_string(status_info[st].code));
		if (json_array_size(codes) > 0)
			doc_set(all, arena_printf(a, "%d", http).p, refusal(a, codes));
		else
			json_decref(codes);
	}
	return all;
}

/* ---- the whole ---- */

static json_t *
operation(struct arena *a, const struct backend_route *r)
{
	json_t *op = doc_made(json_pack("{s:s, s:s, s:o}", "operationId", r->name, "summary", r->summary, "parameters", parameters(r)));

	if (r->takes_picture)
		doc_set(op, "requestBody", json_pack("{s:b, s:{s:{s:{s:s, s:s}}}}", "required", 1, "content", "image/*", "schema", "type", "string", "format", "binary"));
	if (CALL_N_BODY(r) > 0)
		doc_set(op, "requestBody", json_pack("{s:{s:{s:o}}}", "content", "application/json", "schema", body_schema(r)));
	doc_set(op, "responses", responses(a, r));
	return op;
}

static json_t *
paths(struct arena *a)
{
	json_t *all = doc_made(json_object());

	for (size_t i = 0; backend_routes[i]; i++) {
		const struct backend_route *r = backend_routes[i];
		json_t *path = json_object_get(all, r->path);

		if (path == NULL) {
			path = doc_made(json_object());
			doc_set(all, r->path, path);
		}
		doc_set(path, arena_dup(a, str_lower(a, str_of(route_method_name(r->method)))).p, operation(a, r));
	}
	return all;
}

static json_t *
schemas(struct arena *a)
{
	static const char refusal_text[] =
	    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"errors\"],\"properties\":{\"errors\":{\"type\":\"array\","
	    "\"minItems\":1,\"items\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"code\",\"message\"],\"properties\":{"
	    "\"code\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"},\"param\":{\"type\":\"string\"}}}}}}";
	const struct shape *shapes[BACKEND_SHAPES_MAX];
	size_t n = backend_shapes(shapes, BACKEND_SHAPES_MAX);
	json_t *all = doc_made(json_object());

	doc_set(all, "refusal", doc_made(json_loads(refusal_text, 0, NULL)));
	for (size_t i = 0; i < n; i++) {
		/* Two shapes of one name would be one in the document. */
		CHECK(json_object_get(all, shapes[i]->name) == NULL);
		doc_set(all, shapes[i]->name, shape_schema(a, shapes[i]));
	}
	return all;
}

void
doc_backend_openapi(struct arena *a, struct buf *out)
{
	json_t *document = doc_made(json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:[{s:[]}], s:o, s:{s:o, s:{s:{s:s, s:s}}}}", "openapi", "3.1.0",
	    "info", "title", "sessiond Backend API", "version", SESSIOND_VERSION, "description",
	    "Written by build/src/admin/backenddoc from the rows in src/admin/backend/. For people: BACKEND_API.md.", "servers", "url",
	    "http://127.0.0.1:9090", "security", "secret_key", "paths", paths(a), "components", "schemas", schemas(a), "securitySchemes",
	    "secret_key", "type", "http", "scheme", "bearer"));
	char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	CHECK(text != NULL);
	buf_put_str(out, str_of(text));
	buf_put_char(out, '\n');
	free(text);
	json_decref(document);
}
