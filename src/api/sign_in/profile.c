/* profile.c - what a deployment requires of a profile, and what an account has of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/attempt.h"

#include "auth/password.h"
#include "base/json.h"
#include "base/str.h"

enum { JSON_MAX = 4096, WORDS_MAX = 128 };

static const struct contact_row *
first_contact(const struct contact_row *contacts, size_t n, bool is_phone)
{
	for (size_t i = 0; i < n; i++)
		if (contacts[i].is_phone == is_phone)
			return &contacts[i];
	return NULL;
}

/* An address is never asked for here: apps have no form for it at this step. */
static struct str
missing_words(struct request *rq, const struct account_row *a, bool has_phone, bool by_password)
{
	const struct settings *s = &rq->deployment->settings;
	const struct {
		const char *word;
		bool        is_missing;
	} fields[] = {
		{ "first_name", s->auth.first_name.enabled && s->auth.first_name.required && a->first_name.n == 0 },
		{ "last_name", s->auth.last_name.enabled && s->auth.last_name.required && a->last_name.n == 0 },
		{ "username", s->auth.username.enabled && s->auth.username.required && a->username.n == 0 },
		{ "phone_number", s->auth.phone_number.enabled && s->auth.phone_number.required && !has_phone },
		/* Whoever came with a lent one has none of their own yet. */
		{ "password", by_password && (a->password_standing == PASSWORD_LENT || a->password_standing == PASSWORD_SPENT) },
	};
	struct buf b;

	buf_init_arena(&b, rq->task.arena, WORDS_MAX);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i].is_missing)
			buf_printf(&b, "%s%s", b.n ? " " : "", fields[i].word);
	return b.n ? buf_str(&b) : S("");
}

static struct str
known_json(struct request *rq, const struct account_row *a, const struct contact_row *email, const struct contact_row *phone)
{
	struct buf b;
	struct json j;

	buf_init_arena(&b, rq->task.arena, JSON_MAX);
	json_init(&j, &b);
	json_object_begin(&j, NULL);
	json_str(&j, "first_name", a->first_name);
	json_str(&j, "last_name", a->last_name);
	json_str(&j, "username", a->username);
	json_str(&j, "phone_number", phone ? phone->value : S(""));
	json_str(&j, "phone_country_code", phone ? phone->dial_code : S(""));
	json_str(&j, "email", email ? email->value : S(""));
	json_object_end(&j);
	return buf_str(&b);
}

enum status
profile_load(struct request *rq, struct user_id user, bool by_password, struct profile *ret_profile)
{
	struct account_row a;
	struct contact_row *contacts;
	size_t n;

	TRY(sql_account_find(&rq->task, rq->deployment->id, user, &a));
	TRY(sql_account_contacts(&rq->task, rq->deployment->id, user, &contacts, &n));
	*ret_profile = (struct profile){
		.missing = missing_words(rq, &a, first_contact(contacts, n, true) != NULL, by_password),
		.known = known_json(rq, &a, first_contact(contacts, n, false), first_contact(contacts, n, true)),
	};
	return OK;
}
