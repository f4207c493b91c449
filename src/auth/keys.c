/* keys.c - the master key, and everything that is derived from it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/keys.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "auth/keys_file.h"
#include "base/buf.h"
#include "base/str.h"

enum {
	KEY_N = KEYS_MASTER_N,
	NONCE_N = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_N = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

struct keys {
	struct secret master;
};

/* The NUL at the end of each label keeps one from being the beginning of another. */
static const struct str use_label[KEY_USE__COUNT] = {
	[KEY_ANONYMOUS] = S_INIT("sessiond key anonymous\0"),
	[KEY_TOKEN] = S_INIT("sessiond key token\0"),
	[KEY_SEAL] = S_INIT("sessiond key seal\0"),
	[KEY_PEPPER] = S_INIT("sessiond key pepper\0"),
	[KEY_CHALLENGE] = S_INIT("sessiond key challenge\0"),
	[KEY_THROTTLE] = S_INIT("sessiond key throttle\0"),
	[KEY_CODE] = S_INIT("sessiond key code\0"),
	[KEY_AUDIT] = S_INIT("sessiond key audit\0"),
	[KEY_PASSKEY] = S_INIT("sessiond key passkey\0"),
	[KEY_LOG] = S_INIT("sessiond key log\0"),
};

/* A number as eight bytes, most significant first. */
struct be64 {
	uint8_t b[8];
};

static struct be64
be64_of(uint64_t v)
{
	struct be64 r;
	for (size_t i = 0; i < sizeof(r.b); i++)
		r.b[i] = (uint8_t)(v >> (56 - 8 * i));
	return r;
}

static struct str
bytes(const void *p, size_t n)
{
	return (struct str){ p, n };
}

/*
 * The key of one use in one deployment: one block of HKDF-Expand (RFC 5869 §2.3) with
 * label and deployment as its info; the master key is uniform, so nothing is extracted.
 * On the caller's stack, which must wipe it: guarded memory would cost four system
 * calls on the path of every session check.
 */
static bool
derive(const struct keys *k, enum key_use use, struct deployment_id d, uint8_t ret_key[KEY_N])
{
	CHECK(use < KEY_USE__COUNT);
	const struct be64 id = be64_of((uint64_t)d.v);
	const struct str info[] = { use_label[use], bytes(id.b, sizeof(id.b)), S("\x01") };
	return secret_hmac(ret_key, k->master.p, k->master.n, info, ARRAY_LEN(info));
}

enum status
keys_load(struct task *t, const char *file, bool create, struct keys **ret_keys)
{
	struct keys *k = calloc(1, sizeof(*k));
	TRY_MEM(t, k);
	enum status st = keys_file_read(t, file, create, &k->master);
	if (st != OK) {
		keys_free(k);
		return st;
	}
	*ret_keys = k;
	return OK;
}

struct keys *
keys_free(struct keys *k)
{
	if (k == NULL)
		return NULL;
	secret_done(&k->master);
	free(k);
	return NULL;
}

enum status
keys_check_value(struct task *t, const struct keys *k, uint8_t ret_value[32])
{
	const struct str text = S("sessiond master key check value\0");
	if (!secret_hmac(ret_value, k->master.p, k->master.n, &text, 1))
		return fail(t, E_INTERNAL, "keys: HMAC failed");
	return OK;
}

enum status
keys_mac(struct task *t, const struct keys *k, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, uint8_t ret_mac[32])
{
	CHECK(n_parts <= KEYS_MAC_PARTS_MAX);
	struct be64 length[KEYS_MAC_PARTS_MAX];
	struct str framed[2 * KEYS_MAC_PARTS_MAX];
	for (size_t i = 0; i < n_parts; i++) {
		length[i] = be64_of(parts[i].n);
		framed[2 * i] = bytes(length[i].b, sizeof(length[i].b));
		framed[2 * i + 1] = parts[i];
	}

	uint8_t key[KEY_N];
	bool ok = derive(k, use, d, key) && secret_hmac(ret_mac, key, sizeof(key), framed, 2 * n_parts);
	secret_wipe(key, sizeof(key));
	return ok ? OK : fail(t, E_INTERNAL, "keys: HMAC failed");
}

static void
put_framed(struct buf *b, struct str s)
{
	const struct be64 n = be64_of(s.n);
	buf_put(b, n.b, sizeof(n.b));
	buf_put_str(b, s);
}

/* The associated data: where the value is stored, each part behind its length. */
static enum status
place_bytes(struct task *t, const struct seal_place *place, struct str *ret_ad)
{
	const struct be64 id = be64_of((uint64_t)place->deployment.v);
	struct buf b;
	buf_init_arena(&b, t->arena, 4096);
	buf_put(&b, id.b, sizeof(id.b));
	put_framed(&b, str_of(place->table));
	put_framed(&b, place->row);
	put_framed(&b, str_of(place->column));
	if (b.failed)
		return fail(t, E_OVERLOADED, "out of memory for this task");
	*ret_ad = buf_str(&b);
	return OK;
}

enum status
keys_seal(struct task *t, const struct keys *k, const struct seal_place *place, struct str plain,
    struct str *ret_sealed)
{
	struct str ad;
	TRY(place_bytes(t, place, &ad));
	uint8_t *out = arena_alloc(t->arena, NONCE_N + plain.n + TAG_N);
	TRY_MEM(t, out);
	if (!secret_random(out, NONCE_N))
		return fail(t, E_INTERNAL, "keys: no randomness");

	uint8_t key[KEY_N];
	unsigned long long n = 0;
	bool ok = derive(k, KEY_SEAL, place->deployment, key) &&
		  crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_N, &n, (const uint8_t *)plain.p,
		      plain.n, (const uint8_t *)ad.p, ad.n, NULL, out, key) == 0;
	secret_wipe(key, sizeof(key));
	if (!ok)
		return fail(t, E_INTERNAL, "keys: sealing failed");
	*ret_sealed = bytes(out, NONCE_N + (size_t)n);
	return OK;
}

enum status
keys_unseal(struct task *t, const struct keys *k, const struct seal_place *place, struct str sealed,
    struct secret *ret_plain)
{
	if (sealed.n <= NONCE_N + TAG_N)
		return fail(t, E_INTERNAL, "keys: %s.%s holds nothing sealed", place->table, place->column);
	struct str ad;
	TRY(place_bytes(t, place, &ad));
	struct secret plain;
	if (!secret_new(sealed.n - NONCE_N - TAG_N, &plain))
		return fail(t, E_OVERLOADED, "keys: no memory for a secret");

	const uint8_t *nonce = (const uint8_t *)sealed.p;
	uint8_t key[KEY_N];
	bool ok = derive(k, KEY_SEAL, place->deployment, key) &&
		  crypto_aead_xchacha20poly1305_ietf_decrypt(plain.p, NULL, NULL, nonce + NONCE_N,
		      sealed.n - NONCE_N, (const uint8_t *)ad.p, ad.n, nonce, key) == 0;
	secret_wipe(key, sizeof(key));
	if (!ok) {
		secret_done(&plain);
		return fail(t, E_INTERNAL,
		    "keys: %s.%s does not open: it was changed or moved, or sealed with another key",
		    place->table, place->column);
	}
	*ret_plain = plain;
	return OK;
}
