/* claims.c - claims with {{placeholders}}: read, checked, filled in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/claims.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"

/* What verifiers go by, and who somebody is or acts for. */
static const char *const reserved[] = { "iss", "sub", "iat", "exp", "nbf", "sid", "sess", "session_id", "act",
	"organization", "organization_permissions", "workspace", "workspace_permissions", "permissions" };

/* What Go's JSON reader, which finds members in any case, takes for ASCII: U+017F for an s, U+212A for a k. */
static char
take_folded(struct str *s)
{
	struct str long_s = S("\xC5\xBF"), kelvin = S("\xE2\x84\xAA");
	bool is_s = str_starts(*s, long_s), is_k = str_starts(*s, kelvin);
	char c = s->p[0];

	*s = str_from(*s, is_s ? long_s.n : is_k ? kelvin.n : 1);
	if (is_s || is_k)
		return is_s ? 's' : 'k';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_folded(struct str name, struct str word)
{
	while (name.n > 0 && word.n > 0 && take_folded(&name) == word.p[0])
		word = str_from(word, 1);
	return name.n == 0 && word.n == 0;
}

/* Is this claim the server's own? */
static bool
is_reserved(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (is_folded(name, str_of(reserved[i])))
			return true;
	return false;
}

/* ---- one text, piece by piece ---- */

enum piece_kind { PIECE_TEXT, PIECE_PATH, PIECE_BAD };

struct piece {
	enum piece_kind kind;
	struct str text; /* the characters themselves, or the path */
};

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool
is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!is_name_char(name.p[i]))
			return false;
	return name.n > 0 && name.n <= CLAIMS_NAME_MAX;
}

/* The first name of a path, and what follows its dot. false: there is none, or it is no name. */
static bool
cut_name(struct str *path, struct str *ret_name)
{
	struct str rest;
	bool dot = str_cut(*path, '.', ret_name, &rest);

	if (!is_name(*ret_name) || (dot && rest.n == 0))
		return false;
	*path = rest;
	return true;
}

static bool
is_path(struct str path)
{
	struct str name;
	int n = 0;

	do {
		if (n++ == CLAIMS_NAMES_MAX || !cut_name(&path, &name))
			return false;
	} while (path.n > 0);
	return true;
}

static size_t
find_pair(struct str s, const char *pair)
{
	const char *at = s.n == 0 ? NULL : memmem(s.p, s.n, pair, 2);

	return at == NULL ? s.n : (size_t)(at - s.p);
}

/* The next piece; *text is what follows it. A {{ that begins no placeholder is a piece by itself. */
static struct piece
next_piece(struct str *text)
{
	struct str all = *text;
	size_t open = find_pair(all, "{{"), end;
	struct str path;

	if (open > 0) {
		*text = str_from(all, open);
		return (struct piece){ PIECE_TEXT, { all.p, open } };
	}
	end = find_pair(all, "}}");
	path = end == all.n ? STR_NONE : str_trim((struct str){ all.p + 2, end - 2 });
	if (!is_path(path)) {
		*text = str_from(all, 2);
		return (struct piece){ PIECE_BAD, { all.p, 2 } };
	}
	*text = str_from(all, end + 2);
	return (struct piece){ PIECE_PATH, path };
}

static struct str
text_of(const json_t *string)
{
	return (struct str){ json_string_value(string), json_string_length(string) };
}

/* ---- checking ---- */

static enum status
check_text(struct task *t, struct str text)
{
	while (text.n > 0) {
		struct str at = text;

		if (next_piece(&text).kind == PIECE_BAD)
			return fail(t, E_BAD_REQUEST_BODY,
			    "%s: a placeholder is {{name}} or {{name.name}}, at most %d names of letters, digits, _ and -",
			    log_quote((struct str){ at.p, at.n < 40 ? at.n : 40 }).text, CLAIMS_NAMES_MAX);
	}
	return OK;
}

static enum status check_value(struct task *t, const json_t *value);

static enum status
check_members(struct task *t, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		if (strstr(name, "{{") != NULL)
			return fail(t, E_BAD_REQUEST_BODY, "%s: placeholders stand in values, not in names",
			    log_quote(str_of(name)).text);
		TRY(check_value(t, value));
	}
	return OK;
}

/* No deeper than CLAIMS_DEPTH_MAX: that was asked before. */
static enum status
check_value(struct task *t, const json_t *value)
{
	if (json_is_string(value))
		return check_text(t, text_of(value));
	if (json_is_object(value))
		return check_members(t, value);
	for (size_t i = 0; i < json_array_size(value); i++)
		TRY(check_value(t, json_array_get(value, i)));
	return OK;
}

