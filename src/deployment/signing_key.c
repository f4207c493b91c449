/* signing_key.c - the keys that sign a deployment's tokens: next, current, retired, gone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/signing_key.h"

#include "base/str.h"

/* ---- what is due when ---- */

enum signing_key_state
signing_key_state(const struct signing_key_row *row)
{
	if (row->is_current)
		return SIGNING_KEY_CURRENT;
	return row->replaced_at == 0 ? SIGNING_KEY_NEXT : SIGNING_KEY_RETIRED;
}

const char *
signing_key_state_name(enum signing_key_state state)
{
	static const char *const names[] = { "next", "current", "retired" };

	return names[state];
}

static int64_t
overlap_us(const struct settings *s)
{
	return s->jwt_key_overlap_s * SECOND_US;
}

/*
 * A verifier that read the keys just before a new one was there has read them again when it begins to sign. And
 * one that has just read an old one forgets it in the end, so its last token is given that time on top.
 */
int64_t
signing_key_until(const struct signing_key_row *row, const struct settings *s)
{
	switch (signing_key_state(row)) {
	case SIGNING_KEY_NEXT:
		return row->created_at + overlap_us(s);
	case SIGNING_KEY_RETIRED:
		return row->replaced_at + row->longest_s * SECOND_US + overlap_us(s);
	case SIGNING_KEY_CURRENT:
		break;
	}
	return INT64_MAX;
}

/* When the schedule wants the current key to have a successor; INT64_MAX: it has one, or there is no schedule. */
static int64_t
schedule_at(const struct signing_key_row *current, const struct settings *s)
{
	int64_t since = current->current_at != 0 ? current->current_at : current->created_at;

	if (s->jwt_rotate_days == 0 || current->followed_at != 0)
		return INT64_MAX;
	return since + s->jwt_rotate_days * DAY_US;
}

int64_t
signing_keys_due_at(const struct signing_key_row *rows, size_t n, const struct settings *s)
{
	int64_t due = INT64_MAX, at;

	for (size_t i = 0; i < n; i++) {
		at = rows[i].is_current ? schedule_at(&rows[i], s) : signing_key_until(&rows[i], s);
		due = at < due ? at : due;
	}
	return due;
}

/* ---- how long they are needed ---- */

