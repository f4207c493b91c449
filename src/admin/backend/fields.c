/* fields.c - what a call of the Backend API carries: exactly what its row declares, and nothing else (TEN-05). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include <stdlib.h>
#include <string.h>

#include "api/fields_read.h"
#include "auth/identifier.h"
#include "base/str.h"

enum { DEPTH_MAX = 8, NAMES_MAX = 1024, PARAM_MAX = 64 };

static const struct value *
find_value(const struct value *values, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(values[i].name)))
			return &values[i];
	return NULL;
}

/* Whoever misspells a name wants to know; whoever sends email_verified had better know. */
static enum status
refuse_unknown(struct call *c, const char *what, struct str name, const struct value *values, size_t n)
{
	const char *param = name.n <= PARAM_MAX ? arena_dup(c->t->arena, name).p : NULL;
	struct buf names;

	buf_init_arena(&names, c->t->arena, NAMES_MAX);
	for (size_t i = 0; i < n; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", values[i].name);
	if (names.n == 0)
		return call_refuse(c, E_BAD_REQUEST_BODY, param, "This call takes no %s.", what);
	return call_refuse(c, E_BAD_REQUEST_BODY, param, "There is no %s %s here. There are: " STR_FMT ".", what,
	    log_quote(name).text, STR_ARG(buf_str(&names)));
}

/* ---- one member of the body ---- */

static struct str
string_of(const json_t *v)
{
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static enum status
check_text(struct call *c, const struct value *d, const json_t *v)
{
	size_t n;

	if (!json_is_string(v))
		return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be a text.", d->name);
	n = str_code_points(string_of(v));
	if (n < (size_t)(d->required && d->min == 0 ? 1 : d->min) || n > (size_t)d->max)
		return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must have %lld to %lld characters.", d->name,
		    (long long)(d->required && d->min == 0 ? 1 : d->min), (long long)d->max);
	return OK;
}

static enum status
check_int(struct call *c, const struct value *d, const json_t *v)
{
	if (json_is_integer(v) && json_integer_value(v) >= d->min && json_integer_value(v) <= d->max)
		return OK;
	return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be a number from %lld to %lld.", d->name, (long long)d->min,
	    (long long)d->max);
}

static enum status
check_word(struct call *c, const struct value *d, struct str word)
{
	struct buf words;

	buf_init_arena(&words, c->t->arena, NAMES_MAX);
	for (size_t i = 0; d->words[i]; i++) {
		if (word.p && str_eq(word, str_of(d->words[i])))
			return OK;
		buf_printf(&words, "%s%s", i > 0 ? ", " : "", d->words[i]);
	}
	return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be one of: " STR_FMT ".", d->name, STR_ARG(buf_str(&words)));
}

static enum status
check_object(struct call *c, const struct value *d, const json_t *v)
{
	if (!json_is_object(v))
		return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be a JSON object.", d->name);
	if (json_dumpb(v, NULL, 0, JSON_COMPACT) > (size_t)d->max)
		return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be at most %lld bytes of JSON.", d->name, (long long)d->max);
	return OK;
}

static enum status
check_list(struct call *c, const struct value *d, const json_t *v)
{
	if (!json_is_array(v) || json_array_size(v) > (size_t)d->max)
		return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be a list of at most %lld texts.", d->name, (long long)d->max);
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!json_is_string(json_array_get(v, i)))
			return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be a list of texts.", d->name);
	return OK;
}

static enum status
check_value(struct call *c, const struct value *d, const json_t *v)
{
	if (json_is_null(v) && d->nullable)
		return OK;
	switch (d->kind) {
	case VALUE_TEXT:
		return check_text(c, d, v);
	case VALUE_BOOL:
		return json_is_boolean(v) ? OK : call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s must be true or false.", d->name);
	case VALUE_INT:
		return check_int(c, d, v);
	case VALUE_WORD:
		return check_word(c, d, json_is_string(v) ? string_of(v) : STR_NONE);
	case VALUE_OBJECT:
		return check_object(c, d, v);
	case VALUE_LIST:
		return check_list(c, d, v);
	case VALUE_END:
		break;
	}
	return E_BUG;
}

/* ---- the body ---- */

static void
forget(void *body)
{
	json_decref(body);
}

static enum status
check_type(struct call *c)
{
	struct media_type m;

	if (http_field_count(&c->x->head, S("Content-Type")) == 1 &&
	    media_type_parse(http_field(&c->x->head, S("Content-Type")), &m) && !m.other_charset &&
	    str_eq_nocase(m.type, S("application/json")))
		return OK;
	return call_refuse(c, E_BAD_REQUEST_BODY, "Content-Type", "Send the body as application/json.");
}

