/* command_user_factors.c - user reset-factors: for somebody who has lost their second factor. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "api/factor/second_factor.h"
#include "base/str.h"
#include "session/coherence.h"
#include "session/session.h"
#include "store/store.gen.h"

struct reset {
	struct command          *c;
	const struct deployment *d;
	struct user_id           user;
	int64_t                  ended;
};

/* Whoever has what was lost may be signed in by it: all sign-ins end. */
static enum status
reset_run(struct task *t, void *arg)
{
	struct reset *r = arg;

	TRY(second_factors_remove(t, r->d, r->user));
	TRY(session_end_user(t, r->d->id, r->user, &r->ended));
	TRY(cache_touch(t, r->d->id, SUBJECT_USER, r->user.v));
	TRY(command_audit(t, r->d->id, AUDIT_FACTORS_RESET, r->user, (struct session_id){ 0 }, S("{}")));
	return command_notice(r->c, t, r->d->id, r->user, "An operator removed the second factors of your account.");
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
