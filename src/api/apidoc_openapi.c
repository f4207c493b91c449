/* apidoc_openapi.c - docs/openapi.json: every call, for programs (OpenAPI 3.1). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/apidoc.h"
#include "api/docjson.h"

#include <stdlib.h>
#include <string.h>

#include "api/route.h"
#include "api/rules.h"
#include "base/str.h"
#include "version.gen.h"

enum { HTTP_FIRST = 400, HTTP_END = 600 };

/* ---- fields ---- */

static json_t *
text_schema(const struct field *f)
{
	json_t *schema = doc_made(json_pack("{s:s}", "type", "string"));

	if (f->required)
		doc_set(schema, "minLength", json_integer(1));
	if (f->max > 0)
		doc_set(schema, "maxLength", json_integer(f->max));
	return schema;
}

static json_t *
field_schema(const struct field *f)
{
	if (f->kind == F_BOOL)
		return doc_made(json_pack("{s:s}", "type", "boolean"));
	if (f->kind == F_LIST)
		return doc_made(json_pack("{s:s, s:o}", "type", "array", "items", text_schema(f)));
	if (f->kind == F_FILE)
		return doc_made(json_pack(
		    "{s:s, s:s}", "type", "string", "contentMediaType", "application/octet-stream"));
	return text_schema(f);
}

static json_t *
parameters(const struct route *r)
{
	json_t *list = doc_made(json_array());

	doc_append_path_ids(list, r->path);
	for (size_t i = 0; i < ROUTE_N_QUERY(r); i++) {
		const struct field *f = &r->query[i];

		doc_append(list, doc_parameter("query", f->name, f->required, f->help, field_schema(f)));
	}
	return list;
}

static json_t *
body_schema(const struct route *r)
{
	json_t *properties = doc_made(json_object()), *required = doc_made(json_array());
	json_t *schema = doc_made(json_pack("{s:s}", "type", "object"));

	for (size_t i = 0; i < ROUTE_N_BODY(r); i++) {
		json_t *property = field_schema(&r->body[i]);

		doc_set(property, "description", json_string(r->body[i].help));
		doc_set(properties, r->body[i].name, property);
		if (r->body[i].required)
			doc_append(required, json_string(r->body[i].name));
	}
	doc_set(schema, "properties", properties);
	if (json_array_size(required) > 0)
		doc_set(schema, "required", json_incref(required));
	json_decref(required);
	return schema;
}

static bool
needs_body(const struct route *r)
{
	bool needed = false;

	for (size_t i = 0; i < ROUTE_N_BODY(r); i++)
		needed |= r->body[i].required;
	return needed;
}

static json_t *
request_body(struct arena *a, const struct route *r)
{
	static const char *const types[] = { "multipart/form-data", "application/x-www-form-urlencoded",
		"application/json" };
	json_t *content = doc_made(json_object());

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		doc_set(content, types[i], json_pack("{s:o}", "schema", doc_ref(a, "schemas", r->name)));
	return doc_made(json_pack("{s:b, s:o}", "required", needs_body(r), "content", content));
}

/* ---- answers ---- */

static json_t *
json_content(json_t *schema)
{
	return doc_made(json_pack("{s:{s:o}}", "application/json", "schema", schema));
}

static bool
has_status(const struct fails *f, int http)
{
	for (int st = 0; st < E__COUNT; st++)
		if (f->when[st].n > 0 && status_info[st].http == http)
			return true;
	return false;
}

/* The codes of one HTTP status, from both: what the route gives, and what any call may be given. */
static json_t *
codes_of(const struct fails *own, const struct fails *any, int http)
{
	json_t *codes = doc_made(json_array());

	for (int st = 0; st < E__COUNT; st++)
		if (status_info[st].http == http && own->when[st].n + any->when[st].n > 0)
			doc_append(codes, json_string(status_info[st].code));
	return codes;
}

static const char *
description_of(struct arena *a, const struct fails *own, const struct fails *any, int http)
{
	struct buf b;

	buf_init_arena(&b, a, 1 << 16);
	for (int st = 0; st < E__COUNT; st++) {
		if (status_info[st].http != http || own->when[st].n + any->when[st].n == 0)
			continue;
		buf_printf(&b, "%s%s: " STR_FMT "%s" STR_FMT, b.n > 0 ? "\n" : "", status_info[st].code,
		    STR_ARG(own->when[st]), own->when[st].n > 0 && any->when[st].n > 0 ? " " : "",
		    STR_ARG(any->when[st]));
	}
	CHECK(!b.failed && b.n > 0);
	return arena_dup(a, buf_str(&b)).p;
}

