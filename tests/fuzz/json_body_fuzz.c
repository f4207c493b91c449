/* json_body_fuzz.c - an accepted object, its fields written down again, is read as the same. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fields_fuzz.h"

#include "base/json.h"

static const char *
cstr(struct arena *a, struct str s)
{
	const char *p = arena_dup(a, s).p;

	CHECK(p != NULL);
	return p;
}

/* Items i.. that belong to one member: itself, or the elements of one array. */
static size_t
put_member(struct json *j, struct arena *a, const struct params *ps, size_t i, struct str key)
{
	const struct param *first = &ps->items[i];

	if (!first->is_list) {
		json_str(j, cstr(a, key), first->value);
		return i + 1;
	}
	json_array_begin(j, cstr(a, key));
	for (; i < ps->n && ps->items[i].is_list && str_eq(ps->items[i].name, first->name); i++)
		json_str(j, NULL, ps->items[i].value);
	json_array_end(j);
	return i;
}

/* "a.b" belongs into the object "a": so do the following ones that begin alike. */
static size_t
put_nested(struct json *j, struct arena *a, const struct params *ps, size_t i, struct str outer)
{
	struct str head, tail;

	json_object_begin(j, cstr(a, outer));
	while (i < ps->n && str_cut(ps->items[i].name, '.', &head, &tail) && str_eq(head, outer))
		i = put_member(j, a, ps, i, tail);
	json_object_end(j);
	return i;
}

static struct str
print(struct arena *a, struct buf *b, const struct params *ps)
{
	struct json j;
	struct str head, tail;

	json_init(&j, b);
	json_object_begin(&j, NULL);
	for (size_t i = 0; i < ps->n;) {
		if (str_cut(ps->items[i].name, '.', &head, &tail))
			i = put_nested(&j, a, ps, i, head);
		else
			i = put_member(&j, a, ps, i, ps->items[i].name);
	}
	json_object_end(&j);
	CHECK(!b->failed);
	return buf_str(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = fuzz_copy(data, size);
	struct task t = { .arena = arena_new(16 << 20) };
	struct params ps = { 0 }, again = { 0 };
	struct str text;
	struct buf b;

	CHECK(t.arena != NULL);
	buf_init_arena(&b, t.arena, 4 << 20);
	if (fuzz_body(&t, S("application/json"), body, &ps)) {
		text = print(t.arena, &b, &ps);
		/* Escapes may make it longer than may be sent. */
		if (text.n <= FIELDS_TEXT_MAX) {
			CHECK(fuzz_body(&t, S("application/json"), text, &again));
			fuzz_check_same(&ps, &again);
		}
		fuzz_check_wipe(&ps);
	}
	arena_free(t.arena);
	fuzz_free(body);
	return 0;
}
