/*
 * directory.c - every deployment of this process, by host and by id.
 *
 * A table is never changed once it is published: a new one takes its place, and
 * the old one goes when it is out of the directory, because finding takes its
 * reference under the same lock under which tables are exchanged.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/directory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "deployment/table.h"
#include "store/store.gen.h"

struct directory {
	const struct keys *keys;
	bool with_demo;
	/* One at a time reads the store and publishes: no older load overtakes a newer. */
	pthread_mutex_t loading;
	/* Of `table`: to exchange it, or to take a reference out of it. */
	pthread_mutex_t lock;
	struct table *table;
	atomic_uint_fast64_t version;
};

/* ---- publishing ---- */

static void
publish(struct directory *dir, struct table *next)
{
	struct table *old;

	pthread_mutex_lock(&dir->lock);
	old = dir->table;
	dir->table = next;
	atomic_fetch_add_explicit(&dir->version, 1, memory_order_release);
	pthread_mutex_unlock(&dir->lock);
	table_free(old);
}

/* What an operator should see once, each time such a deployment is loaded. */
static void
warn(const struct deployment *d)
{
	if (d->settings.cookie_domain.n > 0)
		log_event(LOG_WARN, EV_START,
		    "deployment=%s cookie_domain=%s why=\"every host below that domain can send or replace "
		    "the session cookie\"",
		    log_quote(d->backend_host).text, log_quote(d->settings.cookie_domain).text);
}

static enum status
load_one(
    struct task *t, struct directory *dir, struct deployment_id id, const struct deployment **ret_deployment)
{
	const struct deployment *d;

	TRY(deployment_load(t, dir->keys, id, &d));
	if (d->is_demo && !dir->with_demo) {
		deployment_unref(d);
		return E_NOT_FOUND;
	}
	warn(d);
	*ret_deployment = d;
	return OK;
}

/* ---- all at the start ---- */

struct first_load {
	struct directory *dir;
	struct table *table;
	struct arena *scratch; /* emptied after each deployment: there may be many */
};

static enum status
read_ids(struct task *t, struct deployment_id **ret_ids, size_t *ret_n)
{
	struct deployment_ids_row *rows;
	struct deployment_id *ids = NULL, *more;
	size_t n = 0, got;

	do {
		TRY(sql_deployment_ids(t, n == 0 ? 0 : ids[n - 1].v, &rows, &got));
		more = arena_array(t->arena, n + got + 1, sizeof(*more));
		TRY_MEM(t, more);
		if (n > 0)
			memcpy(more, ids, n * sizeof(*ids));
		for (size_t i = 0; i < got; i++)
			more[n + i] = rows[i].id;
		ids = more;
		n += got;
	} while (got > 0);
	*ret_ids = ids;
	*ret_n = n;
	return OK;
}

/* One that does not load is left out, so that the others are served. */
static enum status
add_loaded(struct task *t, struct first_load *f, struct deployment_id id)
{
	struct task one = { .arena = f->scratch, .db = t->db, .now = t->now };
	const struct deployment *d;
	enum status st = load_one(&one, f->dir, id, &d);

	if (st == OK)
		table_add(f->table, d);
	else if (st == E_STORE)
		st = fail(t, st, "%s", one.why);
	else if (st != E_NOT_FOUND)
		log_event(
		    LOG_ERROR, EV_KEY, "deployment=%lld left_out=true why=\"%s\"", (long long)id.v, one.why);
	arena_reset(f->scratch);
	return st == E_STORE ? st : OK;
}

static enum status
load_all(struct task *t, void *arg)
{
	struct first_load *f = arg;
	struct deployment_id *ids;
	size_t n;

	TRY(read_ids(t, &ids, &n));
	f->table = table_new(n);
	TRY_MEM(t, f->table);
	for (size_t i = 0; i < n; i++)
		TRY(add_loaded(t, f, ids[i]));
	return OK;
}

/* Every deployment there is, as a table that nobody has seen yet. */
static enum status
read_table(struct task *t, struct db *db, struct directory *dir, struct table **ret_table)
{
	struct first_load f = { .dir = dir, .scratch = arena_new(8 << 20) };
	enum status st;

	TRY_MEM(t, f.scratch);
	st = db_read(t, db, load_all, &f);
	arena_free(f.scratch);
	if (st != OK)
		table_free(f.table);
	else
		*ret_table = f.table;
	return st;
}

