/* second_factor.c - what somebody can prove a second time with, and the proof. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/second_factor.h"

#include "api/app.h"
#include "api/me/me.h"
#include "api/notice.h"
#include "auth/totp.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

enum {
	TYPED_MAX = 20,		/* characters somebody may type, spaces around them not counted */
	WINDOW_STEPS = 1,	/* RFC 6238 §5.2: one step for the way from the app to here */
};

enum status
second_factors_load(struct task *t, const struct deployment *d, struct user_id user, struct second_factors *ret_factors)
{
	struct second_factors_find_row row;

	TRY(sql_second_factors_find(t, d->id, user, &row));
	*ret_factors = (struct second_factors){
		.authenticator = row.authenticator && d->settings.auth.factors.authenticator,
		.phone_otp = row.phone && d->settings.auth.factors.phone_otp,
		.backup_code = row.backup_code && d->settings.auth.factors.backup_code,
	};
	return OK;
}

/* The same from what the request has read already. */
bool
second_factor_is_enrolled(const struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;

	if (s->auth.factors.authenticator && me_account(rq)->authenticator.v != 0)
		return true;
	for (size_t i = 0; i < rq->state.n_contacts && s->auth.factors.phone_otp; i++) {
		const struct contact_row *c = &rq->state.contacts[i];

		if (c->is_phone && c->user.v == rq->signin->user.v && c->verified_at != 0)
			return true;
	}
	return false;
}

bool
second_factor_must_stay(const struct deployment *d, const struct second_factors *f)
{
	return d->settings.auth.second_factor_policy == SECOND_ENFORCED && !f->phone_otp;
}

struct str
second_factor_policy_word(enum second_factor_policy policy)
{
	return policy == SECOND_ENFORCED ? S("enforced") : policy == SECOND_OPTIONAL ? S("optional") : S("none");
}

enum status
second_factors_remove(struct task *t, const struct deployment *d, struct user_id user)
{
	struct str policy = second_factor_policy_word(d->settings.auth.second_factor_policy);
	int64_t rows;

	TRY(sql_authenticator_delete_all(t, d->id, user, &rows));
	TRY(sql_backup_code_delete_all(t, d->id, user, &rows));
	return sql_account_unlink_factors(t, d->id, user, policy, t->now, &rows);
}

enum status
second_factor_reserve(struct request *rq, struct user_id user, struct str of)
{
	struct try tries[] = {
		{ RULE_CODE_GUESS, of },
		{ RULE_CODE_ACCOUNT, user_id_str(rq->task.arena, user) },
		{ RULE_CODE_SOURCE, request_source(rq) },
	};

	return request_reserve(rq, tries, ARRAY_LEN(tries));
}

enum status
second_factor_give_back(struct request *rq, struct user_id user, struct str of)
{
	struct try guess = { RULE_CODE_GUESS, of };
	struct try account = { RULE_CODE_ACCOUNT, user_id_str(rq->task.arena, user) };

	TRY(request_give_back(rq, &guess));
	return request_give_back(rq, &account);
}

bool
second_factors_any(const struct second_factors *f)
{
	return f->authenticator || f->phone_otp || f->backup_code;
}

struct str
second_factors_words(struct arena *a, const struct second_factors *f)
{
	struct str words = arena_printf(a, "%s%s%s", f->authenticator ? " authenticator" : "", f->phone_otp ? " phone_otp" : "",
	    f->backup_code ? " backup_code" : "");

	return str_from(words, 1);
}

struct seal_place
authenticator_place(struct arena *a, struct deployment_id d, struct authenticator_id id)
{
	return (struct seal_place){ d, "authenticator", authenticator_id_str(a, id), "sealed_secret" };
}

/* Fits it now, and has it not been used? The step found is worth nothing before it is burnt. */
static enum status
use_authenticator(struct request *rq, struct user_id user, struct str code)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	struct authenticator_of_user_row row;
	struct seal_place place;
	struct secret seed;
	int64_t step, rows;
	enum status st = sql_authenticator_of_user(t, d, user, &row);

	if (st == E_NOT_FOUND)
		return E_INVALID_CODE;
	TRY(st);
	place = authenticator_place(t->arena, d, row.id);
	TRY(keys_unseal(t, rq->app->keys, &place, row.sealed_secret, &seed));
	st = seed.n == TOTP_SECRET_N ? totp_match(seed.p, &code, 1, t->now / SECOND_US, WINDOW_STEPS, row.last_step, &step)
				     : fail(t, E_INTERNAL, "authenticator: a seed of %zu bytes", seed.n);
	secret_done(&seed);
	TRY(st);
	TRY(sql_authenticator_use_step(t, d, row.id, step, &rows));
	return rows == 1 ? OK : E_INVALID_CODE;
}

enum status
backup_code_hash(struct request *rq, struct user_id user, struct str letters, struct keys_each *each, uint8_t ret_hash[32])
{
	struct str parts[] = { S("backup code"), user_id_str(rq->task.arena, user), letters };

	return keys_mac_each(&rq->task, rq->app->keys, KEY_CODE, rq->deployment->id, parts, ARRAY_LEN(parts), each, ret_hash);
}

/* "XXXX-XXXX" without its dash; as it is, when the dash is not where it belongs. */
static struct str
without_dash(struct arena *a, struct str code)
{
	enum { HALF = BACKUP_CODE_LETTERS / 2 };

	if (code.n != BACKUP_CODE_LETTERS + 1 || code.p[HALF] != '-')
		return code;
	return arena_printf(a, "%.*s%.*s", HALF, code.p, HALF, code.p + HALF + 1);
}

/* Deletes it, by whichever master key hashed it. */
static enum status
take_backup_code(struct request *rq, struct user_id user, struct str letters)
{
	struct keys_each each = { 0 };
	uint8_t hash[32];
	int64_t rows;

	do {
		enum status st = backup_code_hash(rq, user, letters, &each, hash);

		if (st == E_NOT_FOUND)
			return E_INVALID_CODE;
		TRY(st);
		TRY(sql_backup_code_use(
		    &rq->task, rq->deployment->id, user, (struct str){ (const char *)hash, sizeof(hash) }, &rows));
	} while (rows == 0);
	return OK;
}

static enum status
use_backup_code(struct request *rq, struct user_id user, struct str code)
{
	struct task *t = &rq->task;
	int64_t rows;

	TRY(take_backup_code(rq, user, without_dash(t->arena, code)));
	TRY(sql_account_backup_codes_spent(t, rq->deployment->id, user, t->now, &rows));
	if (rows > 0)
		TRY(cache_touch(t, rq->deployment->id, SUBJECT_USER, user.v));
	TRY(audit(rq, AUDIT_BACKUP_CODE_USED, user, STR_NONE));
	return notice_put(rq, user, "One of your backup codes was used.", S(""));
}

enum status
second_factor_use(struct request *rq, struct user_id user, struct str code)
{
	struct second_factors f;
	enum status st = second_factors_load(&rq->task, rq->deployment, user, &f);

	if (st == E_NOT_FOUND)
		return E_INVALID_CODE;
	TRY(st);
	code = str_trim(code);
	if (code.n == 0 || code.n > TYPED_MAX)
		return E_INVALID_CODE;
	st = f.authenticator ? use_authenticator(rq, user, code) : E_INVALID_CODE;
	if (st == E_INVALID_CODE && f.backup_code)
		st = use_backup_code(rq, user, code);
	return st;
}
