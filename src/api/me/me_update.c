/* me_update.c - change one's own profile; what is not sent stays. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "api/factor/credential.h"
#include "api/factor/second_factor.h"
#include "api/me/me_contacts.h"
#include "api/me/picture.h"
#include "api/sign_up/banned.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

enum { NAME_MAX = 50 }; /* as in signing up */

/* The account as it is now, locked: parallel updates of different fields must not undo each other. */
struct update {
	struct account_row was;
	struct contact_row *contacts;
	size_t n_contacts;
	bool changed;
};

static enum status
load_locked(struct request *rq, struct update *u)
{
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;
	int64_t rows;

	TRY(sql_account_lock(&rq->task, d, user, &rows));
	if (rows == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(sql_account_find(&rq->task, d, user, &u->was));
	return sql_account_contacts(&rq->task, d, user, &u->contacts, &u->n_contacts);
}

/* One name, or the one there was when none is sent. */
static enum status
read_name(struct request *rq, const char *field, struct str was, struct str *ret_name)
{
	struct str text = body_text(rq, field);
	enum status st;

	*ret_name = was;
	if (text.n == 0)
		return OK;
	st = identifier_name(&rq->task, text, NAME_MAX, ret_name);
	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "Enter a name of at most %d printable characters.", NAME_MAX);
	TRY(st);
	return banned_check(rq, *ret_name);
}

static enum status
update_names(struct request *rq, struct update *u)
{
	struct str first, last, name_key;
	int64_t rows;

	TRY(read_name(rq, "first_name", u->was.first_name, &first));
	TRY(read_name(rq, "last_name", u->was.last_name, &last));
	if (str_eq(first, u->was.first_name) && str_eq(last, u->was.last_name))
		return OK;
	u->changed = true;
	TRY(identifier_name_key(&rq->task, first, last, &name_key));
	return sql_account_set_names(
	    &rq->task, rq->deployment->id, u->was.id, first, last, name_key, rq->task.now, &rows);
}

static enum status
set_username(struct request *rq, struct update *u, struct str name, struct str key)
{
	int64_t rows;
	enum status st;

	/* It is half of what signs in: with another one its owner does not find the way back. */
	TRY(credential_hold(rq));
	st = sql_account_set_username(&rq->task, rq->deployment->id, u->was.id, name, key, rq->task.now, &rows);
	/* E_CONFLICT: somebody took it in the same moment, and the unique index had the last word. */
	if (st == E_CONFLICT || (st == OK && rows == 0))
		return refuse(rq, E_USERNAME_EXISTS, NULL);
	u->changed = true;
	return st;
}

static enum status
update_username(struct request *rq, struct update *u)
{
	const struct settings *s = &rq->deployment->settings;
	struct str text = body_text(rq, "username"), name, key;
	enum status st;

	if (text.n == 0 || str_eq(text, u->was.username))
		return OK;
	if (!s->auth.username.enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Usernames are not used here.");
	st = identifier_username(
	    &rq->task, text, s->auth.username.min_length, s->auth.username.max_length, &name, &key);
	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st,
		    "Enter a username of %lld to %lld letters, digits, dots, dashes or underscores.",
		    (long long)s->auth.username.min_length, (long long)s->auth.username.max_length);
	TRY(st);
	TRY(banned_check(rq, name));
	return set_username(rq, u, name, key);
}

/* NULL: none of theirs, or not verified. */
static const struct contact_row *
find_verified(const struct update *u, bool is_phone, int64_t id)
{
	for (size_t i = 0; i < u->n_contacts; i++)
		if (u->contacts[i].is_phone == is_phone && u->contacts[i].id == id)
			return u->contacts[i].verified_at != 0 ? &u->contacts[i] : NULL;
	return NULL;
}

/* As make-primary has it: told to the user, and written down. */
static enum status
tell_primaries(struct request *rq, const struct update *u, struct email_id email, struct phone_id phone)
{
	if (email.v != u->was.primary_email.v)
		TRY(contact_changed(rq, u->was.id, find_verified(u, false, email.v), CONTACT_PRIMARY));
	if (phone.v != u->was.primary_phone.v)
		TRY(contact_changed(rq, u->was.id, find_verified(u, true, phone.v), CONTACT_PRIMARY));
	return OK;
}

