/* workspace.h - what becomes of a workspace. No HTTP. The twin of organization.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "org/organization.h"

/* Inside a transaction; E_NOT_FOUND. */
enum status workspace_find(struct task *t, struct deployment_id d, struct workspace_id workspace,
    struct workspace_row *ret_workspace) MUST_CHECK;

/* All below: in a write transaction that holds its organization's row, as organization.h says it. */

/* A new one without members, as organization_make(). */
enum status workspace_make(struct task *t, struct deployment_id d, struct org_id org, struct str name,
    struct str description, struct workspace_id *ret_workspace) MUST_CHECK;

/* E_BAD_REQUEST_BODY, t->why being a sentence: the name is none. enforce_mfa is what the wire calls enforce_2fa. */
enum status workspace_change(struct task *t, struct deployment_id d, struct workspace_id workspace,
    const struct org_change *change, struct workspace_row *ret_workspace) MUST_CHECK;
enum status workspace_set_image(
    struct task *t, struct deployment_id d, struct workspace_id workspace, struct str url) MUST_CHECK;

/* E_FORBIDDEN, t->why being a sentence: new members of its organization are put there. E_NOT_FOUND. */
enum status workspace_delete(struct task *t, struct deployment_id d, struct workspace_id workspace) MUST_CHECK;
