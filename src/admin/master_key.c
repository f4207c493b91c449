/*
 * master_key.c - which master key is this database's, and how another one takes its place.
 *
 * Facts say it: the check value of the current key; each retired key, sealed by the current one, with until when it is
 * good for what; and for each node which keys it knows.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/master_key.h"

#include <inttypes.h>
#include <string.h>

#include "auth/keys_ring.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

#define RETIRED S("master_key_retired:")
#define NODE S("master_key_node:")
#define NODE_GONE_US MINUTE_US
#define NODE_KEPT_US DAY_US
#define NODE_AHEAD_US HOUR_US	/* of a clock that was wrong: the node is gone, or has it right by now and says so */

enum { TIMES = 3, TIMES_N = TIMES * 8, RECORD_N = TIMES_N + KEYS_MASTER_N };

static void
put_be64(uint8_t *p, int64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
}

static int64_t
get_be64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

/* ---- facts whose names begin alike ---- */

static struct str
name_of(struct arena *a, struct str prefix, const char *rest)
{
	return arena_printf(a, STR_FMT "%s", STR_ARG(prefix), rest);
}

static enum status
facts_of(struct task *t, struct str prefix, struct facts_between_row **ret_rows, size_t *ret_n)
{
	/* ';' follows ':'. */
	struct str until = arena_printf(t->arena, "%.*s;", (int)prefix.n - 1, prefix.p);

	TRY_MEM(t, until.p);
	return sql_facts_between(t, prefix, until, ret_rows, ret_n);
}

/* ---- what the database keeps of a retired key ---- */

static struct seal_place
place_of(struct str name)
{
	return (struct seal_place){ { 0 }, "fact", name, "value" };
}

static enum status
seal_retired(struct task *t, const struct ring_key *by, struct str name, const struct retired_key *key, struct str *ret_sealed)
{
	const struct seal_place place = place_of(name);
	struct secret plain;
	enum status st;

	if (!secret_new(RECORD_N, &plain))
		return fail(t, E_OVERLOADED, "no memory for a master key");
	put_be64(plain.p, key->retired_at);
	put_be64(plain.p + 8, key->macs_until);
	put_be64(plain.p + 16, key->resealed_at);
	memcpy(plain.p + TIMES_N, key->master.p, KEYS_MASTER_N);
	st = keys_seal_by(t, by, &place, (struct str){ (const char *)plain.p, plain.n }, ret_sealed);
	secret_done(&plain);
	return st;
}

static enum status
read_retired(struct task *t, const struct secret *plain, struct retired_key *ret_key)
{
	struct retired_key key = { get_be64(plain->p), get_be64(plain->p + 8), get_be64(plain->p + 16), { 0 } };

	if (!secret_new(KEYS_MASTER_N, &key.master))
		return fail(t, E_OVERLOADED, "no memory for a master key");
	memcpy(key.master.p, plain->p + TIMES_N, KEYS_MASTER_N);
	*ret_key = key;
	return OK;
}

static enum status
open_retired(struct task *t, const struct ring_key *by, const struct facts_between_row *row, struct retired_key *ret_key)
{
	const struct seal_place place = place_of(row->name);
	struct secret plain;
	enum status st;

	TRY(keys_unseal_by(t, by, &place, row->value, &plain));
	st = plain.n == RECORD_N ? read_retired(t, &plain, ret_key) : fail(t, E_INTERNAL, "a retired master key is damaged");
	secret_done(&plain);
	return st;
}

/* ---- following ---- */

struct known {
	struct str                check;
	struct facts_between_row *rows;
	size_t                    n;
};

static enum status
read_known(struct task *t, void *arg)
{
	struct known *known = arg;
	struct fact_find_row row;

	TRY(sql_fact_find(t, MASTER_KEY_CHECK, &row));
	known->check = row.value;
	return facts_of(t, RETIRED, &known->rows, &known->n);
}

/* The file may have got the key since it was read. */
static enum status
find_current(struct task *t, const struct keys *k, struct str check, const struct ring_key **ret_key)
{
	const uint8_t *value = (const uint8_t *)check.p;

	if (check.n != KEY_CHECK_N)
		return E_NOT_FOUND;
	if (!keys_find_check(k, value))
		TRY(keys_reread(t, k));
	*ret_key = keys_find_check(k, value);
	return *ret_key ? OK : E_NOT_FOUND;
}

static enum status
follow(struct task *t, const struct keys *k, const struct known *known)
{
	struct retired_key retired[KEYS_MAX] = { 0 };
	const struct ring_key *current;
	enum status st = OK;

	TRY(find_current(t, k, known->check, &current));
	if (known->n >= KEYS_MAX)
		return fail(t, E_LIMIT_REACHED, "the database has %zu retired master keys", known->n);
	for (size_t i = 0; st == OK && i < known->n; i++)
		st = open_retired(t, current, &known->rows[i], &retired[i]);
	if (st == OK)
		st = keys_use(t, k, current->check, retired, known->n);
	for (size_t i = 0; i < known->n; i++)
		secret_done(&retired[i].master);
	return st;
}

