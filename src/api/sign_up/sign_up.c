/* sign_up.c - POST /auth/signup: a new account, and signed in with it, once its address is proved where that is asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "api/app.h"
#include "api/factor/second_factor.h"
#include "api/sign_in/new_password.h"
#include "api/sign_up/account_create.h"
#include "api/sign_up/invitation.h"
#include "api/sign_up/restrictions.h"
#include "api/sign_up/sign_up_attempt.h"
#include "auth/identifier.h"
#include "auth/password.h"
#include "base/str.h"
#include "store/store.gen.h"

enum { NAME_MAX = 50 };

/* A field as the deployment wants it. */
struct wanted {
	const char *name;	/* of the form's field */
	const char *label;	/* in the sentence */
	bool        enabled, required;
};

/* The form's fields as this deployment's settings have them; the order is that of the problems told. */
static size_t
wanted_fields(const struct settings *s, struct wanted w[6])
{
	size_t n = 0;

	w[n++] = (struct wanted){ "first_name", "first name", s->auth.first_name.enabled, s->auth.first_name.required };
	w[n++] = (struct wanted){ "last_name", "last name", s->auth.last_name.enabled, s->auth.last_name.required };
	w[n++] = (struct wanted){ "email", "email address", s->auth.email_address.enabled, s->auth.email_address.required };
	w[n++] = (struct wanted){ "username", "username", s->auth.username.enabled, s->auth.username.required };
	w[n++] = (struct wanted){ "phone_number", "phone number", s->auth.phone_number.enabled, s->auth.phone_number.required };
	w[n++] = (struct wanted){ "password", "password", s->auth.password.enabled, s->auth.password.required };
	return n;
}

/* A field that is switched off is not read, whatever was sent. */
static struct str
field_value(const struct request *rq, const struct wanted *w)
{
	return w->enabled ? body_text(rq, w->name) : S("");
}

static struct str
value_of(const struct request *rq, const char *name)
{
	struct wanted w[6];
	size_t n = wanted_fields(&rq->deployment->settings, w);

	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(w[i].name), str_of(name)))
			return field_value(rq, &w[i]);
	return S("");
}

/* Every missing field is told at once, and so is every malformed one. */
static enum status
check_required(struct request *rq)
{
	struct wanted w[6];
	size_t n = wanted_fields(&rq->deployment->settings, w);
	enum status st = OK;

	for (size_t i = 0; i < n; i++)
		if (w[i].enabled && w[i].required && field_value(rq, &w[i]).n == 0)
			st = refuse(rq, E_REQUIRED_FIELD, "Enter your %s.", w[i].label);
	return st;
}

static enum status
check_name(struct request *rq, const char *field, const char *label, struct str *ret_name)
{
	struct str v = value_of(rq, field);

	*ret_name = S("");
	if (v.n == 0 || identifier_name(&rq->task, v, NAME_MAX, ret_name) == OK)
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "Enter a %s of at most %d printable characters.", label, NAME_MAX);
}

static enum status
check_email(struct request *rq, struct account_spec *spec)
{
	struct str v = value_of(rq, "email");

	if (v.n == 0 || identifier_email(&rq->task, v, &spec->email, &spec->email_key) == OK)
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid email address.");
}

static enum status
check_username(struct request *rq, struct account_spec *spec)
{
	const struct settings *s = &rq->deployment->settings;
	struct str v = value_of(rq, "username");

	if (v.n == 0 || identifier_username(&rq->task, v, s->auth.username.min_length, s->auth.username.max_length,
	    &spec->username, &spec->username_key) == OK)
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "Enter a username of %lld to %lld letters, digits, dots, dashes or underscores.",
	    (long long)s->auth.username.min_length, (long long)s->auth.username.max_length);
}

