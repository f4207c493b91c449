/* sign_in.c - POST /auth/signin: a password, for an e-mail address or a username. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "api/app.h"
#include "api/complete.h"
#include "api/known_device.h"
#include "auth/identifier.h"
#include "auth/password.h"
#include "base/str.h"
#include "store/store.gen.h"

#define ATTEMPT_TTL_US (10 * MINUTE_US)

enum { NAME_MAX_BYTES = 320 };

/* What .prove found out, for .run. */
struct proof {
	const struct strategy *strategy;
	struct str             shown;	/* the identifier, as shown back */
	struct str             key;	/* its canonical form; empty when it cannot be one */
	struct account_secret  secret;	/* id 0: no such account */
	struct str             rehashed;	/* a new record, when the old one's parameters are outdated */
	struct try             account_try;
};

/* One way to prove who you are in this call. */
struct strategy {
	const char *name;
	const char *field;
	bool      (*is_enabled)(const struct settings *s);
	enum status (*read)(struct request *rq, struct str text, struct proof *p);
	enum status (*find)(struct task *t, struct deployment_id d, struct str key, struct account_secret *ret_secret);
};

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

static const struct strategy strategies[] = {
	{ "plain_email", "email", email_is_enabled, read_email, sql_account_secret_by_email },
	{ "plain_username", "username", username_is_enabled, read_username, sql_account_secret_by_username },
};

static const struct strategy *
strategy_named(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(strategies); i++)
		if (str_eq(name, str_of(strategies[i].name)))
			return &strategies[i];
	return NULL;
}

static const struct strategy *
strategy_inferred(const struct request *rq)
{
	if (body_text(rq, "password").n == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(strategies); i++)
		if (body_text(rq, strategies[i].field).n > 0)
			return &strategies[i];
	return NULL;
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
	if (body_text(rq, "password").n == 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "The field password is missing.");
	if (body_text(rq, "password").n > PASSWORD_BYTES_MAX)
		return refuse(rq, E_BAD_REQUEST_BODY, "This password is too long.");
	return OK;
}

static enum status
find_account(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct proof *p = rq->proof;
	enum status st = p->strategy->find(t, rq->deployment->id, p->key, &p->secret);

	return st == E_NOT_FOUND ? OK : st;
}

/* Two counters for an account, whatever it was called, or for the browser it knows; one for the source. Before anything is hashed. */
static enum status
reserve(struct request *rq, struct proof *p)
{
	struct arena *a = rq->task.arena;
	struct str subject;
	struct try tries[3];

	TRY(known_device_subject(rq, p->secret.id, &subject));
	if (p->secret.id.v == 0)
		subject = arena_printf(a, "name:" STR_FMT, STR_ARG(p->key));
	tries[0] = (struct try){ RULE_SIGN_IN_ACCOUNT, subject };
	tries[1] = (struct try){ RULE_SIGN_IN_STREAK, subject };
	tries[2] = (struct try){ RULE_SIGN_IN_SOURCE, arena_printf(a, "%016llx", (unsigned long long)rq->source) };
	p->account_try = tries[0];
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
	if (verdict == PASSWORD_WRONG)
		return refuse_credentials(rq, p);
	if (verdict == PASSWORD_RIGHT_REHASH)
		return password_hash(&rq->task, rq->app->hasher, rq->deployment->id, password, &p->rehashed);
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
	TRY(request_read(rq, find_account, rq));
	TRY(reserve(rq, p));
	return check_password(rq, p);
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
	return now.disabled_at ? refuse(rq, E_USER_DISABLED, NULL) : OK;
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
record_attempt(struct request *rq, const struct proof *p)
{
	struct task *t = &rq->task;
	struct signin_attempt_id id = { id_next(t->now) };

	rq->told_signin_attempt = id;
	return sql_signin_attempt_insert(t, rq->deployment->id, id, rq->session.id, p->secret.id, p->shown,
	    str_of(p->strategy->name), S(""), true, true, t->now, t->now + ATTEMPT_TTL_US);
}

static enum status
sign_in(struct request *rq)
{
	const struct proof *p = rq->proof;

	TRY(confirm_account(rq, p));
	TRY(sign_in_complete(rq, p->secret.id, p->strategy->name));
	TRY(record_attempt(rq, p));
	TRY(store_rehashed(rq, p));
	TRY(request_give_back(rq, &p->account_try));
	return reply_session(rq);
}

const struct route route_sign_in = {
	.method = HTTP_POST, .path = "/auth/signin", .name = "auth_signin",
	.summary = "Sign in; the attempt is the last of signin_attempts in the answer.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_HASH,
	.body = {
		OPT_TEXT("strategy", 32, "plain_email or plain_username; inferred when absent"),
		OPT_TEXT("email", 320, "with plain_email"),
		OPT_TEXT("username", 320, "with plain_username"),
		OPT_TEXT("password", 1024, "the password"),
		OPT_TEXT("challenge_token", 256, "a redeemed challenge"),
	},
	.fails = { E_INVALID_CREDENTIALS, E_USER_NOT_FOUND, E_USER_DISABLED, E_USER_ALREADY_SIGNED_IN, E_LIMIT_REACHED,
	    E_CHALLENGE_REQUIRED, E_CHALLENGE_FAILED, E_OVERLOADED },
	.prove = sign_in_prove, .run = sign_in,
};
