/* me_password.h - what the deeds on one's own password share. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "store/store.gen.h"

/* What .prove found, for .run. */
struct own_password {
	struct account_secret secret;	/* as read before hashing */
	struct try            tried;	/* counted against the account */
	struct try            streak;	/* and for this browser, until one is right */
	bool                  proved;	/* a password was given, and it is the right one */
	struct str            record;	/* of the new one */
};

/* Has the account a password that its owner chose? One that an operator lent opens its one sign-in and nothing else. */
bool own_password_is_there(const struct own_password *own);
/* For .prove: the account's record, and rq->proof to hold what follows. E_FEATURE_DISABLED without passwords here. */
enum status own_password_load(struct request *rq, struct own_password **ret_own) MUST_CHECK;
/*
 * For .prove, LANE_HASH: a guess is counted in the same budget as a sign-in's (PWD-07, AUT-01), then compared.
 * E_INVALID_CREDENTIALS, refused and logged, when it is not the account's password, or the account has none.
 */
enum status own_password_prove(struct request *rq, struct own_password *own, struct str password) MUST_CHECK;
/* TX_WRITE: it was right, does not count, and ends the row of wrong ones. Nothing when none was asked for. */
enum status own_password_give_back(struct request *rq, const struct own_password *own) MUST_CHECK;
/* For .prove: does the new password meet the deployment's policy? E_WEAK_PASSWORD with its sentence, refused. */
enum status own_password_check_new(struct request *rq, struct str password) MUST_CHECK;

/*
 * TX_WRITE: put own->record (empty: none) in the place of the record that was proved; what else could still set
 * one is void, the user's other sign-ins end, this session gets a new token (SES-12), and the user is told.
 * E_INVALID_CREDENTIALS, refused: it was changed meanwhile.
 */
enum status own_password_store(struct request *rq, const struct own_password *own, enum audit_event event,
    const char *said) MUST_CHECK;
