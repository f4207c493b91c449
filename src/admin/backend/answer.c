/* answer.c - what a call of the Backend API gets back: its object, its list, or what is wrong. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

enum status
call_refuse(struct call *c, enum status st, const char *param, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	c->param = param;
	c->problem = STR_NONE;
	if (!fmt)
		return st;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->problem = arena_dup(c->t->arena, str_of(text));
	return st;
}

struct json *
call_answer(struct call *c)
{
	json_init(&c->json, &c->out);
	return &c->json;
}

size_t
call_page(struct call *c, size_t n)
{
	return n < (size_t)c->most ? n : (size_t)c->most - 1;
}

struct json *
call_list_begin(struct call *c)
{
	struct json *j = call_answer(c);

	json_object_begin(j, NULL);
	json_array_begin(j, "data");
	return j;
}

/* One more than were asked for was read: then there is a next page, after the last one shown. */
void
call_list_end(struct call *c, size_t n_read, struct str last_id)
{
	struct json *j = &c->json;

	json_array_end(j);
	json_str_or_null(j, "next", n_read < (size_t)c->most ? STR_NONE : last_id);
	json_object_end(j);
}