enum status
master_key_follow(struct task *t, struct db *db, const struct keys *k)
{
	struct known known = { 0 };

	TRY(db_read(t, db, read_known, &known));
	return follow(t, k, &known);
}

/* ---- rotating ---- */

struct rotation {
	const struct ring_key *from, *to;
	bool                   at_once;
};

/* Each id has a space in front and is 16 digits long. */
static bool
has_id(struct str ids, const char *id)
{
	for (size_t at = 0; at + 1 + KEY_ID_N <= ids.n; at += 1 + KEY_ID_N)
		if (str_eq((struct str){ ids.p + at + 1, KEY_ID_N }, str_of(id)))
			return true;
	return false;
}

static bool
has_said_within(const struct facts_between_row *row, int64_t now, int64_t within_us)
{
	int64_t at = row->value.n < 8 ? 0 : get_be64((const uint8_t *)row->value.p);

	return at > now - within_us && at < now + NODE_AHEAD_US;
}

static enum status
check_node(struct task *t, const struct rotation *r, const struct facts_between_row *row)
{
	if (!has_said_within(row, t->now, NODE_GONE_US) || has_id(str_from(row->value, 8), r->to->id))
		return OK;
	return fail(t, E_CONFLICT, "a node that is up does not know the new master key yet. Put it in front in the file of each node, "
	    "reload each, and do this again (a node that has been stopped is forgotten after a minute); nothing was changed");
}

static enum status
check_nodes(struct task *t, const struct rotation *r)
{
	struct str own = name_of(t->arena, NODE, arena_printf(t->arena, "%016" PRIx64, (uint64_t)coherence_node()).p);
	struct facts_between_row *rows;
	size_t n;

	TRY(facts_of(t, NODE, &rows, &n));
	for (size_t i = 0; i < n; i++)
		if (!str_eq(rows[i].name, own))
			TRY(check_node(t, r, &rows[i]));
	return OK;
}

/* What the database keeps of keys retired before is sealed by the current one, and so is to be by the next. *at is moved behind it. */
static enum status
pass_on(struct task *t, const struct rotation *r, const struct facts_between_row *row, int64_t *at)
{
	struct retired_key key;
	struct str sealed;
	enum status st;
	int64_t rows;

	TRY(open_retired(t, r->from, row, &key));
	*at = key.retired_at >= *at ? key.retired_at + 1 : *at;
	st = key.resealed_at != 0 ? seal_retired(t, r->to, row->name, &key, &sealed)
				  : fail(t, E_CONFLICT, "the last rotation has not ended yet: `master-key show` says when");
	secret_done(&key.master);
	TRY(st);
	TRY(sql_fact_replace(t, row->name, sealed, row->value, &rows));
	return rows == 1 ? OK : fail(t, E_CONFLICT, "somebody else rotates the master key as well");
}

static enum status
retire(struct task *t, const struct rotation *r, int64_t at)
{
	struct retired_key key = { at, r->at_once ? t->now : t->now + MASTER_KEY_GRACE_US, 0, r->from->master };
	struct str name = name_of(t->arena, RETIRED, r->from->id), sealed;

	TRY_MEM(t, name.p);
	TRY(seal_retired(t, r->to, name, &key, &sealed));
	return sql_fact_put(t, name, sealed);
}

static struct str
check_of(const struct ring_key *key)
{
	return (struct str){ (const char *)key->check, KEY_CHECK_N };
}

/*
 * The check value first: of two that do it at one instant, the second waits here and then finds another one. And each retired key
 * is retired later than those before, whatever the clock says by now: which was the first of all is told by that alone.
 */
static enum status
rotate_run(struct task *t, void *arg)
{
	const struct rotation *r = arg;
	struct facts_between_row *retired;
	int64_t rows, at = t->now;
	size_t n;

	TRY(sql_fact_replace(t, MASTER_KEY_CHECK, check_of(r->to), check_of(r->from), &rows));
	if (rows != 1)
		return fail(t, E_CONFLICT, "somebody else rotates the master key as well");
	TRY(check_nodes(t, r));
	TRY(facts_of(t, RETIRED, &retired, &n));
	if (n + 2 > KEYS_MAX - KEYS_FILE_MOST)
		return fail(t, E_LIMIT_REACHED, "the database keeps %zu retired master keys: no more can follow", n);
	for (size_t i = 0; i < n; i++)
		TRY(pass_on(t, r, &retired[i], &at));
	return retire(t, r, at);
}

