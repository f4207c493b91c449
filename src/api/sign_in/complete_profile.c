/* complete_profile.c - POST /auth/complete-profile: what a deployment requires and this account does not have yet. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/attempt.h"
#include "api/sign_in/lent_password.h"
#include "api/sign_up/banned.h"
#include "api/sign_up/restrictions.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "session/coherence.h"

enum { NAME_MAX = 50 };	/* as in signing up */

static bool
is_missing(struct str missing, const char *field)
{
	struct str word;

	while (missing.n > 0) {
		(void)str_cut(missing, ' ', &word, &missing);
		if (str_eq(word, str_of(field)))
			return true;
	}
	return false;
}

/* Only what is missing is taken: who has a name keeps it. */
static bool
takes(const struct request *rq, struct str missing, const char *field)
{
	return is_missing(missing, field) && body_text(rq, field).n > 0;
}

static enum status
read_name(struct request *rq, struct str missing, const char *field, struct str was, struct str *ret_name)
{
	enum status st;

	*ret_name = was;
	if (!takes(rq, missing, field))
		return OK;
	st = identifier_name(&rq->task, body_text(rq, field), NAME_MAX, ret_name);
	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "Enter a name of at most %d printable characters.", NAME_MAX);
	TRY(st);
	return banned_check(rq, *ret_name);
}

static enum status
fill_names(struct request *rq, struct user_id user, struct str missing)
{
	struct account_row a;
	struct str first, last, name_key;
	int64_t rows;

	TRY(sql_account_find(&rq->task, rq->deployment->id, user, &a));
	TRY(read_name(rq, missing, "first_name", a.first_name, &first));
	TRY(read_name(rq, missing, "last_name", a.last_name, &last));
	TRY(identifier_name_key(&rq->task, first, last, &name_key));
	return sql_account_set_names(&rq->task, rq->deployment->id, user, first, last, name_key, rq->task.now, &rows);
}

static enum status
fill_username(struct request *rq, struct user_id user, struct str missing)
{
	const struct settings *s = &rq->deployment->settings;
	struct str name, key;
	int64_t rows;
	enum status st;

	if (!takes(rq, missing, "username"))
		return OK;
	st = identifier_username(&rq->task, body_text(rq, "username"), s->auth.username.min_length, s->auth.username.max_length,
	    &name, &key);
	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "Enter a username of %lld to %lld letters, digits, dots, dashes or underscores.",
		    (long long)s->auth.username.min_length, (long long)s->auth.username.max_length);
	TRY(st);
	TRY(banned_check(rq, name));
	st = sql_account_set_username(&rq->task, rq->deployment->id, user, name, key, rq->task.now, &rows);
	/* E_CONFLICT: somebody took it in the same moment, and the unique index had the last word. */
	if (st == E_CONFLICT || (st == OK && rows == 0))
		return refuse(rq, E_USERNAME_EXISTS, NULL);
	return st;
}

/* Left unverified: the screen navigates away whatever the answer says. */
static enum status
fill_phone(struct request *rq, struct user_id user, struct str missing)
{
	struct phone_id id = { id_next(rq->task.now) };
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct str digits, dial;
	int64_t rows;

	if (!takes(rq, missing, "phone_number"))
		return OK;
	if (identifier_phone(t, body_text(rq, "phone_number"), body_text(rq, "phone_country_code"), &digits, &dial) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid phone number with its country code.");
	TRY(restrictions_check_phone(rq, dial, digits));
	TRY(sql_phone_insert(t, d, id, user, digits, dial, arena_printf(t->arena, STR_FMT STR_FMT, STR_ARG(dial), STR_ARG(digits)),
	    0, t->now, &rows));
	if (rows == 0)
		return refuse(rq, E_PHONE_NUMBER_EXISTS, NULL);
	return sql_account_set_primary_phone(t, d, user, id, t->now, &rows);
}

static enum status
fill(struct request *rq, struct user_id user, struct str missing)
{
	int64_t rows;

	TRY(sql_account_lock(&rq->task, rq->deployment->id, user, &rows));
	if (rows == 0)
		return refuse(rq, E_USER_DISABLED, NULL);
	TRY(fill_names(rq, user, missing));
	TRY(fill_username(rq, user, missing));
	TRY(fill_phone(rq, user, missing));
	if (is_missing(missing, "password"))
		TRY(lent_password_replace(rq, user));
	TRY(audit(rq, AUDIT_USER_UPDATED, user, STR_NONE));
	return cache_touch(&rq->task, rq->deployment->id, SUBJECT_USER, user.v);
}

static enum status
complete_profile(struct request *rq)
{
	struct attempt a;
	struct profile before, after;

	TRY(attempt_find(rq, query_text(rq, "attempt_id"), false, &a));
	if (a.state != STATE_PROFILE)
		return refuse(rq, E_BAD_SIGN_IN_ATTEMPT, NULL);
	TRY(attempt_hold(rq, &a));
	TRY(profile_load(rq, a.row.user, attempt_is_by_password(&a), &before));
	TRY(fill(rq, a.row.user, before.missing));
	TRY(profile_load(rq, a.row.user, attempt_is_by_password(&a), &after));
	if (after.missing.n > 0)
		return refuse(rq, E_REQUIRED_FIELD, "Still missing: " STR_FMT ".", STR_ARG(after.missing));
	TRY(attempt_advance(rq, &a, EVENT_PROFILE_FILLED));
	return reply_session(rq);
}

const struct route route_complete_profile = {
	.method = HTTP_POST, .path = "/auth/complete-profile", .name = "auth_complete_profile",
	.summary = "Enter what an attempt's missing_fields ask for; signs in when nothing is missing any more.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_HASH, .rate = RULE_LOOKUP,
	.query = { { .name = "attempt_id", .kind = F_TEXT, .required = true, .max = 64, .missing = E_BAD_SIGN_IN_ATTEMPT,
	    .help = "the attempt" } },
	.body = {
		OPT_TEXT("first_name", 200, "at most 50 printable characters"),
		OPT_TEXT("last_name", 200, "at most 50 printable characters"),
		OPT_TEXT("username", 320, "letters, digits, dots, dashes, underscores"),
		OPT_TEXT("phone_number", 32, "digits"),
		OPT_TEXT("phone_country_code", 8, "a dial code such as +1"),
		OPT_TEXT("email", 320, "not asked for here"),
		OPT_TEXT("password", 1024, "a new one, by the deployment's policy, in the place of one that an operator chose"),
	},
	.fails = { E_BAD_SIGN_IN_ATTEMPT, E_REQUIRED_FIELD, E_USERNAME_EXISTS, E_PHONE_NUMBER_EXISTS, E_BANNED_KEYWORD,
	    E_COUNTRY_RESTRICTED, E_VOIP_NUMBER_BLOCKED, E_WEAK_PASSWORD, E_USER_DISABLED, E_USER_ALREADY_SIGNED_IN,
	    E_LIMIT_REACHED, E_OVERLOADED },
	.prove = lent_password_prove, .run = complete_profile,
};
