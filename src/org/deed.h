/* deed.h - who does something to an organization, and how it is written down. No HTTP. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/audit.h"
#include "base/task.h"
#include "deployment/deployment.h"

/*
 * What every deed of this folder takes: the task, inside a write transaction, the tenant, and a way to write down
 * what happened, which knows who is doing it: a request's caller (api/org/org_deed.h), the command line's operator,
 * a directory that provisions. `user`: whose membership it is; the detail has the ids.
 */
struct org_deed {
	struct task             *t;
	const struct deployment *deployment;
	enum status            (*audit)(const struct org_deed *deed, enum audit_event event, struct user_id user, struct str detail);
	void                    *arg;	/* audit's own */
};
