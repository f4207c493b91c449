/* sign_in.c - POST /auth/signin: a password proves it at once, a code or a link is asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "api/app.h"
#include "api/sign_in/attempt.h"
#include "api/sign_in/contact.h"
#include "api/sign_in/known_device.h"
#include "api/sign_in/lent_password.h"
#include "auth/identifier.h"
#include "auth/password.h"
#include "base/str.h"
#include "store/store.gen.h"

enum { NAME_MAX_BYTES = 320 };

/* What .prove found out, for .run. */
struct proof {
	const struct strategy *strategy;
	struct str             shown;	/* the identifier, as shown back */
	struct str             key;	/* its canonical form; empty when it cannot be one */
	struct account_secret  secret;	/* id 0: no such account */
	int64_t                contact;	/* the address or number to prove; 0: none */
	struct str             rehashed;	/* a new record, when the old one's parameters are outdated */
	struct try             account_try;
};

/* One way to prove who you are. With a password this call proves it; otherwise a code or link does later. */
struct strategy {
	const char     *name;
	const char     *field;
	enum flow_event event;
	bool          (*is_enabled)(const struct settings *s);
	enum status   (*read)(struct request *rq, struct str text, struct proof *p);
	enum status   (*find)(struct task *t, struct request *rq, struct proof *p);
};

static bool
by_password(const struct proof *p)
{
	return p->strategy->event == EVENT_PASSWORD_RIGHT;
}

static bool
email_is_enabled(const struct settings *s)
{
	return s->auth.factors.email_password;
}

static bool
username_is_enabled(const struct settings *s)
{
	return s->auth.factors.username_password;
}

static bool
email_code_is_enabled(const struct settings *s)
{
	return s->auth.factors.email_otp;
}

static bool
link_is_enabled(const struct settings *s)
{
	return s->auth.factors.email_magic_link && s->auth.magic_link.enabled;
}

static bool
phone_code_is_enabled(const struct settings *s)
{
	return s->auth.factors.phone_otp;
}

/* What cannot be an address has no account: it goes the same way as one that nobody has. */
static enum status
read_email(struct request *rq, struct str text, struct proof *p)
{
	if (identifier_email(&rq->task, text, &p->shown, &p->key) != OK)
		p->shown = p->key = S("");
	return OK;
}

static enum status
read_username(struct request *rq, struct str text, struct proof *p)
{
	if (identifier_username(&rq->task, text, 1, NAME_MAX_BYTES, &p->shown, &p->key) != OK)
		p->shown = p->key = S("");
	return OK;
}

