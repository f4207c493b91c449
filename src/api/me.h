/* me.h - the person asking. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* AUTH_SIGNIN: the account of the active sign-in, as read when .run began. Never NULL. */
const struct account_row *me_account(const struct request *rq);

/*
 * For .prove of an AUTH_SIGNIN row, which comes before the transaction: fill rq->state and rq->signin. Refuses what
 * the transaction would refuse (E_UNAUTHORIZED; rows with .credential as credential_check()), so that no try is
 * counted for it.
 */
enum status me_load(struct request *rq) MUST_CHECK;
