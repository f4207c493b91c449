/* org_view.c - the API's organization, workspace, role and membership objects as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/org_view.h"

#include "session/state.h"

struct org_view
org_view_of(const struct orgmem_row *m)
{
	return (struct org_view){
		.id = m->org,
		.name = m->org_name,
		.slug = m->org_slug,
		.image_url = m->org_image_url,
		.description = m->org_description,
		.metadata = m->org_metadata,
		.member_count = m->member_count,
		.gate = { m->enforce_mfa, m->ip_restriction, m->ip_allowlist },
		.auto_workspace = m->auto_workspace,
		.created_at = m->org_created_at,
		.updated_at = m->org_updated_at,
	};
}

struct workspace_view
workspace_view_of(const struct wsmem_row *m)
{
	return (struct workspace_view){
		.id = m->workspace,
		.org = m->org,
		.name = m->ws_name,
		.slug = m->ws_slug,
		.image_url = m->ws_image_url,
		.description = m->ws_description,
		.metadata = m->ws_metadata,
		.member_count = m->member_count,
		.gate = { m->enforce_2fa, m->ip_restriction, m->ip_allowlist },
		.created_at = m->ws_created_at,
		.updated_at = m->ws_updated_at,
	};
}

struct org_view
org_view_of_row(const struct org_row *o)
{
	return (struct org_view){
		.id = o->id,
		.name = o->name,
		.slug = o->slug,
		.image_url = o->image_url,
		.description = o->description,
		.metadata = o->metadata,
		.member_count = o->member_count,
		.gate = { o->enforce_mfa, o->ip_restriction, o->ip_allowlist },
		.auto_workspace = o->auto_workspace,
		.created_at = o->created_at,
		.updated_at = o->updated_at,
	};
}

struct workspace_view
workspace_view_of_row(const struct workspace_row *w)
{
	return (struct workspace_view){
		.id = w->id,
		.org = w->org,
		.name = w->name,
		.slug = w->slug,
		.image_url = w->image_url,
		.description = w->description,
		.metadata = w->metadata,
		.member_count = w->member_count,
		.gate = { w->enforce_2fa, w->ip_restriction, w->ip_allowlist },
		.created_at = w->created_at,
		.updated_at = w->updated_at,
	};
}

/* No segments yet, and private metadata is never for browsers: both only have their place. */
static void
view_unseen(struct json *j)
{
	json_object_begin(j, "private_metadata");
	json_object_end(j);
	json_array_begin(j, "segments");
	json_array_end(j);
}

void
view_org(struct json *j, const char *key, const struct org_view *o)
{
	json_object_begin(j, key);
	json_org_id(j, "id", o->id);
	json_str(j, "name", o->name);
	json_str(j, "slug", o->slug);
	json_str(j, "image_url", o->image_url);
	json_str(j, "description", o->description);
	json_int(j, "member_count", o->member_count);
	json_raw(j, "public_metadata", o->metadata);
	view_unseen(j);
	json_bool(j, "enforce_mfa", o->gate.mfa);
	json_bool(j, "enable_ip_restriction", o->gate.ip);
	view_words(j, "whitelisted_ips", o->gate.ip_allowlist);
	if (o->auto_workspace.v != 0)
		json_workspace_id(j, "auto_assigned_workspace_id", o->auto_workspace);
	else
		json_str(j, "auto_assigned_workspace_id", S(""));
	json_time(j, "created_at", o->created_at);
	json_time(j, "updated_at", o->updated_at);
	json_object_end(j);
}

void
view_workspace(struct json *j, const char *key, const struct workspace_view *w)
{
	json_object_begin(j, key);
	json_workspace_id(j, "id", w->id);
	json_org_id(j, "organization_id", w->org);
	json_str(j, "name", w->name);
	json_str(j, "slug", w->slug);
	json_str(j, "image_url", w->image_url);
	json_str(j, "description", w->description);
	json_int(j, "member_count", w->member_count);
	json_raw(j, "public_metadata", w->metadata);
	view_unseen(j);
	/* Not enforce_mfa, as in an organization: the client's own spelling. */
	json_bool(j, "enforce_2fa", w->gate.mfa);
	json_bool(j, "enable_ip_restriction", w->gate.ip);
	view_words(j, "whitelisted_ips", w->gate.ip_allowlist);
	json_time(j, "created_at", w->created_at);
	json_time(j, "updated_at", w->updated_at);
	json_object_end(j);
}

