/* session.c - whose request is this: the token table of docs/decisions/session-tokens.md, row by row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include "base/secret.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

static struct str
hash_str(const struct token_hash *h)
{
	return (struct str){ (const char *)h->b, sizeof(h->b) };
}

static int64_t
us(int64_t seconds)
{
	return seconds * SECOND_US;
}

bool
session_is_over(const struct session_rules *r, struct session_id id, int64_t last_active_at, int64_t expires_at, int64_t now)
{
	int64_t idle_us = us(r->deployment->settings.auth.session_inactive_timeout_s);

	if (now >= expires_at)
		return true;
	if (now - last_active_at < idle_us)
		return false;
	return now - activity_last(r->activity, r->deployment->id, id, last_active_at) >= idle_us;
}

/* Unknown, malformed, revoked, expired: silently a new anonymous session. */
static enum status
resolve_new(struct task *t, const struct session_rules *r, enum session_lack lack, struct session_ref *ret_ref)
{
	struct token_anonymous a;

	*ret_ref = (struct session_ref){ .lack = lack };
	TRY(token_anonymous_new(t, r->keys, r->deployment->id, &ret_ref->token_out, &a));
	ret_ref->id = a.session;
	ret_ref->created_at = ret_ref->updated_at = ret_ref->last_active_at = a.issued_at;
	return OK;
}

/* Replaced by age: good until 60 s after its successor's first use, and every answer hands out that successor. */
static enum status
resolve_aged(struct task *t, const struct session_rules *r, const struct session_token_find_row *row,
    struct session_ref *ref, enum session_action *ret_action)
{
	if (row->successor_used_at != 0 && t->now >= row->successor_used_at + TOKEN_GRACE_US) {
		*ret_action = SESSION_END_STOLEN;
		return OK;
	}
	return token_successor_again(t, r->keys, r->deployment->id, row->session, row->nonce, row->successor_hash, &ref->token_out);
}

static enum status
resolve_superseded(struct task *t, const struct session_rules *r, const struct session_token_find_row *row,
    struct session_ref *ref)
{
	if (t->now >= row->replaced_at + TOKEN_GRACE_US)
		return resolve_new(t, r, LACK_SUPERSEDED, ref);
	/* Neither the session's people nor its id: the token may have been planted. */
	*ref = (struct session_ref){
		.id = row->session, .superseded = true, .lack = LACK_SUPERSEDED,
		.created_at = row->session_created_at, .updated_at = row->session_created_at,
	};
	return OK;
}

static enum status
resolve_row(struct task *t, const struct session_rules *r, const struct token_hash *hash,
    const struct session_token_find_row *row, struct session_ref *ref, enum session_action *ret_action)
{
	int64_t age_us = t->now - row->created_at;

	if (session_is_over(r, row->session, row->session_last_active_at, row->session_expires_at, t->now))
		return resolve_new(t, r, t->now >= row->session_expires_at ? LACK_EXPIRED : LACK_IDLE, ref);
	if (row->state == TOKEN_SUPERSEDED)
		return resolve_superseded(t, r, row, ref);
	*ref = (struct session_ref){
		.id = row->session, .stored = true, .hash = *hash, .active_signin = row->active_signin,
		.created_at = row->session_created_at, .updated_at = row->session_updated_at,
		.expires_at = row->session_expires_at, .last_active_at = row->session_last_active_at,
		.token_due_at = row->created_at + us(r->deployment->settings.auth.session_token_lifetime_s),
	};
	if (row->state == TOKEN_AGED)
		return resolve_aged(t, r, row, ref, ret_action);
	if (row->state != TOKEN_CURRENT)
		return fail(t, E_INTERNAL, "session_token.state %d is not one of ours", (int)row->state);
	if (!r->keeps_token && age_us >= us(r->deployment->settings.auth.session_token_lifetime_s))
		*ret_action = SESSION_ROTATE;
	else if (row->first_used_at == 0)
		*ret_action = SESSION_MARK_USED;
	return OK;
}

static enum status
resolve_stored(struct task *t, const struct session_rules *r, struct str token, struct session_ref *ref,
    enum session_action *ret_action)
{
	struct session_token_find_row row;
	struct token_hash hash;
	enum status st;

