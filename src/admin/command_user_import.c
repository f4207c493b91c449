/* command_user_import.c - user import: accounts from another program, a JSON object a line, all of a batch or none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "auth/identifier.h"
#include "auth/password.h"
#include "base/str.h"
#include "store/store.gen.h"

enum { NAME_MAX = 50, CONTACTS_MAX = 16, PROBLEM_MAX = 256 };

struct contact {
	struct str shown, key, dial_code;
	bool       verified;
};

/* One line, read and checked. */
struct person {
	int64_t        line;
	struct user_id id;
	struct str     first_name, last_name, username, username_key, password_record;
	struct contact emails[CONTACTS_MAX], phones[CONTACTS_MAX];
	size_t         n_emails, n_phones;
};

struct import {
	struct command          *c;
	const struct deployment *d;
	struct person           *people;
	size_t                   n;
	int64_t                  refused;
	bool                     check;
};

/* ---- reading ---- */

static struct str
text_of(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) ? (struct str){ json_string_value(v), json_string_length(v) } : S("");
}

/* No other members, and each of its type: a misspelt one must not be lost silently. */
static enum status
check_members(struct task *t, const json_t *object, const char *texts, const char *bools, const char *lists)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		struct str name = arena_printf(t->arena, " %s ", key);
		const char *wants = json_is_string(v) ? texts : json_is_boolean(v) ? bools : json_is_array(v) ? lists : "";

		if (json_is_null(v) || (name.p && strstr(wants, name.p)))
			continue;
		return fail(t, E_BAD_REQUEST_BODY, "%s is no member here, or not of this type", log_quote(str_of(key)).text);
	}
	return OK;
}

static enum status
read_name(struct task *t, const json_t *o, const char *key, struct str *ret_name)
{
	struct str text = text_of(o, key);

	*ret_name = S("");
	if (text.n == 0 || identifier_name(t, text, NAME_MAX, ret_name) == OK)
		return OK;
	t->why[0] = '\0';
	return fail(t, E_BAD_REQUEST_BODY, "%s is not a name of at most %d characters", key, NAME_MAX);
}

static enum status
read_username(struct import *im, const json_t *o, struct person *p)
{
	const struct settings *s = &im->d->settings;
	struct task *t = im->c->t;
	struct str text = text_of(o, "username");

	p->username = p->username_key = S("");
	if (text.n == 0 || identifier_username(t, text, s->auth.username.min_length, s->auth.username.max_length, &p->username,
	    &p->username_key) == OK)
		return OK;
	t->why[0] = '\0';
	return fail(t, E_BAD_REQUEST_BODY, "username: %s does not fit", log_quote(text).text);
}

static enum status
read_email(struct task *t, const json_t *o, struct person *p)
{
	struct contact *e = &p->emails[p->n_emails];
	struct str text = text_of(o, "email");

	TRY(check_members(t, o, " email ", " verified ", ""));
	if (identifier_email(t, text, &e->shown, &e->key) != OK) {
		t->why[0] = '\0';
		return fail(t, E_BAD_REQUEST_BODY, "email: %s is not an address", log_quote(text).text);
	}
	e->verified = json_is_true(json_object_get(o, "verified"));
	p->n_emails++;
	return OK;
}

static enum status
read_phone(struct task *t, const json_t *o, struct person *p)
{
	struct contact *e = &p->phones[p->n_phones];

	TRY(check_members(t, o, " phone_number dial_code ", " verified ", ""));
	if (identifier_phone(t, text_of(o, "phone_number"), text_of(o, "dial_code"), &e->shown, &e->dial_code) != OK) {
		t->why[0] = '\0';
		return fail(t, E_BAD_REQUEST_BODY, "phone_number and dial_code are no phone number");
	}
	e->key = arena_printf(t->arena, STR_FMT STR_FMT, STR_ARG(e->dial_code), STR_ARG(e->shown));
	e->verified = json_is_true(json_object_get(o, "verified"));
	p->n_phones++;
	return OK;
}

static enum status
read_contacts(struct task *t, const json_t *list, struct person *p,
    enum status (*read)(struct task *t, const json_t *o, struct person *p))
{
	if (json_array_size(list) > CONTACTS_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "more than %d addresses or numbers", CONTACTS_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!json_is_object(json_array_get(list, i)))
			return fail(t, E_BAD_REQUEST_BODY, "emails and phones are lists of objects");
		TRY(read(t, json_array_get(list, i), p));
	}
	return OK;
}

static enum status
read_hash(struct task *t, const json_t *o, struct person *p)
{
	struct str text = text_of(o, "password_hash");
	const char *why = "cannot be kept";
	enum status st;

	p->password_record = S("");
	if (text.n == 0)
		return OK;
	st = password_import(t, arena_dup(t->arena, text), &p->password_record, &why);
	return st == E_BAD_REQUEST_BODY ? fail(t, st, "password_hash %s", why) : st;
}

static enum status
read_object(struct import *im, const json_t *o, struct person *p)
{
	struct task *t = im->c->t;
	struct str id = text_of(o, "id");

	TRY(check_members(t, o, " id first_name last_name username password_hash ", "", " emails phones "));
	if (id.n > 0 && !user_id_parse(id, &p->id))
		return fail(t, E_BAD_REQUEST_BODY, "id is not a user_... id; leave it out to have one made");
	TRY(read_name(t, o, "first_name", &p->first_name));
	TRY(read_name(t, o, "last_name", &p->last_name));
	TRY(read_username(im, o, p));
	TRY(read_contacts(t, json_object_get(o, "emails"), p, read_email));
	TRY(read_contacts(t, json_object_get(o, "phones"), p, read_phone));
	TRY(read_hash(t, o, p));
	if (p->username_key.n == 0 && p->n_emails == 0 && p->n_phones == 0)
		return fail(t, E_BAD_REQUEST_BODY, "there is nothing to sign in with: no username, address or number");
	return OK;
}

