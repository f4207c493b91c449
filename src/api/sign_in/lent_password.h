/* lent_password.h - passwords that an operator chose: for one sign-in within a day, in which another is chosen. PWD-13. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "store/store.gen.h"

/* Was it lent, and is it used or past its time? Then it counts as wrong. Any thread. */
bool lent_password_is_over(const struct account_secret *s, int64_t now);

/*
 * TX_WRITE, the password was right: it has had its one use. OK at once for one that was not lent.
 * E_INVALID_CREDENTIALS, refused: another sign-in had it.
 */
enum status lent_password_spend(struct request *rq, const struct account_secret *s) MUST_CHECK;

/*
 * For .prove, LANE_HASH, with the body field "password" and the query's attempt_id: a new password for an attempt
 * that asks for one, checked by the policy and hashed. E_WEAK_PASSWORD, refused, also for the lent one once more.
 * Nothing for other attempts.
 */
enum status lent_password_prove(struct request *rq) MUST_CHECK;

/*
 * TX_WRITE: what .prove hashed becomes the account's own password; its other sign-ins end, no browser is known any
 * more, and the user is told. E_REQUIRED_FIELD, refused, when none was sent.
 */
enum status lent_password_replace(struct request *rq, struct user_id user) MUST_CHECK;
