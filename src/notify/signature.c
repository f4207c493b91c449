/* signature.c - messages signed as www.standardwebhooks.com has it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/signature.h"

#include <string.h>

#include "base/str.h"

enum { KEY_MAX = 512 };

/* "whsec_" and base64, or the bytes of the text itself. */
static bool
read_key(const struct secret *secret, uint8_t ret_key[static KEY_MAX], size_t *ret_n)
{
	struct str text = { (const char *)secret->p, secret->n };
	char spelled[KEY_MAX];
	size_t n;
	bool good;

	if (text.n > KEY_MAX)
		return false;
	if (!str_starts(text, S("whsec_"))) {
		if (text.n > 0)
			memcpy(ret_key, text.p, text.n);
		*ret_n = text.n;
		return true;
	}
	text = str_from(text, 6);
	for (n = 0; n < text.n && text.p[n] != '='; n++)
		spelled[n] = text.p[n] == '+' ? '-' : text.p[n] == '/' ? '_' : text.p[n];
	good = str_b64url_decode((struct str){ spelled, n }, ret_key, KEY_MAX, ret_n);
	secret_wipe(spelled, sizeof(spelled));
	return good;
}

enum status
signature_make(struct task *t, const struct secret *secret, struct str id, struct str at, struct str body,
    struct str *ret_signature)
{
	const struct str parts[] = { id, S("."), at, S("."), body };
	uint8_t key[KEY_MAX], mac[32];
	size_t n = 0;
	bool good = read_key(secret, key, &n) && n > 0 && secret_hmac(mac, key, n, parts, ARRAY_LEN(parts));

	secret_wipe(key, sizeof(key));
	if (!good)
		return fail(t, E_INTERNAL, "the key to sign with is not set, or no key");
	*ret_signature = arena_printf(t->arena, "v1," STR_FMT, STR_ARG(str_b64(t->arena, mac, sizeof(mac))));
	return OK;
}

bool
signature_key_is_good(struct str secret)
{
	const struct secret text = { (uint8_t *)(uintptr_t)secret.p, secret.n };
	uint8_t key[KEY_MAX];
	size_t n = 0;
	bool good = str_starts(secret, S("whsec_")) && read_key(&text, key, &n) && n >= SIGNATURE_KEY_MIN && n <= SIGNATURE_KEY_MAX;

	secret_wipe(key, sizeof(key));
	return good;
}
