/*
 * keys_ring.h - the master keys there are, and which of them makes what is new.
 *
 * One is current. While another follows it, both are known: what the old one has made is good for as long as it should be,
 * and no row is without a key that opens it. docs/decisions/master-key-rotation.md has the order of the steps.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "auth/keys.h"
#include "auth/keys_file.h"

#define KEYS_TOLD_FOR_US HOUR_US
enum { KEYS_MAX = 32, KEY_CHECK_N = 32, KEY_ID_N = 16 };

/* Fixed when it is published, but for what says how far it is trusted. */
struct ring_key {
	struct secret   master;
	uint8_t         check[KEY_CHECK_N];
	char            id[KEY_ID_N + 1];	/* hex of the check value's beginning */
	_Atomic int64_t retired_at;	/* 0: it is not */
	_Atomic int64_t macs_until;	/* what visitors hold is good until then */
	atomic_bool     opens;	/* rows sealed by it may be left */
};

/* Keys are only added: whoever holds an index may keep it. */
struct ring {
	pthread_mutex_t lock;	/* of whoever adds or changes; readers take none */
	struct ring_key keys[KEYS_MAX];
	atomic_uint     n;	/* published */
	atomic_uint     current;
	atomic_uint     first;	/* the oldest: of what cannot be made again */
	_Atomic int64_t sealing_until_mono;
	char            file[PATH_MAX];
	bool            file_is_own;
	unsigned        in_file[KEYS_FILE_MOST], n_in_file;
	int             unsynced;	/* errno: both keys in the file were read, and may not be on the disk; 0: they are */
	unsigned        told[KEYS_FILE_MOST], n_told;	/* the same of a file that keys_learn() was told of, */
	int64_t         told_until;	/* by clock_now(): whoever has given a key up must not find it in use a year later */
};

struct keys {
	struct ring *ring;
};

/* What the database keeps of a retired key, opened. */
struct retired_key {
	int64_t       retired_at, macs_until;
	int64_t       resealed_at;	/* 0: rows sealed by it may be left */
	struct secret master;
};

/* ---- looking; any thread ---- */

const struct ring_key *keys_current(const struct keys *k);
/* By its id or its check value; NULL: not known. */
const struct ring_key *keys_find_id(const struct keys *k, struct str id);
const struct ring_key *keys_find_check(const struct keys *k, const uint8_t check[KEY_CHECK_N]);
/* The one in the file, or in what keys_learn() was told within KEYS_TOLD_FOR_US, in front of the current one, which has not been in use yet; or NULL. */
const struct ring_key *keys_next(const struct keys *k);
unsigned keys_count(const struct keys *k);
const struct ring_key *keys_at(const struct keys *k, unsigned i);
/* Will it be known after a restart, as far as one can tell: from the file, from what was told, or from the database? */
bool keys_will_stay(const struct keys *k, const struct ring_key *key);

/* ---- changing; any thread, one at a time by the ring's lock ---- */

/* <data>/master.key, which is ours to write, unless it is a link to somewhere else. Before anybody else has the keys. */
void keys_set_file_own(struct keys *k);

/* What is new in the file is known from then on, and not used. E_INTERNAL with t->why, and nothing is changed. */
enum status keys_reread(struct task *t, const struct keys *k) MUST_CHECK;

/*
 * The same of two keys that the file will have at the next start: systemd hands a credential over only then. The current one
 * alone: what was told before is given up. E_BAD_REQUEST_BODY when it is neither that nor a new one and the current one behind it.
 */
enum status keys_learn(struct task *t, const struct keys *k, struct str text) MUST_CHECK;

/*
 * Nobody else, in this process or another, writes a file of our own until keys_release_file(); nothing is held of the operator's.
 * Who makes a key the current one holds it from before the key is written: a file written over meanwhile would be
 * the end of that key. E_CONFLICT, with a sentence: somebody holds it.
 */
enum status keys_hold_file(struct task *t, const struct keys *k, int *ret_hold) MUST_CHECK;
void        keys_release_file(int hold);

/*
 * Write another key in front of the current one into a file of our own, on the disk, and know it: keys_next() is it from then
 * on. It is a fresh one, or one that lies in the file already and has never been in use: that may be another node's. E_BAD_REQUEST_BODY
 * with t->why: the file is the operator's. E_INTERNAL: it cannot be written, or what it holds cannot be synced.
 */
enum status keys_make_next(struct task *t, const struct keys *k) MUST_CHECK;

/*
 * In a file of our own that nobody holds, leave the current key alone, when what else is in it has been retired and opens nothing;
 * and put it there when it is missing, because the database went back to it, or somebody wrote the next one alone.
 */
enum status keys_tidy_file(struct task *t, const struct keys *k) MUST_CHECK;

/*
 * Make the key of this check value the current one, and these the retired ones; all others are as good as the current
 * one. E_NOT_FOUND: no such key is known, and nothing is changed. E_LIMIT_REACHED: there are too many. Copies the keys.
 */
enum status keys_use(struct task *t, const struct keys *k, const uint8_t check[KEY_CHECK_N],
    const struct retired_key *retired, size_t n) MUST_CHECK;

/*
 * Until then, by clock_mono(), this process knows that its current key is the database's; nothing is sealed later.
 * Without a call there is no end: nobody else can change it.
 */
void keys_confirm(const struct keys *k, int64_t until_mono);

/* keys_seal() and keys_unseal() by one key of the ring, used or not: for what the database keeps of the others. */
enum status keys_seal_by(struct task *t, const struct ring_key *master, const struct seal_place *place, struct str plain,
    struct str *ret_sealed) MUST_CHECK;
enum status keys_unseal_by(struct task *t, const struct ring_key *key, const struct seal_place *place, struct str sealed,
    struct secret *ret_plain) MUST_CHECK;
