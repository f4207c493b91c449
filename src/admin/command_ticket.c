/* command_ticket.c - ticket create. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "base/str.h"

struct ticket {
	struct deed        by;
	struct user_id     user;
	enum ticket_kind   kind;
	struct str         actor;
	int64_t            ttl_us;
	struct ticket_made made;
};

static enum status
create_write(struct task *t, void *arg)
{
	struct ticket *k = arg;

	return deed_ticket_create(t, &k->by, k->user, k->kind, k->actor, k->ttl_us, &k->made);
}

static enum status
read_kind(struct command *c, struct ticket *k)
{
	struct str kind = command_flag(c, "kind"), actor = command_flag(c, "actor");

	if (!kind.p || str_eq(kind, S("sign-in")))
		k->kind = TICKET_SIGN_IN;
	else if (str_eq(kind, S("impersonation")))
		k->kind = TICKET_IMPERSONATION;
	else
		return fail(c->t, E_BAD_REQUEST_BODY, "--kind is sign-in or impersonation");
	if ((k->kind == TICKET_IMPERSONATION) != (actor.n > 0))
		return fail(c->t, E_BAD_REQUEST_BODY, "--actor says who impersonates: it goes with --kind impersonation, and only there");
	if (actor.n > DEED_TICKET_ACTOR_MAX || !str_is_text(actor))
		return fail(c->t, E_BAD_REQUEST_BODY, "--actor is a name of at most %d bytes", DEED_TICKET_ACTOR_MAX);
	k->actor = actor.n > 0 ? actor : S("");
	return OK;
}

enum status
command_ticket_create(struct command *c)
{
	struct ticket k = { 0 };
	const struct deployment *d;
	int64_t ttl_s;
	struct json j;

	TRY(read_kind(c, &k));
	TRY(command_int(c, "expires", 1, DEED_TICKET_DAYS_MAX * (DAY_US / SECOND_US), TICKET_TTL_US / SECOND_US, &ttl_s));
	k.ttl_us = ttl_s * SECOND_US;
	TRY(command_flag_deployment(c, &d));
	k.by = command_deed(c, d);
	TRY(command_user(c, d, c->args[0], &k.user));
	TRY(command_write(c, create_write, &k));
	command_about(c, "%s", user_id_str(c->t->arena, k.user).p);
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_str(&j, "ticket", k.made.text);
	json_int(&j, "expires_at", k.made.expires_at / SECOND_US);
	json_str(&j, "url", k.made.url);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}
