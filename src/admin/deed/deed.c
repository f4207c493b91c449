/* deed.c - what every operator's deed leaves behind: an audit event, and word to whom it concerns. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include "base/clock.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "notify/sender.h"
#include "session/coherence.h"
#include "store/db.h"

enum status
deed_write(struct task *t, const struct deed_desk *desk, enum status (*run)(struct task *t, void *arg), void *arg)
{
	TRY(store_write_wait(t, desk->store, desk->db, run, arg));
	coherence_publish(t);
	if (t->wrote_message)
		sender_wake(desk->sender);
	return OK;
}

enum status
deed_audit(struct task *t, const struct deed *by, enum audit_event event, struct user_id user, struct session_id session,
    struct str detail)
{
	const struct audit_entry entry = {
		.event = event, .actor = by->actor, .user = user, .session = session, .ip = by->ip, .detail = detail,
	};

	return audit_write(t, by->d->id, &entry);
}

static enum status
tell_one(struct task *t, const struct deed *by, struct user_id user, const char *what, struct str to)
{
	struct message m = {
		.kind = MESSAGE_NOTICE, .to = to, .user = user,
		.vars = { { "what", str_of(what) }, { "at", clock_rfc3339(t->arena, t->now) }, { "ip", S("") }, { "device", S("") } },
	};

	return outbox_put(t, by->keys, by->d->id, &m);
}

enum status
deed_tell(struct task *t, const struct deed *by, struct user_id user, const char *what, struct str also)
{
	struct contact_row *contacts;
	size_t n;

	TRY(sql_account_contacts(t, by->d->id, user, &contacts, &n));
	for (size_t i = 0; i < n; i++)
		if (!contacts[i].is_phone && contacts[i].verified_at != 0)
			TRY(tell_one(t, by, user, what, contacts[i].value));
	return also.n > 0 ? tell_one(t, by, user, what, also) : OK;
}
