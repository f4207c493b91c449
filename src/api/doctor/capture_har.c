/* capture_har.c - HTTP Archive 1.2: a whole file, or one entry of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/capture.h"

#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

enum { HAR_DEPTH_MAX = 32 };

static struct str
text_of(struct task *t, const json_t *v)
{
	return json_is_string(v) ? arena_dup(t->arena, (struct str){ json_string_value(v), json_string_length(v) }) : STR_NONE;
}

static enum status
read_fields(struct task *t, const json_t *list, struct capture_fields *ret_fields)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		struct str name = text_of(t, json_object_get(v, "name")), value = text_of(t, json_object_get(v, "value"));

		/* HTTP/2's pseudo-fields say again what the URL says. */
		if (name.n == 0 || name.p[0] == ':')
			continue;
		TRY(capture_add(t, ret_fields, name, value));
	}
	return OK;
}

static const json_t *
request_of(const json_t *entry)
{
	return json_object_get(entry, "request");
}

/* Of a whole file: the last request for the session, else the last one. */
static const json_t *
find_entry(const json_t *root)
{
	const json_t *entries = json_object_get(json_object_get(root, "log"), "entries"), *found = NULL;
	size_t i;
	json_t *v;

	if (request_of(root))
		return root;
	json_array_foreach(entries, i, v) {
		const char *url = json_string_value(json_object_get(request_of(v), "url"));
		const char *best = json_string_value(json_object_get(request_of(found), "url"));
		bool is_session = url && memmem(url, str_of(url).n, "/session", 8);
		bool best_is = best && memmem(best, str_of(best).n, "/session", 8);

		if (url && (is_session || !best_is))
			found = v;
	}
	return found;
}

static enum status
read_entry(struct task *t, const json_t *entry, struct capture *c)
{
	const json_t *request = request_of(entry), *response = json_object_get(entry, "response");
	struct str url = text_of(t, json_object_get(request, "url"));

	if (!url.p)
		return fail(t, E_BAD_REQUEST_BODY, "the JSON is no HAR file with a request in it, and no entry of one");
	TRY(capture_url(t, c, url));
	c->method = text_of(t, json_object_get(request, "method"));
	TRY(read_fields(t, json_object_get(request, "headers"), &c->request));
	c->client_time = text_of(t, json_object_get(entry, "startedDateTime"));
	c->status = (int)json_integer_value(json_object_get(response, "status"));
	c->answer_body = text_of(t, json_object_get(json_object_get(response, "content"), "text"));
	return read_fields(t, json_object_get(response, "headers"), &c->answer);
}

enum status
capture_read_har(struct task *t, struct str text, struct capture *c)
{
	json_error_t error;
	enum status st;
	json_t *root;

	c->form = "a HAR entry";
	if (!json_is_shallow(text, HAR_DEPTH_MAX))
		return fail(t, E_BAD_REQUEST_BODY, "the HAR file is nested too deeply");
	root = json_loadb(text.p, text.n, 0, &error);
	st = read_entry(t, find_entry(root), c);
	json_decref(root);
	return st;
}