/* How long a token that the deployment's key signs can be good for. */
static enum status
find_longest(struct task *t, struct deployment_id d, const struct settings *s, int64_t *ret_longest_s)
{
	int64_t longest = s->jwt_lifetime_s + s->jwt_clock_skew_s, own;
	struct jwt_template_row *rows;
	size_t n;

	TRY(sql_jwt_templates(t, d, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		own = rows[i].key_enabled ? 0 : rows[i].lifetime_s + rows[i].clock_skew_s;
		longest = own > longest ? own : longest;
	}
	*ret_longest_s = longest;
	return OK;
}

enum status
signing_keys_outlast(struct task *t, struct deployment_id d, const struct settings *s)
{
	int64_t longest, rows;

	TRY(find_longest(t, d, s, &longest));
	return sql_signing_key_outlast(t, d, longest, &rows);
}

/* ---- in and out of the store ---- */

static struct seal_place
place_of(struct deployment_id d, struct str kid)
{
	return (struct seal_place){ d, "signing_key", kid, "sealed_scalar" };
}

enum status
signing_key_open(struct task *t, const struct keys *k, struct deployment_id d, const struct signing_key_row *row,
    struct jwt_key **ret_key)
{
	const struct seal_place place = place_of(d, row->kid);
	struct secret scalar;
	enum status st;

	TRY(keys_unseal(t, k, &place, row->sealed_scalar, &scalar));
	st = jwt_key_import(t, &scalar, row->kid, ret_key);
	secret_done(&scalar);
	return st;
}

static enum status
store(struct task *t, const struct keys *k, struct deployment_id d, const struct jwt_key *key, bool is_current,
    int64_t longest_s)
{
	const struct seal_place place = place_of(d, jwt_key_kid(key));
	struct secret scalar;
	struct str sealed;
	enum status st;

	TRY(jwt_key_export(t, key, &scalar));
	st = keys_seal(t, k, &place, (struct str){ (const char *)scalar.p, scalar.n }, &sealed);
	secret_done(&scalar);
	TRY(st);
	return sql_signing_key_insert(t, d, place.row, sealed, is_current, is_current ? t->now : 0, longest_s, t->now);
}

static enum status
make(struct task *t, const struct keys *k, struct deployment_id d, bool is_current, int64_t longest_s, struct str *ret_kid)
{
	struct jwt_key *key;
	enum status st;

	TRY(jwt_key_generate(t, &key));
	st = store(t, k, d, key, is_current, longest_s);
	*ret_kid = arena_dup(t->arena, jwt_key_kid(key));
	jwt_key_free(key);
	TRY(st);
	TRY_MEM(t, ret_kid->p);
	return OK;
}

enum status
signing_key_make_first(struct task *t, const struct keys *k, struct deployment_id d, int64_t longest_s)
{
	struct str kid;

	return make(t, k, d, true, longest_s, &kid);
}

/* ---- rotating ---- */

static enum status
say_conflict(struct task *t)
{
	return fail(t, E_CONFLICT, "the signing keys were changed by somebody else meanwhile; please try again");
}

/* One conditional write each time, whose row count is the verdict: of two nodes one has done it. */
static enum status
one_row(struct task *t, enum status st, int64_t rows)
{
	TRY(st);
	return rows == 1 ? OK : say_conflict(t);
}

static enum status
read_current(struct task *t, struct deployment_id d, struct signing_key_row **ret_rows, size_t *ret_n)
{
	TRY(sql_signing_keys(t, d, ret_rows, ret_n));
	if (*ret_n == 0 || !(*ret_rows)[0].is_current)
		return fail(t, E_INTERNAL, "deployment %lld has no current signing key", (long long)d.v);
	return OK;
}

/* Everything is deleted that there was, and whoever did the same at the same time is told. */
static enum status
rotate_at_once(struct task *t, const struct keys *k, struct deployment_id d, struct str current, int64_t longest_s,
    struct str *ret_kid)
{
	enum status st;
	int64_t rows;

	st = sql_signing_key_replace(t, d, current, t->now, &rows);
	TRY(one_row(t, st, rows));
	TRY(sql_signing_key_delete_all(t, d, &rows));
	return make(t, k, d, true, longest_s, ret_kid);
}

enum status
signing_key_rotate(struct task *t, const struct keys *k, struct deployment_id d, const struct settings *s, bool at_once,
    struct str *ret_kid)
{
	struct signing_key_row *keys;
	int64_t longest, rows;
	enum status st;
	size_t n;

	TRY(read_current(t, d, &keys, &n));
	TRY(find_longest(t, d, s, &longest));
	if (at_once)
		return rotate_at_once(t, k, d, keys[0].kid, longest, ret_kid);
	/* Whoever else rotates waits here, and is counted below. */
	st = sql_signing_key_follow_again(t, d, keys[0].kid, t->now, &rows);
	TRY(one_row(t, st, rows));
	TRY(read_current(t, d, &keys, &n));
	if (n >= SIGNING_KEYS_MAX)
		return fail(t, E_LIMIT_REACHED, "%d signing keys are published; wait until retired ones are gone", SIGNING_KEYS_MAX);
	return make(t, k, d, false, longest, ret_kid);
}

/* ---- what is due ---- */

struct care {
	struct task *t;
	const struct keys *keys;
	struct deployment_id deployment;
	const struct settings *settings;
	struct signing_key_row *rows; /* the current one first */
	size_t n;
	struct signing_key_done *done;
	size_t n_done;
};

static void
note(struct care *c, enum signing_key_step step, struct str kid)
{
	c->done[c->n_done++] = (struct signing_key_done){ step, kid };
}

/* The next key that has waited longest and long enough; NULL: none has. */
static const struct signing_key_row *
find_ready(const struct care *c)
{
	const struct signing_key_row *row;

	/* The newest comes first: the other way round. */
	for (size_t i = c->n; i-- > 0;) {
		row = &c->rows[i];
		if (signing_key_state(row) == SIGNING_KEY_NEXT && signing_key_until(row, c->settings) <= c->t->now)
			return row;
	}
	return NULL;
}

static enum status
begin(struct care *c, const struct signing_key_row *next)
{
	enum status st;
	int64_t rows;

	st = sql_signing_key_replace(c->t, c->deployment, c->rows[0].kid, c->t->now, &rows);
	TRY(one_row(c->t, st, rows));
	st = sql_signing_key_begin(c->t, c->deployment, next->kid, c->t->now, &rows);
	TRY(one_row(c->t, st, rows));
	note(c, STEP_BEGAN, next->kid);
	return read_current(c->t, c->deployment, &c->rows, &c->n);
}

/* One after the other, when a server was away for longer: each signed for no time, and is kept like all. */
static enum status
begin_ready(struct care *c)
{
	const struct signing_key_row *next;

	while ((next = find_ready(c)) != NULL)
		TRY(begin(c, next));
	return OK;
}

static enum status
delete_ended(struct care *c)
{
	const struct signing_key_row *row;
	enum status st;
	int64_t rows;

	for (size_t i = 0; i < c->n; i++) {
		row = &c->rows[i];
		if (signing_key_state(row) != SIGNING_KEY_RETIRED || signing_key_until(row, c->settings) > c->t->now)
			continue;
		st = sql_signing_key_delete(c->t, c->deployment, row->kid, &rows);
		TRY(one_row(c->t, st, rows));
		note(c, STEP_GONE, row->kid);
	}
	return OK;
}

static bool
has_next(const struct care *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (signing_key_state(&c->rows[i]) == SIGNING_KEY_NEXT)
			return true;
	return false;
}

static enum status
make_scheduled(struct care *c)
{
	int64_t longest, rows;
	struct str kid;
	enum status st;

	if (schedule_at(&c->rows[0], c->settings) > c->t->now || has_next(c) || c->n >= SIGNING_KEYS_MAX)
		return OK;
	TRY(find_longest(c->t, c->deployment, c->settings, &longest));
	st = sql_signing_key_follow(c->t, c->deployment, c->rows[0].kid, c->t->now, &rows);
	TRY(one_row(c->t, st, rows));
	TRY(make(c->t, c->keys, c->deployment, false, longest, &kid));
	note(c, STEP_MADE, kid);
	return OK;
}

enum status
signing_key_care(struct task *t, const struct keys *k, struct deployment_id d, const struct settings *s,
    struct signing_key_done **ret_done, size_t *ret_n)
{
	struct care c = { .t = t, .keys = k, .deployment = d, .settings = s };

	TRY(read_current(t, d, &c.rows, &c.n));
	/* Each key can begin and be gone, and one is made. */
	c.done = arena_array(t->arena, 2 * c.n + 1, sizeof(*c.done));
	TRY_MEM(t, c.done);
	TRY(begin_ready(&c));
	TRY(delete_ended(&c));
	TRY(make_scheduled(&c));
	*ret_done = c.done;
	*ret_n = c.n_done;
	return OK;
}