	TRY(token_hash(t, token, &hash));
	st = sql_session_token_find(t, r->deployment->id, hash_str(&hash), &row);
	if (st == E_NOT_FOUND)
		return resolve_new(t, r, LACK_UNKNOWN, ref);
	TRY(st);
	return resolve_row(t, r, &hash, &row, ref, ret_action);
}

/* No first token: nobody has stored anything yet; or long ago, and then the session is no longer this token's. */
static enum status
resolve_without_first(struct task *t, const struct session_rules *r, const struct token_anonymous *a,
    struct session_ref *ref)
{
	struct session_find_row row;
	enum status st = sql_session_find(t, r->deployment->id, a->session, &row);

	if (st == E_NOT_FOUND)
		return OK;
	TRY(st);
	return resolve_new(t, r, LACK_STORED_SINCE, ref);
}

/* The first stored token of a session that was anonymous, by whichever master key made it. */
static enum status
find_first(struct task *t, const struct session_rules *r, struct session_id session, struct str *ret_first,
    struct token_hash *ret_hash, struct session_token_find_row *ret_row)
{
	struct keys_each each = { 0 };
	enum status st;

	do {
		TRY(token_first(t, r->keys, r->deployment->id, session, &each, ret_first));
		TRY(token_hash(t, *ret_first, ret_hash));
		st = sql_session_token_find(t, r->deployment->id, hash_str(ret_hash), ret_row);
	} while (st == E_NOT_FOUND);
	return st;
}

/*
 * A request that stores something with an anonymous token: a parallel one may have
 * been first, and then both have the same first stored token. If that one has been
 * replaced since, the anonymous token is as good as unknown.
 */
static enum status
resolve_anonymous_storing(struct task *t, const struct session_rules *r, const struct token_anonymous *a,
    struct session_ref *ref)
{
	struct session_token_find_row row;
	struct token_hash hash;
	struct str first;
	enum status st = find_first(t, r, a->session, &first, &hash, &row);

	if (st == E_NOT_FOUND)
		return resolve_without_first(t, r, a, ref);
	TRY(st);
	if (row.state != TOKEN_CURRENT ||
	    session_is_over(r, row.session, row.session_last_active_at, row.session_expires_at, t->now))
		return resolve_new(t, r, LACK_STORED_SINCE, ref);
	*ref = (struct session_ref){
		.id = row.session, .stored = true, .hash = hash, .active_signin = row.active_signin, .token_out = first,
		.created_at = row.session_created_at, .updated_at = row.session_updated_at,
		.expires_at = row.session_expires_at, .last_active_at = row.session_last_active_at,
	};
	return OK;
}

static enum status
resolve_anonymous(struct task *t, const struct session_rules *r, struct str token, bool stores, struct session_ref *ref)
{
	struct token_anonymous a;
	enum status st = token_anonymous_open(t, r->keys, r->deployment->id, token, &a);

	if (st == E_NOT_FOUND)
		return resolve_new(t, r, LACK_ANONYMOUS_BAD, ref);
	TRY(st);
	*ref = (struct session_ref){
		.id = a.session, .lack = LACK_ANONYMOUS, .created_at = a.issued_at, .updated_at = a.issued_at, .last_active_at = a.issued_at,
	};
	return stores ? resolve_anonymous_storing(t, r, &a, ref) : OK;
}

enum status
session_resolve(struct task *t, const struct session_rules *r, struct str token, bool stores,
    struct session_ref *ret_ref, enum session_action *ret_action)
{
	*ret_action = SESSION_READY;
	if (token_is_anonymous(token))
		return resolve_anonymous(t, r, token, stores, ret_ref);
	if (token_is_stored(token))
		return resolve_stored(t, r, token, ret_ref, ret_action);
	return resolve_new(t, r, LACK_NO_TOKEN, ret_ref);
}

static enum status
token_insert(struct task *t, const struct session_rules *r, struct session_ref *ref, struct str text, int64_t first_used_at)
{
	uint8_t nonce[TOKEN_NONCE_SIZE];
	int64_t rows;

	if (!secret_random(nonce, sizeof(nonce)))
		return fail(t, E_INTERNAL, "no randomness for a token's nonce");
	TRY(token_hash(t, text, &ref->hash));
	return sql_session_token_insert(t, r->deployment->id, hash_str(&ref->hash), ref->id, TOKEN_CURRENT,
	    (struct str){ (const char *)nonce, sizeof(nonce) }, t->now, first_used_at,
	    t->now + us(r->deployment->settings.auth.session_validity_period_s), &rows);
}

