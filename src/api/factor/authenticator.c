/* authenticator.c - an authenticator app: shown once, verified by two of its codes, removed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/factor/credential.h"
#include "api/factor/second_factor.h"
#include "api/me/me.h"
#include "auth/totp.h"
#include "base/str.h"
#include "store/store.gen.h"

enum {
	CODES_N = 2,
	WINDOW_STEPS = 3,	/* a new app's clock may be off: two codes in a row are proof enough */
};

/* Whatever belongs to an account's factors is changed by one at a time. */
static enum status
lock_account(struct request *rq)
{
	int64_t rows;

	TRY(sql_account_lock(&rq->task, rq->deployment->id, rq->signin->user, &rows));
	return rows == 1 ? OK : refuse(rq, E_UNAUTHORIZED, NULL);
}

static enum status
check_enabled(struct request *rq)
{
	if (rq->deployment->settings.auth.factors.authenticator)
		return OK;
	return refuse(rq, E_FEATURE_DISABLED, "Authenticator apps are not used here.");
}

/* What an app lists the account under. */
static struct str
account_name(const struct request *rq)
{
	const struct account_row *a = me_account(rq);

	for (size_t i = 0; i < rq->state.n_contacts; i++)
		if (!rq->state.contacts[i].is_phone && rq->state.contacts[i].id == a->primary_email.v)
			return rq->state.contacts[i].value;
	return a->username.n > 0 ? a->username : user_id_str(rq->task.arena, a->id);
}

/* The seed as it is stored, and as its user sees it: here and never again. */
static enum status
make_seed(struct request *rq, struct authenticator_id id, struct str *ret_sealed, struct str *ret_base32)
{
	struct arena *a = rq->task.arena;
	struct seal_place place = authenticator_place(a, rq->deployment->id, id);
	uint8_t seed[TOTP_SECRET_N];
	enum status st;

	if (!secret_random(seed, sizeof(seed)))
		return fail(&rq->task, E_INTERNAL, "authenticator: no randomness");
	*ret_base32 = totp_base32(a, seed, sizeof(seed));
	st = keys_seal(&rq->task, rq->app->keys, &place, (struct str){ (const char *)seed, sizeof(seed) }, ret_sealed);
	secret_wipe(seed, sizeof(seed));
	return st;
}

/* One that works already stays in force until it is removed; one that was begun before is forgotten. */
static enum status
authenticator_begin(struct request *rq)
{
	struct task *t = &rq->task;
	struct authenticator_id id = { id_next(t->now) };
	struct str sealed, base32, issuer = rq->deployment->settings.ui.app_name;
	int64_t rows;
	struct json *j;

	TRY(check_enabled(rq));
	TRY(lock_account(rq));
	TRY(make_seed(rq, id, &sealed, &base32));
	TRY(sql_authenticator_delete_unverified(t, rq->deployment->id, rq->signin->user, &rows));
	TRY(sql_authenticator_insert(t, rq->deployment->id, id, rq->signin->user, sealed, t->now));
	TRY(audit(rq, AUDIT_AUTHENTICATOR_BEGUN, rq->signin->user, STR_NONE));
	j = reply(rq);
	json_object_begin(j, "data");
	json_authenticator_id(j, "id", id);
	json_str(j, "otp_url", totp_url(t->arena, issuer, account_name(rq), base32));
	json_str(j, "totp_secret", base32);
	json_time(j, "created_at", t->now);
	json_object_end(j);
	return OK;
}

const struct route route_authenticator_begin = {
	.method = HTTP_POST, .path = "/me/authenticator", .name = "me_authenticator",
	.summary = "Begin with an authenticator app: its seed, as text and as a URL for a QR code. It counts once verified.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_FEATURE_DISABLED },
	.run = authenticator_begin,
};

static enum status
authenticator_verify_prove(struct request *rq)
{
	struct authenticator_id id;

	request_tries(rq, rq->signin->user, "authenticator");
	if (!authenticator_id_parse(body_text(rq, "authenticator_id"), &id))
		return refuse(rq, E_NOT_FOUND, NULL);
	return second_factor_reserve(rq, rq->signin->user, authenticator_id_str(rq->task.arena, id));
}

static enum status
read_codes(struct request *rq, struct str ret_codes[CODES_N])
{
	const struct str *items;
	size_t n = body_list(rq, "codes", &items);

	if (n == 0)
		return refuse(rq, E_MISSING_VERIFICATION_CODE, NULL);
	if (n != CODES_N)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter two codes, one after the other.");
	for (size_t i = 0; i < CODES_N; i++)
		ret_codes[i] = str_trim(items[i]);
	return OK;
}

static enum status
match_codes(struct request *rq, struct authenticator_id id, struct str sealed, int64_t *ret_step)
{
	struct seal_place place = authenticator_place(rq->task.arena, rq->deployment->id, id);
	struct str codes[CODES_N];
	struct secret seed;
	enum status st;

	TRY(read_codes(rq, codes));
	TRY(keys_unseal(&rq->task, rq->app->keys, &place, sealed, &seed));
	CHECK(seed.n == TOTP_SECRET_N);
	st = totp_match(seed.p, codes, CODES_N, rq->task.now / SECOND_US, WINDOW_STEPS, 0, ret_step);
	secret_done(&seed);
	return st == E_INVALID_CODE ? refuse(rq, st, NULL) : st;
}

