/* passkey_register.c - /me/passkeys/register: adding a passkey to the account that is signed in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/passkey.h"
#include "api/me/me.h"
#include "api/notice.h"
#include "auth/identifier.h"
#include "base/secret.h"
#include "base/str.h"
#include "session/coherence.h"

/* ---- begin ---- */

static struct str
address_of(const struct request *rq, const struct account_row *a)
{
	for (size_t i = 0; i < rq->state.n_contacts; i++) {
		const struct contact_row *c = &rq->state.contacts[i];

		if (c->user.v == a->id.v && (c->is_phone ? c->id == a->primary_phone.v : c->id == a->primary_email.v))
			return c->value;
	}
	return S("");
}

static struct str
full_name(struct request *rq, const struct account_row *a)
{
	if (a->first_name.n == 0 || a->last_name.n == 0)
		return a->first_name.n > 0 ? a->first_name : a->last_name;
	return arena_printf(rq->task.arena, STR_FMT " " STR_FMT, STR_ARG(a->first_name), STR_ARG(a->last_name));
}

/* Names for the authenticator's own list. They stay on it; the id says nothing. */
static enum status
write_user(struct request *rq, struct json *j)
{
	const struct account_row *a = me_account(rq);
	struct str address = address_of(rq, a), full = full_name(rq, a), name;
	uint8_t handle[PASSKEY_HANDLE_N];

	name = address.n > 0 ? address : a->username.n > 0 ? a->username : full;
	TRY(passkey_handle(rq, a->id, handle));
	json_object_begin(j, "user");
	json_str(j, "id", str_b64url(rq->task.arena, handle, sizeof(handle)));
	json_str(j, "name", name);
	json_str(j, "displayName", full.n > 0 ? full : name);
	json_object_end(j);
	return OK;
}

