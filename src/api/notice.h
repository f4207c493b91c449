/* notice.h - telling people by mail what happened to their account. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * TX_WRITE: mail every verified address of the account (and `also`, an address it has just lost; may be
 * empty) that this happened, when and from where. `what` is one plain sentence, such as "Your
 * password was changed.". Each mail has a link by which its reader says that it was not them
 * (sign_in/disavow.h). AUT-10.
 */
enum status notice_put(struct request *rq, struct user_id user, const char *what, struct str also) MUST_CHECK;
/* The same without the link, for when there is nothing left to take back. */
enum status notice_put_last(struct request *rq, struct user_id user, const char *what) MUST_CHECK;