/* Somebody else's, an unknown and an unverified one get one answer. */
static enum status
update_primaries(struct request *rq, struct update *u)
{
	struct str email_text = body_text(rq, "primary_email_address_id");
	struct str phone_text = body_text(rq, "primary_phone_number_id");
	struct email_id email = u->was.primary_email;
	struct phone_id phone = u->was.primary_phone;
	int64_t rows;

	if (email_text.n > 0 && (!email_id_parse(email_text, &email) || !find_verified(u, false, email.v)))
		return refuse(rq, E_BAD_REQUEST_BODY, "Choose one of your verified email addresses.");
	if (phone_text.n > 0 && (!phone_id_parse(phone_text, &phone) || !find_verified(u, true, phone.v)))
		return refuse(rq, E_BAD_REQUEST_BODY, "Choose one of your verified phone numbers.");
	if (email.v == u->was.primary_email.v && phone.v == u->was.primary_phone.v)
		return OK;
	TRY(credential_hold(rq));
	u->changed = true;
	TRY(sql_account_set_primary(&rq->task, rq->deployment->id, u->was.id, email, phone, rq->task.now, &rows));
	return tell_primaries(rq, u, email, phone);
}

static enum status
update_second_factor_policy(struct request *rq, struct update *u)
{
	struct str policy = body_text(rq, "second_factor_policy");
	int64_t rows;

	if (policy.n == 0 || str_eq(policy, u->was.second_factor_policy))
		return OK;
	if (!str_eq(policy, S("none")) && !str_eq(policy, S("optional")) && !str_eq(policy, S("enforced")))
		return refuse(
		    rq, E_BAD_REQUEST_BODY, "The second factor policy must be none, optional or enforced.");
	TRY(credential_hold(rq));
	if (str_eq(policy, S("enforced")) && !second_factor_is_enrolled(rq))
		return refuse(rq, E_BAD_REQUEST_BODY, "Set up a second factor first.");
	u->changed = true;
	TRY(sql_account_set_second_factor_policy(
	    &rq->task, rq->deployment->id, u->was.id, policy, rq->task.now, &rows));
	return credential_changed(rq, AUDIT_SECOND_FACTOR_POLICY,
	    "Whether signing in asks for your second factor was changed.");
}

static enum status
update_picture(struct request *rq, struct update *u)
{
	int64_t rows;

	if (!body_bool(rq, "remove_profile_picture", false) || u->was.image_url.n == 0)
		return OK;
	u->changed = true;
	TRY(picture_remove_of_user(&rq->task, rq->deployment, u->was.id));
	return sql_account_set_image(&rq->task, rq->deployment->id, u->was.id, S(""), rq->task.now, &rows);
}

static enum status
me_update(struct request *rq)
{
	struct update u = { 0 };

	TRY(load_locked(rq, &u));
	TRY(update_names(rq, &u));
	TRY(update_username(rq, &u));
	TRY(update_primaries(rq, &u));
	TRY(update_second_factor_policy(rq, &u));
	TRY(update_picture(rq, &u));
	if (u.changed) {
		TRY(cache_touch(&rq->task, rq->deployment->id, SUBJECT_USER, u.was.id.v));
		TRY(audit(rq, AUDIT_USER_UPDATED, u.was.id, STR_NONE));
	}
	return reply_text(rq, "Your profile is up to date.");
}

const struct route route_me_update = {
	.method = HTTP_POST, .path = "/me", .name = "me_update",
	.summary = "Change the active sign-in's user; what is not sent, or sent empty, stays.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = {
		OPT_TEXT("first_name", 200, "at most 50 printable characters"),
		OPT_TEXT("last_name", 200, "at most 50 printable characters"),
		OPT_TEXT("username", 320, "what to sign in with; unique"),
		OPT_TEXT("primary_email_address_id", 64, "a verified address of one's own"),
		OPT_TEXT("primary_phone_number_id", 64, "a verified number of one's own"),
		OPT_TEXT("second_factor_policy", 16, "none, optional or enforced"),
		OPT_BOOL("remove_profile_picture", "true takes the picture away"),
	},
	.fails = { E_USERNAME_EXISTS, E_BANNED_KEYWORD, E_FEATURE_DISABLED, E_FORBIDDEN, E_REAUTH_REQUIRED },
	.run = me_update,
};
