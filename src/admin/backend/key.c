/* key.c - whose key is it? The deployment follows from the key, never from the Host or the path. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "deployment/secret_key.h"

/* When it was last used is for people to look at: once in a while is often enough to write it down. */
#define USED_STEP_US MINUTE_US

struct found {
	uint8_t                    hash[32];
	struct secret_key_find_row row;
	int64_t                    n;
};

static enum status
find(struct task *t, void *arg)
{
	struct found *f = arg;

	return sql_secret_key_find(t, f->hash, t->now, &f->row);
}

static enum status
write_used(struct task *t, void *arg)
{
	struct found *f = arg;

	return sql_secret_key_used(t, f->row.deployment, f->hash, t->now, t->now - USED_STEP_US, &f->n);
}

/* "Bearer sk_…" (RFC 6750 §2.1), from one Authorization field. */
static bool
read_key(const struct http_head *head, uint8_t ret_hash[32])
{
	struct str scheme, key, field = http_field(head, S("Authorization"));

	if (http_field_count(head, S("Authorization")) != 1 || !str_cut(field, ' ', &scheme, &key))
		return false;
	return str_eq_nocase(scheme, S("Bearer")) && secret_key_hash(key, ret_hash);
}

/*
 * Each wrong one counts against its source, and beyond the limit there is no more to learn. A right one is not held up
 * by what others try from the same address: what is guessed at has 256 bits.
 */
static enum status
refuse_key(struct call *c)
{
	uint64_t source = throttle_source(c->x->peer.bytes, c->x->peer.family == AF_INET ? 4 : c->x->peer.family == AF_INET6 ? 16 : 0);
	int64_t wait_us;

	log_event(LOG_NOTICE, EV_SECRET_KEY_REFUSED, "request=%016llx ip=" STR_FMT, (unsigned long long)c->x->id, STR_ARG(c->by.ip));
	if (limiter_take(c->app->limiter, RULE_SECRET_KEY, (struct deployment_id){ 0 }, source, clock_mono(), &wait_us))
		return call_refuse(c, E_UNAUTHORIZED, NULL, "Send a live secret key: \"Authorization: Bearer sk_...\".");
	c->retry_after_s = wait_us / SECOND_US + 1;
	return E_RATE_LIMITED;
}

static void
unref(void *d)
{
	deployment_unref(d);
}

static enum status
take_deployment(struct call *c, struct deployment_id id)
{
	const struct deployment *d = directory_find_id(c->app->directory, id);

	if (d == NULL)
		return refuse_key(c);
	if (!arena_defer(c->t->arena, unref, (void *)(uintptr_t)d)) {
		deployment_unref(d);
		return fail(c->t, E_OVERLOADED, "out of memory for this task");
	}
	c->by.d = d;
	return OK;
}

static enum status
count_call(struct call *c, const struct found *f)
{
	uint64_t subject = 0;
	int64_t wait_us;

	for (size_t i = 0; i < sizeof(subject); i++)
		subject = subject << 8 | f->hash[i];
	if (limiter_take(c->app->limiter, RULE_BACKEND, c->by.d->id, subject, clock_mono(), &wait_us))
		return OK;
	c->retry_after_s = wait_us / SECOND_US + 1;
	return E_RATE_LIMITED;
}

enum status
key_admit(struct call *c)
{
	struct found f;
	enum status st;

	if (!read_key(&c->x->head, f.hash))
		return refuse_key(c);
	st = db_read(c->t, c->db, find, &f);
	if (st == E_NOT_FOUND)
		return refuse_key(c);
	TRY(st);
	TRY(take_deployment(c, f.row.deployment));
	memcpy(c->secret_key_hash, f.hash, sizeof(f.hash));
	c->by.actor = arena_printf(c->t->arena, "secret_key:" STR_FMT, STR_ARG(f.row.prefix));
	TRY(count_call(c, &f));
	if (f.row.last_used_at > c->t->now - USED_STEP_US)
		return OK;
	return store_write_wait(c->t, c->app->store, c->db, write_used, &f);
}
