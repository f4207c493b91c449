/* reset.c - forgotten passwords: whose code and token are whose. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/reset.h"

#include <string.h>

#include "api/app.h"
#include "api/sign_in/contact.h"
#include "auth/identifier.h"
#include "base/str.h"

enum status
reset_read(struct request *rq, struct str text, struct reset *ret_reset)
{
	struct reset r = { 0 };

	if (identifier_email(&rq->task, text, &r.email, &r.key) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid email address.");
	*ret_reset = r;
	return OK;
}

/* Keyed, so that nobody can make two meet; below 0, where no id is. */
static enum status
number_of(struct request *rq, struct str a, struct str b, int64_t *ret_number)
{
	struct str parts[] = { S("reset"), a, b };
	uint8_t mac[32];

	TRY(keys_mac(&rq->task, rq->app->keys, KEY_NUMBER, rq->deployment->id, parts, ARRAY_LEN(parts), mac));
	memcpy(ret_number, mac, sizeof(*ret_number));
	*ret_number |= INT64_MIN;
	return OK;
}

static enum status
find_owner(struct request *rq, struct reset *r)
{
	enum status st = contact_find_email(&rq->task, rq->deployment->id, r->key, &r->owner);

	if (st == E_NOT_FOUND) {
		r->owner = (struct contact_owner){ 0 };
		return number_of(rq, S("nobody"), r->key, &r->subject);
	}
	r->subject = st == OK ? r->owner.contact : 0;
	return st;
}

enum status
reset_find(struct request *rq, struct reset *r)
{
	struct arena *a = rq->task.arena;

	TRY(find_owner(rq, r));
	return number_of(rq, arena_printf(a, "%lld", (long long)r->subject), session_id_str(a, rq->session.id), &r->code);
}

enum status
reset_find_subject(struct request *rq, int64_t subject, struct reset *ret_reset)
{
	struct reset r = { .subject = subject };

	TRY(contact_find(&rq->task, rq->deployment->id, false, subject, &r.owner));
	*ret_reset = r;
	return OK;
}

enum status
reset_live(struct request *rq, const struct reset *r, enum code_purpose purpose)
{
	struct code_live live;

	TRY(code_live(rq, purpose, purpose == CODE_RESET ? r->code : r->subject, &live));
	if (!rq->session.stored || live.session.v != rq->session.id.v || r->owner.password_changed_at > live.created_at)
		return E_NOT_FOUND;
	return OK;
}
