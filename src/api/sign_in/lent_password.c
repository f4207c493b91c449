/* lent_password.c - passwords that an operator chose: for one sign-in within a day, in which another is chosen. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/lent_password.h"

#include "api/app.h"
#include "api/sign_in/attempt.h"
#include "api/sign_in/new_password.h"
#include "auth/password.h"
#include "base/str.h"

/* What .prove read, and made of it. */
struct proof {
	struct user_id         user;	/* 0: nothing was to be chosen */
	struct account_row     account;
	struct account_secret  secret;
	struct contact_row    *contacts;
	size_t                 n_contacts;
	struct str             record;	/* of the new one */
};

bool
lent_password_is_over(const struct account_secret *s, int64_t now)
{
	return s->standing == PASSWORD_SPENT || (s->standing == PASSWORD_LENT && s->until <= now);
}

enum status
lent_password_spend(struct request *rq, const struct account_secret *s)
{
	int64_t rows;

	if (s->standing != PASSWORD_LENT)
		return OK;
	TRY(sql_account_spend_password(&rq->task, rq->deployment->id, s->id, s->password_record, rq->task.now, &rows));
	return rows == 1 ? OK : refuse(rq, E_INVALID_CREDENTIALS, NULL);
}

static bool
asks_for_one(const struct attempt *a, const struct account_row *account)
{
	return a->state == STATE_PROFILE && attempt_is_by_password(a) &&
	    (account->password_standing == PASSWORD_LENT || account->password_standing == PASSWORD_SPENT);
}

/* An attempt that asks for nothing of the kind is the handler's business. */
static enum status
find(struct task *t, void *arg)
{
	struct request *rq = arg;
	struct proof *p = rq->proof;
	struct deployment_id d = rq->deployment->id;
	struct attempt a;

	TRY(attempt_find(rq, query_text(rq, "attempt_id"), false, &a));
	TRY(sql_account_find(t, d, a.row.user, &p->account));
	if (!asks_for_one(&a, &p->account))
		return OK;
	TRY(sql_account_secret_find(t, d, a.row.user, &p->secret));
	TRY(sql_account_contacts(t, d, a.row.user, &p->contacts, &p->n_contacts));
	p->user = a.row.user;
	return OK;
}

static enum status
check_policy(struct request *rq, const struct proof *p, struct str password)
{
	struct str words[NEW_PASSWORD_WORDS_MAX] = { p->account.first_name, p->account.last_name, p->account.username };
	size_t n = 3;

	for (size_t i = 0; i < p->n_contacts && n < NEW_PASSWORD_WORDS_MAX; i++)
		if (!p->contacts[i].is_phone)
			words[n++] = p->contacts[i].value;
	return new_password_check(rq, password, words, n);
}

/* The operator knows it. */
static enum status
check_other(struct request *rq, const struct proof *p, struct str password)
{
	enum password_verdict verdict = PASSWORD_WRONG;

	TRY(password_verify(&rq->task, rq->app->hasher, rq->deployment->id, p->secret.password_record, password, &verdict));
	return verdict == PASSWORD_WRONG ? OK : refuse(rq, E_WEAK_PASSWORD, "Choose another password than the one you were given.");
}

enum status
lent_password_prove(struct request *rq)
{
	struct proof *p = arena_one(rq->task.arena, struct proof);
	struct str password = body_text(rq, "password");

	TRY_MEM(&rq->task, p);
	rq->proof = p;
	if (password.n == 0)
		return OK;
	TRY(request_read(rq, find, rq));
	if (p->user.v == 0)
		return OK;
	TRY(check_policy(rq, p, password));
	TRY(check_other(rq, p, password));
	return password_hash(&rq->task, rq->app->hasher, rq->deployment->id, password, &p->record);
}

enum status
lent_password_replace(struct request *rq, struct user_id user)
{
	const struct proof *p = rq->proof;

	if (p->record.n == 0 || p->user.v != user.v)
		return refuse(rq, E_REQUIRED_FIELD, "Your password was chosen by somebody else. Enter one of your own, or use Forgot password.");
	return new_password_put(rq, user, p->record, AUDIT_PASSWORD_CHANGED);
}
