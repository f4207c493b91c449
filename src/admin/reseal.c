/* reseal.c - every sealed value there is, sealed anew by the current master key. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/reseal.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "session/token.h"
#include "store/store.gen.h"

enum { STEP_ARENA = 64 * 1024 * 1024 };

struct item {
	int64_t    id;
	struct str key;
	struct str sealed, fresh;
};

struct step {
	struct reseal *r;
	struct item   *items;
	size_t         n;
	size_t         n_fresh;	/* the first of the items: those that are to be written */
};

/* ---- the tables: the statements of store/sealed.sql differ in the types of their keys ---- */

static struct str
key_after(const struct reseal *r)
{
	return (struct str){ r->key, r->key_n };
}

/* No bytes would be NULL, after which nothing comes. No hash is a single zero. */
static struct str
hash_after(const struct reseal *r)
{
	return r->key_n > 0 ? key_after(r) : (struct str){ "", 1 };
}

#define SEALED_BY_ID(name, id_type) \
	static enum status name##_after(struct task *t, struct step *s) \
	{ \
		struct sealed_##name##_after_row *rows; \
		TRY(sql_sealed_##name##_after(t, s->r->deployment, s->r->id, RESEAL_STEP, &rows, &s->n)); \
		s->items = arena_array(t->arena, s->n + 1, sizeof(*s->items)); \
		TRY_MEM(t, s->items); \
		for (size_t i = 0; i < s->n; i++) \
			s->items[i] = (struct item){ .id = rows[i].key.v, .sealed = rows[i].sealed }; \
		return OK; \
	} \
	static enum status name##_again(struct task *t, struct deployment_id d, const struct item *item) \
	{ \
		int64_t n; \
		return sql_sealed_##name##_again(t, d, (struct id_type){ item->id }, item->sealed, item->fresh, &n); \
	}

#define SEALED_BY_KEY(name, after) \
	static enum status name##_after(struct task *t, struct step *s) \
	{ \
		struct sealed_##name##_after_row *rows; \
		TRY(sql_sealed_##name##_after(t, s->r->deployment, after(s->r), RESEAL_STEP, &rows, &s->n)); \
		s->items = arena_array(t->arena, s->n + 1, sizeof(*s->items)); \
		TRY_MEM(t, s->items); \
		for (size_t i = 0; i < s->n; i++) \
			s->items[i] = (struct item){ .key = rows[i].key, .sealed = rows[i].sealed }; \
		return OK; \
	} \
	static enum status name##_again(struct task *t, struct deployment_id d, const struct item *item) \
	{ \
		int64_t n; \
		return sql_sealed_##name##_again(t, d, item->key, item->sealed, item->fresh, &n); \
	}

/* In the place of a nonce that no successor is made of again. */
#define FORGOTTEN ((struct str){ "", 1 })

/*
 * The token that a session has now was made by the key that was current then, of a nonce that its predecessor's row keeps until
 * the session ends. That is needed while the new token may have been lost on its way, and no longer.
 */
static enum status
nonce_after(struct task *t, struct step *s)
{
	struct spent_nonces_after_row *rows;

	TRY(sql_spent_nonces_after(t, s->r->deployment, hash_after(s->r), TOKEN_AGED, TOKEN_CURRENT, t->now - 2 * TOKEN_GRACE_US,
	    RESEAL_STEP, &rows, &s->n));
	s->items = arena_array(t->arena, s->n + 1, sizeof(*s->items));
	TRY_MEM(t, s->items);
	for (size_t i = 0; i < s->n; i++)
		s->items[i] = (struct item){ .key = rows[i].key, .sealed = rows[i].nonce, .fresh = FORGOTTEN };
	return OK;
}

static enum status
nonce_again(struct task *t, struct deployment_id d, const struct item *item)
{
	int64_t n;

	return sql_spent_nonce_forget(t, d, item->key, item->sealed, item->fresh, &n);
}

SEALED_BY_KEY(signing_key, key_after)
SEALED_BY_KEY(deployment_secret, key_after)
SEALED_BY_KEY(jwt_template, key_after)
SEALED_BY_KEY(idempotency, hash_after)
SEALED_BY_ID(message, message_id)
SEALED_BY_ID(authenticator, authenticator_id)
SEALED_BY_ID(hook, hook_id)
SEALED_BY_ID(hook_before, hook_id)

static struct str
row_of_key(struct arena *a, const struct item *item)
{
	(void)a;
	return item->key;
}

static struct str
row_of_hash(struct arena *a, const struct item *item)
{
	return str_hex(a, item->key.p, item->key.n);
}

static struct str
row_of_message(struct arena *a, const struct item *item)
{
	return message_id_str(a, (struct message_id){ item->id });
}

static struct str
row_of_authenticator(struct arena *a, const struct item *item)
{
	return authenticator_id_str(a, (struct authenticator_id){ item->id });
}

static struct str
row_of_hook(struct arena *a, const struct item *item)
{
	return hook_id_str(a, (struct hook_id){ item->id });
}

/* The places as whoever seals there names them. A test seals in each, and looks that nothing old is left. */
struct table {
	const char *table, *column;
	struct str  (*row)(struct arena *a, const struct item *item);	/* NULL: nothing is sealed there, but something is forgotten */
	enum status (*after)(struct task *t, struct step *s);
	enum status (*again)(struct task *t, struct deployment_id d, const struct item *item);
};
static const struct table tables[] = {
	{ "signing_key", "sealed_scalar", row_of_key, signing_key_after, signing_key_again },
	{ "deployment_secret", "sealed_value", row_of_key, deployment_secret_after, deployment_secret_again },
	{ "jwt_template", "sealed_key", row_of_key, jwt_template_after, jwt_template_again },
	{ "hook", "sealed_secret", row_of_hook, hook_after, hook_again },
	{ "hook", "sealed_secret_before", row_of_hook, hook_before_after, hook_before_again },
	{ "authenticator", "sealed_secret", row_of_authenticator, authenticator_after, authenticator_again },
	{ "message", "sealed_content", row_of_message, message_after, message_again },
	{ "idempotency", "sealed_answer", row_of_hash, idempotency_after, idempotency_again },
	{ "session_token", "nonce", NULL, nonce_after, nonce_again },
};

/* ---- one step ---- */

static enum status
look(struct task *t, void *arg)
{
	struct step *s = arg;

	return tables[s->r->table].after(t, s);
}

static enum status
write_fresh(struct task *t, void *arg)
{
	const struct step *s = arg;

	for (size_t i = 0; i < s->n_fresh; i++)
		TRY(tables[s->r->table].again(t, s->r->deployment, &s->items[i]));
	return OK;
}

/* What no key opens was damaged before, and stays as it is: it must not keep an old key in use for ever. */
static enum status
seal_again(struct task *t, const struct keys *k, struct step *s, struct item item)
{
	const struct table *table = &tables[s->r->table];
	const struct seal_place place = { s->r->deployment, table->table, table->row(t->arena, &item), table->column };
	enum status st = keys_reseal(t, k, &place, item.sealed, &item.fresh);

	if (st == E_NOT_FOUND) {
		s->r->closed++;
		log_event(LOG_ERROR, EV_KEY, "deployment=%lld table=%s row=%s why=\"no master key opens it\"",
		    (long long)s->r->deployment.v, table->table, log_quote(place.row).text);
		return OK;
	}
	TRY(st);
	if (item.fresh.p != item.sealed.p)
		s->items[s->n_fresh++] = item;
	return OK;
}

static enum status
renew(struct task *t, const struct keys *k, struct step *s, struct item item)
{
	if (item.sealed.n == 0 || str_eq(item.sealed, item.fresh))
		return OK;
	if (tables[s->r->table].row)
		return seal_again(t, k, s, item);
	s->items[s->n_fresh++] = item;
	return OK;
}

static void
next_table(struct reseal *r)
{
	r->table++;
	r->id = 0;
	r->key_n = 0;
}

static void
advance(struct reseal *r, const struct step *s, const struct item *last)
{
	r->resealed += tables[r->table].row ? s->n_fresh : 0;
	if (s->n < RESEAL_STEP) {
		next_table(r);
		return;
	}
	CHECK(last->key.n <= sizeof(r->key));
	r->id = last->id;
	r->key_n = last->key.n;
	memcpy(r->key, last->key.n > 0 ? last->key.p : "", last->key.n);
}

static enum status
step(struct task *t, struct reseal *r, struct store *store, struct db *db, const struct keys *k)
{
	struct step s = { .r = r };
	struct item last = { 0 };

	TRY(db_read(t, db, look, &s));
	if (s.n > 0)
		last = s.items[s.n - 1];
	for (size_t i = 0; i < s.n; i++)
		TRY(renew(t, k, &s, s.items[i]));
	if (s.n_fresh > 0)
		TRY(store_write_wait(t, store, db, write_fresh, &s));
	advance(r, &s, &last);
	return OK;
}

static enum status
next_deployment(struct task *t, void *arg)
{
	struct reseal *r = arg;
	struct deployment_after_row row;
	enum status st = sql_deployment_after(t, r->deployment.v, &row);

	if (st == E_NOT_FOUND) {
		r->ended = true;
		return OK;
	}
	TRY(st);
	r->deployment = row.id;
	r->table = 0;
	return OK;
}

/* In an arena of its own: what a step has read is given back after it. */
static enum status
turn(struct task *t, struct reseal *r, struct store *store, struct db *db, const struct keys *k)
{
	struct task own = { .arena = arena_new(STEP_ARENA), .now = t->now };
	enum status st;

	TRY_MEM(t, own.arena);
	if (r->deployment.v == 0 || r->table == ARRAY_LEN(tables))
		st = db_read(&own, db, next_deployment, r);
	else
		st = step(&own, r, store, db, k);
	if (st != OK)
		st = fail(t, st, "sealing anew: %s", own.why);
	arena_free(own.arena);
	return st;
}

enum status
reseal_run(struct task *t, struct reseal *r, struct store *s, struct db *db, const struct keys *k, int64_t until_mono)
{
	if (r->began_at == 0 || r->ended)
		*r = (struct reseal){ .began_at = t->now };
	while (!r->ended && clock_mono() < until_mono)
		TRY(turn(t, r, s, db, k));
	return OK;
}
