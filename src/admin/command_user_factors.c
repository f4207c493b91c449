/* command_user_factors.c - user reset-factors: for somebody who has lost their second factor. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "api/factor/second_factor.h"
#include "base/clock.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "session/coherence.h"
#include "session/session.h"
#include "store/store.gen.h"

struct reset {
	struct command          *c;
	const struct deployment *d;
	struct user_id           user;
	int64_t                  ended;
};

static enum status
tell_one(struct task *t, const struct reset *r, struct str to)
{
	struct message m = {
		.kind = MESSAGE_NOTICE, .to = to, .user = r->user,
		.vars = { { "what", S("An operator removed the second factors of your account.") },
		    { "at", clock_rfc3339(t->arena, t->now) }, { "ip", S("") }, { "device", S("") } },
	};

	return outbox_put(t, r->c->keys, r->d->id, &m);
}

static enum status
tell(struct task *t, const struct reset *r)
{
	struct contact_row *contacts;
	size_t n;

	TRY(sql_account_contacts(t, r->d->id, r->user, &contacts, &n));
	for (size_t i = 0; i < n; i++)
		if (!contacts[i].is_phone && contacts[i].verified_at != 0)
			TRY(tell_one(t, r, contacts[i].value));
	return OK;
}

/* Whoever has what was lost may be signed in by it: all sign-ins end. */
static enum status
reset_run(struct task *t, void *arg)
{
	struct reset *r = arg;

	TRY(second_factors_remove(t, r->d, r->user));
	TRY(session_end_user(t, r->d->id, r->user, &r->ended));
	TRY(cache_touch(t, r->d->id, SUBJECT_USER, r->user.v));
	TRY(command_audit(t, r->d->id, AUDIT_FACTORS_RESET, r->user, (struct session_id){ 0 }, S("{}")));
	return tell(t, r);
}

enum status
command_user_reset_factors(struct command *c)
{
	struct reset r = { .c = c };

	TRY(command_flag_deployment(c, &r.d));
	TRY(command_user(c, r.d, c->args[0], &r.user));
	command_about(c, "%s,%s", deployment_id_str(c->t->arena, r.d->id).p, user_id_str(c->t->arena, r.user).p);
	TRY(command_write(c, reset_run, &r));
	buf_printf(&c->err, "Removed; %lld sign-ins ended.\n", (long long)r.ended);
	return OK;
}
