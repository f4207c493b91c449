/* keys_ring.c - the master keys there are, and which of them makes what is new. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/keys_ring.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum { KEY_N = KEYS_MASTER_N };

/* ---- looking ---- */

unsigned
keys_count(const struct keys *k)
{
	return atomic_load_explicit(&k->ring->n, memory_order_acquire);
}

const struct ring_key *
keys_at(const struct keys *k, unsigned i)
{
	return &k->ring->keys[i];
}

const struct ring_key *
keys_current(const struct keys *k)
{
	return &k->ring->keys[atomic_load_explicit(&k->ring->current, memory_order_acquire)];
}

const struct ring_key *
keys_find_id(const struct keys *k, struct str id)
{
	for (unsigned i = 0, n = keys_count(k); i < n; i++)
		if (str_eq(id, str_of(k->ring->keys[i].id)))
			return &k->ring->keys[i];
	return NULL;
}

const struct ring_key *
keys_find_check(const struct keys *k, const uint8_t check[KEY_CHECK_N])
{
	for (unsigned i = 0, n = keys_count(k); i < n; i++)
		if (secret_eq(check, k->ring->keys[i].check, KEY_CHECK_N))
			return &k->ring->keys[i];
	return NULL;
}

/* With the current one behind it: a start must find in the file whichever of the two the database has. */
static const struct ring_key *
next_in(const struct ring *r, const unsigned *file, unsigned n)
{
	const struct ring_key *key = &r->keys[file[0]];

	return n == 2 && file[1] == atomic_load(&r->current) && atomic_load(&key->retired_at) == 0 ? key : NULL;
}

static bool
is_telling_good(const struct ring *r)
{
	return r->n_told > 0 && clock_now() < r->told_until;
}

static const struct ring_key *
next_of(const struct ring *r)
{
	const struct ring_key *key = next_in(r, r->in_file, r->n_in_file);

	return key != NULL || !is_telling_good(r) ? key : next_in(r, r->told, r->n_told);
}

const struct ring_key *
keys_next(const struct keys *k)
{
	pthread_mutex_lock(&k->ring->lock);
	const struct ring_key *key = next_of(k->ring);
	pthread_mutex_unlock(&k->ring->lock);
	return key;
}

static bool
is_among(const struct ring *r, const unsigned *file, unsigned n, const struct ring_key *key)
{
	for (unsigned i = 0; i < n; i++)
		if (&r->keys[file[i]] == key)
			return true;
	return false;
}

bool
keys_will_stay(const struct keys *k, const struct ring_key *key)
{
	const struct ring *r = k->ring;
	bool in_database = key == keys_current(k) || atomic_load(&key->retired_at) != 0;

	pthread_mutex_lock(&k->ring->lock);
	bool at_hand = is_among(r, r->in_file, r->n_in_file, key) || (is_telling_good(r) && is_among(r, r->told, r->n_told, key));
	pthread_mutex_unlock(&k->ring->lock);
	return in_database || at_hand;
}

/* ---- adding: with the lock ---- */

static bool
make_check(const struct secret *master, uint8_t ret_check[KEY_CHECK_N])
{
	const struct str text = S("sessiond master key check value\0");
	return secret_hmac(ret_check, master->p, master->n, &text, 1);
}

