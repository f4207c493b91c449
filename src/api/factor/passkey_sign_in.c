/* passkey_sign_in.c - /auth/passkey/login: signing in with a passkey alone, both factors in one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/app.h"
#include "api/factor/passkey.h"
#include "api/sign_in/complete.h"
#include "base/secret.h"
#include "base/str.h"

#define ATTEMPT_TTL_US (10 * MINUTE_US)

static enum status
check_sign_in_enabled(struct request *rq)
{
	TRY(passkey_check_enabled(rq));
	if (!rq->deployment->settings.auth.factors.passkey)
		return refuse(rq, E_FEATURE_DISABLED, "Signing in with a passkey is not enabled here.");
	return OK;
}

/* ---- begin ---- */

/* No name was given, so there is no list of credentials, and nobody learns who has any. */
static enum status
begin(struct request *rq)
{
	const struct settings *s = &rq->deployment->settings;
	struct str challenge;
	struct json *j;

	TRY(check_sign_in_enabled(rq));
	TRY(passkey_challenge_issue(rq, PASSKEY_SIGN_IN, (struct user_id){ 0 }, &challenge));
	j = reply(rq);
	json_object_begin(j, "data");
	json_object_begin(j, "options");
	json_object_begin(j, "publicKey");
	json_str(j, "challenge", challenge);
	json_int(j, "timeout", PASSKEY_TIMEOUT_MS);
	json_str(j, "rpId", s->passkey_rp_id);
	json_str(j, "userVerification", S("required"));
	json_array_begin(j, "allowCredentials");
	json_array_end(j);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
	return OK;
}

const struct route route_passkey_login_begin = {
	.method = HTTP_POST, .path = "/auth/passkey/login/begin", .name = "auth_passkey_begin",
	.summary = "What to ask the browser for a passkey with: a challenge for this session, good once and for 5 minutes.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER, .rate = RULE_LOOKUP,
	.body = { OPT_TEXT("challenge_token", 256, "a redeemed challenge; not asked for here, as stock pages ask without one") },
	.fails = { E_FEATURE_DISABLED },
	.run = begin,
};

/* ---- finish ---- */

/* What the browser sent, what it is compared with, and what became of it. */
struct assertion {
	struct str id, client_data, authenticator_data, signature, handle;
	struct passkey_secret      passkey;	/* id 0: nobody has it */
	struct passkey_client_data client;
	struct passkey_authdata    authdata;
	bool                       spent;	/* the challenge was ours, and now is not any more */
	bool                       moved_on;	/* and the counter had */
	struct request            *rq;
};

static enum status
read_fields(struct request *rq, struct assertion *a)
{
	TRY(passkey_credential_id(rq, &a->id));
	TRY(passkey_field(rq, "clientDataJSON", PASSKEY_CLIENT_DATA_MAX, true, &a->client_data));
	TRY(passkey_field(rq, "authenticatorData", PASSKEY_AUTHDATA_MAX, true, &a->authenticator_data));
	TRY(passkey_field(rq, "signature", PASSKEY_SIGNATURE_MAX, true, &a->signature));
	return passkey_field(rq, "userHandle", PASSKEY_HANDLE_N * 2, false, &a->handle);
}

static enum status
reserve(struct request *rq)
{
	return request_reserve(rq, &(struct try){ RULE_SIGN_IN_SOURCE, request_source(rq) }, 1);
}

static enum status
find_passkey(struct task *t, void *arg)
{
	struct assertion *a = arg;
	enum status st = sql_passkey_find_credential(t, a->rq->deployment->id, a->id, &a->passkey);

	return st == E_NOT_FOUND ? OK : st;
}

/* One answer for an unknown passkey, a wrong owner and a wrong signature. */
static enum status
refuse_credentials(struct request *rq, const struct assertion *a, const char *why)
{
	log_event(LOG_NOTICE, EV_SIGN_IN_REFUSED, "request=%016llx deployment=%lld user=%lld passkey=%lld ip=%s why=\"%s\"",
	    (unsigned long long)rq->x->id, (long long)rq->deployment->id.v, (long long)a->passkey.user.v,
	    (long long)a->passkey.id.v, rq->client_text, why);
	return refuse(rq, E_INVALID_CREDENTIALS, NULL);
}

/* §7.2 step 6: the authenticator says whose it is, and it is theirs. */
static enum status
check_owner(struct request *rq, const struct assertion *a)
{
	uint8_t handle[PASSKEY_HANDLE_N];

	if (a->passkey.id.v == 0)
		return refuse_credentials(rq, a, "no such passkey");
	TRY(passkey_handle(rq, a->passkey.user, handle));
	if (a->handle.n != sizeof(handle) || !secret_eq(a->handle.p, handle, sizeof(handle)))
		return refuse_credentials(rq, a, "the user handle is not the owner's");
	return OK;
}

/* Bytes first, meaning after: nothing that the passkey has not signed is looked into. */
static enum status
check_signature(struct request *rq, struct assertion *a)
{
	struct task *t = &rq->task;
	struct passkey_key key;
	uint8_t hash[32];
	enum status st;

	if (passkey_authdata_read(t, a->authenticator_data, &a->authdata) != OK)
		return refuse_credentials(rq, a, "the authenticator data is not well-formed");
	if (passkey_key_read(t, a->passkey.public_key, &key) != OK)
		return fail(t, E_INTERNAL, "passkey %lld: its key cannot be read", (long long)a->passkey.id.v);
	if (!secret_sha256(hash, &a->client_data, 1))
		return fail(t, E_INTERNAL, "SHA-256 failed");
	st = passkey_signature_verify(t, &a->authdata, &key, rq->deployment->settings.passkey_rp_id, hash, a->signature);
	return st == E_INVALID_CREDENTIALS ? refuse_credentials(rq, a, "the signature does not hold") : st;
}

