/* fields_fuzz.h - what the targets of fields share. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "api/fields.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes in memory of exactly their size, which may be written to: a sanitizer sees each step outside. */
static inline struct str
fuzz_copy(const uint8_t *data, size_t size)
{
	char *p = malloc(size > 0 ? size : 1);

	CHECK(p != NULL);
	if (size > 0)
		memcpy(p, data, size);
	return (struct str){ p, size };
}

static inline void
fuzz_free(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

/* What must hold of all that was accepted. */
static inline void
fuzz_check(const struct params *ps)
{
	CHECK(ps->n <= FIELDS_MAX);
	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->items[i];

		CHECK(p->name.n > 0 && p->name.n <= FIELD_NAME_MAX && str_is_text(p->name));
		CHECK(p->value.p != NULL);
		CHECK(p->file_type.p != NULL || str_is_text(p->value));
	}
}

static inline void
fuzz_check_same(const struct params *a, const struct params *b)
{
	CHECK(a->n == b->n);
	for (size_t i = 0; i < a->n; i++) {
		CHECK(str_eq(a->items[i].name, b->items[i].name));
		CHECK(str_eq(a->items[i].value, b->items[i].value));
		CHECK(a->items[i].is_list == b->items[i].is_list);
		CHECK(str_eq(a->items[i].file_type, b->items[i].file_type));
	}
}

/* Overwrite the values, and see that nothing of them is left. */
static inline void
fuzz_check_wipe(struct params *ps)
{
	params_wipe(ps);
	for (size_t i = 0; i < ps->n; i++) {
		for (size_t k = 0; k < ps->items[i].value.n; k++)
			CHECK(ps->items[i].value.p[k] == 0);
	}
}

/* A body under this Content-Type; false: refused, and then with a sentence. */
static inline bool
fuzz_body(struct task *t, struct str type, struct str body, struct params *ret_params)
{
	static struct http_head head;
	const char *sentence = NULL;
	enum status st;

	head.n_fields = 1;
	head.fields[0] = (struct http_field){ S("Content-Type"), type };
	st = params_parse_body(t, &head, body, ret_params, &sentence);
	CHECK((st == OK) == (sentence == NULL));
	CHECK(st == OK || st == E_BAD_REQUEST_BODY || (st == E_PAYLOAD_TOO_LARGE && body.n > FIELDS_TEXT_MAX));
	if (st != OK)
		return false;
	fuzz_check(ret_params);
	return true;
}