/*
 * Where one may not be without (second_factor_must_stay), another takes the place of the first.
 * Everywhere else the first has to be removed knowingly.
 */
static enum status
make_way(struct request *rq)
{
	struct second_factors f;
	int64_t rows;

	TRY(second_factors_load(&rq->task, rq->deployment, rq->signin->user, &f));
	if (me_account(rq)->authenticator.v == 0)
		return OK;
	if (!second_factor_must_stay(rq->deployment, &f))
		return refuse(rq, E_BAD_REQUEST_BODY, "An authenticator app is linked already. Remove it first.");
	return sql_authenticator_delete_verified(&rq->task, rq->deployment->id, rq->signin->user, &rows);
}

/* Somebody who has a second factor is asked for it from now on, unless the deployment wants none (V-30). */
static struct str
policy_after(const struct request *rq)
{
	if (rq->deployment->settings.auth.second_factor_policy == SECOND_NONE)
		return me_account(rq)->second_factor_policy;
	return S("enforced");
}

static enum status
link_verified(struct request *rq, struct authenticator_id id, int64_t created_at, int64_t step)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	/* Both codes are burnt: the step is that of the second. */
	TRY(sql_authenticator_verify(t, d, rq->signin->user, id, step, t->now, &rows));
	if (rows == 0)
		return refuse(rq, E_NOT_FOUND, NULL);
	return sql_account_link_authenticator(t, d, rq->signin->user, id, created_at, policy_after(rq), t->now, &rows);
}

static enum status
authenticator_verify(struct request *rq)
{
	struct authenticator_unverified_row row;
	struct authenticator_id id = { 0 };
	enum status st;
	int64_t step;
	struct json *j;

	TRY(check_enabled(rq));
	TRY(lock_account(rq));
	if (!authenticator_id_parse(body_text(rq, "authenticator_id"), &id))
		return refuse(rq, E_NOT_FOUND, NULL);
	st = sql_authenticator_unverified(&rq->task, rq->deployment->id, rq->signin->user, id, &row);
	if (st == E_NOT_FOUND)
		return refuse(rq, st, NULL);
	TRY(st);
	TRY(match_codes(rq, id, row.sealed_secret, &step));
	TRY(make_way(rq));
	TRY(link_verified(rq, id, row.created_at, step));
	TRY(second_factor_give_back(rq, rq->signin->user, authenticator_id_str(rq->task.arena, id)));
	TRY(credential_changed(rq, AUDIT_AUTHENTICATOR_ADDED, "An authenticator app was added to your account."));
	j = reply(rq);
	json_object_begin(j, "data");
	json_authenticator_id(j, "id", id);
	json_time(j, "created_at", row.created_at);
	json_object_end(j);
	return OK;
}

const struct route route_authenticator_verify = {
	.method = HTTP_POST, .path = "/me/authenticator/attempt-verification", .name = "me_authenticator_verify",
	.summary = "Two consecutive codes show that the app works; from now on it is a second factor.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.body = {
		REQ_TEXT("authenticator_id", 64, "what POST /me/authenticator gave"),
		OPT_LIST("codes", 20, "two codes that the app showed one after the other, each at most 90 seconds off"),
	},
	.fails = { E_FEATURE_DISABLED, E_NOT_FOUND, E_MISSING_VERIFICATION_CODE, E_INVALID_CODE },
	.prove = authenticator_verify_prove, .run = authenticator_verify,
};

/* Somebody else's, an unknown and an unverified one get one answer. */
static enum status
authenticator_delete(struct request *rq)
{
	struct authenticator_of_user_row row = { 0 };
	struct second_factors f;
	struct authenticator_id id;
	enum status st;

	TRY(lock_account(rq));
	st = sql_authenticator_of_user(&rq->task, rq->deployment->id, rq->signin->user, &row);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (!authenticator_id_parse(rq->ids[0], &id) || id.v != row.id.v)
		return refuse(rq, E_NOT_FOUND, NULL);
	TRY(second_factors_load(&rq->task, rq->deployment, rq->signin->user, &f));
	if (second_factor_must_stay(rq->deployment, &f))
		return refuse(rq, E_NO_ALTERNATIVE_AUTH_METHOD,
		    "A second factor is required here, and this is your last one. Link another app to replace it.");
	TRY(second_factors_remove(&rq->task, rq->deployment, rq->signin->user));
	TRY(credential_changed(rq, AUDIT_AUTHENTICATOR_REMOVED, "The authenticator app was removed from your account."));
	return reply_text(rq, "The authenticator app has been removed.");
}

const struct route route_authenticator_delete = {
	.method = HTTP_POST, .path = "/me/authenticator/{id}/delete", .name = "me_authenticator_delete",
	.summary = "Remove the authenticator app and the backup codes; the second factor policy is the deployment's again.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_NOT_FOUND, E_NO_ALTERNATIVE_AUTH_METHOD },
	.run = authenticator_delete,
};
