/* ticket.c - operators hand out links that sign one user in. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include <string.h>

/* Where the sign-in card picks it up: it takes the ticket out of its address and exchanges it. */
static struct str
ticket_url(struct arena *a, const struct deployment *d, struct str text)
{
	struct str page = d->settings.ui.sign_in_page_url;
	const char *joint = memchr(page.p, '?', page.n) ? "&" : "?";

	return arena_printf(a, STR_FMT "%sticket=" STR_FMT, STR_ARG(page), joint, STR_ARG(text));
}

enum status
deed_ticket_create(struct task *t, const struct deed *by, struct user_id user, enum ticket_kind kind, struct str actor,
    int64_t ttl_us, struct ticket_made *ret_made)
{
	struct deployment_id d = by->d->id;
	struct account_secret account;
	struct keys_each by_current = { 0 };
	struct ticket_made made;
	uint8_t hash[32];

	TRY(sql_account_secret_find(t, d, user, &account));
	if (account.disabled_at != 0)
		return fail(t, E_USER_DISABLED, "%s is disabled", user_id_str(t->arena, user).p);
	TRY(ticket_new(t, &made.text));
	TRY(ticket_hash(t, by->keys, d, made.text, &by_current, hash));
	made.expires_at = t->now + ttl_us;
	TRY(sql_ticket_insert(t, d, (struct str){ (const char *)hash, sizeof(hash) }, kind, user, actor, t->now, made.expires_at));
	made.url = ticket_url(t->arena, by->d, made.text);
	TRY(deed_audit(t, by, AUDIT_TICKET_CREATED, user, (struct session_id){ 0 }, S("{}")));
	*ret_made = made;
	return OK;
}