/* The index of this key, which is added when it is new. Takes nothing: what is kept is a copy. */
static enum status
add(struct task *t, struct ring *r, const struct secret *master, unsigned *ret_index)
{
	unsigned n = atomic_load(&r->n);
	struct ring_key *key = &r->keys[n];
	uint8_t check[KEY_CHECK_N];

	if (!make_check(master, check))
		return fail(t, E_INTERNAL, "keys: HMAC failed");
	for (unsigned i = 0; i < n; i++) {
		if (!secret_eq(check, r->keys[i].check, KEY_CHECK_N))
			continue;
		*ret_index = i;
		return OK;
	}
	if (n >= KEYS_MAX)
		return fail(t, E_LIMIT_REACHED, "%d master keys are known; a restart forgets those that were never used", KEYS_MAX);
	if (!secret_new(KEY_N, &key->master))
		return fail(t, E_OVERLOADED, "no memory for a master key");
	memcpy(key->master.p, master->p, KEY_N);
	memcpy(key->check, check, KEY_CHECK_N);
	sodium_bin2hex(key->id, sizeof(key->id), check, KEY_ID_N / 2);
	atomic_store(&key->macs_until, INT64_MAX);
	atomic_store(&key->opens, true);
	atomic_store_explicit(&r->n, n + 1, memory_order_release);
	*ret_index = n;
	return OK;
}

static enum status
add_all(struct task *t, struct ring *r, const struct secret *keys, size_t n, unsigned ret_file[KEYS_FILE_MOST])
{
	unsigned file[KEYS_FILE_MOST] = { 0 };

	for (size_t i = 0; i < n; i++)
		TRY(add(t, r, &keys[i], &file[i]));
	memcpy(ret_file, file, sizeof(file));
	return OK;
}

static void
forget(struct secret *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		secret_done(&keys[i]);
}

static enum status
reread(struct task *t, struct ring *r, bool create)
{
	struct secret keys[KEYS_FILE_MOST];
	int unsynced;
	size_t n;

	TRY(keys_file_read(t, r->file, create, keys, &n, &unsynced));
	enum status st = add_all(t, r, keys, n, r->in_file);
	if (st == OK) {
		r->n_in_file = (unsigned)n;
		r->unsynced = unsynced;
	}
	forget(keys, n);
	return st;
}

/* Nothing is added before it is known that the current one is there too. */
static enum status
learn(struct task *t, struct ring *r, const struct secret *keys, size_t n)
{
	const struct secret *current = &r->keys[atomic_load(&r->current)].master;
	unsigned told[KEYS_FILE_MOST];

	if (!secret_eq(keys[n - 1].p, current->p, KEY_N))
		return fail(t, E_BAD_REQUEST_BODY, "two lines are wanted: a new key, and behind it the one in use; or that one alone, "
		    "when there is to be no new one");
	TRY(add_all(t, r, keys, n, told));
	if (atomic_load(&r->keys[told[0]].retired_at) != 0)
		return fail(t, E_BAD_REQUEST_BODY, "the first line is a key that has been retired: it cannot be used again");
	memcpy(r->told, told, sizeof(told));
	r->n_told = (unsigned)n;
	r->told_until = clock_now() + KEYS_TOLD_FOR_US;
	return OK;
}

enum status
keys_learn(struct task *t, const struct keys *k, struct str text)
{
	struct secret keys[KEYS_FILE_MOST];
	size_t n;

	TRY(keys_file_parse(t, "standard input", text, keys, &n));
	pthread_mutex_lock(&k->ring->lock);
	enum status st = learn(t, k->ring, keys, n);
	pthread_mutex_unlock(&k->ring->lock);
	forget(keys, n);
	return st;
}

enum status
keys_reread(struct task *t, const struct keys *k)
{
	pthread_mutex_lock(&k->ring->lock);
	enum status st = reread(t, k->ring, false);
	pthread_mutex_unlock(&k->ring->lock);
	return st;
}

enum status
keys_load(struct task *t, const char *file, bool create, struct keys **ret_keys)
{
	struct keys *k = calloc(1, sizeof(*k));
	TRY_MEM(t, k);
	k->ring = calloc(1, sizeof(*k->ring));
	if (k->ring == NULL) {
		free(k);
		return fail(t, E_OVERLOADED, "out of memory for this task");
	}
	pthread_mutex_init(&k->ring->lock, NULL);
	atomic_store(&k->ring->sealing_until_mono, INT64_MAX);
	int n = snprintf(k->ring->file, sizeof(k->ring->file), "%s", file);
	enum status st = n < 0 || n >= PATH_MAX ? fail(t, E_INTERNAL, "%s: the path is too long", file)
						: reread(t, k->ring, create);
	if (st != OK) {
		keys_free(k);
		return st;
	}
	*ret_keys = k;
	return OK;
}

