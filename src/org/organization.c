/* organization.c - what becomes of an organization. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "org/organization.h"

#include <stdio.h>

#include "auth/identifier.h"
#include "org/shared.h"
#include "org/slug.h"
#include "org/workspace.h"
#include "session/coherence.h"

/* ---- what organizations and workspaces have in common; shared.h ---- */

enum status
refusal(struct task *t, enum status st, const char *sentence)
{
	(void)snprintf(t->why, sizeof(t->why), "%s", sentence);
	return st;
}

enum status
change_name(struct task *t, const struct org_change *change, struct str *name)
{
	enum status st;

	if (!change->name)
		return OK;
	st = identifier_name(t, *change->name, ORG_NAME_MAX, name);
	return st == E_BAD_REQUEST_BODY ? refusal(t, st, "Enter a name of at most 100 printable characters.") : st;
}

void
change_gate(const struct org_change *change, bool *enforce_mfa, bool *ip_restriction, struct str *ip_allowlist)
{
	if (change->enforce_mfa)
		*enforce_mfa = *change->enforce_mfa;
	if (change->ip_restriction)
		*ip_restriction = *change->ip_restriction;
	if (change->ip_allowlist)
		*ip_allowlist = *change->ip_allowlist;
}

/* ---- slugs ---- */

struct slugs {
	struct deployment_id d;
	int64_t place; /* of the table slug */
};

static enum status
slug_taken(struct task *t, void *arg, struct str slug, bool *ret_taken)
{
	const struct slugs *s = arg;
	struct slug_find_row row;
	enum status st = sql_slug_find(t, s->d, s->place, slug, &row);

	*ret_taken = st == OK;
	return st == E_NOT_FOUND ? OK : st;
}

static enum status
slug_take(struct task *t, void *arg, struct str slug, bool *ret_done)
{
	const struct slugs *s = arg;
	int64_t rows;

	TRY(sql_slug_insert(t, s->d, s->place, slug, &rows));
	*ret_done = rows == 1;
	return OK;
}

enum status
slug_new(struct task *t, struct deployment_id d, struct org_id of, struct str name, struct str *ret_slug)
{
	struct slugs s = { d, of.v };

	return slug_claim(t, identifier_slug(t, name), &(struct slug_place){ slug_taken, slug_take, &s }, ret_slug);
}

/* ---- organizations ---- */

enum status
organization_make(struct task *t, struct deployment_id d, struct str name, struct str description, struct user_id creator,
    struct org_id *ret_org)
{
	struct org_id id = { id_next(t->now) };
	struct str slug;
	int64_t rows;

	TRY(slug_new(t, d, (struct org_id){ 0 }, name, &slug));
	TRY(sql_org_insert(t, d, id, name, slug, description, creator, t->now, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "slug " STR_FMT ": an organization has it", STR_ARG(slug));
	*ret_org = id;
	return OK;
}

enum status
organization_find(struct task *t, struct deployment_id d, struct org_id org, struct org_row *ret_org)
{
	return sql_org_find(t, d, org, ret_org);
}

enum status
organization_hold(struct task *t, struct deployment_id d, struct org_id org)
{
	int64_t rows;

	TRY(sql_org_lock(t, d, org, &rows));
	return rows == 1 ? OK : E_NOT_FOUND;
}

/* Another organization's and an unknown one get one answer. */
static enum status
change_auto_workspace(struct task *t, struct deployment_id d, const struct org_change *change, struct org_row *o)
{
	struct workspace_row w;
	enum status st;

	if (!change->auto_workspace)
		return OK;
	o->auto_workspace = *change->auto_workspace;
	if (o->auto_workspace.v == 0)
		return OK;
	st = workspace_find(t, d, o->auto_workspace, &w);
	if (st == E_NOT_FOUND || (st == OK && w.org.v != o->id.v))
		return refusal(t, E_BAD_REQUEST_BODY, "Choose one of the organization's workspaces.");
	return st;
}

enum status
organization_change(struct task *t, struct deployment_id d, struct org_id org, const struct org_change *change,
    struct org_row *ret_org)
{
	struct org_row o;
	int64_t rows;

	TRY(sql_org_find(t, d, org, &o));
	TRY(change_name(t, change, &o.name));
	if (change->description)
		o.description = *change->description;
	change_gate(change, &o.enforce_mfa, &o.ip_restriction, &o.ip_allowlist);
	TRY(change_auto_workspace(t, d, change, &o));
	o.updated_at = t->now;
	TRY(sql_org_set(t, d, org, o.name, o.description, o.enforce_mfa, o.ip_restriction, o.ip_allowlist,
	    o.auto_workspace, t->now, &rows));
	*ret_org = o;
	return cache_touch(t, d, SUBJECT_ORG, org.v);
}

enum status
organization_set_image(struct task *t, struct deployment_id d, struct org_id org, struct str url)
{
	int64_t rows;

	TRY(sql_org_set_image(t, d, org, url, t->now, &rows));
	return rows == 1 ? cache_touch(t, d, SUBJECT_ORG, org.v) : E_NOT_FOUND;
}

/*
 * Its slug stays given. The members' rows are held before the pointers are cleared, so that no switch comes in between; accounts before
 * sign-ins, as everywhere. Every answer that shows the organization depends on it, so one word to the caches is enough.
 */
enum status
organization_delete(struct task *t, struct deployment_id d, struct org_id org)
{
	int64_t rows;

	TRY(sql_org_hold_members(t, d, org, &rows));
	TRY(sql_org_forget_accounts(t, d, org, &rows));
	TRY(sql_org_forget_signins(t, d, org, t->now, &rows));
	TRY(sql_slug_forget_place(t, d, org.v, &rows));
	TRY(sql_org_delete(t, d, org, &rows));
	return rows == 1 ? cache_touch(t, d, SUBJECT_ORG, org.v) : E_NOT_FOUND;
}
