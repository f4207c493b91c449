/* passkey.c - what the handlers of passkeys share: challenges, handles, and reading what a browser sends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/passkey.h"

#include "api/app.h"
#include "base/secret.h"
#include "base/str.h"

enum status
passkey_check_enabled(struct request *rq)
{
	if (!rq->deployment->settings.auth.passkey.enabled)
		return refuse(rq, E_FEATURE_DISABLED, "Passkeys are not used here.");
	return OK;
}

/* ---- challenges ---- */

/* 256 bits of randomness need no key: what is stored leads nowhere. */
static enum status
hash_of(struct task *t, struct str challenge, uint8_t ret_hash[32])
{
	if (!secret_sha256(ret_hash, &challenge, 1))
		return fail(t, E_INTERNAL, "SHA-256 failed");
	return OK;
}

enum status
passkey_challenge_issue(struct request *rq, enum passkey_purpose purpose, struct user_id user, struct str *ret_challenge)
{
	uint8_t bytes[PASSKEY_CHALLENGE_N], hash[32];
	struct task *t = &rq->task;

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "passkey: no randomness");
	TRY(hash_of(t, (struct str){ (const char *)bytes, sizeof(bytes) }, hash));
	TRY(request_store_session(rq));
	*ret_challenge = str_b64url(t->arena, bytes, sizeof(bytes));
	return sql_passkey_challenge_put(t, rq->deployment->id, (struct str){ (const char *)hash, sizeof(hash) }, purpose,
	    rq->session.id, user, t->now + PASSKEY_TTL_US);
}

enum status
passkey_challenge_use(struct task *t, struct request *rq, enum passkey_purpose purpose, struct user_id user,
    struct str challenge)
{
	uint8_t hash[32];
	int64_t rows;

	TRY(hash_of(t, challenge, hash));
	TRY(sql_passkey_challenge_use(t, rq->deployment->id, (struct str){ (const char *)hash, sizeof(hash) }, purpose,
	    rq->session.id, user.v, t->now, &rows));
	return rows == 1 ? OK : E_NOT_FOUND;
}

/* Without the key it tells neither who it is nor that two deployments have the same person (§14.6.1). */
enum status
passkey_handle(struct request *rq, struct user_id user, uint8_t ret_handle[PASSKEY_HANDLE_N])
{
	struct str part = user_id_str(rq->task.arena, user);

	return keys_mac(&rq->task, rq->app->keys, KEY_PASSKEY, rq->deployment->id, &part, 1, ret_handle);
}

/* ---- what a browser sends ---- */

/* The stock client posts the members one by one, browsers' own objects nest them: not both at once. */
static enum status
find_text(struct request *rq, const char *name, struct str *ret_text)
{
	struct str inner = arena_printf(rq->task.arena, "response.%s", name);
	struct str plain = body_text(rq, name), nested;

	TRY_MEM(&rq->task, inner.p);
	nested = body_text(rq, inner.p);
	if (plain.n > 0 && nested.n > 0)
		return refuse(rq, E_BAD_REQUEST_BODY, "The field %s may be given only once.", name);
	*ret_text = plain.n > 0 ? plain : nested;
	return OK;
}

static enum status
decode(struct request *rq, const char *name, struct str text, size_t max, struct str *ret_bytes)
{
	uint8_t *bytes = arena_alloc(rq->task.arena, max);
	size_t n = 0;

	TRY_MEM(&rq->task, bytes);
	if (!str_b64url_decode(text, bytes, max, &n))
		return refuse(rq, E_BAD_REQUEST_BODY, "The field %s must be base64url without padding, of at most %zu bytes.", name, max);
	*ret_bytes = (struct str){ (const char *)bytes, n };
	return OK;
}

enum status
passkey_field(struct request *rq, const char *name, size_t max, bool required, struct str *ret_bytes)
{
	struct str text = STR_NONE;

	TRY(find_text(rq, name, &text));
	if (text.n == 0 && required)
		return refuse(rq, E_BAD_REQUEST_BODY, "The field %s is missing.", name);
	*ret_bytes = S("");
	return text.n > 0 ? decode(rq, name, text, max, ret_bytes) : OK;
}

enum status
passkey_credential_id(struct request *rq, struct str *ret_id)
{
	if (!str_eq(body_text(rq, "type"), S("public-key")))
		return refuse(rq, E_BAD_REQUEST_BODY, "The field type must be public-key.");
	if (!str_eq(body_text(rq, "id"), body_text(rq, "rawId")))
		return refuse(rq, E_BAD_REQUEST_BODY, "The fields id and rawId must be the same.");
	return decode(rq, "id", body_text(rq, "id"), PASSKEY_ID_MAX, ret_id);
}

enum status
passkey_refuse(struct request *rq, enum status st)
{
	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "%s", rq->task.why);
	return st;
}

enum status
passkey_check_origin(struct request *rq, struct str origin)
{
	if (!deployment_allows_passkey_origin(rq->deployment, origin))
		return refuse(rq, E_BAD_REQUEST_BODY, "Passkeys do not work here on pages of this origin.");
	return OK;
}

/* ---- telling ---- */

struct str
passkey_detail(struct request *rq, struct passkey_id id)
{
	return arena_printf(rq->task.arena, "{\"passkey_id\":\"" STR_FMT "\"}", STR_ARG(passkey_id_str(rq->task.arena, id)));
}

void
passkey_view(struct json *j, const char *key, const struct passkey_row *p)
{
	json_object_begin(j, key);
	json_passkey_id(j, "id", p->id);
	json_str(j, "name", p->name);
	json_time(j, "created_at", p->created_at);
	json_time(j, "last_used_at", p->last_used_at);
	json_str(j, "device_type", p->device_type);
	json_bool(j, "backed_up", p->backed_up);
	json_object_end(j);
}
