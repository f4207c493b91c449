/* hook_event.h - an audit event as endpoints outside are told of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/audit.h"

/*
 * Inside the write transaction: for each endpoint of the deployment that wants events of this type, one to deliver;
 * its id has the number of the audit row's. Nothing is read or written when there is none. Any thread.
 */
enum status hook_event_put(struct task *t, struct deployment_id d, struct audit_id id, const struct audit_entry *entry) MUST_CHECK;

/* An operator tries whether this endpoint answers: the same, for it alone. */
struct hook_row;
enum status hook_event_put_test(struct task *t, struct deployment_id d, const struct hook_row *hook,
    struct hook_event_id *ret_event) MUST_CHECK;