static json_t *
refusal_schema(struct arena *a, bool bare, json_t *codes)
{
	if (bare) {
		json_decref(codes);
		return doc_ref(a, "schemas", "bare_refusal");
	}
	return doc_made(json_pack("{s:[o, {s:{s:{s:{s:{s:{s:o}}}}}}]}", "allOf", doc_ref(a, "schemas", "refusal"),
	    "properties", "errors", "items", "properties", "code", "enum", codes));
}

static json_t *
page_content(void)
{
	return doc_made(json_pack("{s:{s:{s:s}}}", "text/html", "schema", "type", "string"));
}

static json_t *
refusal(struct arena *a, bool bare, const struct fails *own, const struct fails *any, int http)
{
	return doc_made(json_pack("{s:s, s:o}", "description", description_of(a, own, any, http), "content",
	    json_content(refusal_schema(a, bare, codes_of(own, any, http)))));
}

/* What a page is refused for before its path has been read is told as everywhere. */
static json_t *
page_refusal(struct arena *a, const struct fails *own, const struct fails *any, int http)
{
	json_t *content = page_content();

	if (has_status(any, http))
		CHECK(json_object_update_new(content, json_content(refusal_schema(a, false, codes_of(own, any, http)))) == 0);
	return doc_made(json_pack("{s:s, s:o, s:o}", "description", description_of(a, own, any, http), "content", content,
	    "x-codes", codes_of(own, any, http)));
}

/* These are found in the message itself, or in its first two lines. */
static bool
is_before_the_path(int http)
{
	static const int early[] = { 404, 408, 413, 414, 431 };

	for (size_t i = 0; i < ARRAY_LEN(early); i++)
		if (early[i] == http)
			return true;
	return false;
}

static const char *
general_name(struct arena *a, int http)
{
	return arena_printf(a, "any_%d", http).p;
}

static json_t *
success(struct arena *a, const struct route *r)
{
	if (r->by_proxy)
		return doc_made(json_pack("{s:s}", "description", "Yes: nothing but header fields."));
	if (r->page)
		return doc_made(json_pack("{s:s, s:o}", "description", "A page for a person.", "content", page_content()));
	if (route_answers_bare(r))
		return doc_made(json_pack("{s:s}", "description", "Outside the envelope."));
	return doc_made(json_pack(
	    "{s:s, s:o}", "description", "Done.", "content", json_content(doc_ref(a, "schemas", "answer"))));
}

/* Where a route adds nothing, the answer is everybody's. */
static bool
is_general(const struct fails *own, const struct fails *mine, const struct fails *any, int http)
{
	if (has_status(own, http))
		return false;
	for (int st = 0; st < E__COUNT; st++)
		if (status_info[st].http == http && (mine->when[st].n > 0) != (any->when[st].n > 0))
			return false;
	return true;
}

static json_t *
responses(struct arena *a, const struct route *r)
{
	struct fails own = fails_of_route(a, r), mine = fails_of_any(a, r), any = fails_of_any(a, NULL);
	json_t *all = doc_made(json_pack("{s:o}", "200", success(a, r)));

	for (int http = HTTP_FIRST; http < HTTP_END; http++) {
		const char *key = arena_printf(a, "%d", http).p;

		/* Another method's answer. */
		if (http == 405 || !(has_status(&own, http) || has_status(&mine, http)))
			continue;
		if (r->page && !is_before_the_path(http))
			doc_set(all, key, page_refusal(a, &own, &mine, http));
		else if (!r->no_envelope && is_general(&own, &mine, &any, http))
			doc_set(all, key, doc_ref(a, "responses", general_name(a, http)));
		else
			doc_set(all, key, refusal(a, r->no_envelope, &own, &mine, http));
	}
	return all;
}

/* ---- calls ---- */

static json_t *
security(enum auth auth)
{
	json_t *ways = doc_made(json_array());

	if (auth == AUTH_NONE)
		return ways;
	if (auth == AUTH_SESSION)
		doc_append(ways, json_object());
	doc_append(ways, json_pack("{s:[]}", "session_cookie"));
	doc_append(ways, json_pack("{s:[]}", "development_header"));
	doc_append(ways, json_pack("{s:[]}", "development_query"));
	return ways;
}

static json_t *
operation(struct arena *a, const struct route *r)
{
	json_t *op = doc_made(json_pack(
	    "{s:s, s:s, s:o, s:s}", "operationId", r->name, "summary", r->summary, "security", security(r->auth),
	    "x-rule", rule_name(r->rule)));

	doc_set(op, "parameters", parameters(r));
	if (ROUTE_N_BODY(r) > 0)
		doc_set(op, "requestBody", request_body(a, r));
	doc_set(op, "responses", responses(a, r));
	return op;
}

static const char *
lower(struct arena *a, const char *word)
{
	return arena_dup(a, str_lower(a, str_of(word))).p;
}

