/* hook.c - endpoints outside, and what they are told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/hook.h"

#include "base/log.h"
#include "base/str.h"
#include "notify/outbox.h"

enum { SECRET_BYTES = 32 };

const char *
hook_state_name(enum hook_state state)
{
	static const char *const names[] = {
		[HOOK_ENABLED] = "enabled", [HOOK_DISABLED] = "disabled", [HOOK_FAILED] = "failed", [HOOK_GONE] = "gone",
	};

	CHECK((size_t)state < ARRAY_LEN(names));
	return names[state];
}

/* ---- who wants what ---- */

/* A name, "organization.*", or "*". */
static bool
word_covers(struct str word, struct str name)
{
	if (str_ends(word, S("*")))
		return str_starts(name, (struct str){ word.p, word.n - 1 });
	return str_eq(word, name);
}

/* "organization.*" is of one group, "org*" is of none. */
static bool
is_known(struct str word)
{
	if (str_eq(word, S("*")))
		return true;
	if (str_ends(word, S("*")) && !str_ends(word, S(".*")))
		return false;
	for (size_t i = HOOK_NONE + 1; i < HOOK_TYPE__COUNT; i++)
		if (word_covers(word, str_of(hook_type_info[i].name)))
			return true;
	return false;
}

enum status
hook_types_check(struct task *t, struct str types)
{
	struct str word;

	while (types.n > 0) {
		(void)str_cut(types, ' ', &word, &types);
		if (word.n > 0 && !is_known(word))
			return fail(t, E_BAD_REQUEST_BODY, "%s is no type of event, and no \"group.*\" of them: docs/EVENTS.md lists them",
			    log_quote(word).text);
	}
	return OK;
}

bool
hook_wants(const struct hook_row *hook, enum hook_type type)
{
	struct str word, types = hook->types, name = str_of(hook_type_info[type].name);

	if (types.n == 0)
		return true;
	while (types.n > 0) {
		(void)str_cut(types, ' ', &word, &types);
		if (word_covers(word, name))
			return true;
	}
	return false;
}

/* ---- what is told ---- */

static enum status
put_delivery(struct task *t, struct deployment_id d, const struct hook_event *event, const struct hook_row *hook)
{
	bool enabled = hook->state == HOOK_ENABLED;
	int64_t subject = event->subject ? event->subject : event->id.v;

	return sql_hook_delivery_insert(t, d, hook->id, event->id, subject, enabled ? MESSAGE_DUE : MESSAGE_GIVEN_UP,
	    enabled ? S("") : S("the endpoint is disabled"), t->now);
}

enum status
hook_put(struct task *t, struct deployment_id d, const struct hook_event *event, const struct hook_row *hooks, size_t n)
{
	t->wrote_message = true;
	TRY(sql_hook_event_insert(t, d, event->id, str_of(hook_type_info[event->type].name), event->body, t->now));
	for (size_t i = 0; i < n; i++)
		TRY(put_delivery(t, d, event, &hooks[i]));
	return OK;
}

/* ---- secrets ---- */

enum status
hook_secret_make(struct task *t, struct str *ret_secret)
{
	uint8_t bytes[SECRET_BYTES];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "no randomness for a secret");
	*ret_secret = arena_printf(t->arena, "whsec_" STR_FMT, STR_ARG(str_b64(t->arena, bytes, sizeof(bytes))));
	secret_wipe(bytes, sizeof(bytes));
	return OK;
}

static struct seal_place
place_of(struct arena *a, struct deployment_id d, struct hook_id id, enum hook_secret_place place)
{
	return (struct seal_place){ d, "hook", hook_id_str(a, id), place == HOOK_SECRET_NOW ? "sealed_secret" : "sealed_secret_before" };
}

enum status
hook_secret_seal(struct task *t, const struct keys *k, struct deployment_id d, struct hook_id id, enum hook_secret_place place,
    struct str secret, struct str *ret_sealed)
{
	struct seal_place where = place_of(t->arena, d, id, place);

	return keys_seal(t, k, &where, secret, ret_sealed);
}

enum status
hook_secrets_load(struct task *t, const struct keys *k, struct deployment_id d, struct hook_id id, struct secret *ret_now,
    struct secret *ret_before)
{
	struct seal_place where = place_of(t->arena, d, id, HOOK_SECRET_NOW);
	struct seal_place where_before = place_of(t->arena, d, id, HOOK_SECRET_BEFORE);
	struct secret before = { 0 };
	struct hook_secrets_row row;
	enum status st;

	TRY(sql_hook_secrets(t, d, id, &row));
	if (row.sealed_secret_before.n > 0 && row.before_until > t->now)
		TRY(keys_unseal(t, k, &where_before, row.sealed_secret_before, &before));
	st = keys_unseal(t, k, &where, row.sealed_secret, ret_now);
	if (st == OK)
		*ret_before = before;
	else
		secret_done(&before);
	return st;
}