static enum status
read_line(struct import *im, struct str line, struct person *p)
{
	json_error_t error;
	json_t *o = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &error);
	enum status st = json_is_object(o) ? read_object(im, o, p)
					   : fail(im->c->t, E_BAD_REQUEST_BODY, "is not a JSON object: %s", error.text);

	json_decref(o);
	return st;
}

/* ---- telling ---- */

/* With --check every problem is a line of the answer; else the first one ends the batch. */
static enum status
tell(struct import *im, enum status st, int64_t line)
{
	struct task *t = im->c->t;
	char why[PROBLEM_MAX];
	struct json j;

	if (status_info[st].http >= 500)
		return st;
	snprintf(why, sizeof(why), "%s", t->why[0] ? t->why : status_info[st].text);
	t->why[0] = '\0';
	im->refused++;
	if (!im->check)
		return fail(t, st, "line %lld: %s", (long long)line, why);
	json_init(&j, &im->c->out);
	json_object_begin(&j, NULL);
	json_int(&j, "line", line);
	json_str(&j, "problem", str_of(why));
	json_object_end(&j);
	buf_put_char(&im->c->out, '\n');
	return OK;
}

static enum status
read_all(struct import *im, int64_t first_line)
{
	struct str line, rest = im->c->input;
	size_t most = 1;

	for (size_t i = 0; i < rest.n; i++)
		most += rest.p[i] == '\n';
	im->people = arena_array(im->c->t->arena, most, sizeof(*im->people));
	TRY_MEM(im->c->t, im->people);
	for (int64_t n = first_line; rest.n > 0; n++) {
		struct person *p = &im->people[im->n];
		enum status st;

		(void)str_cut(rest, '\n', &line, &rest);
		if (str_trim(line).n == 0)
			continue;
		p->line = n;
		st = read_line(im, line, p);
		if (st != OK)
			TRY(tell(im, st, n));
		else
			im->n++;
	}
	return OK;
}

/* ---- writing ---- */

static enum status
insert_emails(struct task *t, struct deployment_id d, struct user_id user, const struct person *p, struct email_id *ret_first)
{
	int64_t rows;

	for (size_t i = 0; i < p->n_emails; i++) {
		const struct contact *e = &p->emails[i];
		struct email_id id = { id_next(t->now) };

		TRY(sql_email_insert(t, d, id, user, e->shown, e->key, e->verified ? t->now : 0, t->now, &rows));
		if (rows == 0)
			return fail(t, E_EMAIL_EXISTS, "somebody has the address %s", log_quote(e->shown).text);
		if (i == 0)
			*ret_first = id;
	}
	return OK;
}

static enum status
insert_phones(struct task *t, struct deployment_id d, struct user_id user, const struct person *p, struct phone_id *ret_first)
{
	int64_t rows;

	for (size_t i = 0; i < p->n_phones; i++) {
		const struct contact *e = &p->phones[i];
		struct phone_id id = { id_next(t->now) };

		TRY(sql_phone_insert(t, d, id, user, e->shown, e->dial_code, e->key, e->verified ? t->now : 0, t->now, &rows));
		if (rows == 0)
			return fail(t, E_PHONE_NUMBER_EXISTS, "somebody has one of the numbers");
		if (i == 0)
			*ret_first = id;
	}
	return OK;
}

static enum status
insert_person(struct task *t, struct deployment_id d, const struct person *p)
{
	struct user_id user = p->id.v ? p->id : (struct user_id){ id_next(t->now) };
	struct email_id email = { 0 };
	struct phone_id phone = { 0 };
	struct str name_key;
	int64_t rows;

	TRY(identifier_name_key(t, p->first_name, p->last_name, &name_key));
	TRY(sql_account_insert(t, d, user, p->first_name, p->last_name, name_key, p->username, p->username_key, p->password_record,
	    p->password_record.n ? t->now : 0, S("none"), t->now, &rows));
	if (rows == 0)
		return fail(t, E_USERNAME_EXISTS, "somebody has this id or username");
	TRY(insert_emails(t, d, user, p, &email));
	TRY(insert_phones(t, d, user, p, &phone));
	TRY(sql_account_set_primary(t, d, user, email, phone, t->now, &rows));
	return command_audit(t, d, AUDIT_USER_CREATED, user, (struct session_id){ 0 }, S("{\"imported\":true}"));
}

/* A check does it all, and then takes it back: E_CONFLICT rolls back. */
static enum status
insert_all(struct task *t, void *arg)
{
	struct import *im = arg;

	for (size_t i = 0; i < im->n; i++) {
		enum status st = insert_person(t, im->d->id, &im->people[i]);

		if (st != OK)
			TRY(tell(im, st, im->people[i].line));
	}
	return im->check ? E_CONFLICT : OK;
}

enum status
command_user_import(struct command *c)
{
	struct import im = { .c = c, .check = command_flag(c, "check").p != NULL };
	int64_t first_line;
	enum status st;
	struct json j;

	TRY(command_int(c, "from", 1, INT64_MAX, 1, &first_line));
	TRY(command_flag_deployment(c, &im.d));
	TRY(read_all(&im, first_line));
	st = command_write(c, insert_all, &im);
	if (im.check && st == E_CONFLICT) {
		c->t->why[0] = '\0';
		st = OK;
	}
	TRY(st);
	command_about(c, "%s,n=%zu", deployment_id_str(c->t->arena, im.d->id).p, im.n);
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_int(&j, im.check ? "checked" : "imported", (int64_t)im.n);
	json_int(&j, "refused", im.refused);
	json_int(&j, "from_line", first_line);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}
