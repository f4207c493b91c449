/* challenge.h - the proof-of-work challenge ("Cap" protocol): stateless until redeemed. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"

enum {
	CHALLENGE_COUNT = 50,
	CHALLENGE_SALT = 32,
	CHALLENGE_TARGET = 4,
	CHALLENGE_TOKEN_HEX = 50,
	CHALLENGE_TTL_S = 600,       /* to solve it */
	CHALLENGE_PROOF_TTL_S = 1200 /* what redeeming gives lives this long */
};

/*
 * A fresh challenge token, 50 hex digits: 8 random bytes, 5 of expiry (seconds, big-endian)
 * and 12 of MAC. Nothing is stored. *ret_expires_at is in microseconds. E_INTERNAL
 * without randomness. Task's arena. All of these: any thread.
 */
enum status challenge_new(struct task *t, const struct keys *k, struct deployment_id d, struct str *ret_token,
    int64_t *ret_expires_at) MUST_CHECK;
/* Ours, of this deployment, unexpired, in its one spelling? E_CHALLENGE_FAILED otherwise. */
enum status challenge_check_token(
    struct task *t, const struct keys *k, struct deployment_id d, struct str token) MUST_CHECK;
/* Every solution right? Solutions are non-negative integers below 2^53. E_CHALLENGE_FAILED otherwise. */
enum status challenge_check_solutions(
    struct task *t, struct str token, const int64_t *solutions, size_t n) MUST_CHECK;
/* G(seed, n) of the protocol: FNV-1a-32, then xorshift, as n hex digits; no NUL after them. */
void challenge_puzzle(struct str seed, size_t n, char *ret_hex);
