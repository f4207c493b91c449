/* webhooks_section.c - a declared deployment's endpoints outside: a list, since they have no names but their URLs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

#include "base/secret.h"
#include "base/str.h"
#include "notify/hook_keep.h"

/* What one transaction deletes of an endpoint that is pruned. */
enum { DELETE_STEPS_MAX = 20 };

/* One entry of the file; .stored: the row that is meant. */
struct change {
	struct applying *a;
	const json_t    *declared;
	struct hook_row  hook;	/* as it is, or is to be made */
	bool             is_stored;
};

static struct str
text_at(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return (struct str){ json_string_value(v), json_string_length(v) };
}

static void
tell(const struct change *ch, const char *part, struct str before, struct str after)
{
	plan_change(ch->a->plan, arena_printf(ch->a->t->arena, "webhooks." STR_FMT "%s", STR_ARG(ch->hook.url), part), before, after);
}

static struct str
show_types(struct task *t, struct str types)
{
	return types.n > 0 ? plan_json(t, types) : S("all events");
}

/* Stored before duplicates were dropped, or with "*" among them. */
static enum status
canonical(struct task *t, struct str stored, struct str *ret_types)
{
	struct str words[HOOK_TYPES_MAX / 2 + 1];
	size_t n = 0;

	while (stored.n > 0 && n < ARRAY_LEN(words))
		(void)str_cut(stored, ' ', &words[n++], &stored);
	return hook_types_read(t, words, n, ret_types);
}

static bool
is_in(struct str word, struct str list)
{
	struct str item;

	while (list.n > 0) {
		(void)str_cut(list, ' ', &item, &list);
		if (str_eq(item, word))
			return true;
	}
	return false;
}

static bool
are_all_in(struct str words, struct str list)
{
	struct str word;

	while (words.n > 0) {
		(void)str_cut(words, ' ', &word, &words);
		if (!is_in(word, list))
			return false;
	}
	return true;
}

/* Absent: as they are; with --prune, or null: all. */
static enum status
read_declared_types(const struct change *ch, struct str *ret_types)
{
	const json_t *list = json_object_get(ch->declared, "types"), *item;
	struct str words[HOOK_TYPES_MAX / 2 + 1];
	size_t i, n = 0;

	if (!list && !ch->a->prune)
		return canonical(ch->a->t, ch->hook.types, ret_types);
	json_array_foreach(list, i, item)
	{
		if (n < ARRAY_LEN(words))
			words[n++] = (struct str){ json_string_value(item), json_string_length(item) };
	}
	return hook_types_read(ch->a->t, words, n, ret_types);
}

static bool
declared_enabled(const struct change *ch)
{
	const json_t *v = json_object_get(ch->declared, "enabled");

	return v ? json_is_true(v) : ch->a->prune || ch->hook.state == HOOK_ENABLED;
}

/* ---- their secrets ---- */

static enum status
show_once(const struct change *ch, struct str secret)
{
	struct declared_hook *made = arena_one(ch->a->t->arena, struct declared_hook), **at = ch->a->hooks;

	TRY_MEM(ch->a->t, made);
	*made = (struct declared_hook){ .host = arena_dup(ch->a->t->arena, text_at(ch->a->declared, "host")),
		.url = arena_dup(ch->a->t->arena, ch->hook.url), .secret = secret, .id = ch->hook.id };
	while (*at)
		at = &(*at)->next;
	*at = made;
	return OK;
}

static enum status
is_the_same_secret(const struct change *ch, struct str value, bool *ret_is)
{
	struct secret now, before;

	TRY(hook_secrets_load(ch->a->t, ch->a->keys, ch->a->deployment, ch->hook.id, &now, &before));
	*ret_is = now.n == value.n && secret_eq(now.p, value.p, value.n);
	secret_done(&now);
	secret_done(&before);
	return OK;
}

static struct str
whence(const struct change *ch, const json_t *reference)
{
	return arena_printf(ch->a->t->arena, "what is in " STR_FMT, STR_ARG(text_at(reference, "from")));
}

/* The one before signs as well for a day, as it does after `webhook rotate`. */
static enum status
change_secret(struct change *ch)
{
	const json_t *reference = json_object_get(ch->declared, "secret");
	struct str value = text_at(reference, "value"), taken;
	bool is_same;

	if (!json_is_object(reference))
		return OK;
	if (value.n == 0)
		return fail(ch->a->t, E_BAD_REQUEST_BODY, "its secret is nothing");
	TRY(is_the_same_secret(ch, value, &is_same));
	if (is_same)
		return OK;
	tell(ch, ".secret", S("another value, which signs as well for a day"), whence(ch, reference));
	return hook_rotate(ch->a->t, ch->a->keys, ch->a->deployment, &ch->hook, value, HOOK_OVERLAP_US, &taken);
}

/* ---- one ---- */

static enum status
make(struct change *ch)
{
	const json_t *secret = json_object_get(ch->declared, "secret");
	struct task *t = ch->a->t;
	bool enabled = !json_is_false(json_object_get(ch->declared, "enabled"));
	struct str taken;

	if (json_is_string(secret))
		return fail(t, E_BAD_REQUEST_BODY, "its secret is to stay unchanged, but there is no such webhook");
	TRY(read_declared_types(ch, &ch->hook.types));
	TRY(hook_make(t, ch->a->keys, ch->a->deployment, &ch->hook, text_at(secret, "value"), &taken));
	tell(ch, "", S("none"), enabled ? show_types(t, ch->hook.types)
	    : arena_printf(t->arena, STR_FMT ", disabled", STR_ARG(show_types(t, ch->hook.types))));
	tell(ch, ".secret", S("not set"), json_is_object(secret) ? whence(ch, secret) : S("one that is made, and shown once"));
	if (!json_is_object(secret))
		TRY(show_once(ch, taken));
	if (enabled)
		return OK;
	hook_set_enabled(&ch->hook, false);
	return hook_change(t, ch->a->deployment, &ch->hook);
}

