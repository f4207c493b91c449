/*
 * idempotent.c - the same POST twice is done once.
 *
 * The row is written in the deed's own transaction: either both are there or neither is. A twin that comes while the first
 * one runs waits at the row's key, and then finds the answer, or, when the first was refused, does it itself.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/secret.h"
#include "base/str.h"

#define KEPT_US DAY_US
enum { KEY_MAX = 255 };

enum status
idempotency_read_key(struct call *c)
{
	struct str key = http_field(&c->x->head, S("Idempotency-Key"));

	if (!key.p || c->route->method != HTTP_POST || c->route->tx != CALL_WRITE)
		return OK;
	if (key.n == 0 || key.n > KEY_MAX || http_field_count(&c->x->head, S("Idempotency-Key")) != 1)
		return call_refuse(c, E_BAD_REQUEST_BODY, "Idempotency-Key", "Send one Idempotency-Key of 1 to %d bytes.", KEY_MAX);
	c->idempotency_key = key;
	return OK;
}

enum { TWIN_PARTS = 5 };

struct twin {
	uint8_t           key_hash[32];
	struct str        parts[TWIN_PARTS];
	struct seal_place place;
};

/*
 * Of each secret key its own: what one was answered, a ticket maybe, is not another's to read. A MAC, because a plain
 * hash of a body with a password in it would say whether a guess is right.
 */
static enum status
twin_of(struct call *c, struct twin *tw)
{
	const struct str parts[TWIN_PARTS] = { str_of("idempotency"), c->x->head.method_text, c->x->head.path, c->x->head.query,
		c->x->body };
	const struct str whose[] = { { (const char *)c->secret_key_hash, sizeof(c->secret_key_hash) }, c->idempotency_key };

	if (!secret_sha256(tw->key_hash, whose, ARRAY_LEN(whose)))
		return fail(c->t, E_INTERNAL, "SHA-256 failed");
	for (size_t i = 0; i < TWIN_PARTS; i++)
		tw->parts[i] = parts[i];
	tw->place = (struct seal_place){ c->by.d->id, "idempotency", str_hex(c->t->arena, tw->key_hash, sizeof(tw->key_hash)),
		"sealed_answer" };
	TRY_MEM(c->t, tw->place.row.p);
	return OK;
}

static enum status
replay(struct call *c, const struct twin *tw, struct str sealed)
{
	struct secret answer;

	TRY(keys_unseal(c->t, c->by.keys, &tw->place, sealed, &answer));
	/* A space stands for an answer without a body: nothing empty is sealed. */
	if (answer.n > 1)
		buf_put(&c->out, answer.p, answer.n);
	secret_done(&answer);
	c->replayed = true;
	return OK;
}

enum status
idempotency_begin(struct call *c)
{
	struct idempotency_find_row row;
	struct twin tw;
	uint8_t mac[32];
	int64_t rows;
	bool same = false;

	TRY(twin_of(c, &tw));
	TRY(sql_idempotency_forget(c->t, c->by.d->id, tw.key_hash, c->t->now, &rows));
	TRY(keys_mac(c->t, c->by.keys, KEY_CODE, c->by.d->id, tw.parts, TWIN_PARTS, mac));
	TRY(sql_idempotency_begin(c->t, c->by.d->id, tw.key_hash, (struct str){ (const char *)mac, sizeof(mac) },
	    c->t->now + KEPT_US, &rows));
	if (rows == 1)
		return OK;
	TRY(sql_idempotency_find(c->t, c->by.d->id, tw.key_hash, &row));
	if (row.request_mac.n == sizeof(mac))
		TRY(keys_mac_equals(c->t, c->by.keys, KEY_CODE, c->by.d->id, tw.parts, TWIN_PARTS, row.request_mac, &same));
	if (!same)
		return call_refuse(c, E_CONFLICT, "Idempotency-Key", "Another request had this Idempotency-Key. Use a new one for each.");
	return replay(c, &tw, row.sealed_answer);
}

enum status
idempotency_keep(struct call *c)
{
	struct str sealed, answer = c->out.n > 0 ? buf_str(&c->out) : S(" ");
	struct twin tw;
	int64_t rows;

	TRY(twin_of(c, &tw));
	TRY(keys_seal(c->t, c->by.keys, &tw.place, answer, &sealed));
	return sql_idempotency_keep(c->t, c->by.d->id, tw.key_hash, sealed, &rows);
}
