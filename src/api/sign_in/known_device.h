/* known_device.h - browsers that an account was signed in to before: attacks elsewhere do not lock them out. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * For .prove: under whose name passwords and codes tried for this account are counted. An account's own
 * (user_12), or, from a browser it is known in, that browser's (user_12@session_34): what strangers try elsewhere
 * uses up nothing of it. AUT-06. For user 0 the same work is done for nothing. Task's arena.
 */
enum status known_device_subject(struct request *rq, struct user_id user, struct str *ret_subject) MUST_CHECK;
/* The same in a transaction, for .run. */
enum status known_device_subject_now(struct request *rq, struct user_id user, struct str *ret_subject) MUST_CHECK;

/*
 * TX_WRITE, from sign_in_complete(): whatever proved who it is, the account is known here from now on, and its row of
 * wrong passwords has ended. Its addresses get a mail when the browser is new to it (setting notice_new_device; not at the
 * very first sign-in), or new after NOTICE_AFTER_FAILURES wrong passwords. AUT-01, AUT-11.
 */
enum { NOTICE_AFTER_FAILURES = 5 };
enum status known_device_note(struct request *rq, struct user_id user) MUST_CHECK;

/* TX_WRITE: no browser is known any more, for when a password is reset or an account taken back. */
enum status known_device_forget(struct request *rq, struct user_id user) MUST_CHECK;
/* TX_WRITE: none but this one is, for when its user changes the password (SES-21). */
enum status known_device_forget_others(struct request *rq, struct user_id user) MUST_CHECK;
