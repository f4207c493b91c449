/* org.h - what the calls about organizations and workspaces share. For src/admin/backend only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/backend/backend.h"
#include "api/org/org_deed.h"
#include "api/scope.h"
#include "org/organization.h"

extern const struct shape shape_organization, shape_workspace, shape_org_member;

void write_org(struct json *j, const struct org_row *o);
void write_workspace(struct json *j, const struct workspace_row *w);

/* What a deed of src/org said no to, it has said in t->why. */
enum status org_told(struct call *c, enum status st) MUST_CHECK;
/* In a write transaction: the organization of ids[0], held until the commit. E_NOT_FOUND. */
enum status org_of_path(struct call *c, struct org_id *ret_org) MUST_CHECK;
/* The workspace of ids[0], its organization held. E_NOT_FOUND. */
enum status workspace_of_path(struct call *c, struct workspace_row *ret_workspace) MUST_CHECK;
enum status org_note(struct call *c, enum audit_event event, const struct org_event *e) MUST_CHECK;
/* For org_join(). */
struct org_deed call_org_deed(struct call *c);

/* The body's members that both have; `form` holds what the change points at. E_BAD_REQUEST_BODY, refused. */
struct org_form {
	struct org_change change;
	struct str name, description, ip_allowlist;
	bool mfa, ip;
	struct workspace_id auto_workspace;
};
enum status org_read_form(struct call *c, struct org_form *form) MUST_CHECK;
/* A name for what is to be made. E_BAD_REQUEST_BODY, refused. */
enum status org_read_name(struct call *c, struct str *ret_name) MUST_CHECK;
#define ORG_METADATA_MAX 8192
#define ORG_FIELDS \
	{ .name = "description", .kind = VALUE_TEXT, .max = ORG_DESCRIPTION_MAX, .nullable = true, .help = "shown to its members" }, \
	{ .name = "public_metadata", .kind = VALUE_OBJECT, .max = ORG_METADATA_MAX, .help = "whatever you keep about it; its members' browsers see it" }
#define ORG_GATES \
	{ .name = "enforce_mfa", .kind = VALUE_BOOL, .help = "only who has a second factor gets in" }, \
	{ .name = "ip_restriction", .kind = VALUE_BOOL, .help = "only from the networks of ip_allowlist" }, \
	{ .name = "ip_allowlist", .kind = VALUE_LIST, .max = IP_LIST_MAX, .help = "addresses and CIDRs" }
