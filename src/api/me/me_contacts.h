/* me_contacts.h - what the deeds on one's own addresses and numbers share. docs/decisions/contacts.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/sign_in/code.h"
#include "api/sign_in/contact.h"

enum { CONTACTS_MAX = 10 };	/* of each kind: every one can be made to receive mail */

/* An account with its addresses and numbers. Task's arena. */
struct contacts {
	struct account_row  account;
	struct contact_row *rows;
	size_t              n;
};

/* TX_WRITE: the active user's own, locked: parallel changes take turns. E_UNAUTHORIZED when just disabled. */
enum status contacts_lock(struct request *rq, struct contacts *ret_contacts) MUST_CHECK;
/* The same as read with the active sign-in, for looking only: AUTH_SIGNIN, in .prove and .run. */
struct contacts contacts_seen(struct request *rq);

/* The one that the path names. Somebody else's, the other kind and none at all: E_NOT_FOUND, refused. */
enum status contacts_named(struct request *rq, const struct contacts *c, bool is_phone,
    const struct contact_row **ret_row) MUST_CHECK;

/* What its address or number is kept unique by once it is verified. Task's arena. */
struct str contact_key(struct task *t, const struct contact_row *row);

/* What codes for it are for. */
enum code_purpose contact_code_purpose(bool is_phone);

/*
 * Could the account still sign in with `without` gone (NULL: all stay) and with or without a password?
 * By what the deployment has switched on.
 */
bool contacts_can_sign_in(const struct settings *s, const struct contacts *c, bool has_password,
    const struct contact_row *without);
