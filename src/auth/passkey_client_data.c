/* passkey_client_data.c - what the browser signed: for which deed, which challenge, on which page. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "auth/passkey.h"
#include "base/json.h"
#include "base/str.h"

enum { DEPTH_MAX = 4 };

static const char *const types[] = {
	[PASSKEY_SIGN_IN] = "webauthn.get",
	[PASSKEY_REGISTER] = "webauthn.create",
};

/* §7.1 step 5, "UTF-8 decode": one BOM may stand in front. */
static struct str
without_bom(struct str s)
{
	return str_starts(s, S("\xEF\xBB\xBF")) ? str_from(s, 3) : s;
}

/* A string member; empty when it is absent or something else. */
static struct str
member(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_string(v) ? (struct str){ json_string_value(v), json_string_length(v) } : S("");
}

static enum status
read_challenge(struct task *t, struct str text, struct str *ret_challenge)
{
	uint8_t bytes[PASSKEY_CHALLENGE_N];
	size_t n = 0;

	if (!str_b64url_decode(text, bytes, sizeof(bytes), &n) || n != sizeof(bytes))
		return fail(t, E_BAD_REQUEST_BODY, "This challenge is not one that was given out here.");
	*ret_challenge = arena_dup(t->arena, (struct str){ (const char *)bytes, n });
	TRY_MEM(t, ret_challenge->p);
	return OK;
}

static enum status
check_frame(struct task *t, const json_t *object)
{
	const json_t *cross = json_object_get(object, "crossOrigin");

	if (cross != NULL && !json_is_false(cross))
		return fail(t, E_BAD_REQUEST_BODY, "Passkeys do not work here inside a page of another site.");
	if (json_object_get(object, "topOrigin") != NULL)
		return fail(t, E_BAD_REQUEST_BODY, "Passkeys do not work here inside a page of another site.");
	return OK;
}

static enum status
read_object(struct task *t, enum passkey_purpose purpose, const json_t *object, struct passkey_client_data *ret_data)
{
	struct passkey_client_data d;

	if (!str_eq(member(object, "type"), str_of(types[purpose])))
		return fail(t, E_BAD_REQUEST_BODY, "The type in clientDataJSON must be %s.", types[purpose]);
	TRY(read_challenge(t, member(object, "challenge"), &d.challenge));
	TRY(check_frame(t, object));
	d.origin = arena_dup(t->arena, member(object, "origin"));
	TRY_MEM(t, d.origin.p);
	*ret_data = d;
	return OK;
}

enum status
passkey_client_data_read(struct task *t, enum passkey_purpose purpose, struct str bytes,
    struct passkey_client_data *ret_data)
{
	struct str text = without_bom(bytes);
	json_t *object = NULL;
	enum status st;

	if (bytes.n <= PASSKEY_CLIENT_DATA_MAX && json_is_shallow(text, DEPTH_MAX))
		object = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return fail(t, E_BAD_REQUEST_BODY, "The field clientDataJSON is not what a browser sends.");
	}
	st = read_object(t, purpose, object, ret_data);
	json_decref(object);
	return st;
}
