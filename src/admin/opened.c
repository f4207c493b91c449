/* opened.c - the database and the key that belongs to it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/opened.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/master_key.h"
#include "auth/keys_ring.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/store.gen.h"

const char *
opened_url(const struct conf *c)
{
	return c->database[0] != '\0' ? c->database : c->data;
}

/* What the database knows of its key. */
struct known {
	bool empty;	/* no key has ever been accepted, and there is nothing it could have sealed */
};

static enum status
known_read(struct task *t, void *arg)
{
	struct known *k = arg;
	struct deployment_ids_row *deployments;
	struct fact_find_row row;
	enum status st = sql_fact_find(t, MASTER_KEY_CHECK, &row);
	size_t n;

	k->empty = false;
	if (st != E_NOT_FOUND)
		return st;
	TRY(sql_deployment_ids(t, 0, &deployments, &n));
	if (n > 0)
		return fail(t, E_INTERNAL, "the database has deployments but no check value of its master key: "
		    "it is damaged. Restore a backup");
	k->empty = true;
	return OK;
}

struct check {
	uint8_t value[32];
};

/* Two nodes may start on one empty database: the first one's key is the key. */
static enum status
check_insert(struct task *t, void *arg)
{
	const struct check *c = arg;
	int64_t rows;

	return sql_fact_insert(t, MASTER_KEY_CHECK, (struct str){ (const char *)c->value, sizeof(c->value) }, &rows);
}

static enum status
check_key(struct task *t, const struct opened *o, const char *file, const struct known *k)
{
	struct check c;
	enum status st;

	keys_check_value(o->keys, c.value);
	if (k->empty)
		TRY(store_write_wait(t, o->store, o->db, check_insert, &c));
	/* A server goes on confirming it; others may rotate while a command runs. */
	if (strcmp(store_engine(o->store), "postgresql") == 0)
		keys_confirm(o->keys, clock_mono() + MASTER_KEY_LEASE_US);
	st = master_key_follow(t, o->db, o->keys);
	if (st == E_NOT_FOUND)
		return fail(t, E_INTERNAL, "%s: this is not the master key of this database. "
		    "Put the right one back; nothing was changed", file);
	return st;
}

static enum status
open_keys(struct task *t, const struct conf *c, struct opened *o)
{
	const char *file = c->master_key_file;
	struct known k;

	TRY(db_read(t, o->db, known_read, &k));
	if (!k.empty && access(file, F_OK) != 0 && errno == ENOENT)
		return fail(t, E_INTERNAL, "%s: the master key is missing, and this database cannot be used without it. "
		    "Put it back, or name it with --master-key-file", file);
	/* A key that the operator named is the operator's to make. */
	TRY(keys_load(t, file, k.empty && c->master_key_is_own, &o->keys));
	if (c->master_key_is_own)
		keys_set_file_own(o->keys);
	return check_key(t, o, file, &k);
}

static enum status
make_data(struct task *t, const char *data)
{
	if (mkdir(data, 0700) != 0 && errno != EEXIST)
		return fail(t, E_STORE, "%s: cannot make the data directory: %s", data, strerror(errno));
	return OK;
}

static enum status
open_all(struct task *t, const struct conf *c, struct opened *o)
{
	const struct store_config config = {
		.url = opened_url(c), .n_connections = (unsigned)c->database_connections,
	};

	/* With PostgreSQL too: the master key and the admin socket are in it. */
	TRY(make_data(t, c->data));
	TRY(store_open(t, &config, &o->store));
	o->db = db_connect(t, o->store);
	if (!o->db)
		return fail(t, E_STORE, "no connection to the database");
	return open_keys(t, c, o);
}

enum status
opened_open(struct task *t, const struct conf *c, struct opened *ret_opened)
{
	struct opened o = { 0 };
	enum status st = open_all(t, c, &o);

	if (st != OK) {
		opened_close(&o);
		return st;
	}
	*ret_opened = o;
	return OK;
}

void
opened_close(struct opened *o)
{
	db_close(o->db);
	store_close(o->store);
	keys_free(o->keys);
	*o = (struct opened){ 0 };
}
