/* session_token.h - the JWT of the active sign-in. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * In a transaction, with rq->signin and rq->state: sign one. `template` is empty or "default"; any other: E_TEMPLATE_NOT_FOUND,
 * unrefused. Task's arena.
 */
enum status session_token_mint(struct request *rq, struct str template, struct str *ret_token) MUST_CHECK;
