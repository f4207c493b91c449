/* org.c - what the calls about organizations and workspaces share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/org.h"

#include <string.h>

#include "auth/identifier.h"
#include "base/str.h"
#include "org/workspace.h"
#include "session/state.h"

const struct shape shape_organization = { "organization", {
	{ "id", MEMBER_ID, .help = "org_…" },
	{ "name", MEMBER_TEXT },
	{ "slug", MEMBER_TEXT, .help = "unique; made from the first name" },
	{ "description", MEMBER_TEXT },
	{ "image_url", MEMBER_TEXT },
	{ "public_metadata", MEMBER_OBJECT },
	{ "member_count", MEMBER_INT },
	{ "enforce_mfa", MEMBER_BOOL },
	{ "ip_restriction", MEMBER_BOOL },
	{ "ip_allowlist", MEMBER_LIST },
	{ "auto_workspace_id", MEMBER_ID, .nullable = true, .help = "where every new member is put, too" },
	{ "created_at", MEMBER_TIME },
	{ "updated_at", MEMBER_TIME },
} };

const struct shape shape_workspace = { "workspace", {
	{ "id", MEMBER_ID, .help = "workspace_…" },
	{ "organization_id", MEMBER_ID },
	{ "name", MEMBER_TEXT },
	{ "slug", MEMBER_TEXT, .help = "unique in its organization" },
	{ "description", MEMBER_TEXT },
	{ "image_url", MEMBER_TEXT },
	{ "public_metadata", MEMBER_OBJECT },
	{ "member_count", MEMBER_INT },
	{ "enforce_mfa", MEMBER_BOOL },
	{ "ip_restriction", MEMBER_BOOL },
	{ "ip_allowlist", MEMBER_LIST },
	{ "created_at", MEMBER_TIME },
	{ "updated_at", MEMBER_TIME },
} };

void
write_org(struct json *j, const struct org_row *o)
{
	json_object_begin(j, NULL);
	json_org_id(j, "id", o->id);
	json_str(j, "name", o->name);
	json_str(j, "slug", o->slug);
	json_str(j, "description", o->description);
	json_str(j, "image_url", o->image_url);
	json_raw(j, "public_metadata", o->metadata);
	json_int(j, "member_count", o->member_count);
	json_bool(j, "enforce_mfa", o->enforce_mfa);
	json_bool(j, "ip_restriction", o->ip_restriction);
	view_words(j, "ip_allowlist", o->ip_allowlist);
	json_workspace_id(j, "auto_workspace_id", o->auto_workspace);
	json_time(j, "created_at", o->created_at);
	json_time(j, "updated_at", o->updated_at);
	json_object_end(j);
}

void
write_workspace(struct json *j, const struct workspace_row *w)
{
	json_object_begin(j, NULL);
	json_workspace_id(j, "id", w->id);
	json_org_id(j, "organization_id", w->org);
	json_str(j, "name", w->name);
	json_str(j, "slug", w->slug);
	json_str(j, "description", w->description);
	json_str(j, "image_url", w->image_url);
	json_raw(j, "public_metadata", w->metadata);
	json_int(j, "member_count", w->member_count);
	json_bool(j, "enforce_mfa", w->enforce_2fa);
	json_bool(j, "ip_restriction", w->ip_restriction);
	view_words(j, "ip_allowlist", w->ip_allowlist);
	json_time(j, "created_at", w->created_at);
	json_time(j, "updated_at", w->updated_at);
	json_object_end(j);
}

enum status
org_told(struct call *c, enum status st)
{
	char why[sizeof(c->t->why)];

	/* E_CONFLICT is mostly the database's, whose words are for the log. */
	if (st == OK || status_info[st].http >= 404 || c->t->why[0] == '\0')
		return st;
	memcpy(why, c->t->why, sizeof(why));
	return call_refuse(c, st, NULL, "%s", why);
}

enum status
org_of_path(struct call *c, struct org_id *ret_org)
{
	TRY(call_org_id(c, 0, ret_org));
	return organization_hold(c->t, c->by.d->id, *ret_org);
}

/* Its organization's row first, as everywhere: then it is read once more, for it may have gone meanwhile. */
enum status
workspace_of_path(struct call *c, struct workspace_row *ret_workspace)
{
	struct workspace_id id;

	TRY(call_workspace_id(c, 0, &id));
	TRY(workspace_find(c->t, c->by.d->id, id, ret_workspace));
	TRY(organization_hold(c->t, c->by.d->id, ret_workspace->org));
	return workspace_find(c->t, c->by.d->id, id, ret_workspace);
}

enum status
org_note(struct call *c, enum audit_event event, const struct org_event *e)
{
	struct str detail = org_event_detail(c->t->arena, e);

	TRY_MEM(c->t, detail.p);
	return deed_audit(c->t, &c->by, event, e->user, (struct session_id){ 0 }, detail);
}

static enum status
write_down(const struct org_deed *deed, enum audit_event event, struct user_id user, struct str detail)
{
	const struct call *c = deed->arg;

	return deed_audit(c->t, &c->by, event, user, (struct session_id){ 0 }, detail);
}

struct org_deed
call_org_deed(struct call *c)
{
	return (struct org_deed){ c->t, c->by.d, write_down, c };
}

/* ---- what is sent ---- */

static enum status
read_networks(struct call *c, struct org_form *f)
{
	const struct str *items;
	size_t n;
	enum status st;

	if (!call_has(c, "ip_allowlist"))
		return OK;
	n = call_list(c, "ip_allowlist", &items);
	f->change.ip_allowlist = &f->ip_allowlist;
	st = ip_list_read(c->t, items, n, &f->ip_allowlist);
	c->param = st == E_BAD_REQUEST_BODY ? "ip_allowlist" : NULL;
	return st;
}

enum status
org_read_form(struct call *c, struct org_form *f)
{
	*f = (struct org_form){ .name = call_text(c, "name"), .description = call_text(c, "description"),
		.mfa = call_bool(c, "enforce_mfa", false), .ip = call_bool(c, "ip_restriction", false) };
	if (call_has(c, "name"))
		f->change.name = &f->name;
	if (call_has(c, "description"))
		f->change.description = &f->description;
	if (call_has(c, "enforce_mfa"))
		f->change.enforce_mfa = &f->mfa;
	if (call_has(c, "ip_restriction"))
		f->change.ip_restriction = &f->ip;
	return read_networks(c, f);
}

enum status
org_read_name(struct call *c, struct str *ret_name)
{
	enum status st = identifier_name(c->t, call_text(c, "name"), ORG_NAME_MAX, ret_name);

	if (st != E_BAD_REQUEST_BODY)
		return st;
	c->t->why[0] = '\0';
	return call_refuse(c, st, "name", "A name is 1 to %d printable characters.", ORG_NAME_MAX);
}
