/* master_key.h - which master key is this database's, and how another one takes its place. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "base/buf.h"
#include "store/db.h"

#define MASTER_KEY_CHECK S("master_key_check")	/* the fact: the current key's check value */
/* What visitors hold that an old key has made is good for so long. */
#define MASTER_KEY_GRACE_US DAY_US
/* Until then, some request or node may still seal by the old key: only a pass that begins later ends the work. */
#define MASTER_KEY_SETTLE_US (5 * MINUTE_US)
/* A node that has not been able to ask for longer than that seals nothing. */
#define MASTER_KEY_LEASE_US MINUTE_US

/*
 * Ask the database which key is the current one and which are retired, and follow. E_NOT_FOUND: the file has no such
 * key, even when it is read again. E_STORE, E_INTERNAL with t->why. Any thread with a connection of its own.
 */
enum status master_key_follow(struct task *t, struct db *db, const struct keys *k) MUST_CHECK;

/*
 * Make keys_next() the current key, in one transaction; then follow. With `at_once`, what visitors hold is not good any
 * longer. E_CONFLICT, with a sentence: the last rotation has not ended, a node does not know the key, or somebody else
 * was faster. E_BAD_REQUEST_BODY: there is no next key.
 */
enum status master_key_rotate(struct task *t, struct store *s, struct db *db, const struct keys *k, bool at_once) MUST_CHECK;

/* The key that was retired last, while rows sealed by it may be left: since when. 0: there is none. Any thread. */
int64_t master_key_unfinished_since(const struct keys *k);

/*
 * A pass that began after the time to settle has found all: nothing opens by it any more. Then follow. *ret_ended: it was this
 * call that said so; false: another node was faster, or there is nothing to end.
 */
enum status master_key_finish(struct task *t, struct store *s, struct db *db, const struct keys *k, bool *ret_ended) MUST_CHECK;

/* Write down which keys this node knows, so that none is used before all know it; and forget nodes that are gone. */
enum status master_key_tell(struct task *t, struct store *s, struct db *db, const struct keys *k, int64_t node) MUST_CHECK;

/* One JSON object a line for each key. */
void master_key_write(struct buf *out, const struct keys *k);
