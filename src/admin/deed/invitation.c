/* invitation.c - operators mail people a link to sign up with. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include <string.h>

#include "api/sign_up/invitation.h"
#include "base/secret.h"
#include "base/str.h"
#include "notify/outbox.h"

enum { TOKEN_BYTES = 32 };

static enum status
make_link(struct task *t, const struct deed *by, struct str *ret_link, uint8_t ret_hash[32])
{
	struct str page = by->d->settings.ui.sign_up_page_url, token;
	struct keys_each by_current = { 0 };
	uint8_t bytes[TOKEN_BYTES];

	if (!secret_random(bytes, sizeof(bytes)))
		return fail(t, E_INTERNAL, "invitation: no randomness");
	token = str_b64url(t->arena, bytes, sizeof(bytes));
	secret_wipe(bytes, sizeof(bytes));
	TRY_MEM(t, token.p);
	*ret_link = arena_printf(t->arena, STR_FMT "%sinvite_token=" STR_FMT, STR_ARG(page), memchr(page.p, '?', page.n) ? "&" : "?",
	    STR_ARG(token));
	return invitation_hash(t, by->keys, by->d->id, token, &by_current, ret_hash);
}

static enum status
put_mail(struct task *t, const struct deed *by, const struct invitation_deed *in, struct str link)
{
	struct message m = {
		.kind = MESSAGE_INVITATION, .to = in->email,
		.vars = { { "link", link }, { "first_name", in->first_name }, { "app_name", by->d->settings.ui.app_name } },
	};

	return outbox_put(t, by->keys, by->d->id, &m);
}

static enum status
check_free(struct task *t, const struct deed *by, const struct invitation_deed *in)
{
	struct email_taken_row taken;
	enum status st = sql_email_taken(t, by->d->id, in->email_key, &taken);

	if (st == OK)
		return fail(t, E_EMAIL_EXISTS, "somebody has the address %s already", log_quote(in->email).text);
	return st == E_NOT_FOUND ? OK : st;
}

static enum status
write_down(struct task *t, const struct deed *by, enum audit_event event, struct invitation_id id)
{
	struct str detail = arena_printf(t->arena, "{\"invitation_id\":\"" STR_FMT "\"}", STR_ARG(invitation_id_str(t->arena, id)));

	return deed_audit(t, by, event, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

enum status
deed_invitation_create(struct task *t, const struct deed *by, struct invitation_deed *in)
{
	struct deployment_id d = by->d->id;
	uint8_t hash[32];
	struct str link;
	int64_t rows;

	in->id = (struct invitation_id){ id_next(t->now) };
	TRY(make_link(t, by, &link, hash));
	TRY(check_free(t, by, in));
	TRY(sql_invitation_revoke_of_email(t, d, in->email_key, &rows));
	TRY(sql_invitation_insert(t, d, in->id, (struct str){ (const char *)hash, sizeof(hash) }, in->email, in->email_key,
	    in->first_name, in->last_name, t->now, in->expires_at, &rows));
	if (rows == 0)
		return fail(t, E_CONFLICT, "invitation: the id is taken");
	if (in->from_waitlist)
		TRY(sql_waitlist_set_invited(t, d, in->email_key, t->now, &rows));
	TRY(write_down(t, by, AUDIT_INVITATION_CREATED, in->id));
	return put_mail(t, by, in, link);
}

enum status
deed_invitation_revoke(struct task *t, const struct deed *by, struct invitation_id id)
{
	int64_t rows;

	TRY(sql_invitation_revoke(t, by->d->id, id, &rows));
	return rows == 1 ? write_down(t, by, AUDIT_INVITATION_REVOKED, id) : E_NOT_FOUND;
}