static enum status
parse_body(struct call *c)
{
	struct str text = c->x->body;
	json_error_t error;
	json_t *body;

	if (!json_is_shallow(text, DEPTH_MAX))
		return call_refuse(c, E_BAD_REQUEST_BODY, NULL, "The JSON body is nested deeper than %d.", DEPTH_MAX);
	body = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(body) || !arena_defer(c->t->arena, forget, body)) {
		json_decref(body);
		/* jansson's own words quote the input, so they go nowhere. */
		return call_refuse(c, E_BAD_REQUEST_BODY, NULL, "The body must be one well-formed JSON object without a key twice.");
	}
	c->body = body;
	return OK;
}

static enum status
read_body(struct call *c)
{
	size_t n = CALL_N_BODY(c->route);
	const char *key;
	json_t *v;

	/* Its handler looks at it. */
	if (c->route->takes_picture)
		return OK;
	if (c->x->body.n > 0) {
		TRY(check_type(c));
		TRY(parse_body(c));
	}
	json_object_foreach(c->body, key, v)
	{
		const struct value *d = find_value(c->route->body, n, str_of(key));

		if (!d)
			return refuse_unknown(c, "field", str_of(key), c->route->body, n);
		TRY(check_value(c, d, v));
	}
	for (size_t i = 0; i < n; i++)
		if (c->route->body[i].required && !json_object_get(c->body, c->route->body[i].name))
			return call_refuse(c, E_BAD_REQUEST_BODY, c->route->body[i].name, "%s is missing.", c->route->body[i].name);
	return OK;
}

/* ---- the query ---- */

static const struct value paging[] = {
	{ .name = "limit", .kind = VALUE_INT, .min = 1, .max = CALL_PAGE_MAX, .help = "how many at most" },
	{ .name = "after", .kind = VALUE_TEXT, .max = 64, .help = "`next` of the page before" },
};

/* "user_12", whatever its prefix: ids of one list have one. */
static struct str
number_of(struct str id)
{
	size_t at = id.n;

	while (at > 0 && id.p[at - 1] != '_')
		at--;
	return at > 0 ? str_from(id, at) : STR_NONE;
}

static enum status
read_paging(struct call *c)
{
	struct str limit = call_query(c, "limit"), after = call_query(c, "after");
	int64_t most = CALL_PAGE_DEFAULT;

	if (limit.n > 0 && !str_int(limit, 1, CALL_PAGE_MAX, &most))
		return call_refuse(c, E_BAD_REQUEST_BODY, "limit", "limit must be a number from 1 to %d.", CALL_PAGE_MAX);
	if (after.n > 0 && !str_int(number_of(after), 1, INT64_MAX, &c->after))
		return call_refuse(c, E_BAD_REQUEST_BODY, "after", "after must be the next of the page before.");
	c->most = most + 1;
	return OK;
}

static enum status
check_param(struct call *c, const struct value *values, size_t n, const struct param *p)
{
	const struct value *d = find_value(values, n, p->name);

	if (!d && c->route->pages)
		d = find_value(paging, ARRAY_LEN(paging), p->name);
	if (!d)
		return refuse_unknown(c, "query parameter", p->name, values, n);
	if (p->is_list || params_count(&c->query, p->name) > 1)
		return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s may be given only once.", d->name);
	if (d->kind == VALUE_WORD)
		return check_word(c, d, p->value);
	if (d->kind == VALUE_TEXT && str_code_points(p->value) > (size_t)d->max)
		return call_refuse(c, E_BAD_REQUEST_BODY, d->name, "%s is longer than %lld characters.", d->name, (long long)d->max);
	return OK;
}

static enum status
read_query(struct call *c)
{
	size_t n = CALL_N_QUERY(c->route);

	if (params_parse_form(c->t, c->x->head.query, &c->query) != OK)
		return call_refuse(c, E_BAD_REQUEST_BODY, NULL, "The query cannot be read.");
	for (size_t i = 0; i < c->query.n; i++)
		TRY(check_param(c, c->route->query, n, &c->query.items[i]));
	return c->route->pages ? read_paging(c) : OK;
}

enum status
call_read_fields(struct call *c)
{
	TRY(read_query(c));
	return read_body(c);
}

/* ---- for the handlers ---- */

const json_t *
call_value(const struct call *c, const char *name)
{
	CHECK(find_value(c->route->body, CALL_N_BODY(c->route), str_of(name)) != NULL);
	return json_object_get(c->body, name);
}

