/* hook_keep.c - a deployment's endpoints outside: checked, made, changed, sent again what they missed, deleted. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/hook_keep.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "deployment/origin.h"
#include "notify/parcel.h"
#include "notify/signature.h"

/* ---- what can be wrong with one ---- */

static bool
is_of_this_machine(struct str url)
{
	struct origin o;

	return url_parse(url, &o) && o.host.is_loopback;
}

enum status
hook_url_check(struct task *t, enum hook_namer by, struct str url)
{
	const char *sentence = NULL;

	if (url.n > HOOK_URL_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "%s is too long", log_quote(url).text);
	if (!parcel_may_post_to(url, &sentence))
		return fail(t, E_BAD_REQUEST_BODY, "%s %s", log_quote(url).text, sentence);
	if (by == HOOK_OF_KEY && is_of_this_machine(url))
		return fail(t, E_BAD_REQUEST_BODY, "%s leads to the server itself: only its operator sets that", log_quote(url).text);
	return OK;
}

static bool
is_listed(struct str list, struct str wanted)
{
	struct str word;

	while (list.n > 0) {
		(void)str_cut(list, ' ', &word, &list);
		if (str_eq(word, wanted))
			return true;
	}
	return false;
}

static enum status
add_word(struct task *t, struct buf *list, struct str word)
{
	if (word.n == 0 || is_listed(buf_str(list), word))
		return OK;
	/* A list of one: with a space in it this word would become two. */
	if (word.n > HOOK_TYPES_MAX || memchr(word.p, ' ', word.n))
		return fail(t, E_BAD_REQUEST_BODY, "%s is no type of event", log_quote(word).text);
	TRY(hook_types_check(t, word));
	if (list->n > 0)
		buf_put_char(list, ' ');
	buf_put_str(list, word);
	return OK;
}

enum status
hook_types_read(struct task *t, const struct str *words, size_t n, struct str *ret_types)
{
	struct buf list;

	buf_init_arena(&list, t->arena, HOOK_TYPES_MAX);
	for (size_t i = 0; i < n; i++)
		TRY(add_word(t, &list, words[i]));
	if (list.failed)
		return arena_failed(t->arena) ? E_OVERLOADED : fail(t, E_BAD_REQUEST_BODY, "so many types are too long a list");
	*ret_types = is_listed(buf_str(&list), S("*")) ? S("") : buf_str(&list);
	return OK;
}

void
hook_types_write(struct json *j, struct str types)
{
	struct str word;

	json_array_begin(j, "types");
	if (types.n == 0)
		json_str(j, NULL, S("*"));
	while (types.n > 0) {
		(void)str_cut(types, ' ', &word, &types);
		json_str(j, NULL, word);
	}
	json_array_end(j);
}

enum status
hook_secret_check(struct task *t, struct str secret)
{
	if (secret.n <= HOOK_SECRET_MAX && signature_key_is_good(secret))
		return OK;
	return fail(t, E_BAD_REQUEST_BODY, "a webhook's secret is whsec_ and %d to %d bytes in base64", SIGNATURE_KEY_MIN, SIGNATURE_KEY_MAX);
}

/* ---- made, changed ---- */

static enum status
take_secret(struct task *t, struct str given, struct str *ret_secret)
{
	if (given.n == 0)
		return hook_secret_make(t, ret_secret);
	*ret_secret = given;
	return hook_secret_check(t, given);
}

enum status
hook_make(struct task *t, const struct keys *k, struct deployment_id d, struct hook_row *hook, struct str secret, struct str *ret_secret)
{
	struct hook_row *others;
	struct str taken, sealed;
	size_t n;

	TRY(sql_hooks(t, d, &others, &n));
	if (n >= HOOKS_MAX)
		return fail(t, E_LIMIT_REACHED, "a deployment has at most %d webhooks", HOOKS_MAX);
	hook->id.v = id_next(t->now);
	hook->state = HOOK_ENABLED;
	hook->why = S("");
	hook->created_at = hook->updated_at = t->now;
	TRY(take_secret(t, secret, &taken));
	TRY(hook_secret_seal(t, k, d, hook->id, HOOK_SECRET_NOW, taken, &sealed));
	TRY(sql_hook_insert(t, d, hook->id, hook->url, hook->types, sealed, t->now));
	*ret_secret = taken;
	return OK;
}