/* Whoever is first inserts the successor; all others compute the same one. */
static enum status
settle_rotate(struct task *t, const struct session_rules *r, struct str nonce, struct session_ref *ref)
{
	struct token_hash old = ref->hash;
	int64_t rows;

	TRY(token_successor(t, r->keys, r->deployment->id, ref->id, nonce, &ref->token_out));
	TRY(token_insert(t, r, ref, ref->token_out, 0));
	TRY(sql_session_token_age(t, r->deployment->id, hash_str(&old), hash_str(&ref->hash), TOKEN_CURRENT, TOKEN_AGED,
	    t->now, t->now + us(r->deployment->settings.auth.session_inactive_timeout_s), &rows));
	if (rows != 1)
		return fail(t, E_CONFLICT, "the token was replaced meanwhile");
	return cache_touch(t, r->deployment->id, SUBJECT_SESSION, ref->id.v);
}

static enum status
settle_stolen(struct task *t, const struct session_rules *r, struct session_ref *ref, struct session_id *ret_stolen)
{
	int64_t rows;

	*ret_stolen = ref->id;
	TRY(session_end_all_signins(t, r->deployment->id, ref->id));
	TRY(sql_session_token_delete_all(t, r->deployment->id, ref->id, &rows));
	return resolve_new(t, r, LACK_UNKNOWN, ref);
}

/* One that is used for the first time only when it is due itself still starts its predecessor's 60 seconds. */
static enum status
settle_rotate_row(struct task *t, const struct session_rules *r, struct session_ref *ref)
{
	struct session_token_find_row row;
	int64_t rows;

	TRY(sql_session_token_find(t, r->deployment->id, hash_str(&ref->hash), &row));
	if (row.first_used_at == 0)
		TRY(sql_session_token_mark_used(t, r->deployment->id, hash_str(&ref->hash), t->now, &rows));
	return settle_rotate(t, r, row.nonce, ref);
}

static enum status
settle_mark_used(struct task *t, const struct session_rules *r, struct session_ref *ref)
{
	int64_t rows;

	TRY(sql_session_token_mark_used(t, r->deployment->id, hash_str(&ref->hash), t->now, &rows));
	return cache_touch(t, r->deployment->id, SUBJECT_SESSION, ref->id.v);
}

enum status
session_settle(struct task *t, const struct session_rules *r, struct str token, bool stores,
    struct session_ref *ret_ref, struct session_id *ret_stolen)
{
	enum session_action action;
	int64_t rows;

	*ret_stolen = (struct session_id){ 0 };
	TRY(session_resolve(t, r, token, stores, ret_ref, &action));
	if (action == SESSION_READY)
		return OK;
	/* Parallel requests and sign-ins go one after the other from here; who waited looks again. */
	TRY(sql_session_lock(t, r->deployment->id, ret_ref->id, &rows));
	TRY(session_resolve(t, r, token, stores, ret_ref, &action));
	switch (action) {
	case SESSION_READY:
		return OK;
	case SESSION_ROTATE:
		return settle_rotate_row(t, r, ret_ref);
	case SESSION_MARK_USED:
		return settle_mark_used(t, r, ret_ref);
	case SESSION_END_STOLEN:
		return settle_stolen(t, r, ret_ref, ret_stolen);
	}
	return fail(t, E_BUG, "session action %d", (int)action);
}

/*
 * There is a row already: either a parallel first request was faster, and then its
 * token is this one's too, or the session has gone on since. Only the first case may
 * adopt it: whoever planted an anonymous token must never get into what became of it.
 */
static enum status
store_adopt(struct task *t, const struct session_rules *r, struct session_ref *ref)
{
	struct token_anonymous a = { ref->id, ref->created_at };

	return resolve_anonymous_storing(t, r, &a, ref);
}

