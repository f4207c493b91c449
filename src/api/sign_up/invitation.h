/* invitation.h - who may sign up where not everybody may: an operator's invitations, and those to organizations. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "api/sign_up/account_create.h"

/* Its hash, as stored: a MAC, so that a copied database lets nobody in. Any thread. */
enum status invitation_hash(struct task *t, const struct keys *k, struct deployment_id d, struct str token, struct keys_each *each,
    uint8_t ret_hash[32]) MUST_CHECK;

struct invitation {
	struct invitation_id id;	/* 0: none was shown, or none that is good; an operator's, or one to an organization */
	struct str           email, email_key, first_name, last_name;
	bool                 to_organization;	/* then it has no names */
};

/* The live invitation of this token, of either kind; id 0 when there is none. In .prove. */
enum status invitation_find(struct request *rq, struct str token, struct invitation *ret_invitation) MUST_CHECK;

/*
 * For .prove of a sign-up, before the form is read: the body's invite_token, which must be good unless the
 * deployment is open to everybody. Refuses with E_SIGNUP_RESTRICTED, E_SIGNUP_WAITLIST_ONLY.
 */
enum status invitation_check(struct request *rq, struct invitation *ret_invitation) MUST_CHECK;

/*
 * After the form is read: an invitation is for its own address only (E_EMAIL_NOT_ALLOWED), and who holds it got it by
 * mail: sets spec->email_verified and spec->invitation. Without one nothing is changed.
 */
enum status invitation_match(struct request *rq, const struct invitation *inv, struct account_spec *spec) MUST_CHECK;

/*
 * TX_WRITE, in the transaction that makes the account: use it up; one conditional write. When somebody was faster, the
 * refusals of invitation_check(). Nothing for id 0. One to an organization must only be good still: it is accepted
 * afterwards, by the page it leads to, and its address is in one account anyway.
 */
enum status invitation_use(struct request *rq, struct invitation_id id) MUST_CHECK;
