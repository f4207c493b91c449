/* keys.h - the master key, and everything that is derived from it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/secret.h"
#include "base/task.h"

struct keys;

/*
 * Read the 32-byte master key from `file` (raw, or 64 hex digits with or without a
 * newline; or two such lines, see keys_ring.h), which must be a regular file of this user or root that nobody else can
 * read (mode 0600 or 0400). With `create`, a missing file is made first, with fresh
 * randomness, exclusively and synced; that is for the first start of an empty
 * database only. E_INTERNAL with t->why naming the file and what to do. Start-up
 * only; any thread may use the result.
 */
enum status keys_load(struct task *t, const char *file, bool create, struct keys **ret_keys) MUST_CHECK;
struct keys *keys_free(struct keys *k); /* wipes; NULL is fine */

/* A value the database keeps, so that a wrong key is noticed: HMAC of a fixed text. */
void keys_check_value(const struct keys *k, uint8_t ret_value[32]);

/* What a derived key is for. Keys of two uses, or of two deployments, are unrelated. */
enum key_use {
	KEY_ANONYMOUS, /* MAC of anonymous session tokens */
	KEY_TOKEN,     /* first stored tokens and age-rotation successors */
	KEY_SEAL,      /* sealing secrets at rest */
	KEY_PEPPER,    /* keyed step before argon2id: a copied database verifies nothing */
	KEY_CHALLENGE, /* proof-of-work challenges */
	KEY_THROTTLE,  /* hashing of throttle subjects */
	KEY_CODE,      /* hashing of one-time codes, links, backup codes and tickets */
	KEY_NUMBER,    /* numbers that stand for things without an id */
	KEY_AUDIT,     /* the chain of audit events */
	KEY_PASSKEY,   /* the user handle that passkeys keep: tells nothing of the user */
	KEY_LOG,       /* keyed hash prefixes where a log must tell tokens apart */
	KEY_USE__COUNT
};

/* HMAC-SHA-256 of the parts under the derived key; each part is length-prefixed. Any thread. */
enum { KEYS_MAC_PARTS_MAX = 8 };
enum status keys_mac(struct task *t, const struct keys *k, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, uint8_t ret_mac[32]) MUST_CHECK;

/*
 * For what was made before: by each key in turn that may have made it, the current one first, as master keys follow one
 * another (keys_ring.h). `each` is zero at first. E_NOT_FOUND: that were all. Not for what one key makes for ever:
 * KEY_NUMBER, KEY_THROTTLE, KEY_AUDIT, KEY_PASSKEY, KEY_LOG.
 */
struct keys_each {
	const void *begun;
	unsigned    next;
};
enum status keys_mac_each(struct task *t, const struct keys *k, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, struct keys_each *each, uint8_t ret_mac[32]) MUST_CHECK;
/* Is it what one of them makes, or the beginning of it? At least 12 bytes, compared in constant time. */
enum status keys_mac_equals(struct task *t, const struct keys *k, enum key_use use, struct deployment_id d,
    const struct str *parts, size_t n_parts, struct str mac, bool *ret_equal) MUST_CHECK;

/*
 * For records that name their key: the current one's name, "" while there has been no other; and a MAC by the key of a
 * name. E_INTERNAL: it is not known.
 */
struct str keys_name(const struct keys *k);
bool keys_is_retired(const struct keys *k, struct str name);
enum status keys_mac_named(struct task *t, const struct keys *k, struct str name, enum key_use use,
    struct deployment_id d, const struct str *parts, size_t n_parts, uint8_t ret_mac[32]) MUST_CHECK;

/*
 * Seal and open (XChaCha20-Poly1305, random nonce in front), bound to the place
 * where it is stored: moved to another deployment, table, row or column it does
 * not open. keys_unseal: E_INTERNAL when it was changed, and nothing empty opens:
 * an absent secret is NULL in the store; E_STORE from keys_seal when which key is
 * current has not been known for a minute. The result of keys_seal is in the task's
 * arena; keys_unseal's in a secret the caller gives to secret_done().
 */
struct seal_place {
	struct deployment_id deployment;
	const char *table;
	struct str row;
	const char *column;
};
enum status keys_seal(struct task *t, const struct keys *k, const struct seal_place *place, struct str plain,
    struct str *ret_sealed) MUST_CHECK;
enum status keys_unseal(struct task *t, const struct keys *k, const struct seal_place *place,
    struct str sealed, struct secret *ret_plain) MUST_CHECK;

/*
 * The same secret, sealed by the current key: *ret_sealed is `sealed` itself when it is already, so that its
 * place in memory tells. Opens what any key of the ring sealed; E_NOT_FOUND when none of them did. Fails as the two
 * above otherwise. Task's arena.
 */
enum status keys_reseal(struct task *t, const struct keys *k, const struct seal_place *place, struct str sealed,
    struct str *ret_sealed) MUST_CHECK;
