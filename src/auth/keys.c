/* keys.c - everything that is derived from a master key. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/keys.h"

#include <sodium.h>
#include <string.h>

#include "auth/keys_ring.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"

enum {
	KEY_N = KEYS_MASTER_N,
	MAC_MIN = 12,
	NONCE_N = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_N = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

/* What becomes of a use when another master key follows. The reasons: docs/decisions/master-key-rotation.md. */
enum key_life {
	LIFE_GRACE = 1, /* the new key makes it; the old one's is good for a while */
	LIFE_KEPT,	/* the new key makes it; the old one's is good for as long as its row is there */
	LIFE_LASTING,	/* the oldest key goes on making it */
};
static const enum key_life use_life[KEY_USE__COUNT] = {
	[KEY_ANONYMOUS] = LIFE_GRACE,
	[KEY_TOKEN] = LIFE_KEPT,
	[KEY_SEAL] = LIFE_KEPT,
	[KEY_PEPPER] = LIFE_KEPT,
	[KEY_CHALLENGE] = LIFE_GRACE,
	[KEY_THROTTLE] = LIFE_LASTING,
	[KEY_CODE] = LIFE_KEPT,
	[KEY_NUMBER] = LIFE_LASTING,
	[KEY_AUDIT] = LIFE_LASTING,
	[KEY_PASSKEY] = LIFE_LASTING,
	[KEY_LOG] = LIFE_LASTING,
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
	[KEY_NUMBER] = S_INIT("sessiond key number\0"),
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
derive(const struct ring_key *key, enum key_use use, struct deployment_id d, uint8_t ret_key[KEY_N])
{
	CHECK(use < KEY_USE__COUNT);
	const struct be64 id = be64_of((uint64_t)d.v);
	const struct str info[] = { use_label[use], bytes(id.b, sizeof(id.b)), S("\x01") };
	return secret_hmac(ret_key, key->master.p, key->master.n, info, ARRAY_LEN(info));
}

static const struct ring_key *
first_of(const struct keys *k)
{
	return keys_at(k, atomic_load_explicit(&k->ring->first, memory_order_acquire));
}

void
keys_check_value(const struct keys *k, uint8_t ret_value[32])
{
	memcpy(ret_value, keys_current(k)->check, KEY_CHECK_N);
}

static enum status
mac_by(struct task *t, const struct ring_key *master, enum key_use use, struct deployment_id d,
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
	bool ok = derive(master, use, d, key) && secret_hmac(ret_mac, key, sizeof(key), framed, 2 * n_parts);
	secret_wipe(key, sizeof(key));
	return ok ? OK : fail(t, E_INTERNAL, "keys: HMAC failed");
}

enum status
keys_mac(struct task *t, const struct keys *k, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, uint8_t ret_mac[32])
{
	const struct ring_key *key = use_life[use] == LIFE_LASTING ? first_of(k) : keys_current(k);
	return mac_by(t, key, use, d, parts, n_parts, ret_mac);
}

/* One that is not retired is as good as the current one: another node may make things by it already. */
static bool
is_accepted(const struct ring_key *key, enum key_use use, int64_t now)
{
	return atomic_load(&key->retired_at) == 0 || use_life[use] == LIFE_KEPT || now < atomic_load(&key->macs_until);
}

static const struct ring_key *
each_next(const struct keys *k, enum key_use use, int64_t now, struct keys_each *each)
{
	if (each->begun == NULL)
		return each->begun = keys_current(k);
	while (each->next < keys_count(k)) {
		const struct ring_key *key = keys_at(k, each->next++);
		if (key != each->begun && is_accepted(key, use, now))
			return key;
	}
	return NULL;
}

enum status
keys_mac_each(struct task *t, const struct keys *k, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, struct keys_each *each, uint8_t ret_mac[32])
{
	CHECK(use_life[use] != LIFE_LASTING);
	const struct ring_key *key = each_next(k, use, t->now, each);
	return key == NULL ? E_NOT_FOUND : mac_by(t, key, use, d, parts, n_parts, ret_mac);
}

enum status
keys_mac_equals(struct task *t, const struct keys *k, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, struct str mac, bool *ret_equal)
{
	struct keys_each each = { 0 };
	uint8_t made[32];
	enum status st;
	CHECK(mac.n >= MAC_MIN && mac.n <= sizeof(made));
	do {
		st = keys_mac_each(t, k, use, d, parts, n_parts, &each, made);
	} while (st == OK && !secret_eq(made, mac.p, mac.n));
	if (st != OK && st != E_NOT_FOUND)
		return st;
	*ret_equal = st == OK;
	return OK;
}

struct str
keys_name(const struct keys *k)
{
	const struct ring_key *current = keys_current(k);
	return current == first_of(k) ? S("") : str_of(current->id);
}

static const struct ring_key *
named(const struct keys *k, struct str name)
{
	return name.n == 0 ? first_of(k) : keys_find_id(k, name);
}

bool
keys_is_retired(const struct keys *k, struct str name)
{
	const struct ring_key *key = named(k, name);
	return key != NULL && atomic_load(&key->retired_at) != 0;
}

enum status
keys_mac_named(struct task *t, const struct keys *k, struct str name, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, uint8_t ret_mac[32])
{
	const struct ring_key *key = named(k, name);
	if (key == NULL)
		return fail(t, E_INTERNAL, "keys: the master key " STR_FMT " is not known here", STR_ARG(name));
	return mac_by(t, key, use, d, parts, n_parts, ret_mac);
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
keys_seal_by(struct task *t, const struct ring_key *master, const struct seal_place *place, struct str plain,
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
	bool ok = derive(master, KEY_SEAL, place->deployment, key) &&
		  crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_N, &n, (const uint8_t *)plain.p,
		      plain.n, (const uint8_t *)ad.p, ad.n, NULL, out, key) == 0;
	secret_wipe(key, sizeof(key));
	if (!ok)
		return fail(t, E_INTERNAL, "keys: sealing failed");
	*ret_sealed = bytes(out, NONCE_N + (size_t)n);
	return OK;
}

/* What was sealed by a key that is nobody's any more would be lost: rather nothing is sealed. */
enum status
keys_seal(struct task *t, const struct keys *k, const struct seal_place *place, struct str plain,
    struct str *ret_sealed)
{
	if (clock_mono() > atomic_load(&k->ring->sealing_until_mono))
		return fail(t, E_STORE, "keys: whether the master key is still this database's is not known, so nothing is sealed");
	return keys_seal_by(t, keys_current(k), place, plain, ret_sealed);
}

static bool
open_by(const struct ring_key *master, struct deployment_id d, struct str ad, struct str sealed, struct secret *plain)
{
	const uint8_t *nonce = (const uint8_t *)sealed.p;
	uint8_t key[KEY_N];
	bool ok = derive(master, KEY_SEAL, d, key) &&
		  crypto_aead_xchacha20poly1305_ietf_decrypt(plain->p, NULL, NULL, nonce + NONCE_N,
		      sealed.n - NONCE_N, (const uint8_t *)ad.p, ad.n, nonce, key) == 0;
	secret_wipe(key, sizeof(key));
	return ok;
}

/* By one key, or by the current one and then the others; with `all`, by those too that nothing should be sealed by any more. */
static const struct ring_key *
open_by_any(const struct keys *k, bool all, struct deployment_id d, struct str ad, struct str sealed, struct secret *plain)
{
	const struct ring_key *current = keys_current(k), *key;
	if (open_by(current, d, ad, sealed, plain))
		return current;
	for (unsigned i = 0; i < keys_count(k); i++) {
		key = keys_at(k, i);
		if (key != current && (all || atomic_load(&key->opens)) && open_by(key, d, ad, sealed, plain))
			return key;
	}
	return NULL;
}

static enum status
begin_opening(struct task *t, const struct seal_place *place, struct str sealed, struct str *ret_ad, struct secret *ret_plain)
{
	if (sealed.n <= NONCE_N + TAG_N)
		return fail(t, E_INTERNAL, "keys: %s.%s holds nothing sealed", place->table, place->column);
	TRY(place_bytes(t, place, ret_ad));
	if (!secret_new(sealed.n - NONCE_N - TAG_N, ret_plain))
		return fail(t, E_OVERLOADED, "keys: no memory for a secret");
	return OK;
}

static enum status
end_opening(struct task *t, const struct seal_place *place, bool opened, struct secret *plain, struct secret *ret_plain)
{
	if (!opened) {
		secret_done(plain);
		return fail(t, E_INTERNAL,
		    "keys: %s.%s does not open: it was changed or moved, or sealed with another key",
		    place->table, place->column);
	}
	*ret_plain = *plain;
	return OK;
}

enum status
keys_unseal_by(struct task *t, const struct ring_key *key, const struct seal_place *place, struct str sealed,
    struct secret *ret_plain)
{
	struct secret plain;
	struct str ad;
	TRY(begin_opening(t, place, sealed, &ad, &plain));
	return end_opening(t, place, open_by(key, place->deployment, ad, sealed, &plain), &plain, ret_plain);
}

enum status
keys_unseal(struct task *t, const struct keys *k, const struct seal_place *place, struct str sealed,
    struct secret *ret_plain)
{
	struct secret plain;
	struct str ad;
	TRY(begin_opening(t, place, sealed, &ad, &plain));
	return end_opening(t, place, open_by_any(k, false, place->deployment, ad, sealed, &plain) != NULL, &plain, ret_plain);
}

enum status
keys_reseal(struct task *t, const struct keys *k, const struct seal_place *place, struct str sealed,
    struct str *ret_sealed)
{
	struct secret plain;
	struct str ad;
	if (sealed.n <= NONCE_N + TAG_N)
		return E_NOT_FOUND;
	TRY(begin_opening(t, place, sealed, &ad, &plain));
	const struct ring_key *current = keys_current(k);
	const struct ring_key *by = open_by_any(k, true, place->deployment, ad, sealed, &plain);
	enum status st = by == NULL ? E_NOT_FOUND : OK;
	if (by != NULL && by == current)
		*ret_sealed = sealed;
	else if (by != NULL)
		st = keys_seal(t, k, place, bytes(plain.p, plain.n), ret_sealed);
	secret_done(&plain);
	return st;
}