bool
call_has(const struct call *c, const char *name)
{
	return call_value(c, name) != NULL;
}

struct str
call_text(const struct call *c, const char *name)
{
	const json_t *v = call_value(c, name);

	return json_string_length(v) > 0 ? string_of(v) : S("");
}

bool
call_bool(const struct call *c, const char *name, bool dflt)
{
	const json_t *v = call_value(c, name);

	return json_is_boolean(v) ? json_is_true(v) : dflt;
}

int64_t
call_int(const struct call *c, const char *name, int64_t dflt)
{
	const json_t *v = call_value(c, name);

	return json_is_integer(v) ? json_integer_value(v) : dflt;
}

size_t
call_list(const struct call *c, const char *name, const struct str **ret_items)
{
	const json_t *v = call_value(c, name);
	size_t n = json_array_size(v);
	struct str *items = arena_array(c->t->arena, n + 1, sizeof(*items));

	for (size_t i = 0; items && i < n; i++)
		items[i] = string_of(json_array_get(v, i));
	*ret_items = items;
	return items ? n : 0;
}

/* In JSON text these three stand in strings only; escaped, an answer stays inert when somebody sniffs it as HTML. */
static struct str
inert(struct arena *a, const char *p, size_t n)
{
	struct buf b;

	buf_init_arena(&b, a, 6 * n + 1);
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '<' || p[i] == '>' || p[i] == '&')
			buf_printf(&b, "\\u%04x", (unsigned)p[i]);
		else
			buf_put_char(&b, p[i]);
	}
	return buf_str(&b);
}

struct str
call_object(const struct call *c, const char *name)
{
	const json_t *v = call_value(c, name);
	size_t n = json_is_object(v) ? json_dumpb(v, NULL, 0, JSON_COMPACT) : 0;
	char *p = n > 0 ? arena_alloc(c->t->arena, n + 1) : NULL;

	if (!p || json_dumpb(v, p, n, JSON_COMPACT) != n)
		return STR_NONE;
	return inert(c->t->arena, p, n);
}

struct str
call_query(const struct call *c, const char *name)
{
	struct str v = params_get(&c->query, str_of(name));

	return v.n > 0 ? v : S("");
}

/* ---- what people are called ---- */

enum { NAME_MAX = 50 };	/* as in signing up */

/* An identifier's own words are for the log. */
static enum status
not_one(struct call *c, enum status st, const char *name, const char *sentence)
{
	c->t->why[0] = '\0';
	return st == E_BAD_REQUEST_BODY ? call_refuse(c, st, name, "%s", sentence) : st;
}

enum status
call_name(struct call *c, const char *name, struct str was, struct str *ret_name)
{
	struct str text = call_text(c, name);
	enum status st;

	*ret_name = call_has(c, name) ? S("") : was;
	if (text.n == 0)
		return OK;
	st = identifier_name(c->t, text, NAME_MAX, ret_name);
	return st == OK ? OK : not_one(c, st, name, "A name is 1 to 50 printable characters.");
}

enum status
call_username(struct call *c, const char *name, struct str *ret_name, struct str *ret_key)
{
	const struct settings *s = &c->by.d->settings;
	enum status st;

	*ret_name = S("");
	*ret_key = STR_NONE;
	if (call_text(c, name).n == 0)
		return OK;
	st = identifier_username(
	    c->t, call_text(c, name), s->auth.username.min_length, s->auth.username.max_length, ret_name, ret_key);
	if (st == E_BAD_REQUEST_BODY) {
		c->t->why[0] = '\0';
		return call_refuse(c, st, name, "A username is %lld to %lld letters, digits, dots, dashes or underscores.",
		    (long long)s->auth.username.min_length, (long long)s->auth.username.max_length);
	}
	return st;
}

enum status
call_email(struct call *c, const char *name, struct str *ret_email, struct str *ret_key)
{
	enum status st;

	*ret_email = S("");
	*ret_key = STR_NONE;
	if (call_text(c, name).n == 0)
		return OK;
	st = identifier_email(c->t, call_text(c, name), ret_email, ret_key);
	return st == OK ? OK : not_one(c, st, name, "This is no e-mail address.");
}

enum status
call_phone(struct call *c, struct str *ret_digits, struct str *ret_dial_code)
{
	enum status st;

	*ret_digits = *ret_dial_code = S("");
	if (call_text(c, "phone_number").n == 0)
		return OK;
	st = identifier_phone(c->t, call_text(c, "phone_number"), call_text(c, "country_code"), ret_digits, ret_dial_code);
	return st == OK ? OK : not_one(c, st, "phone_number", "This is no phone number with its dial code in country_code.");
}
