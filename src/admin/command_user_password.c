/* command_user_password.c - user set-password, user expose-password: none that an operator chose or others know lasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include "auth/password.h"
#include "base/clock.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "session/coherence.h"
#include "session/session.h"
#include "store/store.gen.h"

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
	const struct settings *s = &d->settings;
	const struct password_policy policy = {
		.strength_min = s->password_strength_min, .words = words, .n_words = n, .min_length = s->auth.password.min_length,
		.require_lowercase = s->auth.password.require_lowercase, .require_uppercase = s->auth.password.require_uppercase,
		.require_number = s->auth.password.require_number, .require_special = s->auth.password.require_special,
	};
	const char *sentence = NULL;
	enum status st;

	*ret_record = S("");
	if (c->input.n == 0)
		return OK;
	st = password_check(&policy, c->input, &sentence);
	if (st != OK)
		return fail(c->t, st, "the password on standard input: %s", sentence ? sentence : "is not text");
	return hash(c, d, ret_record);
}

static enum status
tell_one(struct command *c, struct task *t, struct deployment_id d, struct user_id user, const char *what, struct str to)
{
	struct message m = {
		.kind = MESSAGE_NOTICE, .to = to, .user = user,
		.vars = { { "what", str_of(what) }, { "at", clock_rfc3339(t->arena, t->now) }, { "ip", S("") }, { "device", S("") } },
	};

	return outbox_put(t, c->keys, d, &m);
}

enum status
command_notice(struct command *c, struct task *t, struct deployment_id d, struct user_id user, const char *what)
{
	struct contact_row *contacts;
	size_t n;

	TRY(sql_account_contacts(t, d, user, &contacts, &n));
	for (size_t i = 0; i < n; i++)
		if (!contacts[i].is_phone && contacts[i].verified_at != 0)
			TRY(tell_one(c, t, d, user, what, contacts[i].value));
	return OK;
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

/* Whoever came in with the old one is out, in every browser. The notice does not hold the password: it goes by another way. */
static enum status
change(struct task *t, struct change *ch, enum audit_event event, const char *said)
{
	struct deployment_id d = ch->d->id;
	int64_t rows;

	TRY(session_end_user(t, d, ch->user, &ch->ended));
	TRY(sql_known_device_forget(t, d, ch->user, &rows));
	TRY(cache_touch(t, d, SUBJECT_USER, ch->user.v));
	TRY(command_audit(t, d, event, ch->user, (struct session_id){ 0 }, S("{}")));
	return command_notice(ch->c, t, d, ch->user, said);
}

static enum status
lend_run(struct task *t, void *arg)
{
	struct change *ch = arg;
	int64_t rows;

	TRY(sql_account_lend_password(t, ch->d->id, ch->user, ch->record, t->now + PASSWORD_LENT_US, t->now, &rows));
	return change(t, ch, AUDIT_PASSWORD_LENT,
	    "An operator set a new password for your account. At the next sign-in you choose one of your own.");
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
	int64_t rows;

	TRY(sql_account_expose_password(t, ch->d->id, ch->user, t->now, &rows));
	if (rows == 0)
		return fail(t, E_NOT_FOUND, "this account has no password of its own");
	return change(t, ch, AUDIT_PASSWORD_EXPOSED,
	    "Your password may be known to others, and does not work any more. Set a new one with \"Forgot password?\".");
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
