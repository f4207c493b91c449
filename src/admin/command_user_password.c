/* command_user_password.c - user set-password, user expose-password: none that an operator chose or others know lasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "auth/password.h"
#include "base/str.h"

static enum status
hash(struct command *c, const struct deployment *d, struct str *ret_record)
{
	struct hasher *own = NULL;
	enum status st;

	if (!c->hasher)
		c->hasher = own = hasher_new(c->keys, 1, 1);
	if (!c->hasher)
		return fail(c->t, E_OVERLOADED, "no memory to hash a password");
	st = password_hash(c->t, c->hasher, d->id, c->input, ret_record);
	if (own)
		c->hasher = hasher_free(own);
	return st;
}

enum status
command_password(struct command *c, const struct deployment *d, const struct str *words, size_t n, struct str *ret_record)
{
	*ret_record = S("");
	if (c->input.n == 0)
		return OK;
	TRY(deed_password_check(c->t, d, c->input, words, n));
	return hash(c, d, ret_record);
}

struct change {
	struct command          *c;
	const struct deployment *d;
	struct user_id           user;
	struct str               record;
	int64_t                  ended;
};

static enum status
find(struct command *c, struct change *ch)
{
	*ch = (struct change){ .c = c };
	TRY(command_flag_deployment(c, &ch->d));
	TRY(command_user(c, ch->d, c->args[0], &ch->user));
	command_about(c, "%s,%s", deployment_id_str(c->t->arena, ch->d->id).p, user_id_str(c->t->arena, ch->user).p);
	return OK;
}

static enum status
lend_run(struct task *t, void *arg)
{
	struct change *ch = arg;
	struct deed by = command_deed(ch->c, ch->d);

	return deed_password_lend(t, &by, ch->user, ch->record, &ch->ended);
}

enum status
command_user_set_password(struct command *c)
{
	struct change ch;
	struct str words[1];

	if (c->input.n == 0)
		return fail(c->t, E_BAD_REQUEST_BODY, "user set-password reads the password from standard input: there is none");
	TRY(find(c, &ch));
	words[0] = ch.d->settings.ui.app_name;
	TRY(command_password(c, ch.d, words, ARRAY_LEN(words), &ch.record));
	TRY(command_write(c, lend_run, &ch));
	buf_printf(&c->err, "Set, for one sign-in within 24 hours; %lld sign-ins ended. Tell it to its user yourself: it is not mailed.\n",
	    (long long)ch.ended);
	return OK;
}

static enum status
expose_run(struct task *t, void *arg)
{
	struct change *ch = arg;
	struct deed by = command_deed(ch->c, ch->d);

	return deed_password_expose(t, &by, ch->user, &ch->ended);
}

enum status
command_user_expose_password(struct command *c)
{
	struct change ch;

	TRY(find(c, &ch));
	TRY(command_write(c, expose_run, &ch));
	buf_printf(&c->err, "It opens nothing any more; %lld sign-ins ended. A new one is set with a mailed code, or by user set-password.\n",
	    (long long)ch.ended);
	return OK;
}