enum status
directory_new(struct task *t, struct store *s, struct db *db, const struct keys *k, bool with_demo,
    struct directory **ret_directory)
{
	struct directory *dir = calloc(1, sizeof(*dir));
	enum status st;

	(void)s;
	TRY_MEM(t, dir);
	dir->keys = k;
	dir->with_demo = with_demo;
	pthread_mutex_init(&dir->loading, NULL);
	pthread_mutex_init(&dir->lock, NULL);
	atomic_init(&dir->version, 1);
	st = read_table(t, db, dir, &dir->table);
	if (st != OK) {
		directory_free(dir);
		return st;
	}
	*ret_directory = dir;
	return OK;
}

struct directory *
directory_free(struct directory *dir)
{
	if (dir == NULL)
		return NULL;
	table_free(dir->table);
	pthread_mutex_destroy(&dir->lock);
	pthread_mutex_destroy(&dir->loading);
	free(dir);
	return NULL;
}

/* ---- one again ---- */

struct reload {
	struct directory *dir;
	struct deployment_id id;
	const struct deployment *deployment; /* NULL: there is none any more */
};

static enum status
load_again(struct task *t, void *arg)
{
	struct reload *r = arg;
	enum status st = load_one(t, r->dir, r->id, &r->deployment);

	return st == E_NOT_FOUND ? OK : st;
}

/* The lock `loading` is held: nobody else exchanges tables. */
static enum status
refresh(struct task *t, struct directory *dir, struct db *db, struct deployment_id id)
{
	struct reload r = { .dir = dir, .id = id };
	struct table *next;

	TRY(db_read(t, db, load_again, &r));
	next = table_with(dir->table, id, r.deployment);
	if (next == NULL) {
		deployment_unref(r.deployment);
		return fail(t, E_OVERLOADED, "out of memory for the directory");
	}
	publish(dir, next);
	return OK;
}

enum status
directory_refresh(struct task *t, struct directory *dir, struct db *db, struct deployment_id id)
{
	enum status st;

	pthread_mutex_lock(&dir->loading);
	st = refresh(t, dir, db, id);
	pthread_mutex_unlock(&dir->loading);
	return st;
}

enum status
directory_refresh_all(struct task *t, struct directory *dir, struct db *db)
{
	struct table *next = NULL;
	enum status st;

	pthread_mutex_lock(&dir->loading);
	st = read_table(t, db, dir, &next);
	if (st == OK)
		publish(dir, next);
	pthread_mutex_unlock(&dir->loading);
	return st;
}

/* ---- finding ---- */

const struct deployment *
directory_find(struct directory *dir, struct str host, bool https)
{
	const struct deployment *d;
	char buf[HOST_MAX];
	size_t n;

	if (!host_fold(host, https, buf, &n))
		return NULL;
	pthread_mutex_lock(&dir->lock);
	d = table_find(dir->table, (struct str){ buf, n });
	if (d != NULL)
		deployment_ref(d);
	pthread_mutex_unlock(&dir->lock);
	return d;
}

const struct deployment *
directory_find_id(struct directory *dir, struct deployment_id id)
{
	const struct deployment *d;

	pthread_mutex_lock(&dir->lock);
	d = table_find_id(dir->table, id);
	if (d != NULL)
		deployment_ref(d);
	pthread_mutex_unlock(&dir->lock);
	return d;
}

uint64_t
directory_version(const struct directory *dir)
{
	return atomic_load_explicit(&dir->version, memory_order_acquire);
}

size_t
directory_all(struct directory *dir, struct arena *a, const struct deployment ***ret_all)
{
	const struct deployment **all;
	size_t n;

	pthread_mutex_lock(&dir->lock);
	n = dir->table->n;
	all = arena_array(a, n + 1, sizeof(*all));
	if (all == NULL)
		n = 0;
	for (size_t i = 0; i < n; i++)
		all[i] = deployment_ref(dir->table->all[i]);
	pthread_mutex_unlock(&dir->lock);
	*ret_all = all;
	return n;
}
