/* session_token.h - the JWT of the active sign-in. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * In a transaction, with rq->signin and rq->state: sign one. template: the name of one of the deployment's; empty: the
 * default. E_TEMPLATE_NOT_FOUND, unrefused; E_LIMIT_REACHED: it does not fit. Task's arena.
 */
enum status session_token_mint(
    struct request *rq, struct str template, struct str *ret_token, int64_t *ret_lifetime_s) MUST_CHECK;