void
hook_set_enabled(struct hook_row *hook, bool enabled)
{
	hook->state = enabled ? HOOK_ENABLED : HOOK_DISABLED;
	hook->why = enabled ? S("") : S("by its operator");
}

enum status
hook_change(struct task *t, struct deployment_id d, struct hook_row *hook)
{
	int64_t rows;

	hook->failing_since = 0;
	hook->updated_at = t->now;
	TRY(sql_hook_update(t, d, hook->id, hook->url, hook->types, hook->state, hook->why, t->now, &rows));
	return rows == 1 ? OK : E_NOT_FOUND;
}

/* ---- another secret ---- */

static enum status
seal_before(struct task *t, const struct keys *k, struct deployment_id d, struct hook_id id, struct str *ret_sealed)
{
	struct secret now, before;
	enum status st;

	TRY(hook_secrets_load(t, k, d, id, &now, &before));
	st = hook_secret_seal(t, k, d, id, HOOK_SECRET_BEFORE, (struct str){ (const char *)now.p, now.n }, ret_sealed);
	secret_done(&now);
	secret_done(&before);
	return st;
}

enum status
hook_rotate(struct task *t, const struct keys *k, struct deployment_id d, struct hook_row *hook, struct str secret, int64_t overlap_us,
    struct str *ret_secret)
{
	struct str taken, sealed, before = STR_NONE;
	int64_t rows;

	if (overlap_us > 0)
		TRY(seal_before(t, k, d, hook->id, &before));
	TRY(take_secret(t, secret, &taken));
	TRY(hook_secret_seal(t, k, d, hook->id, HOOK_SECRET_NOW, taken, &sealed));
	hook->before_until = overlap_us > 0 ? t->now + overlap_us : 0;
	hook->updated_at = t->now;
	TRY(sql_hook_set_secrets(t, d, hook->id, sealed, before, hook->before_until, t->now, &rows));
	if (rows == 0)
		return E_NOT_FOUND;
	*ret_secret = taken;
	return OK;
}

/* ---- deleted ---- */

enum status
hook_delete_step(struct task *t, struct deployment_id d, struct hook_id id, int64_t *ret_n)
{
	return sql_hook_deliveries_delete(t, d, id, HOOK_DELETE_STEP, ret_n);
}

enum status
hook_delete(struct task *t, struct deployment_id d, struct hook_id id, int64_t *ret_n)
{
	return sql_hook_delete(t, d, id, ret_n);
}

/* ---- sent again ---- */

static enum status
replay_one(struct task *t, struct deployment_id d, struct hook_id id, struct hook_replay *r)
{
	r->more = false;
	TRY(sql_hook_replay(t, d, id, r->event, t->now, &r->n));
	return r->n == 1 ? OK : fail(t, E_NOT_FOUND, "this endpoint has not been told of %s, or it is forgotten by now",
	    hook_event_id_str(t->arena, r->event).p);
}

static enum status
replay_some(struct task *t, struct deployment_id d, struct hook_id id, struct hook_replay *r)
{
	struct hook_replayable_row *rows;
	int64_t changed;
	size_t n;

	r->n = 0;
	TRY(sql_hook_replayable(t, d, id, r->after, r->since, r->delivered_too, HOOK_REPLAY_STEP, &rows, &n));
	for (size_t i = 0; i < n; i++) {
		TRY(sql_hook_replay(t, d, id, rows[i].event, t->now, &changed));
		r->n += changed;
	}
	/* Not .after itself: a transaction may run again. */
	r->next = n > 0 ? rows[n - 1].event.v : r->after;
	r->more = n == HOOK_REPLAY_STEP;
	return OK;
}

enum status
hook_replay_step(struct task *t, struct deployment_id d, struct hook_id id, struct hook_replay *r)
{
	t->wrote_message = true;
	return r->event.v ? replay_one(t, d, id, r) : replay_some(t, d, id, r);
}
