/* org_deed.h - a request as the deeds of org/ take it, and what its caller is told: refusals, events, short answers. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "org/deed.h"

/* TX_WRITE. Whose membership it is stands in the audit event's detail; who did it is the caller, or, signed out, that user. */
struct org_deed org_deed_of(struct request *rq);

/* `st` as a deed gave it: a refusal goes out with the sentence that it left in t->why, E_NOT_FOUND with
 * the table's; OK and failures of ours as they are. */
enum status org_deed_told(struct request *rq, enum status st) MUST_CHECK;

/*
 * What came of a deed of src/org, as an answer: OK is OK, what it refused it has said in task.why. A member, role or
 * workspace that is not there looks like one that may not be known of.
 */
enum status org_outcome(struct request *rq, enum status st) MUST_CHECK;

/* What an event's detail names; 0 is left out. */
struct org_event {
	struct org_id org;
	struct workspace_id workspace;
	struct orgmem_id orgmem;
	struct wsmem_id wsmem;
	struct user_id user;
	struct orgrole_id orgrole;
	struct wsrole_id wsrole;
};
/* As the audit table has it. Task's arena; .p NULL without memory. */
struct str org_event_detail(struct arena *a, const struct org_event *e);
/* TX_WRITE: write it down, done by the caller. */
enum status org_audit(struct request *rq, enum audit_event event, const struct org_event *e) MUST_CHECK;

/* data: {success: true, message}. */
enum status reply_done(struct request *rq, const char *message) MUST_CHECK;
