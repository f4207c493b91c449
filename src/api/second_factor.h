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
/* The contract's words (available_2fa_methods), separated by spaces; empty when there is none. Arena. */
struct str second_factors_words(struct arena *a, const struct second_factors *f);

/*
 * TX_WRITE: use an authenticator's or a backup code of that user. Each is used by one conditional
 * write, so that of many at once exactly one gets in. E_INVALID_CODE, unrefused, when it is neither,
 * or has been used. The guess must have been counted before, in .prove. A backup code's use is
 * written down and told by mail.
 */
enum status second_factor_use(struct request *rq, struct user_id user, struct str code) MUST_CHECK;

/* As `code_hash` keeps it: the MAC of user and text, without the dash. E_INTERNAL. */
enum status backup_code_hash(struct request *rq, struct user_id user, struct str letters, uint8_t ret_hash[32]) MUST_CHECK;

/* Where an authenticator's seed is sealed; row in the arena. */
struct seal_place authenticator_place(struct arena *a, struct deployment_id d, struct authenticator_id id);