enum status
session_store(struct task *t, const struct session_rules *r, struct session_ref *ref)
{
	const struct deployment *d = r->deployment;
	struct keys_each by_current = { 0 };
	int64_t expires_at = t->now + us(d->settings.auth.session_validity_period_s);
	int64_t rows;

	if (ref->stored)
		return OK;
	TRY(sql_session_insert(t, d->id, ref->id, t->now, expires_at, &rows));
	if (rows == 0) {
		TRY(store_adopt(t, r, ref));
		return session_store(t, r, ref);
	}
	TRY(token_first(t, r->keys, d->id, ref->id, &by_current, &ref->token_out));
	TRY(token_insert(t, r, ref, ref->token_out, t->now));
	ref->stored = true;
	ref->lack = LACK_NONE;
	ref->expires_at = expires_at;
	ref->created_at = ref->updated_at = ref->last_active_at = t->now;
	return cache_touch(t, d->id, SUBJECT_SESSION, ref->id.v);
}

/* Two security events of one session at one instant: the second one's token has been superseded by the first. */
static enum status
check_not_superseded(struct task *t, const struct session_rules *r, struct session_ref *ref)
{
	struct session_token_find_row row;
	enum status st = sql_session_token_find(t, r->deployment->id, hash_str(&ref->hash), &row);

	ref->superseded = st == E_NOT_FOUND || (st == OK && row.state == TOKEN_SUPERSEDED);
	if (ref->superseded)
		return fail(t, E_UNAUTHORIZED, "the session was renewed meanwhile");
	return st;
}

enum status
session_renew(struct task *t, const struct session_rules *r, struct session_ref *ref)
{
	int64_t rows;

	TRY(sql_session_lock(t, r->deployment->id, ref->id, &rows));
	TRY(check_not_superseded(t, r, ref));
	TRY(sql_session_token_supersede(t, r->deployment->id, ref->id, TOKEN_SUPERSEDED, t->now,
	    t->now + TOKEN_GRACE_US, &rows));
	TRY(token_random(t, &ref->token_out));
	TRY(token_insert(t, r, ref, ref->token_out, t->now));
	return cache_touch(t, r->deployment->id, SUBJECT_SESSION, ref->id.v);
}

enum status
session_end_signin(struct task *t, struct deployment_id d, struct session_id s, struct signin_id id)
{
	int64_t rows;

	TRY(sql_signin_delete(t, d, s, id, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	TRY(sql_session_clear_active(t, d, s, id, t->now, &rows));
	return cache_touch(t, d, SUBJECT_SESSION, s.v);
}

enum status
session_end_all_signins(struct task *t, struct deployment_id d, struct session_id s)
{
	int64_t rows;

	TRY(sql_signin_delete_all_of_session(t, d, s, &rows));
	TRY(sql_session_set_active(t, d, s, (struct signin_id){ 0 }, t->now, &rows));
	return cache_touch(t, d, SUBJECT_SESSION, s.v);
}

enum status
session_end_user(struct task *t, struct deployment_id d, struct user_id user, int64_t *ret_n)
{
	struct signin_sessions_of_user_row *rows;
	size_t n;
	int64_t changed;

	TRY(sql_signin_sessions_of_user(t, d, user, &rows, &n));
	TRY(sql_session_clear_active_of_user(t, d, user, t->now, &changed));
	TRY(sql_signin_delete_all_of_user(t, d, user, &changed));
	for (size_t i = 0; i < n; i++)
		TRY(cache_touch(t, d, SUBJECT_SESSION, rows[i].session.v));
	if (ret_n)
		*ret_n = changed;
	return cache_touch(t, d, SUBJECT_USER, user.v);
}

/* One that has ended meanwhile is no other's business. */
static enum status
end_user_but(struct task *t, struct deployment_id d, struct user_id user, struct session_id session, struct signin_id signin)
{
	struct signin_sessions_of_user_row *rows;
	size_t n;

	TRY(sql_signin_sessions_of_user(t, d, user, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		bool stays = rows[i].session.v == session.v || rows[i].signin.v == signin.v;
		enum status st = stays ? OK : session_end_signin(t, d, rows[i].session, rows[i].signin);

		if (st != OK && st != E_NOT_FOUND)
			return st;
	}
	return cache_touch(t, d, SUBJECT_USER, user.v);
}

enum status
session_end_user_others(struct task *t, struct deployment_id d, struct user_id user, struct signin_id but)
{
	return end_user_but(t, d, user, (struct session_id){ 0 }, but);
}

enum status
session_end_user_elsewhere(struct task *t, struct deployment_id d, struct user_id user, struct session_id here)
{
	return end_user_but(t, d, user, here, (struct signin_id){ 0 });
}
