/* password.h - passwords: policy, argon2id with a keyed step, and the threads that compute it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "base/task.h"

struct password_policy {
	int64_t min_length; /* code points after NFC; never below 8 */
	bool require_lowercase;
	bool require_uppercase;
	bool require_number;
	bool require_special;
	int64_t strength_min;    /* auth/strength.h: 0-4 */
	const struct str *words; /* what is known of the account and the app: no password is made of these */
	size_t n_words;
};
enum { PASSWORD_CODE_POINTS_MAX = 125, PASSWORD_BYTES_MAX = 1024 };

/* Whose an account's password is. As stored: never renumbered. PWD-08, PWD-13. */
enum password_standing {
	PASSWORD_OWN,		/* its owner chose it */
	PASSWORD_LENT,		/* an operator did: for one sign-in within a day, in which another is chosen */
	PASSWORD_SPENT,		/* lent, and used */
	PASSWORD_EXPOSED,	/* others may know it: it proves nothing any more */
};
#define PASSWORD_LENT_US DAY_US

/*
 * E_WEAK_PASSWORD with one sentence in *ret_sentence when the policy is not met or the
 * password is one that everybody tries first (static text, or this thread's own until its
 * next call), E_BAD_REQUEST_BODY when it is not text, E_OVERLOADED without memory. Looks at
 * nothing else, and asks nobody. Any thread.
 */
enum status password_check(
    const struct password_policy *policy, struct str password, const char **ret_sentence) MUST_CHECK;

/*
 * Computing threads, one a core, in what time others leave: they hash, hold no lock and touch no
 * database. A hash takes 19 MiB, so n_threads + 1 bounds memory too. queue_max: how many
 * may wait for a thread. hasher_new: NULL without memory or threads. The keys must
 * outlive it. hasher_free: nobody may be waiting; NULL is fine.
 */
struct hasher;
struct hasher *hasher_new(const struct keys *k, unsigned n_threads, size_t queue_max);
struct hasher *hasher_free(struct hasher *h);

/*
 * The record kept for a password: "$argon2id$v=19$m=19456,t=2,p=1$…" of
 * HMAC(pepper key of the deployment, NFC of the password); unique 16-byte salt. After "p=1" comes
 * ",keyid=…" when another master key than the first is current.
 * Blocks the calling worker until a computing thread has done it. E_OVERLOADED when the
 * queue is full or memory is out, E_INTERNAL without randomness, E_BAD_REQUEST_BODY
 * when it is not text of at most PASSWORD_BYTES_MAX. Task's arena. The caller wipes
 * its own copy of the password.
 */
enum status password_hash(struct task *t, struct hasher *h, struct deployment_id d, struct str password,
    struct str *ret_record) MUST_CHECK;

enum password_verdict {
	PASSWORD_WRONG = 0,
	PASSWORD_RIGHT,
	PASSWORD_RIGHT_REHASH, /* right, and the record's parameters are below today's, or its key is retired: store a new one */
};
/*
 * An empty record (no such account, or no password), one that cannot be read and a
 * password that is not text cost the same time and are PASSWORD_WRONG. A password
 * beyond PASSWORD_BYTES_MAX is WRONG at once: it says nothing about the account. Other
 * bounds are not looked at, since a policy may have changed. E_OVERLOADED as above;
 * *ret_verdict is untouched on failure. Records are of m <= 256 MiB, t <= 16, p = 1.
 */
enum status password_verify(struct task *t, struct hasher *h, struct deployment_id d, struct str record,
    struct str password, enum password_verdict *ret_verdict) MUST_CHECK;

/*
 * The record to keep for a hash that another program made (auth/foreign_hash.h): compared as it is until the
 * first sign-in, whose PASSWORD_RIGHT_REHASH replaces it by ours. E_BAD_REQUEST_BODY with a phrase in *ret_why. Any thread.
 */
enum status password_import(struct task *t, struct str foreign, struct str *ret_record, const char **ret_why) MUST_CHECK;

struct hasher_stats {
	uint64_t hashes;  /* done */
	uint64_t refused; /* the queue was full */
	size_t waiting;   /* now */
};
void hasher_stats(struct hasher *h, struct hasher_stats *ret_stats);
