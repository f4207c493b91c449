/* create.h - what creating an organization and creating a workspace have in common. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

enum { CREATE_NAME_MAX = 100, CREATE_DESCRIPTION_MAX = 1000 };

/* The body's name, trimmed and checked, and its description as it is. The picture is .prove's. */
struct create_text {
	struct str name, description;
};
enum status create_read(struct request *rq, struct create_text *ret_text) MUST_CHECK;

/* Room for one more where `most` may be? 0 is no limit. */
bool create_has_room(int64_t have, int64_t most);

/*
 * What one account can have made at a time, and one organization have in it, where the deployment sets no limit of its
 * own (limit_org_creation_per_user, limit_workspace_creation_per_org): nobody fills the database by themselves.
 */
enum { CREATED_ORGS_MAX = 1000, WORKSPACES_MAX = 1000 };

/* TX_WRITE: one more by this account in this hour. At the end, so that what was refused is not counted. E_RATE_LIMITED, refused. */
enum status create_take_rate(struct request *rq) MUST_CHECK;
