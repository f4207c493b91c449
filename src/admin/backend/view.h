/* view.h - what the Backend API shows: shapes, and who writes them. For src/admin/backend only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/backend/backend.h"

extern const struct shape shape_user, shape_user_in_list, shape_email, shape_phone, shape_signin, shape_ended;

/* In a transaction: the account with its addresses and numbers is the answer. E_NOT_FOUND. */
enum status answer_user(struct call *c, struct user_id user) MUST_CHECK;
/* {"ended": n} */
enum status answer_ended(struct call *c, int64_t n) MUST_CHECK;
