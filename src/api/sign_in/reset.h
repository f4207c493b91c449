/* reset.h - forgotten passwords: whose code and token are whose. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/sign_in/code.h"
#include "store/store.gen.h"

struct reset {
	struct str           email, key;	/* as kept; canonical */
	struct contact_owner owner;		/* user 0: nobody who could reset a password by this address */
	int64_t              subject;		/* of the token: the address's id; of an address nobody has, a number of its own below 0 */
	int64_t              code;		/* of the code: the subject's in this session, so that nobody else's asking ends it */
};

/* An address as it was typed. E_BAD_REQUEST_BODY, refused, when it is none. No database. */
enum status reset_read(struct request *rq, struct str text, struct reset *ret_reset) MUST_CHECK;
/* Whose it is. In a transaction. */
enum status reset_find(struct request *rq, struct reset *r) MUST_CHECK;
/* By the subject in a token. E_NOT_FOUND: the address has gone. In a transaction. */
enum status reset_find_subject(struct request *rq, int64_t subject, struct reset *ret_reset) MUST_CHECK;

/*
 * The live code or token of that purpose. E_NOT_FOUND too when another session asked for it, or when
 * the password has been changed since (RCV-03). In a transaction.
 */
enum status reset_live(struct request *rq, const struct reset *r, enum code_purpose purpose) MUST_CHECK;
