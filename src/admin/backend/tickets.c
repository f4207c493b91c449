/* tickets.c - links that sign one user in, once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/str.h"

static const struct shape shape_ticket = { "ticket", {
	{ "ticket", MEMBER_TEXT, .help = "shown this once only" },
	{ "url", MEMBER_TEXT, .help = "the sign-in page with the ticket in it" },
	{ "expires_at", MEMBER_TIME },
} };

static const char *const kinds[] = { "sign-in", "impersonation", NULL };

static enum status
read_kind(struct call *c, enum ticket_kind *ret_kind)
{
	bool impersonates = str_eq(call_text(c, "kind"), S("impersonation"));

	if (impersonates != (call_text(c, "actor").n > 0))
		return call_refuse(c, E_BAD_REQUEST_BODY, "actor", "actor says who impersonates: it goes with kind impersonation, and only there.");
	*ret_kind = impersonates ? TICKET_IMPERSONATION : TICKET_SIGN_IN;
	return OK;
}

/* As for an id that cannot be one: nobody learns whose it might be. */
static enum status
read_user(struct call *c, struct user_id *ret_user)
{
	return user_id_parse(call_text(c, "user_id"), ret_user) ? OK : E_NOT_FOUND;
}

static enum status
ticket_create(struct call *c)
{
	int64_t ttl_s = call_int(c, "expires_in", TICKET_TTL_US / SECOND_US);
	struct ticket_made made;
	enum ticket_kind kind;
	struct user_id user;
	struct json *j;

	TRY(read_kind(c, &kind));
	TRY(read_user(c, &user));
	TRY(deed_ticket_create(c->t, &c->by, user, kind, call_text(c, "actor"), ttl_s * SECOND_US, &made));
	j = call_answer(c);
	json_object_begin(j, NULL);
	json_str(j, "ticket", made.text);
	json_str(j, "url", made.url);
	json_time(j, "expires_at", made.expires_at);
	json_object_end(j);
	return OK;
}

const struct backend_route backend_ticket_create = {
	.method = HTTP_POST, .path = "/v1/tickets", .name = "ticket_create",
	.summary = "Make a link that signs a user in, once; with kind impersonation somebody acts for them, without power over credentials.",
	.tx = CALL_WRITE, .answers = &shape_ticket, .http = 201,
	.body = {
		{ .name = "user_id", .kind = VALUE_TEXT, .required = true, .max = 64, .help = "whom it signs in" },
		{ .name = "kind", .kind = VALUE_WORD, .words = kinds, .help = "sign-in when it is not sent" },
		{ .name = "actor", .kind = VALUE_TEXT, .max = DEED_TICKET_ACTOR_MAX, .help = "with impersonation: who it is that acts" },
		{ .name = "expires_in", .kind = VALUE_INT, .min = 1, .max = DEED_TICKET_DAYS_MAX * (DAY_US / SECOND_US),
		    .help = "seconds; 12 hours when it is not sent" },
	},
	.fails = { E_NOT_FOUND, E_USER_DISABLED },
	.run = ticket_create,
};
