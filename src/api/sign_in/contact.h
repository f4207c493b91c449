/* contact.h - whose address or number is this, and what it means to have proved it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "store/store.gen.h"

/*
 * Whose it is, for somebody who will prove it by a code or link. E_NOT_FOUND also where it stands,
 * never verified, in an account that its owner has shown to be somebody's by another address: who holds
 * this one is not that person. In a transaction.
 */
enum status contact_find_email(struct task *t, struct deployment_id d, struct str email_key, struct contact_owner *ret_owner) MUST_CHECK;
enum status contact_find(struct task *t, struct deployment_id d, bool is_phone, int64_t id, struct contact_owner *ret_owner) MUST_CHECK;

/*
 * By digits as clients send them: national, or with the dial code in front, or with it apart
 * (`dial_code` "+1", may be empty). E_CONFLICT when they are several people's: ask for the whole number.
 */
enum status contact_find_phone(struct task *t, struct deployment_id d, struct str digits, struct str dial_code,
    struct contact_owner *ret_owner) MUST_CHECK;

/* "+15551234567", or the address. Task's arena. */
struct str contact_recipient(struct arena *a, const struct contact_owner *c);

/*
 * TX_WRITE: its holder has proved it. When nothing of the account had ever been proved, whoever made it
 * may not have been this person: `by_password` false, the password, second factors, passkeys and
 * sign-ins go (AUT-12). E_NOT_FOUND: it is not this user's any more.
 */
enum status contact_prove(struct request *rq, bool is_phone, int64_t id, struct user_id user, bool by_password) MUST_CHECK;

/* TX_WRITE: somebody is about to prove this address or number as new: take it from accounts that never did. */
enum status contact_release_email(struct request *rq, struct str email_key) MUST_CHECK;
enum status contact_release_phone(struct request *rq, struct str phone_key) MUST_CHECK;
