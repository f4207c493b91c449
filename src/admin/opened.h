/* opened.h - the database and the key that belongs to it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "conf/conf.h"
#include "store/db.h"

struct opened {
	struct store *store;
	struct db    *db;	/* of the thread that opened it */
	struct keys  *keys;
};

/* Where the database is: a PostgreSQL URL, or the data directory. */
const char *opened_url(const struct conf *c);

/*
 * Open the store (and bring its schema up to date), then its master key. A key is
 * made for an empty database only; later ones are compared with what the database
 * keeps of it, so that a missing or wrong key refuses and is never replaced
 * silently. E_STORE, E_INTERNAL with one sentence in t->why; nothing stays open then.
 */
enum status opened_open(struct task *t, const struct conf *c, struct opened *ret_opened) MUST_CHECK;
void        opened_close(struct opened *o);	/* a zero struct is fine */
