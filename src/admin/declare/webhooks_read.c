/* webhooks_read.c - what a file says of a deployment's endpoints outside. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/section.h"

#include "base/secret.h"
#include "base/str.h"
#include "notify/hook_keep.h"

static bool
is_told(struct reading *r, const struct node *n, const char *what, enum status st)
{
	if (st != OK)
		problem(&r->p, n->line, "%s: %s", what, r->t->why);
	/* The next one has a sentence of its own. */
	r->t->why[0] = '\0';
	return st == OK;
}

static void
read_url(struct reading *r, const struct node *n)
{
	if (reading_is_text(r, n, "url") && is_told(r, n, "url", hook_url_check(r->t, HOOK_OF_OPERATOR, n->text)))
		json_str(&r->j, "url", n->text);
}

static void
read_type(struct reading *r, const struct node *n)
{
	const char *names[HOOK_TYPE__COUNT + 1] = { NULL };

	if (!reading_is_text(r, n, "a type of event"))
		return;
	if (hook_types_read(r->t, &n->text, 1, &(struct str){ 0 }) == OK) {
		json_str(&r->j, NULL, n->text);
		return;
	}
	r->t->why[0] = '\0';
	for (int i = HOOK_NONE + 1, k = 0; i < HOOK_TYPE__COUNT; i++)
		names[k++] = hook_type_info[i].name;
	reading_unknown_word(r, n->line, n->text, "type of event, or group such as user.*,", names);
}

static void
read_types(struct reading *r, const struct node *n)
{
	if (node_is_null(n)) {
		json_put_null(&r->j, "types");
		return;
	}
	if (!reading_is_list(r, n, "types", "types of events"))
		return;
	json_array_begin(&r->j, "types");
	for (const struct node *m = n->first; m; m = m->next)
		read_type(r, m);
	json_array_end(&r->j);
}

static void
read_enabled(struct reading *r, const struct node *n)
{
	bool is = n->kind == NODE_TEXT && n->is_plain;

	if (is && str_eq(n->text, S("true")))
		json_bool(&r->j, "enabled", true);
	else if (is && str_eq(n->text, S("false")))
		json_bool(&r->j, "enabled", false);
	else
		problem(&r->p, n->line, "enabled must be true or false");
}

static void
read_reference(struct reading *r, const struct node *n)
{
	char buf[HOOK_SECRET_MAX + 3];
	struct reference ref;

	if (reading_secret(r, n, buf, sizeof(buf), &ref) && is_told(r, n, "secret", hook_secret_check(r->t, ref.text)))
		section_put_reference(&r->j, "secret", &ref);
	secret_wipe(buf, sizeof(buf));
}

static void
read_secret(struct reading *r, const struct node *n)
{
	if (n->kind == NODE_MAP)
		read_reference(r, n);
	else if (n->kind == NODE_TEXT && str_eq(n->text, S("unchanged")))
		json_str(&r->j, "secret", S("unchanged"));
	else
		/* Not quoted: it may be the secret itself. */
		problem(&r->p, n->line, "secret is not written here: say {from_file: PATH}, {from_env: NAME} or unchanged");
}

static const struct part {
	const char *name;
	void (*read)(struct reading *r, const struct node *n);
} parts[] = { { "url", read_url }, { "types", read_types }, { "enabled", read_enabled }, { "secret", read_secret } };

static void
read_part(struct reading *r, const struct node *n)
{
	const char *names[ARRAY_LEN(parts) + 1] = { NULL };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		names[i] = parts[i].name;
		if (!str_eq(n->key, str_of(parts[i].name)))
			continue;
		parts[i].read(r, n);
		return;
	}
	reading_unknown(r, n, "part of a webhook", names);
}

static void
read_webhook(struct reading *r, const struct node *n)
{
	if (!reading_is_map(r, n, "a webhook"))
		return;
	if (!node_find(n, "url"))
		problem(&r->p, n->line, "url is missing: which webhook is this?");
	json_object_begin(&r->j, NULL);
	for (const struct node *m = n->first; m; m = m->next)
		read_part(r, m);
	json_object_end(&r->j);
}

void
webhooks_section_read(struct reading *r, const char *name, const struct node *n)
{
	int count = 0;

	if (!reading_is_list(r, n, name, "webhooks, each with its url"))
		return;
	json_array_begin(&r->j, name);
	for (const struct node *m = n->first; m; m = m->next) {
		if (++count == HOOKS_MAX + 1)
			problem(&r->p, m->line, "%s: more than %d", name, HOOKS_MAX);
		if (count <= HOOKS_MAX)
			read_webhook(r, m);
	}
	json_array_end(&r->j);
}
