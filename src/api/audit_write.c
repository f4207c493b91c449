/* audit_write.c - the table of audit events, and how each becomes a row. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit.h"

#include "api/hook_event.h"
#include "base/str.h"
#include "store/store.gen.h"

#define AUDIT_ROW(id, name, hook, help) [id] = { name, hook, help },
const struct audit_event_info audit_event_info[AUDIT__COUNT] = { AUDIT_EVENTS(AUDIT_ROW) };
#undef AUDIT_ROW

enum status
audit_write(struct task *t, struct deployment_id d, const struct audit_entry *entry)
{
	const struct audit_event_info *info = &audit_event_info[entry->event];
	struct audit_id id = { id_next(t->now) };
	struct audit_entry e = *entry;

	if (e.detail.n == 0)
		e.detail = S("{}");
	TRY(sql_audit_insert(t, d, id, t->now, str_of(info->name), e.actor, e.user, e.session, e.ip, e.detail));
	return info->hook == HOOK_NONE ? OK : hook_event_put(t, d, id, &e);
}

enum status
audit_hook_given_out(struct task *t, struct deployment_id d, struct hook_id hook, const char *why)
{
	const struct audit_entry entry = {
		.event = AUDIT_WEBHOOK_DISABLED, .actor = S("server"),
		.detail = arena_printf(t->arena, "{\"webhook_id\":\"" STR_FMT "\",\"why\":\"%s\"}", STR_ARG(hook_id_str(t->arena, hook)), why),
	};

	return audit_write(t, d, &entry);
}
