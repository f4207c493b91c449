/* me.h - the person asking. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* AUTH_SIGNIN: the account of the active sign-in, as read before .prove and again when .run began. Never NULL. */
const struct account_row *me_account(const struct request *rq);