/* The client takes a role whose owner is "" for one of the deployment's, which nobody here can edit. */
static void
view_owner_org(struct json *j, struct org_id org)
{
	if (org.v != 0)
		json_org_id(j, "organization_id", org);
	else
		json_str(j, "organization_id", S(""));
}

void
view_orgrole(struct json *j, const char *key, const struct orgrole_row *r)
{
	json_object_begin(j, key);
	json_orgrole_id(j, "id", r->id);
	view_owner_org(j, r->org);
	json_str(j, "name", r->name);
	view_words(j, "permissions", r->permissions);
	json_bool(j, "is_deployment_level", r->org.v == 0);
	json_time(j, "created_at", r->created_at);
	json_time(j, "updated_at", r->updated_at);
	json_object_end(j);
}

void
view_wsrole(struct json *j, const char *key, const struct wsrole_row *r)
{
	json_object_begin(j, key);
	json_wsrole_id(j, "id", r->id);
	if (r->workspace.v != 0)
		json_workspace_id(j, "workspace_id", r->workspace);
	else
		json_str(j, "workspace_id", S(""));
	view_owner_org(j, r->org);
	json_str(j, "name", r->name);
	view_words(j, "permissions", r->permissions);
	json_bool(j, "is_deployment_level", r->workspace.v == 0);
	json_time(j, "created_at", r->created_at);
	json_time(j, "updated_at", r->updated_at);
	json_object_end(j);
}

static void
view_eligibility(struct json *j, enum eligibility e, bool of_workspace)
{
	json_object_begin(j, "eligibility_restriction");
	json_str(j, "type", eligibility_type(e));
	json_str(j, "message", eligibility_text(e, of_workspace));
	json_object_end(j);
}

void
view_orgmem(struct json *j, const char *key, const struct orgmem_view *m)
{
	json_object_begin(j, key);
	json_orgmem_id(j, "id", m->id);
	json_org_id(j, "organization_id", m->org);
	json_user_id(j, "user_id", m->user);
	json_raw(j, "organization", m->org_json);
	json_raw(j, "user", m->user_json);
	json_array_begin(j, "roles");
	for (size_t i = 0; i < m->n_roles; i++)
		view_orgrole(j, NULL, &m->roles[i]);
	json_array_end(j);
	json_raw(j, "public_metadata", m->metadata);
	view_eligibility(j, m->eligibility, false);
	json_time(j, "created_at", m->created_at);
	json_time(j, "updated_at", m->updated_at);
	json_object_end(j);
}

void
view_wsmem_head(struct json *j, const char *key, const struct wsmem_view *m)
{
	json_object_begin(j, key);
	json_wsmem_id(j, "id", m->id);
	json_workspace_id(j, "workspace_id", m->workspace->id);
	json_org_id(j, "organization_id", m->workspace->org);
	json_orgmem_id(j, "organization_membership_id", m->orgmem);
	json_user_id(j, "user_id", m->user);
	view_workspace(j, "workspace", m->workspace);
}

void
view_wsmem_shared(struct json *j, const struct wsmem_view *m)
{
	json_raw(j, "organization", m->org_json);
	json_array_begin(j, "roles");
	for (size_t i = 0; i < m->n_roles; i++)
		if (m->roles_json)
			json_raw(j, NULL, m->roles_json[i]);
		else
			view_wsrole(j, NULL, &m->roles[i]);
	json_array_end(j);
	/* Member tables read one or the other. */
	json_raw(j, "user", m->user_json);
	json_raw(j, "public_user_data", m->user_json);
}

void
view_wsmem_tail(struct json *j, const struct wsmem_view *m)
{
	json_raw(j, "public_metadata", m->metadata);
	view_eligibility(j, m->eligibility, true);
	json_time(j, "created_at", m->created_at);
	json_time(j, "updated_at", m->updated_at);
	json_object_end(j);
}

void
view_wsmem(struct json *j, const char *key, const struct wsmem_view *m)
{
	view_wsmem_head(j, key, m);
	view_wsmem_shared(j, m);
	view_wsmem_tail(j, m);
}