static enum status
check_flags(struct request *rq, const struct assertion *a)
{
	struct task *t = &rq->task;

	TRY(passkey_authdata_check(t, &a->authdata, rq->deployment->settings.passkey_rp_id));
	if (a->authdata.flags & AUTHDATA_AT)
		return fail(t, E_BAD_REQUEST_BODY, "The authenticator's data is not well-formed.");
	/* Whether it can be backed up is decided when it is made (§6.1.3). */
	if (((a->authdata.flags & AUTHDATA_BE) != 0) != a->passkey.backup_eligible)
		return fail(t, E_BAD_REQUEST_BODY, "The authenticator says something else of this passkey than when it was added.");
	return OK;
}

static enum status
check_assertion(struct request *rq, struct assertion *a)
{
	TRY(check_owner(rq, a));
	TRY(check_signature(rq, a));
	TRY(passkey_refuse(rq, passkey_client_data_read(&rq->task, PASSKEY_SIGN_IN, a->client_data, &a->client)));
	TRY(passkey_check_origin(rq, a->client.origin));
	return passkey_refuse(rq, check_flags(rq, a));
}

/* ---- what happens once, whatever becomes of the sign-in ---- */

static enum status
move_on(struct task *t, struct assertion *a)
{
	int64_t rows;

	TRY(sql_passkey_use(t, a->rq->deployment->id, a->passkey.id, a->authdata.sign_count, a->authdata.flags & AUTHDATA_BS,
	    t->now, &rows));
	a->moved_on = rows == 1;
	if (a->moved_on)
		return OK;
	return audit(a->rq, AUDIT_PASSKEY_COUNTER, a->passkey.user, passkey_detail(a->rq, a->passkey.id));
}

/* In a transaction of its own, so that a refusal later brings neither the challenge nor the counter back. */
static enum status
spend(struct task *t, void *arg)
{
	struct assertion *a = arg;
	enum status st = passkey_challenge_use(t, a->rq, PASSKEY_SIGN_IN, (struct user_id){ 0 }, a->client.challenge);

	a->spent = st == OK;
	a->moved_on = false;
	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return move_on(t, a);
}

static enum status
finish_prove(struct request *rq)
{
	struct assertion *a = arena_one(rq->task.arena, struct assertion);

	TRY_MEM(&rq->task, a);
	a->rq = rq;
	rq->proof = a;
	request_tries(rq, (struct user_id){ 0 }, "passkey");
	TRY(check_sign_in_enabled(rq));
	TRY(read_fields(rq, a));
	TRY(reserve(rq));
	TRY(request_read(rq, find_passkey, a));
	rq->tried = a->passkey.user;
	TRY(check_assertion(rq, a));
	TRY(request_write(rq, spend, a));
	if (!a->spent)
		return refuse_credentials(rq, a, "the challenge is unknown, used or expired");
	if (!a->moved_on)
		return refuse_credentials(rq, a, "the counter has not moved on");
	return OK;
}

/* Removed in the meantime, it signs nobody in. */
static enum status
confirm(struct request *rq, const struct assertion *a)
{
	struct passkey_row row;
	enum status st = sql_passkey_of_user_find(&rq->task, rq->deployment->id, a->passkey.user, a->passkey.id, &row);

	return st == E_NOT_FOUND ? refuse(rq, E_INVALID_CREDENTIALS, NULL) : st;
}

static enum status
record_attempt(struct request *rq, const struct assertion *a)
{
	struct task *t = &rq->task;
	struct signin_attempt_id id = { id_next(t->now) };

	rq->told_signin_attempt = id;
	return sql_signin_attempt_insert(t, rq->deployment->id, id, rq->session.id, a->passkey.user, 0, S(""), S("passkey"),
	    S(""), true, false, true, S(""), S(""), S("{}"), t->now, t->now, t->now + ATTEMPT_TTL_US);
}

static enum status
finish(struct request *rq)
{
	const struct assertion *a = rq->proof;

	TRY(confirm(rq, a));
	TRY(sign_in_complete(rq, a->passkey.user, "passkey"));
	TRY(record_attempt(rq, a));
	return reply_session(rq);
}

const struct route route_passkey_login_finish = {
	.method = HTTP_POST, .path = "/auth/passkey/login/finish", .name = "auth_passkey_finish",
	.summary = "Sign in with what the passkey has signed; the attempt is the last of signin_attempts in the answer.",
	.auth = AUTH_SESSION, .tx = TX_WRITE, .lane = LANE_WORKER,
	.body = {
		REQ_TEXT("id", 1400, "the credential's id, base64url"),
		REQ_TEXT("rawId", 1400, "the same"),
		REQ_TEXT("type", 16, "public-key"),
		OPT_TEXT("clientDataJSON", 5500, "base64url; required, here or in response"),
		OPT_TEXT("authenticatorData", 5500, "base64url; required, here or in response"),
		OPT_TEXT("signature", 700, "base64url; required, here or in response"),
		OPT_TEXT("userHandle", 100, "base64url, as the authenticator kept it; without it nobody is signed in"),
		OPT_TEXT("response.clientDataJSON", 5500, "the same as clientDataJSON"),
		OPT_TEXT("response.authenticatorData", 5500, "the same as authenticatorData"),
		OPT_TEXT("response.signature", 700, "the same as signature"),
		OPT_TEXT("response.userHandle", 100, "the same as userHandle"),
	},
	.fails = { E_INVALID_CREDENTIALS, E_USER_DISABLED, E_USER_ALREADY_SIGNED_IN, E_LIMIT_REACHED, E_FEATURE_DISABLED },
	.prove = finish_prove, .run = finish,
};