static struct str
show_enabled(const struct change *ch)
{
	const struct hook_row *hook = &ch->hook;

	return hook->state == HOOK_ENABLED ? S("true") : arena_printf(ch->a->t->arena, "false, %s", plan_json(ch->a->t, hook->why).p);
}

static enum status
change(struct change *ch)
{
	struct task *t = ch->a->t;
	bool enabled = declared_enabled(ch), was = ch->hook.state == HOOK_ENABLED, same;
	struct str types;

	TRY(read_declared_types(ch, &types));
	same = (types.n == 0) == (ch->hook.types.n == 0) && are_all_in(types, ch->hook.types) && are_all_in(ch->hook.types, types);
	if (!same)
		tell(ch, ".types", show_types(t, ch->hook.types), show_types(t, types));
	if (enabled != was)
		tell(ch, ".enabled", show_enabled(ch), enabled ? S("true") : S("false"));
	if (!same)
		ch->hook.types = types;
	if (enabled != was)
		hook_set_enabled(&ch->hook, enabled);
	if (!same || enabled != was)
		TRY(hook_change(t, ch->a->deployment, &ch->hook));
	return change_secret(ch);
}

static enum status
apply_one(struct change *ch)
{
	struct task *t = ch->a->t;
	enum status st = ch->is_stored ? change(ch) : make(ch);
	struct str why = arena_dup(t->arena, str_of(t->why));

	if (st != E_BAD_REQUEST_BODY && st != E_LIMIT_REACHED)
		return st;
	t->why[0] = '\0';
	return fail(t, st, "webhooks.%s: " STR_FMT, log_quote(ch->hook.url).text, STR_ARG(why));
}

/* ---- all ---- */

static enum status
drop(struct applying *a, const struct hook_row *hook)
{
	struct change ch = { .a = a, .hook = *hook };
	int64_t n = HOOK_DELETE_STEP;

	for (int i = 0; i < DELETE_STEPS_MAX && n == HOOK_DELETE_STEP; i++)
		TRY(hook_delete_step(a->t, a->deployment, hook->id, &n));
	if (n == HOOK_DELETE_STEP)
		return fail(a->t, E_CONFLICT, "webhooks.%s has too many deliveries to be deleted with all the rest: sessiond webhook delete %s",
		    log_quote(hook->url).text, hook_id_str(a->t->arena, hook->id).p);
	TRY(hook_delete(a->t, a->deployment, hook->id, &n));
	tell(&ch, "", show_types(a->t, hook->types), S("none"));
	return OK;
}

/* The oldest one with this URL that no entry before has meant: the command line makes two with one URL, if it is told to. */
static void
find_stored(struct change *ch, struct hook_row *rows, bool *is_meant, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_meant[i] || !str_eq(rows[i].url, ch->hook.url))
			continue;
		is_meant[i] = ch->is_stored = true;
		ch->hook = rows[i];
		return;
	}
}

enum status
webhooks_section_apply(struct applying *a, const json_t *value)
{
	struct change *changes = arena_array(a->t->arena, json_array_size(value) + 1, sizeof(*changes));
	struct hook_row *rows;
	bool *is_meant;
	size_t n, n_changes = json_array_size(value);

	TRY(sql_hooks(a->t, a->deployment, &rows, &n));
	is_meant = arena_array(a->t->arena, n + 1, sizeof(*is_meant));
	TRY_MEM(a->t, changes);
	TRY_MEM(a->t, is_meant);
	for (size_t i = 0; i < n_changes; i++) {
		changes[i] = (struct change){ .a = a, .declared = json_array_get(value, i) };
		changes[i].hook = (struct hook_row){ .url = text_at(changes[i].declared, "url"), .types = S("") };
		TRY(hook_url_check(a->t, HOOK_OF_OPERATOR, changes[i].hook.url));
		find_stored(&changes[i], rows, is_meant, n);
	}
	/* Before others are made: there is a most. */
	for (size_t i = 0; a->prune && i < n; i++)
		if (!is_meant[i])
			TRY(drop(a, &rows[i]));
	for (size_t i = 0; i < n_changes; i++)
		TRY(apply_one(&changes[i]));
	return OK;
}

/* ---- exporting ---- */

static void
put_types(struct exporting *e, struct str types)
{
	struct str word;

	if (types.n == 0 && !e->all)
		return;
	yaml_out_list(e->out, "types");
	if (types.n == 0)
		yaml_out_text(e->out, NULL, S("*"));
	while (types.n > 0) {
		(void)str_cut(types, ' ', &word, &types);
		yaml_out_text(e->out, NULL, word);
	}
	yaml_out_list_end(e->out);
}

enum status
webhooks_section_export(struct exporting *e, const char *name)
{
	struct hook_row *rows;
	size_t n;

	TRY(sql_hooks(e->t, e->d->id, &rows, &n));
	yaml_out_list(e->out, name);
	for (size_t i = 0; i < n; i++) {
		yaml_out_map(e->out, NULL);
		yaml_out_text(e->out, "url", rows[i].url);
		put_types(e, rows[i].types);
		if (e->all || rows[i].state != HOOK_ENABLED)
			yaml_out_word(e->out, "enabled", rows[i].state == HOOK_ENABLED ? S("true") : S("false"));
		yaml_out_word(e->out, "secret", S("unchanged"));
		yaml_out_map_end(e->out);
	}
	yaml_out_list_end(e->out);
	return OK;
}