static json_t *
paths(struct arena *a)
{
	json_t *all = doc_made(json_object());

	for (size_t i = 0; routes[i]; i++) {
		json_t *path = json_object_get(all, routes[i]->path);

		if (path == NULL) {
			path = doc_made(json_object());
			doc_set(all, routes[i]->path, path);
		}
		doc_set(path, lower(a, route_method_name(routes[i]->method)), operation(a, routes[i]));
	}
	return all;
}

/* ---- what calls share ---- */

static json_t *
code_enum(void)
{
	json_t *codes = doc_made(json_array());

	for (int st = OK + 1; st <= E_MAINTENANCE; st++)
		doc_append(codes, json_string(status_info[st].code));
	return codes;
}

static json_t *
schemas(void)
{
	static const char answer[] = "{\"type\":\"object\",\"required\":[\"status\",\"message\",\"data\","
				     "\"session\",\"errors\"],\"properties\":{"
				     "\"status\":{\"const\":200},\"message\":{\"type\":\"string\"},\"data\":{"
				     "\"description\":\"what was asked for\"},"
				     "\"session\":{\"type\":[\"object\",\"null\"],\"description\":\"the "
				     "session after the call, in short\"},"
				     "\"errors\":{\"type\":\"array\",\"maxItems\":0}}}";
	static const char refusal_text[] =
	    "{\"type\":\"object\",\"required\":[\"status\",\"message\",\"data\",\"session\",\"errors\"],"
	    "\"properties\":{"
	    "\"status\":{\"type\":\"integer\",\"description\":\"the HTTP status\"},"
	    "\"message\":{\"type\":\"string\",\"description\":\"that of the first of errors\"},"
	    "\"data\":{\"type\":\"null\"},\"session\":{\"type\":\"null\"},"
	    "\"errors\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#/components/schemas/"
	    "problem\"}}}}";
	json_t *all = doc_made(json_object());

	doc_set(all, "answer", doc_made(json_loads(answer, 0, NULL)));
	doc_set(all, "refusal", doc_made(json_loads(refusal_text, 0, NULL)));
	doc_set(all, "problem",
	    doc_made(json_pack("{s:s, s:[s, s], s:{s:{s:o}, s:{s:s, s:s}}}", "type", "object", "required", "code",
		"message", "properties", "code", "enum", code_enum(), "message", "type", "string",
		"description", "a sentence for people")));
	doc_set(all, "bare_refusal",
	    doc_made(json_pack("{s:s, s:[s, s], s:{s:{s:b}, s:{s:s}}}", "type", "object", "required", "success",
		"message", "properties", "success", "const", 0, "message", "type", "string")));
	for (size_t i = 0; routes[i]; i++)
		if (ROUTE_N_BODY(routes[i]) > 0)
			doc_set(all, routes[i]->name, body_schema(routes[i]));
	return all;
}

static json_t *
general_responses(struct arena *a)
{
	struct fails none = { 0 }, any = fails_of_any(a, NULL);
	json_t *all = doc_made(json_object());

	for (int http = HTTP_FIRST; http < HTTP_END; http++)
		if (has_status(&any, http))
			doc_set(all, general_name(a, http), refusal(a, false, &none, &any, http));
	return all;
}

static json_t *
security_schemes(void)
{
	json_t *all = doc_made(json_object());
	static const char *const ways[][4] = {
		{ "session_cookie", "cookie", "__Host-session",
		    "production; `__session` where the deployment sets cookie_domain" },
		{ "development_header", "header", "X-Development-Session", "staging" },
		{ "development_query", "query", "__dev_session__", "staging" },
	};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		doc_set(all, ways[i][0],
		    doc_made(json_pack("{s:s, s:s, s:s, s:s}", "type", "apiKey", "in", ways[i][1], "name",
			ways[i][2], "description", ways[i][3])));
	return all;
}

void
doc_openapi(struct arena *a, struct buf *out)
{
	json_t *document =
	    doc_made(json_pack("{s:s, s:{s:s, s:s, s:s}, s:[{s:s, s:{s:{s:s, s:s}}}], s:o, s:{s:o, s:o, s:o}}",
		"openapi", "3.1.0", "info", "title", "sessiond", "version", SESSIOND_VERSION, "description",
		"Written by build/src/api/apidoc from the route rows in src/api/. For people: API.md.",
		"servers", "url", "https://{host}", "variables", "host", "default", "localhost",
		"description", "the deployment's host", "paths", paths(a), "components", "schemas", schemas(),
		"responses", general_responses(a), "securitySchemes", security_schemes()));
	char *text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	CHECK(text != NULL);
	buf_put_str(out, str_of(text));
	buf_put_char(out, '\n');
	free(text);
	json_decref(document);
}
