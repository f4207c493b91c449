/* credential.h - what holds whenever somebody changes how they prove who they are. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * AUTH_SIGNIN: may this sign-in change credentials now? E_FORBIDDEN when an operator acts for the
 * user; E_REAUTH_REQUIRED when the deployment asks for a fresh proof and the last one is older than
 * ten minutes. The pipeline asks for rows with .credential; a handler whose row has only some such
 * fields asks for itself.
 */
enum status credential_check(struct request *rq) MUST_CHECK;

/*
 * TX_WRITE: the same, and until the commit nobody else changes what belongs to the account: who is signed out by whoever
 * had it until now gets E_UNAUTHORIZED. PostgreSQL shows what was committed while this waited to the next statement only.
 */
enum status credential_hold(struct request *rq) MUST_CHECK;

/*
 * TX_WRITE: a credential of the active sign-in's user has been changed. Their other sign-ins end, this
 * session gets a new token, answers in memory are stale, the event is written down, and every
 * verified address is told `sentence` (SES-04, SES-12, AUT-10).
 */
enum status credential_changed(struct request *rq, enum audit_event event, const char *sentence) MUST_CHECK;