struct keys *
keys_free(struct keys *k)
{
	if (k == NULL)
		return NULL;
	for (unsigned i = 0; i < KEYS_MAX; i++)
		secret_done(&k->ring->keys[i].master);
	pthread_mutex_destroy(&k->ring->lock);
	free(k->ring);
	free(k);
	return NULL;
}

/* ---- the file ---- */

static bool
is_regular(const char *file)
{
	struct stat s;

	return lstat(file, &s) == 0 && S_ISREG(s.st_mode);
}

void
keys_set_file_own(struct keys *k)
{
	k->ring->file_is_own = is_regular(k->ring->file);
}

/* Somebody may have put a link in its place since. */
static bool
is_writable(const struct ring *r)
{
	return r->file_is_own && is_regular(r->file);
}

/*
 * On the disk, with the old key behind it, before anything can be made by it: from here on there is no moment at which the
 * file does not have the key that the database asks for.
 */
static enum status
write_next(struct task *t, struct ring *r, const struct secret *next)
{
	const struct secret *both[KEYS_FILE_MOST] = { next, &r->keys[atomic_load(&r->current)].master };

	TRY(next != NULL ? keys_file_write(t, r->file, both, KEYS_FILE_MOST) : keys_file_write(t, r->file, both + 1, 1));
	return reread(t, r, false);
}

/* Written over, it would be gone: and it may be what another node, or a newer backup of this database, is sealed by. */
static const struct secret *
waiting_in_file(const struct ring *r)
{
	for (unsigned i = 0; i < r->n_in_file; i++)
		if (r->in_file[i] != atomic_load(&r->current) && atomic_load(&r->keys[r->in_file[i]].retired_at) == 0)
			return &r->keys[r->in_file[i]].master;
	return NULL;
}

static enum status
make_next(struct task *t, struct ring *r)
{
	const struct secret *waiting = waiting_in_file(r);
	struct secret fresh;

	if (!is_writable(r))
		return fail(t, E_BAD_REQUEST_BODY, "%s is yours to write: put a new key (openssl rand -hex 32) as a line of its own in "
		    "front of the one that is in it, on every node, and reload each", r->file);
	if (waiting != NULL)
		return write_next(t, r, waiting);
	if (!secret_new(KEY_N, &fresh))
		return fail(t, E_OVERLOADED, "no memory for a master key");
	enum status st = secret_random(fresh.p, fresh.n) ? write_next(t, r, &fresh)
							 : fail(t, E_INTERNAL, "no randomness for a master key");
	secret_done(&fresh);
	return st;
}

/* Whatever wrote it may have been told that the disk is broken: what is used next must be on it. */
static enum status
check_synced(struct task *t, const struct ring *r)
{
	if (next_in(r, r->in_file, r->n_in_file) == NULL || r->unsynced == 0)
		return OK;
	return fail(t, E_INTERNAL, "%s: cannot be synced: %s. The new key in it may not be on the disk, so it is not used; nothing was changed",
	    r->file, strerror(r->unsynced));
}

enum status
keys_make_next(struct task *t, const struct keys *k)
{
	struct ring *r = k->ring;
	enum status st = OK;

	pthread_mutex_lock(&r->lock);
	/* Of a file of our own, what somebody told us is not in it: made current, such a key would be in memory alone. */
	if (r->file_is_own ? next_in(r, r->in_file, r->n_in_file) == NULL : next_of(r) == NULL)
		st = make_next(t, r);
	if (st == OK)
		st = check_synced(t, r);
	pthread_mutex_unlock(&r->lock);
	return st;
}

