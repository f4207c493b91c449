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

/* Where a message to it goes: "+15551234567", or the address, which has no dial code. Task's arena. */
struct str contact_recipient(struct arena *a, struct str dial_code, struct str value);
/* The wire id. Task's arena. */
struct str contact_id_str(struct arena *a, const struct contact_row *row);

/*
 * TX_WRITE: its holder has proved it. When nothing of the account had ever been proved, whoever made it
 * may not have been this person: `by_password` false, the password, second factors, passkeys and
 * sign-ins go (AUT-12). E_NOT_FOUND: it is not this user's any more.
 */
enum status contact_prove(struct request *rq, bool is_phone, int64_t id, struct user_id user, bool by_password) MUST_CHECK;

enum contact_deed { CONTACT_ADDED, CONTACT_VERIFIED, CONTACT_REMOVED, CONTACT_PRIMARY, CONTACT_DEED__COUNT };

/* TX_WRITE: write down that this happened to it, tell its user by mail, make cached answers stale. */
enum status contact_changed(struct request *rq, struct user_id user, const struct contact_row *row,
    enum contact_deed deed) MUST_CHECK;

/* What is written down, and what its user is told: one sentence. Task's arena. */
enum audit_event contact_event(const struct contact_row *row, enum contact_deed deed);
struct str contact_sentence(struct arena *a, const struct contact_row *row, enum contact_deed deed);

/*
 * TX_WRITE: nothing but `own_id` (0: of an account to be made) has this key any more, so that whoever has proved it
 * can have it. An account that holds it unverified loses it, and is told. E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS,
 * refused: it is verified there.
 */
enum status contact_release(struct request *rq, bool is_phone, struct str key, int64_t own_id) MUST_CHECK;

/* ---- without a request; in a write transaction, and what changed is the caller's to tell ---- */

/* As contact_release(): *ret_lost is what an account lost, when *ret_was_lost. E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS. */
enum status contact_take(struct task *t, struct deployment_id d, bool is_phone, struct str key, int64_t own_id,
    struct contact_row *ret_lost, bool *ret_was_lost) MUST_CHECK;
/* Has somebody proved that this is theirs? */
enum status contact_is_verified(struct task *t, struct deployment_id d, bool is_phone, struct str key, bool *ret_verified) MUST_CHECK;
/* Its own wire id is its key until it is verified (docs/decisions/contacts.md). E_CONFLICT: the key is taken. */
enum status contact_insert(struct task *t, struct deployment_id d, const struct contact_row *row, struct str key) MUST_CHECK;
/* The unique index has the last word: E_EMAIL_EXISTS, E_PHONE_NUMBER_EXISTS. E_NOT_FOUND: verified meanwhile. */
enum status contact_verify(struct task *t, struct deployment_id d, const struct contact_row *row, struct str key) MUST_CHECK;
/* With its codes; when it was the primary one, there is none then. */
enum status contact_remove(struct task *t, struct deployment_id d, const struct contact_row *row) MUST_CHECK;