static enum status
check_phone(struct request *rq, struct account_spec *spec)
{
	struct str v = value_of(rq, "phone_number");

	if (v.n == 0)
		return OK;
	if (identifier_phone(&rq->task, v, body_text(rq, "phone_country_code"), &spec->phone, &spec->dial_code) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid phone number with its country code.");
	spec->phone_key = arena_printf(rq->task.arena, STR_FMT STR_FMT, STR_ARG(spec->dial_code), STR_ARG(spec->phone));
	return OK;
}

static enum status
check_password(struct request *rq, const struct account_spec *spec)
{
	const struct str words[] = { spec->first_name, spec->last_name, spec->username, spec->email };
	struct str v = value_of(rq, "password");

	return v.n == 0 ? OK : new_password_check(rq, v, words, ARRAY_LEN(words));
}

/* Keep the first refusal, and go on telling. Failures of ours end it at once. */
#define COLLECT(st, call) \
	do { \
		enum status collect_ = (call); \
		if (status_info[collect_].http >= 500) \
			return collect_; \
		if ((st) == OK) \
			(st) = collect_; \
	} while (0)

static enum status
check_form(struct request *rq, struct account_spec *spec)
{
	enum status st = check_required(rq);

	COLLECT(st, check_name(rq, "first_name", "first name", &spec->first_name));
	COLLECT(st, check_name(rq, "last_name", "last name", &spec->last_name));
	COLLECT(st, check_email(rq, spec));
	COLLECT(st, check_username(rq, spec));
	COLLECT(st, check_phone(rq, spec));
	COLLECT(st, check_password(rq, spec));
	COLLECT(st, restrictions_check(rq, spec));
	return st;
}

/* `found`: how a look-up went. Taken is told; an error of the store is not a free name. */
static enum status
refuse_taken(struct request *rq, enum status found, enum status st)
{
	if (found == OK)
		return refuse(rq, st, NULL);
	return found == E_NOT_FOUND ? OK : found;
}

/* Who only typed an address cannot keep it from whoever is about to prove it (AUT-12). */
static enum status
find_taken(enum status found, const struct contact_owner *owner, bool will_be_proved)
{
	return found == OK && will_be_proved && owner->verified_at == 0 ? E_NOT_FOUND : found;
}

static enum status
find_email(struct task *t, struct request *rq, const struct account_spec *spec)
{
	struct contact_owner owner;
	enum status st = sql_contact_by_email(t, rq->deployment->id, spec->email_key, &owner);

	/* An invitation has proved it. */
	return find_taken(st, &owner, spec->email_verified || (sign_up_needs(rq, spec) & NEEDS_EMAIL));
}

static enum status
find_phone(struct task *t, struct request *rq, const struct account_spec *spec)
{
	struct contact_owner *owners;
	size_t n;

	TRY(sql_contacts_by_phone(t, rq->deployment->id, S(""), spec->phone_key, &owners, &n));
	return n == 0 ? E_NOT_FOUND : find_taken(OK, &owners[0], sign_up_needs(rq, spec) & NEEDS_PHONE);
}

static enum status
check_taken(struct task *t, void *arg)
{
	struct request *rq = arg;
	const struct account_spec *spec = rq->proof;
	struct username_taken_row username;
	enum status st = OK;

	if (spec->email_key.n > 0)
		COLLECT(st, refuse_taken(rq, find_email(t, rq, spec), E_EMAIL_EXISTS));
	if (spec->username_key.n > 0)
		COLLECT(st, refuse_taken(rq, sql_username_taken(t, rq->deployment->id, spec->username_key, &username), E_USERNAME_EXISTS));
	if (spec->phone_key.n > 0)
		COLLECT(st, refuse_taken(rq, find_phone(t, rq, spec), E_PHONE_NUMBER_EXISTS));
	return st;
}

static enum status
sign_up_prove(struct request *rq)
{
	struct account_spec *spec = arena_one(rq->task.arena, struct account_spec);
	struct str password = value_of(rq, "password");
	struct invitation invitation;

	TRY_MEM(&rq->task, spec);
	rq->proof = spec;
	TRY(challenge_prove(rq));
	TRY(invitation_check(rq, &invitation));
	TRY(check_form(rq, spec));
	TRY(invitation_match(rq, &invitation, spec));
	TRY(request_reserve(rq, &(struct try){ RULE_SIGN_UP_SOURCE, request_source(rq) }, 1));
	TRY(request_read(rq, check_taken, rq));
	spec->second_factor_policy = second_factor_policy_word(rq->deployment->settings.auth.second_factor_policy);
	if (password.n == 0)
		return OK;
	return password_hash(&rq->task, rq->app->hasher, rq->deployment->id, password, &spec->password_record);
}

/* Which of the form's fields the deployment requires, as words. */
static struct str
required_words(struct request *rq)
{
	struct wanted w[6];
	size_t n = wanted_fields(&rq->deployment->settings, w);
	struct buf b;

	buf_init_arena(&b, rq->task.arena, 256);
	for (size_t i = 0; i < n; i++)
		if (w[i].enabled && w[i].required && !str_eq(str_of(w[i].name), S("password")))
			buf_printf(&b, "%s%s", b.n ? " " : "", w[i].name);
	return b.n ? buf_str(&b) : S("");
}

static enum status
sign_up(struct request *rq)
{
	TRY(sign_up_begin(rq, rq->proof, required_words(rq)));
	return reply_session(rq);
}

const struct route route_sign_up = {
	.method = HTTP_POST, .path = "/auth/signup", .name = "auth_signup",
	.summary = "Make an account and sign in with it; the attempt is the last of signup_attempts in the answer.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_HASH,
	.body = {
		OPT_TEXT("first_name", 200, "at most 50 printable characters"),
		OPT_TEXT("last_name", 200, "at most 50 printable characters"),
		OPT_TEXT("username", 320, "letters, digits, dots, dashes, underscores"),
		OPT_TEXT("email", 320, "an e-mail address"),
		OPT_TEXT("phone_number", 32, "digits"),
		OPT_TEXT("phone_country_code", 8, "a dial code such as +1"),
		OPT_TEXT("password", 1024, "by the deployment's policy"),
		OPT_TEXT("invite_token", 256, "an invitation"),
		OPT_TEXT("challenge_token", 256, "a redeemed challenge"),
	},
	.fails = { E_REQUIRED_FIELD, E_EMAIL_EXISTS, E_USERNAME_EXISTS, E_PHONE_NUMBER_EXISTS, E_WEAK_PASSWORD,
	    E_SIGNUP_RESTRICTED, E_SIGNUP_WAITLIST_ONLY, E_EMAIL_NOT_ALLOWED, E_EMAIL_BLOCKED, E_DISPOSABLE_EMAIL_BLOCKED,
	    E_COUNTRY_RESTRICTED, E_VOIP_NUMBER_BLOCKED, E_BANNED_KEYWORD,
	    E_LIMIT_REACHED, E_CHALLENGE_REQUIRED, E_CHALLENGE_FAILED,
	    E_OVERLOADED },
	.prove = sign_up_prove, .run = sign_up,
};
