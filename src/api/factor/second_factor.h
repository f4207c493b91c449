/* second_factor.h - what somebody can prove a second time with, and the proof. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "auth/keys.h"

struct second_factors {
	bool authenticator, phone_otp, backup_code;
};

enum { BACKUP_CODES_N = 12, BACKUP_CODE_LETTERS = 8 };

/* Enabled by the deployment and enrolled by the user. In a transaction. E_NOT_FOUND: no such user. */
enum status second_factors_load(struct task *t, const struct deployment *d, struct user_id user,
    struct second_factors *ret_factors) MUST_CHECK;
bool second_factors_any(const struct second_factors *f);
/* The API's words for them (available_2fa_methods), separated by spaces; empty when there is none. Arena. */
struct str second_factors_words(struct arena *a, const struct second_factors *f);

/*
 * AUTH_SIGNIN, from rq->state: has the active sign-in's user a second factor? Backup codes stand in
 * for one, they are none.
 */
bool second_factor_is_enrolled(const struct request *rq);

/* The deployment demands a second factor, and without the authenticator there would be none. */
bool second_factor_must_stay(const struct deployment *d, const struct second_factors *f);

/* As account rows keep it. */
struct str second_factor_policy_word(enum second_factor_policy policy);

/*
 * TX_WRITE: take away authenticators and backup codes, and let the deployment's policy be the
 * account's. cache_touch() is the caller's.
 */
enum status second_factors_remove(struct task *t, const struct deployment *d, struct user_id user) MUST_CHECK;

/*
 * For .prove: count a guess against what is guessed at (`of`), the account and the source.
 * E_RATE_LIMITED. In the transaction: it was right and does not count.
 */
enum status second_factor_reserve(struct request *rq, struct user_id user, struct str of) MUST_CHECK;
enum status second_factor_give_back(struct request *rq, struct user_id user, struct str of) MUST_CHECK;

/*
 * TX_WRITE: use an authenticator's or a backup code of that user. Each is used by one conditional
 * write, so that of many at once exactly one gets in. E_INVALID_CODE, unrefused, when it is neither,
 * or has been used. The guess must have been counted before, in .prove. A backup code's use is
 * written down and told by mail.
 */
enum status second_factor_use(struct request *rq, struct user_id user, struct str code) MUST_CHECK;

/* As `code_hash` keeps it: the MAC of user and text, without the dash. E_INTERNAL. */
enum status backup_code_hash(struct request *rq, struct user_id user, struct str letters, struct keys_each *each,
    uint8_t ret_hash[32]) MUST_CHECK;

/* Where an authenticator's seed is sealed; row in the arena. */
struct seal_place authenticator_place(struct arena *a, struct deployment_id d, struct authenticator_id id);
