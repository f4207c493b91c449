/* secret_key.c - what a product's own servers prove themselves with at the Backend API. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/secret_key.h"

#include "base/secret.h"
#include "base/str.h"
#include "store/store.gen.h"

enum { PREFIX_TRIES = 8 };

static enum status
draw(struct task *t, enum deployment_mode mode, struct str *ret_key)
{
	uint8_t random[32];

	if (!secret_random(random, sizeof(random)))
		return fail(t, E_INTERNAL, "no randomness for a secret key");
	*ret_key = arena_printf(t->arena, "sk_%s_" STR_FMT, mode == MODE_STAGING ? "test" : "live",
	    STR_ARG(str_b64url(t->arena, random, sizeof(random))));
	secret_wipe(random, sizeof(random));
	TRY_MEM(t, ret_key->p);
	return OK;
}

/* People revoke by the prefix: it must mean one. */
static enum status
draw_unlike(struct task *t, struct deployment_id d, enum deployment_mode mode, struct str *ret_key)
{
	struct secret_keys_row *keys;
	bool taken = true;
	size_t n;

	TRY(sql_secret_keys(t, d, &keys, &n));
	for (int tries = 0; taken && tries < PREFIX_TRIES; tries++) {
		TRY(draw(t, mode, ret_key));
		taken = false;
		for (size_t i = 0; i < n; i++)
			taken |= str_starts(*ret_key, keys[i].prefix);
	}
	return taken ? fail(t, E_INTERNAL, "every new secret key begins like another one") : OK;
}

enum status
secret_key_make(struct task *t, struct deployment_id d, enum deployment_mode mode, struct str *ret_key)
{
	uint8_t hash[32];
	struct str key;

	TRY(draw_unlike(t, d, mode, &key));
	if (!secret_key_hash(key, hash))
		return fail(t, E_INTERNAL, "SHA-256 failed");
	TRY(sql_secret_key_insert(t, d, hash, (struct str){ key.p, SECRET_KEY_PREFIX }, t->now));
	*ret_key = key;
	return OK;
}

bool
secret_key_hash(struct str text, uint8_t ret_hash[32])
{
	if (text.n != SECRET_KEY_LENGTH || !(str_starts(text, S("sk_live_")) || str_starts(text, S("sk_test_"))))
		return false;
	return secret_sha256(ret_hash, &text, 1);
}
