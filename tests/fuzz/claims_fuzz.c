/* claims_fuzz.c - what must hold of every template of claims, whatever the bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/claims.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 2048 };

static const char view_text[] = "{\"id\":\"signin_1\",\"user\":{\"name\":\"{{id}}\\\",\\\"sub\\\":\\\"x\",\"n\":-7,\"yes\":true,"
				"\"none\":null,\"list\":[1,{\"a\":\"b\"}],\"in\":{\"in\":{\"in\":\"deep\"}}},\"active_organization\":null}";

static const json_t *
fixed_view(void)
{
	static json_t *view;

	if (view == NULL)
		view = json_loads(view_text, 0, NULL);
	CHECK(view != NULL);
	return view;
}

/* Filling in adds no claim, takes none away, and changes no name at any depth that the template has. */
static void
check_same_names(const json_t *template, const json_t *claims)
{
	const char *name;
	json_t *value;

	CHECK(json_is_object(claims) && json_object_size(claims) == json_object_size(template));
	json_object_foreach((json_t *)(uintptr_t)template, name, value) {
		json_t *filled = json_object_get(claims, name);

		CHECK(filled != NULL);
		if (json_is_object(value))
			check_same_names(value, filled);
		else if (json_is_array(value))
			CHECK(json_array_size(filled) == json_array_size(value));
		else if (!json_is_string(value))
			CHECK(json_equal(value, filled));
	}
}

static void
check_own_claims(const json_t *claims)
{
	static const char *const own[] = { "iss", "sub", "exp", "sid", "act", "Sub", "permissions" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		CHECK(json_object_get(claims, own[i]) == NULL);
}

static void
check_rendered(struct task *t, const json_t *template)
{
	json_t *claims = NULL, *again;
	char *text;

	if (claims_render(t, template, fixed_view(), MOST, &claims) != OK) {
		CHECK(claims == NULL && t->why[0] != '\0');
		return;
	}
	check_same_names(template, claims);
	check_own_claims(claims);
	/* What is signed reads as what was meant. */
	text = json_dumps(claims, JSON_COMPACT);
	again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_equal(claims, again));
	json_decref(again);
	json_decref(claims);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct task t = { .arena = arena_new(8 << 20) };
	json_t *template = NULL;

	CHECK(t.arena != NULL);
	if (claims_template_parse(&t, in, &template) != OK) {
		CHECK(template == NULL && t.why[0] != '\0');
	} else {
		CHECK(size <= CLAIMS_TEMPLATE_MAX && json_is_object(template));
		check_rendered(&t, template);
		json_decref(template);
	}
	arena_free(t.arena);
	return 0;
}