enum status
keys_hold_file(struct task *t, const struct keys *k, int *ret_hold)
{
	if (k->ring->file_is_own)
		return keys_file_hold(t, k->ring->file, ret_hold);
	*ret_hold = -1;
	return OK;
}

void
keys_release_file(int hold)
{
	if (hold >= 0)
		close(hold);
}

/* The next start would find no key for this database. Two that are strangers to it are left alone. */
static bool
lacks_current(const struct ring *r)
{
	return r->n_in_file < KEYS_FILE_MOST && r->in_file[0] != atomic_load(&r->current);
}

static bool
is_untidy(const struct ring *r)
{
	if (!r->file_is_own)
		return false;
	if (lacks_current(r))
		return true;
	if (r->n_in_file < 2 || next_of(r) != NULL)
		return false;
	for (unsigned i = 0; i < r->n_in_file; i++)
		if (r->in_file[i] != atomic_load(&r->current) && atomic_load(&r->keys[r->in_file[i]].opens))
			return false;
	return true;
}

/* As it is now: a command in a process of its own may have written the next key into it. */
static enum status
tidy(struct task *t, struct ring *r)
{
	TRY(reread(t, r, false));
	return is_untidy(r) && is_writable(r) ? write_next(t, r, waiting_in_file(r)) : OK;
}

static enum status
tidy_held(struct task *t, struct ring *r)
{
	int hold;
	enum status st = keys_file_hold(t, r->file, &hold);

	if (st != OK)
		return st == E_CONFLICT ? OK : st;
	st = tidy(t, r);
	keys_release_file(hold);
	return st;
}

enum status
keys_tidy_file(struct task *t, const struct keys *k)
{
	struct ring *r = k->ring;

	pthread_mutex_lock(&r->lock);
	enum status st = is_untidy(r) ? tidy_held(t, r) : OK;
	pthread_mutex_unlock(&r->lock);
	return st;
}

/* ---- using ---- */

static bool
find_check(const struct ring *r, const uint8_t check[KEY_CHECK_N], unsigned *ret_index)
{
	for (unsigned i = 0; i < atomic_load(&r->n); i++) {
		if (!secret_eq(check, r->keys[i].check, KEY_CHECK_N))
			continue;
		*ret_index = i;
		return true;
	}
	return false;
}

/* All is known before any of it is changed. */
static enum status
use(struct task *t, struct ring *r, const uint8_t check[KEY_CHECK_N], const struct retired_key *retired, size_t n)
{
	const struct retired_key *as[KEYS_MAX] = { NULL };
	unsigned current, first, at;

	if (!find_check(r, check, &current))
		return E_NOT_FOUND;
	first = current;
	for (size_t i = 0; i < n; i++) {
		TRY(add(t, r, &retired[i].master, &at));
		as[at] = &retired[i];
		if (as[first] == NULL || retired[i].retired_at < as[first]->retired_at)
			first = at;
	}
	as[current] = NULL;
	for (unsigned i = 0; i < atomic_load(&r->n); i++) {
		atomic_store(&r->keys[i].macs_until, as[i] == NULL ? INT64_MAX : as[i]->macs_until);
		atomic_store(&r->keys[i].opens, as[i] == NULL || as[i]->resealed_at == 0);
		atomic_store(&r->keys[i].retired_at, as[i] == NULL ? 0 : as[i]->retired_at);
	}
	atomic_store_explicit(&r->first, first, memory_order_release);
	atomic_store_explicit(&r->current, current, memory_order_release);
	return OK;
}

enum status
keys_use(struct task *t, const struct keys *k, const uint8_t check[KEY_CHECK_N], const struct retired_key *retired, size_t n)
{
	pthread_mutex_lock(&k->ring->lock);
	enum status st = use(t, k->ring, check, retired, n);
	pthread_mutex_unlock(&k->ring->lock);
	return st;
}

void
keys_confirm(const struct keys *k, int64_t until_mono)
{
	atomic_store(&k->ring->sealing_until_mono, until_mono);
}
