/* hook_event.c - an audit event as endpoints outside are told of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/hook_event.h"

#include <jansson.h>
#include <stdlib.h>

#include "api/org/org_view.h"
#include "base/json.h"
#include "base/str.h"
#include "notify/hook.h"
#include "org/workspace.h"
#include "session/state.h"

/* A task's own arena may be one that many events of one command share. */
enum { EVENT_ARENA = 1024 * 1024 };

/* ---- whom and what it is about ---- */

struct about {
	struct deployment_id      d;
	struct audit_id           id;
	const struct audit_entry *entry;
	enum hook_type            type;
	json_t                   *detail;	/* an object, or NULL */
	struct user_id            user;
	struct org_id             org;
	struct workspace_id       workspace;
};

static struct str
detail_text(const struct about *a, const char *key)
{
	return str_of(json_string_value(json_object_get(a->detail, key)));
}

/* What the detail does not name is 0; the user is then the one the event is about. */
static void
read_about(struct about *a)
{
	a->type = audit_event_info[a->entry->event].hook;
	a->detail = json_loadb(a->entry->detail.p, a->entry->detail.n, JSON_REJECT_DUPLICATES, NULL);
	if (!user_id_parse(detail_text(a, "user_id"), &a->user))
		a->user = a->entry->user;
	if (!org_id_parse(detail_text(a, "organization_id"), &a->org))
		a->org.v = 0;
	if (!workspace_id_parse(detail_text(a, "workspace_id"), &a->workspace))
		a->workspace.v = 0;
}

/* Of a session nobody is signed in to any more, only the session is known. */
static int64_t
subject_of(const struct about *a)
{
	switch (hook_type_info[a->type].about) {
	case HOOK_ABOUT_ORGANIZATION:
		return a->org.v;
	case HOOK_ABOUT_WORKSPACE:
		return a->workspace.v;
	case HOOK_ABOUT_USER:
		return a->user.v ? a->user.v : a->entry->session.v;
	case HOOK_ABOUT_ENDPOINT:
		break;
	}
	return 0;
}

/* ---- what goes along: as it is in this transaction; null when it is gone ---- */

static enum status
put_user(struct task *t, const struct about *a, struct json *j, bool whole)
{
	struct contact_row *contacts;
	struct account_row account;
	enum status st = a->user.v ? sql_account_find(t, a->d, a->user, &account) : E_NOT_FOUND;
	size_t n;

	if (st == E_NOT_FOUND) {
		json_put_null(j, "user");
		return OK;
	}
	TRY(st);
	TRY(sql_account_contacts(t, a->d, a->user, &contacts, &n));
	if (whole)
		view_user(j, "user", &account, contacts, n);
	else
		view_public_user(j, "user", &account, contacts, n);
	return OK;
}

static enum status
put_organization(struct task *t, const struct about *a, struct json *j)
{
	struct org_row org;
	struct org_view view;
	enum status st = a->org.v ? organization_find(t, a->d, a->org, &org) : E_NOT_FOUND;

	if (st == E_NOT_FOUND) {
		json_put_null(j, "organization");
		return OK;
	}
	TRY(st);
	view = org_view_of_row(&org);
	view_org(j, "organization", &view);
	return OK;
}

static enum status
put_workspace(struct task *t, const struct about *a, struct json *j)
{
	struct workspace_row workspace;
	struct workspace_view view;
	enum status st = a->workspace.v ? workspace_find(t, a->d, a->workspace, &workspace) : E_NOT_FOUND;

	if (st == E_NOT_FOUND) {
		json_put_null(j, "workspace");
		return OK;
	}
	TRY(st);
	view = workspace_view_of_row(&workspace);
	view_workspace(j, "workspace", &view);
	return OK;
}

/* ---- who belongs to it ---- */

static void
put_role(struct json *j, struct str id, struct str name)
{
	json_object_begin(j, NULL);
	json_str(j, "id", id);
	json_str(j, "name", name);
	json_object_end(j);
}

static enum status
put_orgroles(struct task *t, const struct about *a, struct json *j)
{
	struct orgrole_row *rows;
	size_t n;

	TRY(sql_user_orgroles(t, a->d, a->user, a->org, &rows, &n));
	json_array_begin(j, "roles");
	for (size_t i = 0; i < n; i++)
		put_role(j, orgrole_id_str(t->arena, rows[i].id), rows[i].name);
	json_array_end(j);
	return OK;
}

static enum status
put_wsroles(struct task *t, const struct about *a, struct json *j)
{
	struct wsrole_row *rows;
	size_t n;

	TRY(sql_user_wsroles_in(t, a->d, a->user, a->workspace, &rows, &n));
	json_array_begin(j, "roles");
	for (size_t i = 0; i < n; i++)
		put_role(j, wsrole_id_str(t->arena, rows[i].id), rows[i].name);
	json_array_end(j);
	return OK;
}

static bool
is_membership(enum hook_type type)
{
	return (type >= HOOK_ORG_MEMBER_CREATED && type <= HOOK_ORG_MEMBER_DELETED) ||
	    (type >= HOOK_WORKSPACE_MEMBER_CREATED && type <= HOOK_WORKSPACE_MEMBER_DELETED);
}