static enum status
check_claims(struct task *t, const json_t *template)
{
	const char *name;
	json_t *value;

	if (!json_is_object(template))
		return fail(t, E_BAD_REQUEST_BODY, "a template is a JSON object of claims");
	json_object_foreach((json_t *)(uintptr_t)template, name, value) {
		if (is_reserved(str_of(name)))
			return fail(t, E_BAD_REQUEST_BODY, "the claim %s is the server's own", log_quote(str_of(name)).text);
	}
	return check_members(t, template);
}

enum status
claims_template_parse(struct task *t, struct str text, json_t **ret_template)
{
	json_error_t error;
	json_t *template;
	enum status st;

	if (text.n > CLAIMS_TEMPLATE_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "a template has at most %d bytes, this one %zu", CLAIMS_TEMPLATE_MAX, text.n);
	if (!json_is_shallow(text, CLAIMS_DEPTH_MAX))
		return fail(t, E_BAD_REQUEST_BODY, "a template is nested %d deep at most", CLAIMS_DEPTH_MAX);
	template = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (template == NULL)
		return fail(t, E_BAD_REQUEST_BODY, "a template is a JSON object; line %d: %s", error.line, error.text);
	st = check_claims(t, template);
	if (st == OK)
		*ret_template = template;
	else
		json_decref(template);
	return st;
}

/* ---- filling in ---- */

struct filling {
	struct task *t;
	const json_t *view;
	size_t most;
};

/* Borrowed; NULL when the view has no such thing. */
static json_t *
look_up(const json_t *view, struct str path)
{
	json_t *at = (json_t *)(uintptr_t)view;
	struct str name;

	while (at != NULL && path.n > 0)
		at = cut_name(&path, &name) ? json_object_getn(at, name.p, name.n) : NULL;
	return at;
}

static void
put_value(struct buf *b, const json_t *value)
{
	if (json_is_string(value))
		buf_put_str(b, text_of(value));
	else if (json_is_integer(value))
		buf_put_int(b, json_integer_value(value));
	else if (json_is_boolean(value))
		buf_put_str(b, json_is_true(value) ? S("true") : S("false"));
}

static json_t *
fill_mixed(const struct filling *f, struct str text)
{
	struct buf b;

	buf_init_arena(&b, f->t->arena, f->most);
	while (text.n > 0) {
		struct piece p = next_piece(&text);

		if (p.kind == PIECE_PATH)
			put_value(&b, look_up(f->view, p.text));
		else
			buf_put_str(&b, p.text);
	}
	return b.failed ? NULL : json_stringn_nocheck(b.p == NULL ? "" : b.p, b.n);
}

static json_t *
fill_text(const struct filling *f, const json_t *value)
{
	struct str text = text_of(value), rest = text;
	struct piece first = next_piece(&rest);
	json_t *found;

	if (first.kind != PIECE_PATH || rest.n > 0)
		return fill_mixed(f, text);
	found = look_up(f->view, first.text);
	return found == NULL ? json_null() : json_incref(found);
}

static json_t *fill_value(const struct filling *f, const json_t *value);

static json_t *
fill_object(const struct filling *f, const json_t *value)
{
	json_t *object = json_object(), *member;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		if (json_object_set_new_nocheck(object, name, fill_value(f, member)) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *
fill_array(const struct filling *f, const json_t *value)
{
	json_t *array = json_array();

	for (size_t i = 0; i < json_array_size(value); i++) {
		if (json_array_append_new(array, fill_value(f, json_array_get(value, i))) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* A new reference, or NULL: too long, or no memory. */
static json_t *
fill_value(const struct filling *f, const json_t *value)
{
	if (json_is_object(value))
		return fill_object(f, value);
	if (json_is_array(value))
		return fill_array(f, value);
	if (json_is_string(value) && json_string_length(value) > 0)
		return fill_text(f, value);
	return json_incref((json_t *)(uintptr_t)value);
}

enum status
claims_render(struct task *t, const json_t *claims_template, const json_t *view, size_t most, json_t **ret_claims)
{
	const struct filling f = { t, view, most };
	json_t *claims = fill_value(&f, claims_template);

	if (arena_failed(t->arena)) {
		json_decref(claims);
		return fail(t, E_OVERLOADED, "out of memory for this task");
	}
	if (claims == NULL)
		return fail(t, E_LIMIT_REACHED, "jwt: a claim of more than %zu bytes", most);
	*ret_claims = claims;
	return OK;
}
