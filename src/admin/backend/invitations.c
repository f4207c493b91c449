/* invitations.c - who is invited to sign up, and who waits for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "base/str.h"

static const struct shape shape_invitation = { "invitation", {
	{ "id", MEMBER_ID, .help = "invitation_…" },
	{ "email", MEMBER_TEXT },
	{ "first_name", MEMBER_TEXT },
	{ "last_name", MEMBER_TEXT },
	{ "created_at", MEMBER_TIME },
	{ "expires_at", MEMBER_TIME },
	{ "used_at", MEMBER_TIME, .nullable = true },
} };

static const struct shape shape_waiting = { "waitlist_entry", {
	{ "id", MEMBER_ID, .help = "waitlist_…" },
	{ "email", MEMBER_TEXT },
	{ "first_name", MEMBER_TEXT },
	{ "last_name", MEMBER_TEXT },
	{ "invited_at", MEMBER_TIME, .nullable = true },
	{ "created_at", MEMBER_TIME },
} };

static void
write_invitation(struct json *j, const struct invitation_list_row *r)
{
	json_object_begin(j, NULL);
	json_invitation_id(j, "id", r->id);
	json_str(j, "email", r->email);
	json_str(j, "first_name", r->first_name);
	json_str(j, "last_name", r->last_name);
	json_time(j, "created_at", r->created_at);
	json_time(j, "expires_at", r->expires_at);
	json_time(j, "used_at", r->used_at);
	json_object_end(j);
}

static enum status
invitation_list(struct call *c)
{
	struct invitation_list_row *rows;
	struct json *j;
	size_t n, shown;

	TRY(sql_invitation_list(c->t, c->by.d->id, c->after, c->most, &rows, &n));
	shown = call_page(c, n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++)
		write_invitation(j, &rows[i]);
	call_list_end(c, n, shown > 0 ? invitation_id_str(c->t->arena, rows[shown - 1].id) : STR_NONE);
	return OK;
}

const struct backend_route backend_invitation_list = {
	.method = HTTP_GET, .path = "/v1/invitations", .name = "invitation_list",
	.summary = "Invitations to sign up, in order of id.",
	.tx = CALL_READ, .pages = true, .answers = &shape_invitation,
	.run = invitation_list,
};

#define EXPIRES \
	{ .name = "expires_in_days", .kind = VALUE_INT, .min = 1, .max = DEED_INVITATION_DAYS_MAX, .help = "10 when it is not sent" }

static enum status
invite(struct call *c, struct invitation_deed *in)
{
	struct invitation_list_row row;
	enum status st;

	in->expires_at = c->t->now + call_int(c, "expires_in_days", DEED_INVITATION_DAYS) * DAY_US;
	st = deed_invitation_create(c->t, &c->by, in);
	if (st == E_EMAIL_EXISTS)
		return call_refuse(c, st, "email", NULL);
	TRY(st);
	row = (struct invitation_list_row){
		.id = in->id, .email = in->email, .first_name = in->first_name, .last_name = in->last_name,
		.created_at = c->t->now, .expires_at = in->expires_at,
	};
	write_invitation(call_answer(c), &row);
	return OK;
}

static enum status
invitation_create(struct call *c)
{
	struct invitation_deed in = { .id = { 0 } };

	TRY(call_email(c, "email", &in.email, &in.email_key));
	TRY(call_name(c, "first_name", S(""), &in.first_name));
	TRY(call_name(c, "last_name", S(""), &in.last_name));
	return invite(c, &in);
}

const struct backend_route backend_invitation_create = {
	.method = HTTP_POST, .path = "/v1/invitations", .name = "invitation_create",
	.summary = "Mail somebody a link to sign up with; one that went there before is worth nothing any more.",
	.tx = CALL_WRITE, .answers = &shape_invitation, .http = 201,
	.body = {
		{ .name = "email", .kind = VALUE_TEXT, .required = true, .max = 320, .help = "whom" },
		{ .name = "first_name", .kind = VALUE_TEXT, .max = 200, .help = "1 to 50 printable characters" },
		{ .name = "last_name", .kind = VALUE_TEXT, .max = 200, .help = "1 to 50 printable characters" },
		EXPIRES,
	},
	.fails = { E_EMAIL_EXISTS },
	.run = invitation_create,
};

static enum status
invitation_revoke(struct call *c)
{
	struct invitation_id id;

	TRY(call_invitation_id(c, 0, &id));
	return deed_invitation_revoke(c->t, &c->by, id);
}

const struct backend_route backend_invitation_revoke = {
	.method = HTTP_DELETE, .path = "/v1/invitations/{id}", .name = "invitation_revoke",
	.summary = "Take an invitation back that was not used yet.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = invitation_revoke,
};

/* ---- the waitlist ---- */

static enum status
waitlist_list(struct call *c)
{
	struct waitlist_list_row *rows;
	struct json *j;
	size_t n, shown;

	TRY(sql_waitlist_list(c->t, c->by.d->id, c->after, c->most, &rows, &n));
	shown = call_page(c, n);
	j = call_list_begin(c);
	for (size_t i = 0; i < shown; i++) {
		json_object_begin(j, NULL);
		json_waitlist_id(j, "id", rows[i].id);
		json_str(j, "email", rows[i].email);
		json_str(j, "first_name", rows[i].first_name);
		json_str(j, "last_name", rows[i].last_name);
		json_time(j, "invited_at", rows[i].invited_at);
		json_time(j, "created_at", rows[i].created_at);
		json_object_end(j);
	}
	call_list_end(c, n, shown > 0 ? waitlist_id_str(c->t->arena, rows[shown - 1].id) : STR_NONE);
	return OK;
}

const struct backend_route backend_waitlist_list = {
	.method = HTTP_GET, .path = "/v1/waitlist", .name = "waitlist_list",
	.summary = "Who waits to be let in, in order of id.",
	.tx = CALL_READ, .pages = true, .answers = &shape_waiting,
	.run = waitlist_list,
};

static enum status
waitlist_invite(struct call *c)
{
	struct invitation_deed in = { .from_waitlist = true };
	struct waitlist_find_id_row row;
	struct waitlist_id id;

	TRY(call_waitlist_id(c, 0, &id));
	TRY(sql_waitlist_find_id(c->t, c->by.d->id, id, &row));
	in.email = row.email;
	in.email_key = row.email_key;
	in.first_name = row.first_name;
	in.last_name = row.last_name;
	return invite(c, &in);
}

const struct backend_route backend_waitlist_invite = {
	.method = HTTP_POST, .path = "/v1/waitlist/{id}/invite", .name = "waitlist_invite",
	.summary = "Invite somebody who waits.",
	.tx = CALL_WRITE, .answers = &shape_invitation, .http = 201,
	.body = { EXPIRES },
	.fails = { E_NOT_FOUND, E_EMAIL_EXISTS },
	.run = waitlist_invite,
};

static enum status
waitlist_remove(struct call *c)
{
	struct waitlist_find_id_row row;
	struct waitlist_id id;
	int64_t rows;

	TRY(call_waitlist_id(c, 0, &id));
	TRY(sql_waitlist_find_id(c->t, c->by.d->id, id, &row));
	return sql_waitlist_delete(c->t, c->by.d->id, row.email_key, &rows);
}

const struct backend_route backend_waitlist_remove = {
	.method = HTTP_DELETE, .path = "/v1/waitlist/{id}", .name = "waitlist_remove",
	.summary = "Take somebody off the waitlist.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = waitlist_remove,
};