/* Nothing can be mailed to what is no address. */
static enum status
read_mailbox(struct request *rq, struct str text, struct proof *p)
{
	if (identifier_email(&rq->task, text, &p->shown, &p->key) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid email address.");
	return OK;
}

/* National digits, or all of them: which, is seen only beside the numbers that there are. */
static enum status
read_phone(struct request *rq, struct str text, struct proof *p)
{
	struct str dial = body_text(rq, "phone_country_code"), code;

	/* The rules for a whole number are stricter; here a dial code may be among the digits. */
	if (dial.n == 0 && str_starts(text, S("+")))
		text = str_from(text, 1);
	if (identifier_phone(&rq->task, text, dial.n ? dial : S("+1"), &p->key, &code) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid phone number.");
	p->shown = dial.n ? arena_printf(rq->task.arena, STR_FMT STR_FMT, STR_ARG(code), STR_ARG(p->key)) : p->key;
	return OK;
}

static enum status
find_secret_by_email(struct task *t, struct request *rq, struct proof *p)
{
	return sql_account_secret_by_email(t, rq->deployment->id, p->key, &p->secret);
}

static enum status
find_secret_by_username(struct task *t, struct request *rq, struct proof *p)
{
	return sql_account_secret_by_username(t, rq->deployment->id, p->key, &p->secret);
}

static enum status
take_owner(enum status st, const struct contact_owner *owner, struct proof *p)
{
	TRY(st);
	p->secret.id = owner->user;
	p->contact = owner->contact;
	return OK;
}

static enum status
find_mailbox(struct task *t, struct request *rq, struct proof *p)
{
	struct contact_owner owner;

	return take_owner(contact_find_email(t, rq->deployment->id, p->key, &owner), &owner, p);
}

static enum status
find_phone(struct task *t, struct request *rq, struct proof *p)
{
	struct str dial = { p->shown.p, p->shown.n - p->key.n };
	struct contact_owner owner;

	return take_owner(contact_find_phone(t, rq->deployment->id, p->key, dial, &owner), &owner, p);
}

static const struct strategy strategies[] = {
	{ "plain_email", "email", EVENT_PASSWORD_RIGHT, email_is_enabled, read_email, find_secret_by_email },
	{ "plain_username", "username", EVENT_PASSWORD_RIGHT, username_is_enabled, read_username, find_secret_by_username },
	{ "email_otp", "email", EVENT_MAIL_CODE_CHOSEN, email_code_is_enabled, read_mailbox, find_mailbox },
	{ "magic_link", "email", EVENT_LINK_CHOSEN, link_is_enabled, read_mailbox, find_mailbox },
	{ "phone_otp", "phone", EVENT_SMS_CODE_CHOSEN, phone_code_is_enabled, read_phone, find_phone },
};

static const struct strategy *
strategy_named(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(strategies); i++)
		if (str_eq(name, str_of(strategies[i].name)))
			return &strategies[i];
	return NULL;
}

/* An address alone says nothing of how: the deployment's own way, where that needs no more than it. */
static const struct strategy *
strategy_of_first_factor(const struct request *rq)
{
	enum first_factor first = rq->deployment->settings.auth.first_factor;

	if (first == FIRST_EMAIL_OTP)
		return strategy_named(S("email_otp"));
	return first == FIRST_EMAIL_MAGIC_LINK ? strategy_named(S("magic_link")) : NULL;
}

static const struct strategy *
strategy_inferred(const struct request *rq)
{
	if (body_text(rq, "password").n > 0 && body_text(rq, "email").n > 0)
		return strategy_named(S("plain_email"));
	if (body_text(rq, "password").n > 0 && body_text(rq, "username").n > 0)
		return strategy_named(S("plain_username"));
	if (body_text(rq, "phone").n > 0)
		return strategy_named(S("phone_otp"));
	return body_text(rq, "email").n > 0 ? strategy_of_first_factor(rq) : NULL;
}

static enum status
check_password_field(struct request *rq)
{
	if (body_text(rq, "password").n == 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "The field password is missing.");
	if (body_text(rq, "password").n > PASSWORD_BYTES_MAX)
		return refuse(rq, E_BAD_REQUEST_BODY, "This password is too long.");
	return OK;
}

static enum status
choose_strategy(struct request *rq, struct proof *p)
{
	struct str name = body_text(rq, "strategy");

	p->strategy = name.n > 0 ? strategy_named(name) : strategy_inferred(rq);
	if (!p->strategy || !p->strategy->is_enabled(&rq->deployment->settings))
		return refuse(rq, E_BAD_REQUEST_BODY, "This way of signing in is not available here.");
	if (body_text(rq, p->strategy->field).n == 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "The field %s is missing.", p->strategy->field);
	return by_password(p) ? check_password_field(rq) : OK;
}

static enum status
find_account(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct proof *p = rq->proof;
	enum status st = p->strategy->find(t, rq, p);

	if (st == E_CONFLICT)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter the whole number, with its country code.");
	return st == E_NOT_FOUND ? OK : st;
}

/*
 * Two counters for an account, whatever it was called, or for the browser it knows; one for the source. Before anything
 * is hashed. Asking for a code tries nothing: it counts for the source alone, and its message for the recipient.
 */
static enum status
reserve(struct request *rq, struct proof *p)
{
	struct arena *a = rq->task.arena;
	struct str subject;
	struct try tries[3] = { { RULE_SIGN_IN_SOURCE, request_source(rq) } };

	if (!by_password(p))
		return request_reserve(rq, tries, 1);
	TRY(known_device_subject(rq, p->secret.id, &subject));
	if (p->secret.id.v == 0)
		subject = arena_printf(a, "name:" STR_FMT, STR_ARG(p->key));
	tries[1] = (struct try){ RULE_SIGN_IN_ACCOUNT, subject };
	tries[2] = (struct try){ RULE_SIGN_IN_STREAK, subject };
	p->account_try = tries[1];
	return request_reserve(rq, tries, ARRAY_LEN(tries));
}

/* What nobody is called may be a password, typed into the wrong field: only names that exist are logged. */
static enum status
refuse_credentials(struct request *rq, const struct proof *p)
{
	struct log_quoted name = log_quote(p->secret.id.v ? p->shown : S(""));

	log_event(LOG_NOTICE, EV_SIGN_IN_REFUSED, "request=%016llx deployment=%lld user=%lld name=%s ip=%s",
	    (unsigned long long)rq->x->id, (long long)rq->deployment->id.v, (long long)p->secret.id.v, name.text,
	    rq->client_text);
	if (p->secret.id.v == 0 && !rq->deployment->settings.hide_account_existence)
		return refuse(rq, E_USER_NOT_FOUND, NULL);
	return refuse(rq, E_INVALID_CREDENTIALS, NULL);
}

/* An unknown account costs the same time: an empty record is compared all the same. */
static enum status
check_password(struct request *rq, struct proof *p)
{
	enum password_verdict verdict = PASSWORD_WRONG;
	struct str password = body_text(rq, "password");

	TRY(password_verify(&rq->task, rq->app->hasher, rq->deployment->id, p->secret.password_record, password, &verdict));
	if (verdict == PASSWORD_WRONG || lent_password_is_over(&p->secret, rq->task.now))
		return refuse_credentials(rq, p);
	if (verdict == PASSWORD_RIGHT_REHASH)
		return password_hash(&rq->task, rq->app->hasher, rq->deployment->id, password, &p->rehashed);
	return OK;
}

static enum status
check_existence(struct request *rq, const struct proof *p)
{
	if (p->secret.id.v == 0 && !rq->deployment->settings.hide_account_existence)
		return refuse(rq, E_USER_NOT_FOUND, NULL);
	return OK;
}

static enum status
sign_in_prove(struct request *rq)
{
	struct proof *p = arena_one(rq->task.arena, struct proof);

	TRY_MEM(&rq->task, p);
	rq->proof = p;
	TRY(challenge_prove(rq));
	TRY(choose_strategy(rq, p));
	TRY(p->strategy->read(rq, body_text(rq, p->strategy->field), p));
	request_tries(rq, (struct user_id){ 0 }, by_password(p) ? "password" : p->strategy->name);
	TRY(request_read(rq, find_account, rq));
	rq->tried = p->secret.id;
	TRY(reserve(rq, p));
	return by_password(p) ? check_password(rq, p) : check_existence(rq, p);
}

/* The password was right for the record that was read; only if it still is the record, it is right now. */
static enum status
confirm_account(struct request *rq, const struct proof *p)
{
	struct account_secret now;
	enum status st = sql_account_secret_find(&rq->task, rq->deployment->id, p->secret.id, &now);

	if (st == E_NOT_FOUND || (st == OK && !str_eq(now.password_record, p->secret.password_record)))
		return refuse(rq, E_INVALID_CREDENTIALS, NULL);
	TRY(st);
	if (now.disabled_at)
		return refuse(rq, E_USER_DISABLED, NULL);
	/* Whoever else knows it must not be the one who chooses the next: that takes the mailbox. */
	return now.standing == PASSWORD_EXPOSED ? refuse(rq, E_PASSWORD_CHANGE_REQUIRED, NULL) : OK;
}

static enum status
store_rehashed(struct request *rq, const struct proof *p)
{
	int64_t rows;

	if (p->rehashed.n == 0)
		return OK;
	return sql_account_set_password_record(&rq->task, rq->deployment->id, p->secret.id, p->secret.password_record,
	    p->rehashed, &rows);
}

static enum status
begin(struct request *rq, const struct proof *p)
{
	return attempt_begin(rq, &(struct attempt_start){
	    .flow = FLOW_SIGN_IN, .from = STATE_START, .event = p->strategy->event, .user = p->secret.id,
	    .contact = by_password(p) ? p->secret.email.v : p->contact, .shown = p->shown, .method = p->strategy->name,
	});
}

/* Who is signed in here can see so already: this tells nothing of accounts. */
static enum status
check_not_here_yet(struct request *rq, struct user_id user)
{
	struct signin_of_session_find_row row;
	enum status st = sql_signin_of_session_find(&rq->task, rq->deployment->id, rq->session.id, user, rq->task.now, &row);

	if (st == OK)
		return refuse(rq, E_USER_ALREADY_SIGNED_IN, NULL);
	return st == E_NOT_FOUND ? OK : st;
}

static enum status
sign_in_by_password(struct request *rq, const struct proof *p)
{
	int64_t rows;

	/* Whoever changes the password, or declares it known to others, at this moment comes first, or after the sign-in, which they end. */
	TRY(sql_account_lock(&rq->task, rq->deployment->id, p->secret.id, &rows));
	TRY(confirm_account(rq, p));
	TRY(lent_password_spend(rq, &p->secret));
	TRY(begin(rq, p));
	TRY(store_rehashed(rq, p));
	return request_give_back(rq, &p->account_try);
}

static enum status
sign_in(struct request *rq)
{
	const struct proof *p = rq->proof;

	if (by_password(p)) {
		TRY(sign_in_by_password(rq, p));
	} else {
		TRY(check_not_here_yet(rq, p->secret.id));
		TRY(begin(rq, p));
	}
	return reply_session(rq);
}

const struct route route_sign_in = {
	.method = HTTP_POST, .path = "/auth/signin", .name = "auth_signin",
	.summary = "Sign in; the attempt is the last of signin_attempts in the answer.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_HASH,
	.body = {
		OPT_TEXT("strategy", 32, "plain_email, plain_username, email_otp, magic_link or phone_otp; inferred when absent"),
		OPT_TEXT("email", 320, "with plain_email, email_otp, magic_link"),
		OPT_TEXT("username", 320, "with plain_username"),
		OPT_TEXT("phone", 32, "with phone_otp: digits"),
		OPT_TEXT("phone_country_code", 8, "with phone_otp: a dial code such as +1"),
		OPT_TEXT("password", 1024, "with plain_email and plain_username"),
		OPT_TEXT("challenge_token", 256, "a redeemed challenge"),
	},
	.fails = { E_INVALID_CREDENTIALS, E_USER_NOT_FOUND, E_PASSWORD_CHANGE_REQUIRED, E_USER_DISABLED,
	    E_USER_ALREADY_SIGNED_IN, E_LIMIT_REACHED, E_CHALLENGE_REQUIRED, E_CHALLENGE_FAILED, E_OVERLOADED },
	.prove = sign_in_prove, .run = sign_in,
};
