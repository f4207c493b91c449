/* complete.h - the moment somebody is signed in, in one transaction. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * Inside the write transaction, every factor proved: create the sign-in in the caller's
 * session, make it active in the scope the user was last in, restart the session's
 * clock, and renew its token. E_USER_ALREADY_SIGNED_IN, E_USER_DISABLED, E_LIMIT_REACHED
 * are refused with their sentences; nothing has changed then.
 */
enum status sign_in_complete(struct request *rq, struct user_id user, const char *method) MUST_CHECK;

/*
 * The same for links, resets and the like: who is signed in here already stays so, active and proved anew, in place of
 * E_USER_ALREADY_SIGNED_IN.
 */
enum status sign_in_complete_again(struct request *rq, struct user_id user, const char *method) MUST_CHECK;

/*
 * An operator's deed: `actor` acts for the user here, for so long, marked as that in everything it does. The user's
 * own sign-ins are not counted against it, nor is the browser known to the account from now on. Who is signed in
 * here already becomes active as they are.
 */
enum status sign_in_on_behalf(struct request *rq, struct user_id user, struct str actor, int64_t ttl_us) MUST_CHECK;
