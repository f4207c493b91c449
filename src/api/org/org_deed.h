/* org_deed.h - a request as the deeds of org/ take it, and how it passes on what they say no to. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "org/deed.h"

/* TX_WRITE. Whose membership it is stands in the audit event's detail; who did it is the caller, or, signed out, that user. */
struct org_deed org_deed_of(struct request *rq);

/* `st` as a deed gave it: a refusal goes out with the sentence that it left in t->why, E_NOT_FOUND with
 * the table's; OK and failures of ours as they are. */
enum status org_deed_told(struct request *rq, enum status st) MUST_CHECK;

/* data: {success: true, message}. */
enum status reply_done(struct request *rq, const char *message) MUST_CHECK;