static void
write_algorithms(struct json *j)
{
	json_array_begin(j, "pubKeyCredParams");
	for (size_t i = 0; i < PASSKEY_ALGORITHMS_N; i++) {
		json_object_begin(j, NULL);
		json_str(j, "type", S("public-key"));
		json_int(j, "alg", passkey_algorithms[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

/* An authenticator that has one of these already makes no second one. */
static void
write_excluded(struct request *rq, struct json *j, const struct passkey_row *rows, size_t n)
{
	json_array_begin(j, "excludeCredentials");
	for (size_t i = 0; i < n; i++) {
		json_object_begin(j, NULL);
		json_str(j, "type", S("public-key"));
		json_str(j, "id", str_b64url(rq->task.arena, rows[i].credential_id.p, rows[i].credential_id.n));
		view_words(j, "transports", rows[i].transports);
		json_object_end(j);
	}
	json_array_end(j);
}

/*
 * Signing in starts without a name, so the authenticator has to keep the passkey; alone it is both
 * factors, so it verifies who is there.
 */
static void
write_selection(struct json *j)
{
	json_object_begin(j, "authenticatorSelection");
	json_str(j, "residentKey", S("required"));
	json_bool(j, "requireResidentKey", true);
	json_str(j, "userVerification", S("required"));
	json_object_end(j);
}

static enum status
write_options(struct request *rq, struct str challenge, const struct passkey_row *rows, size_t n)
{
	const struct settings *s = &rq->deployment->settings;
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_object_begin(j, "options");
	json_object_begin(j, "publicKey");
	json_str(j, "challenge", challenge);
	json_object_begin(j, "rp");
	json_str(j, "name", s->ui.app_name);
	json_str(j, "id", s->passkey_rp_id);
	json_object_end(j);
	TRY(write_user(rq, j));
	write_algorithms(j);
	json_int(j, "timeout", PASSKEY_TIMEOUT_MS);
	json_str(j, "attestation", s->passkey_attestation == ATTESTATION_DIRECT ? S("direct") : S("none"));
	write_selection(j);
	write_excluded(rq, j, rows, n);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
	return OK;
}

static enum status
check_room(struct request *rq, size_t n)
{
	if (n < PASSKEYS_MAX)
		return OK;
	return refuse(rq, E_LIMIT_REACHED, "An account can have at most %d passkeys. Remove one first.", PASSKEYS_MAX);
}

static enum status
begin(struct request *rq)
{
	struct passkey_row *rows;
	struct str challenge;
	size_t n;

	TRY(passkey_check_enabled(rq));
	TRY(sql_passkeys_of_user(&rq->task, rq->deployment->id, rq->signin->user, &rows, &n));
	TRY(check_room(rq, n));
	TRY(passkey_challenge_issue(rq, PASSKEY_REGISTER, rq->signin->user, &challenge));
	return write_options(rq, challenge, rows, n);
}

const struct route route_me_passkey_register_begin = {
	.method = HTTP_POST, .path = "/me/passkeys/register/begin", .name = "me_passkey_register_begin",
	.summary = "What to create a passkey with: a challenge for this session, good once and for 5 minutes.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.fails = { E_FEATURE_DISABLED, E_LIMIT_REACHED },
	.run = begin,
};

/* ---- finish ---- */

/* What .prove found, for .run. */
struct registration {
	struct passkey_client_data client;
	struct passkey_attestation attestation;
	struct passkey_key         key;
	struct str                 name, transports, device_type;
};

static bool
is_transport(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '-' && (s.p[i] < 'a' || s.p[i] > 'z'))
			return false;
	return s.n > 0 && s.n <= 16;
}

enum { TRANSPORTS_MAX = 8 };

/* Hints for the browser's next dialog, given back as they came; what cannot be one is left out. */
static enum status
read_transports(struct request *rq, struct registration *r)
{
	const char *field = body_has(rq, "transports") ? "transports" : "response.transports";
	const struct str *items;
	size_t n = body_list(rq, field, &items), kept = 0;
	bool internal = false;

	TRY_MEM(&rq->task, items);
	r->transports = S("");
	for (size_t i = 0; i < n && kept < TRANSPORTS_MAX; i++) {
		if (!is_transport(items[i]))
			continue;
		internal = internal || str_eq(items[i], S("internal"));
		r->transports = arena_printf(rq->task.arena, STR_FMT "%s" STR_FMT, STR_ARG(r->transports), kept++ ? " " : "",
		    STR_ARG(items[i]));
	}
	r->device_type = internal ? S("platform") : S("cross-platform");
	if (str_eq(body_text(rq, "authenticatorAttachment"), S("platform")))
		r->device_type = S("platform");
	if (str_eq(body_text(rq, "authenticatorAttachment"), S("cross-platform")))
		r->device_type = S("cross-platform");
	return OK;
}

static enum status
read_name(struct request *rq, struct registration *r)
{
	enum status st;

	r->name = S("Passkey");
	if (query_text(rq, "name").n == 0)
		return OK;
	st = identifier_name(&rq->task, query_text(rq, "name"), PASSKEY_NAME_MAX, &r->name);
	return st != E_BAD_REQUEST_BODY ? st
		: refuse(rq, st, "Enter a name of at most %d printable characters.", PASSKEY_NAME_MAX);
}

static enum status
check_attestation(struct request *rq, const struct registration *r, struct str client_data)
{
	const struct settings *s = &rq->deployment->settings;
	uint8_t hash[32];

	/* Asked for none, whatever comes says nothing that anybody wants to know. */
	if (s->passkey_attestation == ATTESTATION_NONE)
		return OK;
	if (!secret_sha256(hash, &client_data, 1))
		return fail(&rq->task, E_INTERNAL, "SHA-256 failed");
	TRY(passkey_attestation_verify(&rq->task, &r->attestation, &r->key, s->passkey_rp_id, hash));
	/* Without roots, any maker's word will do. */
	return s->passkey_attestation_roots.n == 0 ? OK : passkey_chain_verify(&rq->task, &r->attestation, s->passkey_attestation_roots);
}

/* §7.1, steps 5 to 24. */
static enum status
check_object(struct request *rq, struct registration *r, struct str id, struct str object)
{
	const struct passkey_authdata *a = &r->attestation.authdata;
	struct task *t = &rq->task;

	TRY(passkey_attestation_read(t, object, &r->attestation));
	if (!(a->flags & AUTHDATA_AT) || !str_eq(a->credential_id, id))
		return fail(t, E_BAD_REQUEST_BODY, "The authenticator's data is about another passkey.");
	TRY(passkey_authdata_check(t, a, rq->deployment->settings.passkey_rp_id));
	return passkey_key_read(t, a->public_key, &r->key);
}

static enum status
check_registration(struct request *rq, struct registration *r)
{
	struct str id, client_data, object;

	TRY(passkey_credential_id(rq, &id));
	TRY(passkey_field(rq, "clientDataJSON", PASSKEY_CLIENT_DATA_MAX, true, &client_data));
	TRY(passkey_field(rq, "attestationObject", PASSKEY_ATTESTATION_MAX, true, &object));
	TRY(passkey_refuse(rq, passkey_client_data_read(&rq->task, PASSKEY_REGISTER, client_data, &r->client)));
	TRY(passkey_check_origin(rq, r->client.origin));
	TRY(passkey_refuse(rq, check_object(rq, r, id, object)));
	return passkey_refuse(rq, check_attestation(rq, r, client_data));
}

/* Everything that needs no database. */
static enum status
finish_prove(struct request *rq)
{
	struct registration *r = arena_one(rq->task.arena, struct registration);

	TRY_MEM(&rq->task, r);
	rq->proof = r;
	TRY(passkey_check_enabled(rq));
	TRY(read_name(rq, r));
	TRY(read_transports(rq, r));
	return check_registration(rq, r);
}

static enum status
use_challenge(struct request *rq, const struct registration *r)
{
	enum status st =
	    passkey_challenge_use(&rq->task, rq, PASSKEY_REGISTER, rq->signin->user, r->client.challenge);

	if (st == E_NOT_FOUND)
		return refuse(rq, E_BAD_REQUEST_BODY, "This took too long, or was sent before. Please start again.");
	return st;
}

/* Whoever has this credential: one authenticator's key is one account's. */
static enum status
insert(struct request *rq, const struct registration *r, struct passkey_id id)
{
	const struct passkey_authdata *a = &r->attestation.authdata;
	int64_t rows;

	TRY(sql_passkey_insert(&rq->task, rq->deployment->id, id, rq->signin->user, a->credential_id, a->public_key,
	    r->key.algorithm, a->sign_count, r->name, a->aaguid, r->transports, r->device_type, a->flags & AUTHDATA_BE,
	    a->flags & AUTHDATA_BS, rq->task.now, &rows));
	if (rows == 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "This passkey has been added before.");
	return sql_account_count_passkeys(&rq->task, rq->deployment->id, rq->signin->user, &rows);
}

static enum status
lock_account(struct request *rq)
{
	struct passkey_row *rows;
	int64_t locked;
	size_t n;

	TRY(sql_account_lock(&rq->task, rq->deployment->id, rq->signin->user, &locked));
	if (locked == 0)
		return refuse(rq, E_UNAUTHORIZED, NULL);
	TRY(sql_passkeys_of_user(&rq->task, rq->deployment->id, rq->signin->user, &rows, &n));
	return check_room(rq, n);
}

static enum status
answer(struct request *rq, struct passkey_id id)
{
	struct passkey_row row;
	struct json *j;

	TRY(sql_passkey_of_user_find(&rq->task, rq->deployment->id, rq->signin->user, id, &row));
	j = reply(rq);
	json_object_begin(j, "data");
	passkey_view(j, "passkey", &row);
	json_object_end(j);
	return OK;
}

static enum status
finish(struct request *rq)
{
	struct user_id user = rq->signin->user;
	struct passkey_id id = { id_next(rq->task.now) };

	TRY(lock_account(rq));
	TRY(use_challenge(rq, rq->proof));
	TRY(insert(rq, rq->proof, id));
	TRY(cache_touch(&rq->task, rq->deployment->id, SUBJECT_USER, user.v));
	TRY(audit(rq, AUDIT_PASSKEY_ADDED, user, passkey_detail(rq, id)));
	TRY(notice_put(rq, user, "A passkey was added to your account.", S("")));
	return answer(rq, id);
}

const struct route route_me_passkey_register_finish = {
	.method = HTTP_POST, .path = "/me/passkeys/register/finish", .name = "me_passkey_register_finish",
	.summary = "Add the passkey that the browser has created.",
	.auth = AUTH_SIGNIN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.query = { OPT_TEXT("name", 200, "at most 64 printable characters; absent: Passkey") },
	.body = {
		REQ_TEXT("id", 1400, "the credential's id, base64url"),
		REQ_TEXT("rawId", 1400, "the same"),
		REQ_TEXT("type", 16, "public-key"),
		OPT_TEXT("authenticatorAttachment", 16, "platform or cross-platform"),
		OPT_TEXT("response.clientDataJSON", 5500, "base64url; required, here or as clientDataJSON"),
		OPT_TEXT("response.attestationObject", 16500, "base64url; required, here or as attestationObject"),
		OPT_LIST("response.transports", 32, "how the authenticator is reached"),
		OPT_TEXT("clientDataJSON", 5500, "the same as response.clientDataJSON, for flat forms"),
		OPT_TEXT("attestationObject", 16500, "the same as response.attestationObject"),
		OPT_LIST("transports", 32, "the same as response.transports"),
	},
	.fails = { E_FEATURE_DISABLED, E_LIMIT_REACHED },
	.prove = finish_prove, .run = finish,
};