static enum status
put_objects(struct task *t, const struct about *a, struct json *j)
{
	bool of_workspace = hook_type_info[a->type].about == HOOK_ABOUT_WORKSPACE;

	if (hook_type_info[a->type].about == HOOK_ABOUT_USER)
		return put_user(t, a, j, true);
	if (of_workspace)
		TRY(put_workspace(t, a, j));
	else
		TRY(put_organization(t, a, j));
	if (!is_membership(a->type))
		return OK;
	TRY(put_user(t, a, j, false));
	return of_workspace ? put_wsroles(t, a, j) : put_orgroles(t, a, j);
}

/* ---- the body ---- */

/* "email_12" is an email_id. */
static struct str
key_of_id(struct arena *a, struct str id)
{
	size_t n = id.n;

	while (n > 0 && id.p[n - 1] != '_')
		n--;
	return n > 0 ? arena_printf(a, STR_FMT "id", STR_ARG(((struct str){ id.p, n }))) : S("id");
}

static void
put_detail(struct task *t, const struct about *a, struct json *j)
{
	const char *key;
	json_t *value;

	json_object_foreach(a->detail, key, value) {
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		struct str name = str_of(key);

		if (str_eq(name, S("id")) && json_is_string(value))
			name = key_of_id(t->arena, str_of(json_string_value(value)));
		json_raw(j, arena_dup(t->arena, name).p, str_of(text ? text : "null"));
		free(text);
	}
}

static void
put_ids(struct task *t, const struct about *a, struct json *j)
{
	put_detail(t, a, j);
	if (a->user.v && !json_object_get(a->detail, "user_id"))
		json_user_id(j, "user_id", a->user);
	if (a->entry->session.v)
		json_session_id(j, "session_id", a->entry->session);
	json_str_or_null(j, "actor", a->entry->actor);
	json_str(j, "cause", str_of(audit_event_info[a->entry->event].name));
}

static enum status
write_body(struct task *t, const struct about *a, bool with_objects, struct buf *ret_body)
{
	struct json j;

	buf_init_arena(ret_body, t->arena, HOOK_BODY_MAX);
	json_init(&j, ret_body);
	json_object_begin(&j, NULL);
	json_str(&j, "type", str_of(hook_type_info[a->type].name));
	json_time(&j, "timestamp", t->now);
	json_object_begin(&j, "data");
	put_ids(t, a, &j);
	if (with_objects)
		TRY(put_objects(t, a, &j));
	else
		json_bool(&j, "too_large", true);
	json_object_end(&j);
	json_object_end(&j);
	return OK;
}

/* What is too large for one message is told without it: the ids lead to the rest. */
static enum status
make_body(struct task *t, const struct about *a, struct str *ret_body)
{
	struct buf body;

	TRY(write_body(t, a, true, &body));
	if (body.failed)
		TRY(write_body(t, a, false, &body));
	if (body.failed || arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for an event");
	*ret_body = buf_str(&body);
	return OK;
}

/* ---- for whom ---- */

static size_t
keep_wanting(struct hook_row *hooks, size_t n, enum hook_type type)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (hook_wants(&hooks[i], type))
			hooks[kept++] = hooks[i];
	return kept;
}

static enum status
tell(struct task *t, struct about *a, const struct hook_row *hooks, size_t n)
{
	struct hook_event event = { .id = { a->id.v }, .type = a->type };
	enum status st;

	read_about(a);
	event.subject = subject_of(a);
	st = make_body(t, a, &event.body);
	json_decref(a->detail);
	return st == OK ? hook_put(t, a->d, &event, hooks, n) : st;
}

static enum status
put_in(struct task *t, struct deployment_id d, struct audit_id id, const struct audit_entry *entry)
{
	enum hook_type type = audit_event_info[entry->event].hook;
	struct about about = { .d = d, .id = id, .entry = entry, .type = type };
	struct hook_row *hooks;
	size_t n;

	TRY(sql_hooks(t, d, &hooks, &n));
	n = keep_wanting(hooks, n, type);
	return n > 0 ? tell(t, &about, hooks, n) : OK;
}

enum status
hook_event_put(struct task *t, struct deployment_id d, struct audit_id id, const struct audit_entry *entry)
{
	struct task own = { .arena = arena_new(EVENT_ARENA), .db = t->db, .now = t->now };
	enum status st;

	TRY_MEM(t, own.arena);
	st = put_in(&own, d, id, entry);
	t->wrote_message = t->wrote_message || own.wrote_message;
	if (st != OK)
		st = fail(t, st, "webhook event: %s", own.why);
	arena_free(own.arena);
	return st;
}

enum status
hook_event_put_test(struct task *t, struct deployment_id d, const struct hook_row *hook, struct hook_event_id *ret_event)
{
	struct hook_event event = { .id = { id_next(t->now) }, .type = HOOK_TEST };
	struct buf body;
	struct json j;

	buf_init_arena(&body, t->arena, HOOK_BODY_MAX);
	json_init(&j, &body);
	json_object_begin(&j, NULL);
	json_str(&j, "type", str_of(hook_type_info[HOOK_TEST].name));
	json_time(&j, "timestamp", t->now);
	json_object_begin(&j, "data");
	json_hook_id(&j, "webhook_id", hook->id);
	json_object_end(&j);
	json_object_end(&j);
	event.body = buf_str(&body);
	TRY(hook_put(t, d, &event, hook, 1));
	*ret_event = event.id;
	return OK;
}
