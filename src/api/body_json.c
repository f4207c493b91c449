/* body_json.c - a JSON object as fields: one reading, or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "api/fields_read.h"
#include "base/secret.h"
#include "base/json.h"
#include "base/str.h"

/*
 * jansson keeps copies of the text while reading and after, passwords among them,
 * so its memory is wiped on the way out. No header is put before a piece, hence
 * what was allocated before this ran, or is given to plain free(), is fine too.
 */
static void
wiping_free(void *p)
{
	if (p == NULL)
		return;
	secret_wipe(p, malloc_usable_size(p));
	free(p);
}

/* Before main: jansson's pointers have no lock, and no thread is there yet. */
__attribute__((constructor)) static void
set_wiping_free(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
}

/* The text of a string, number or boolean, in the arena. */
static enum status
scalar_text(struct field_reader *r, const json_t *v, struct str *ret_text)
{
	struct arena *a = r->t->arena;
	struct str s;

	if (json_is_string(v))
		s = arena_dup(a, (struct str){ json_string_value(v), json_string_length(v) });
	else if (json_is_boolean(v))
		s = arena_dup(a, json_is_true(v) ? S("true") : S("false"));
	else if (json_is_integer(v))
		s = arena_printf(a, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		return fields_refuse(r, "A number in the JSON body is not an integer.");
	else
		return fields_refuse(r, "An array in the JSON body may hold only strings, integers and booleans.");
	TRY_MEM(r->t, s.p);
	*ret_text = s;
	return OK;
}

static enum status
add_scalar(struct field_reader *r, struct str name, const json_t *v, bool is_list)
{
	struct param p = { .name = name, .is_list = is_list };
	struct params not_added = { &p, 1 };
	enum status st;

	if (json_is_null(v))
		return OK;
	TRY(scalar_text(r, v, &p.value));
	st = fields_add(r, p);
	if (st != OK)
		params_wipe(&not_added);
	return st;
}

static enum status
add_array(struct field_reader *r, struct str name, const json_t *array)
{
	struct param none = { .name = name, .value = S(""), .is_list = true };

	/* Without this, "no entries" could not be told from "unchanged". */
	if (json_array_size(array) == 0)
		return fields_add(r, none);
	for (size_t i = 0; i < json_array_size(array); i++)
		TRY(add_scalar(r, name, json_array_get(array, i), true));
	return OK;
}

/* "key", or "outer.key"; in the arena, because jansson's keys go with the object. */
static enum status
member_name(struct field_reader *r, struct str outer, const char *key, struct str *ret_name)
{
	struct arena *a = r->t->arena;
	struct str name;

	/* Those spellings belong to forms; here they would be a second way to say the same. */
	if (strpbrk(key, ".[") != NULL)
		return fields_refuse(r, "A key in the JSON body has \".\" or \"[\" in it. Nest objects and arrays instead.");
	if (key[0] == '\0')
		return fields_refuse(r, "A key in the JSON body is empty.");
	name = outer.n == 0 ? arena_dup(a, str_of(key))
			    : arena_printf(a, STR_FMT ".%s", STR_ARG(outer), key);
	TRY_MEM(r->t, name.p);
	*ret_name = name;
	return OK;
}

static enum status
add_member(struct field_reader *r, struct str outer, const char *key, const json_t *v)
{
	struct str name;

	TRY(member_name(r, outer, key, &name));
	if (json_is_array(v))
		return add_array(r, name, v);
	return add_scalar(r, name, v, false);
}

/* null fields count too: they are looked at. */
static enum status
check_keys(struct field_reader *r, const json_t *object)
{
	if (json_object_size(object) > FIELDS_MAX)
		return fields_refuse(r, "There are too many fields. Send fewer.");
	return OK;
}

/* The members of an object inside the body's object; those inside it have no names, see fields.h. */
static enum status
add_nested(struct field_reader *r, const char *outer, json_t *object)
{
	const char *key;
	struct str name;
	json_t *v;

	TRY(check_keys(r, object));
	TRY(member_name(r, STR_NONE, outer, &name));
	json_object_foreach (object, key, v) {
		if (!json_is_object(v))
			TRY(add_member(r, name, key, v));
	}
	return OK;
}

static enum status
add_object(struct field_reader *r, json_t *object)
{
	const char *key;
	json_t *v;

	TRY(check_keys(r, object));
	json_object_foreach (object, key, v) {
		if (json_is_object(v))
			TRY(add_nested(r, key, v));
		else
			TRY(add_member(r, STR_NONE, key, v));
	}
	return OK;
}

static enum status
refuse_text(struct field_reader *r, const json_error_t *error)
{
	/* jansson's own text quotes the input, so it goes nowhere. */
	switch ((int)json_error_code(error)) {
	case json_error_out_of_memory:
		return fail(r->t, E_OVERLOADED, "out of memory for JSON");
	case json_error_duplicate_key:
		return fields_refuse(r, "A key is twice in one object of the JSON body.");
	case json_error_numeric_overflow:
		return fields_refuse(r, "A number in the JSON body is out of range.");
	default:
		return fields_refuse(r, "The body is not well-formed JSON.");
	}
}

enum status
fields_read_json(struct field_reader *r, struct str text)
{
	json_error_t error;
	enum status st;
	json_t *root;

	if (!json_is_shallow(text, FIELDS_JSON_DEPTH_MAX))
		return fields_refuse(r, "The JSON body is nested too deeply.");
	root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	st = root == NULL ? refuse_text(r, &error)
	    : json_is_object(root) ? add_object(r, root)
				   : fields_refuse(r, "The JSON body must be an object.");
	json_decref(root);
	if (st != OK)
		params_wipe(&r->got);
	return st;
}
