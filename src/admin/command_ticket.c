/* command_ticket.c - ticket create. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <string.h>

#include "auth/ticket.h"
#include "base/secret.h"
#include "base/str.h"
#include "store/store.gen.h"

enum { ACTOR_MAX = 100 };

struct ticket {
	const struct keys   *keys;
	struct deployment_id deployment;
	struct user_id       user;
	enum ticket_kind     kind;
	struct str           actor;
	int64_t              ttl_us;
	struct str           text;
};

static enum status
create_write(struct task *t, void *arg)
{
	struct ticket *k = arg;
	struct account_secret account;
	uint8_t hash[32];

	TRY(sql_account_secret_find(t, k->deployment, k->user, &account));
	if (account.disabled_at != 0)
		return fail(t, E_USER_DISABLED, "%s is disabled", user_id_str(t->arena, k->user).p);
	TRY(ticket_new(t, &k->text));
	TRY(ticket_hash(t, k->keys, k->deployment, k->text, hash));
	TRY(sql_ticket_insert(t, k->deployment, (struct str){ (const char *)hash, sizeof(hash) }, k->kind, k->user, k->actor,
	    t->now, t->now + k->ttl_us));
	return command_audit(t, k->deployment, AUDIT_TICKET_CREATED, k->user, (struct session_id){ 0 }, S("{}"));
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
	if (actor.n > ACTOR_MAX || !str_is_text(actor))
		return fail(c->t, E_BAD_REQUEST_BODY, "--actor is a name of at most %d bytes", ACTOR_MAX);
	k->actor = actor.n > 0 ? actor : S("");
	return OK;
}

/* Where the sign-in card picks it up: it takes the ticket out of its address and exchanges it. */
static struct str
ticket_url(struct command *c, const struct deployment *d, const struct ticket *k)
{
	struct str page = d->settings.ui.sign_in_page_url;
	const char *joint = memchr(page.p, '?', page.n) ? "&" : "?";

	return arena_printf(c->t->arena, STR_FMT "%sticket=" STR_FMT, STR_ARG(page), joint, STR_ARG(k->text));
}

enum status
command_ticket_create(struct command *c)
{
	struct ticket k = { .keys = c->keys };
	const struct deployment *d;
	int64_t ttl_s;
	struct json j;

	TRY(read_kind(c, &k));
	TRY(command_int(c, "expires", 1, 30 * DAY_US / SECOND_US, TICKET_TTL_US / SECOND_US, &ttl_s));
	k.ttl_us = ttl_s * SECOND_US;
	TRY(command_flag_deployment(c, &d));
	k.deployment = d->id;
	TRY(command_user(c, d, c->args[0], &k.user));
	TRY(command_write(c, create_write, &k));
	command_about(c, "%s", user_id_str(c->t->arena, k.user).p);
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_str(&j, "ticket", k.text);
	json_int(&j, "expires_at", (c->t->now + k.ttl_us) / SECOND_US);
	json_str(&j, "url", ticket_url(c, d, &k));
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}
