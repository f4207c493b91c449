/* hasher.h - password hashes on threads of its own. For password.c alone; its callers see password.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sodium.h>

#include "auth/foreign_hash.h"
#include "auth/hash_memory.h"
#include "auth/password.h"

/* RFC 9106's second choice scaled down as OWASP gives it: 19 MiB, two passes, one lane. */
enum { HASH_MEMORY_KIB = HASH_MEMORY / 1024, HASH_PASSES = 2 };

enum { HASH_SALT_N = crypto_pwhash_argon2id_SALTBYTES, HASH_N = 32 };

struct hash_job {
	const struct secret *input;
	int64_t memory_kib, passes;
	uint8_t salt[HASH_SALT_N];
	uint8_t hash[HASH_N]; /* out */
	bool ok;              /* out; false: no memory */

	/* Instead of all that: compare a hash that another program made. */
	const struct foreign_hash *foreign;
	struct str password;
	bool matches; /* out */
};

/* Compute here and now. */
void hash_compute(struct hash_job *job);
/* Have a computing thread do it, and wait. false: the queue is full, nothing was done. Any thread. */
bool hasher_run(struct hasher *h, struct hash_job *job) MUST_CHECK;

const struct keys *hasher_keys(const struct hasher *h);
