/* me_password.c - what the deeds on one's own password share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/me_password.h"

#include "api/app.h"
#include "api/factor/credential.h"
#include "api/me/me.h"
#include "api/sign_in/known_device.h"
#include "api/sign_in/new_password.h"
#include "auth/password.h"
#include "base/str.h"

struct lookup {
	struct deployment_id   deployment;
	struct user_id         user;
	struct account_secret *secret;
};

static enum status
find_secret(struct task *t, void *arg)
{
	struct lookup *l = arg;

	return sql_account_secret_find(t, l->deployment, l->user, l->secret);
}

enum status
own_password_load(struct request *rq, struct own_password **ret_own)
{
	struct own_password *own = arena_one(rq->task.arena, struct own_password);
	struct lookup l = { .deployment = rq->deployment->id, .user = rq->signin->user };

	TRY_MEM(&rq->task, own);
	if (!rq->deployment->settings.auth.password.enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Passwords are not used here.");
	l.secret = &own->secret;
	TRY(request_read(rq, find_secret, &l));
	rq->proof = own;
	*ret_own = own;
	return OK;
}

bool
own_password_is_there(const struct own_password *own)
{
	return own->secret.password_record.n > 0 && (own->secret.standing == PASSWORD_OWN || own->secret.standing == PASSWORD_EXPOSED);
}

static enum status
refuse_credentials(struct request *rq)
{
	log_event(LOG_NOTICE, EV_SIGN_IN_REFUSED, "request=%016llx deployment=%lld user=%lld name=\"\" ip=%s",
	    (unsigned long long)rq->x->id, (long long)rq->deployment->id.v, (long long)rq->signin->user.v, rq->client_text);
	return refuse(rq, E_INVALID_CREDENTIALS, "The current password is not correct.");
}

static enum status
reserve(struct request *rq, struct own_password *own)
{
	struct arena *a = rq->task.arena;
	struct try tries[3] = {
		{ RULE_SIGN_IN_ACCOUNT, user_id_str(a, own->secret.id) },
		{ RULE_SIGN_IN_SOURCE, request_source(rq) },
		{ .rule = RULE_SIGN_IN_STREAK },
	};

	TRY(known_device_subject(rq, own->secret.id, &tries[2].subject));
	own->tried = tries[0];
	own->streak = tries[2];
	return request_reserve(rq, tries, ARRAY_LEN(tries));
}

enum status
own_password_prove(struct request *rq, struct own_password *own, struct str password)
{
	enum password_verdict verdict = PASSWORD_WRONG;

	request_tries(rq, own->secret.id, "password");
	TRY(reserve(rq, own));
	TRY(password_verify(
	    &rq->task, rq->app->hasher, rq->deployment->id, own->secret.password_record, password, &verdict));
	if (verdict == PASSWORD_WRONG || !own_password_is_there(own))
		return refuse_credentials(rq);
	own->proved = true;
	return OK;
}

enum status
own_password_give_back(struct request *rq, const struct own_password *own)
{
	int64_t tries;

	if (!own->proved)
		return OK;
	TRY(request_end_streak(rq, &own->streak, &tries));
	return request_give_back(rq, &own->tried);
}

enum status
own_password_check_new(struct request *rq, struct str password)
{
	const struct account_row *me = me_account(rq);
	struct str words[NEW_PASSWORD_WORDS_MAX] = { me->first_name, me->last_name, me->username };
	size_t n = 3;

	for (size_t i = 0; i < rq->state.n_contacts && n < NEW_PASSWORD_WORDS_MAX; i++)
		if (!rq->state.contacts[i].is_phone && rq->state.contacts[i].user.v == me->id.v)
			words[n++] = rq->state.contacts[i].value;
	return new_password_check(rq, password, words, n);
}

static enum status
store(struct request *rq, const struct own_password *own)
{
	int64_t rows;

	TRY(sql_account_set_password(&rq->task, rq->deployment->id, own->secret.id, own->secret.password_record, own->record,
	    rq->task.now, &rows));
	return rows == 1 ? OK : refuse(rq, E_INVALID_CREDENTIALS, "The password was changed meanwhile.");
}

enum status
own_password_store(struct request *rq, const struct own_password *own, enum audit_event event, const char *said)
{
	TRY(store(rq, own));
	TRY(own_password_give_back(rq, own));
	TRY(known_device_forget_others(rq, rq->signin->user));
	return credential_changed(rq, event, said);
}