enum status
master_key_rotate(struct task *t, struct store *s, struct db *db, const struct keys *k, bool at_once)
{
	struct rotation r = { .at_once = at_once };

	TRY(master_key_follow(t, db, k));
	r.from = keys_current(k);
	r.to = keys_next(k);
	if (!r.to)
		return fail(t, E_BAD_REQUEST_BODY, "the master key's file has no new key in front of the current one");
	TRY(store_write_wait(t, s, db, rotate_run, &r));
	return master_key_follow(t, db, k);
}

/* ---- finishing ---- */

static const struct ring_key *
unfinished(const struct keys *k)
{
	for (unsigned i = 0; i < keys_count(k); i++)
		if (atomic_load(&keys_at(k, i)->retired_at) != 0 && atomic_load(&keys_at(k, i)->opens))
			return keys_at(k, i);
	return NULL;
}

int64_t
master_key_unfinished_since(const struct keys *k)
{
	const struct ring_key *key = unfinished(k);

	return key ? atomic_load(&key->retired_at) : 0;
}

struct finishing {
	struct rotation rotation;
	int64_t         rows;	/* 0: another node was faster */
};

static enum status
finish_run(struct task *t, void *arg)
{
	struct finishing *f = arg;
	const struct rotation *r = &f->rotation;
	struct facts_between_row row = { .name = name_of(t->arena, RETIRED, r->from->id) };
	struct retired_key key;
	struct fact_find_row fact;
	struct str sealed;
	enum status st;
	bool is_ended;

	TRY_MEM(t, row.name.p);
	TRY(sql_fact_find(t, row.name, &fact));
	row.value = fact.value;
	TRY(open_retired(t, r->to, &row, &key));
	is_ended = key.resealed_at != 0;
	key.resealed_at = t->now;
	st = seal_retired(t, r->to, row.name, &key, &sealed);
	secret_done(&key.master);
	TRY(st);
	return is_ended ? OK : sql_fact_replace(t, row.name, sealed, row.value, &f->rows);
}

enum status
master_key_finish(struct task *t, struct store *s, struct db *db, const struct keys *k, bool *ret_ended)
{
	struct finishing f = { .rotation = { .from = unfinished(k), .to = keys_current(k) } };

	if (f.rotation.from)
		TRY(store_write_wait(t, s, db, finish_run, &f));
	TRY(master_key_follow(t, db, k));
	*ret_ended = f.rows == 1;
	return OK;
}

/* ---- nodes ---- */

struct telling {
	struct str name, value;
};

static enum status
forget_gone(struct task *t, const struct facts_between_row *row)
{
	int64_t rows;

	if (has_said_within(row, t->now, NODE_KEPT_US))
		return OK;
	return sql_fact_delete(t, row->name, &rows);
}

static enum status
tell_run(struct task *t, void *arg)
{
	const struct telling *telling = arg;
	struct facts_between_row *rows;
	size_t n;

	TRY(sql_fact_put(t, telling->name, telling->value));
	TRY(facts_of(t, NODE, &rows, &n));
	for (size_t i = 0; i < n; i++)
		TRY(forget_gone(t, &rows[i]));
	return OK;
}

enum status
master_key_tell(struct task *t, struct store *s, struct db *db, const struct keys *k, int64_t node)
{
	struct telling telling = {
		.name = name_of(t->arena, NODE, arena_printf(t->arena, "%016" PRIx64, (uint64_t)node).p),
	};
	uint8_t at[8];
	struct buf b;

	put_be64(at, t->now);
	buf_init_arena(&b, t->arena, 1024);
	buf_put(&b, at, sizeof(at));
	/* One that is in memory alone is not known: it would be current, and the next start would not find it. */
	for (unsigned i = 0; i < keys_count(k); i++)
		if (keys_will_stay(k, keys_at(k, i)))
			buf_printf(&b, " %s", keys_at(k, i)->id);
	telling.value = buf_str(&b);
	if (b.failed || !telling.name.p)
		return fail(t, E_OVERLOADED, "out of memory for this task");
	return store_write_wait(t, s, db, tell_run, &telling);
}

/* ---- showing ---- */

static void
write_one(struct buf *out, const struct keys *k, const struct ring_key *key)
{
	int64_t retired_at = atomic_load(&key->retired_at);
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "id", str_of(key->id));
	json_str(&j, "state", key == keys_current(k) ? S("current") : key == keys_next(k) ? S("next") :
	    retired_at != 0 ? S("retired") : S("known"));
	json_time(&j, "retired_at", retired_at);
	json_time(&j, "visitors_until", retired_at != 0 ? atomic_load(&key->macs_until) : 0);
	json_bool(&j, "resealed", retired_at != 0 && !atomic_load(&key->opens));
	json_object_end(&j);
	buf_put_char(out, '\n');
}

void
master_key_write(struct buf *out, const struct keys *k)
{
	for (unsigned i = 0; i < keys_count(k); i++)
		write_one(out, k, keys_at(k, i));
}
