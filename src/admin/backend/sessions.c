/* sessions.c - who is signed in, and ending it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/view.h"

#include "base/str.h"

const struct shape shape_signin = { "signin", {
	{ "id", MEMBER_ID, .help = "signin_…" },
	{ "session_id", MEMBER_ID, .help = "session_…: a browser, in which several may be signed in" },
	{ "user_id", MEMBER_ID },
	{ "method", MEMBER_TEXT, .help = "how they proved who they are" },
	{ "ip_address", MEMBER_TEXT },
	{ "browser", MEMBER_TEXT },
	{ "device", MEMBER_TEXT },
	{ "created_at", MEMBER_TIME },
	{ "last_active_at", MEMBER_TIME },
	{ "expires_at", MEMBER_TIME },
} };

static void
write_row(struct json *j, const struct admin_signins_row *row)
{
	json_object_begin(j, NULL);
	json_signin_id(j, "id", row->id);
	json_session_id(j, "session_id", row->session);
	json_user_id(j, "user_id", row->user);
	json_str(j, "method", row->method);
	json_str(j, "ip_address", row->ip_address);
	json_str(j, "browser", row->browser);
	json_str(j, "device", row->device);
	json_time(j, "created_at", row->created_at);
	json_time(j, "last_active_at", row->last_active_at);
	json_time(j, "expires_at", row->expires_at);
	json_object_end(j);
}

static enum status
answer_signins(struct call *c, const struct admin_signins_row *rows, size_t n)
{
	size_t shown = call_page(c, n);
	struct json *j = call_list_begin(c);

	for (size_t i = 0; i < shown; i++)
		write_row(j, &rows[i]);
	call_list_end(c, n, shown > 0 ? signin_id_str(c->t->arena, rows[shown - 1].id) : STR_NONE);
	return OK;
}

static enum status
user_signins(struct call *c)
{
	struct admin_signins_row *rows;
	struct account_row account;
	struct user_id user;
	size_t n;

	TRY(call_user_id(c, 0, &user));
	TRY(sql_account_find(c->t, c->by.d->id, user, &account));
	TRY(sql_admin_user_signins(c->t, c->by.d->id, user, c->after, c->t->now, c->most, &rows, &n));
	return answer_signins(c, rows, n);
}

const struct backend_route backend_user_signins = {
	.method = HTTP_GET, .path = "/v1/users/{id}/signins", .name = "user_signins",
	.summary = "Where a user is signed in, in order of id.",
	.tx = CALL_READ, .pages = true, .answers = &shape_signin,
	.fails = { E_NOT_FOUND },
	.run = user_signins,
};

static enum status
user_sessions_revoke(struct call *c)
{
	struct user_id user;
	int64_t ended;

	TRY(call_user_id(c, 0, &user));
	TRY(deed_user_sessions_revoke(c->t, &c->by, user, &ended));
	return answer_ended(c, ended);
}

const struct backend_route backend_user_sessions_revoke = {
	.method = HTTP_POST, .path = "/v1/users/{id}/signins/revoke", .name = "user_sessions_revoke",
	.summary = "Sign a user out everywhere.",
	.tx = CALL_WRITE, .answers = &shape_ended,
	.fails = { E_NOT_FOUND },
	.run = user_sessions_revoke,
};

static enum status
signin_list(struct call *c)
{
	struct admin_signins_row *rows;
	size_t n;

	TRY(sql_admin_signins(c->t, c->by.d->id, c->after, c->t->now, c->most, &rows, &n));
	return answer_signins(c, rows, n);
}

const struct backend_route backend_signin_list = {
	.method = HTTP_GET, .path = "/v1/signins", .name = "signin_list",
	.summary = "Who is signed in, in order of id.",
	.tx = CALL_READ, .pages = true, .answers = &shape_signin,
	.run = signin_list,
};

static enum status
signin_revoke(struct call *c)
{
	struct signin_id id;

	TRY(call_signin_id(c, 0, &id));
	return deed_signin_revoke(c->t, &c->by, id);
}

const struct backend_route backend_signin_revoke = {
	.method = HTTP_POST, .path = "/v1/signins/{id}/revoke", .name = "signin_revoke",
	.summary = "Sign one account out of one browser.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = signin_revoke,
};

static enum status
session_revoke(struct call *c)
{
	struct session_id id;

	TRY(call_session_id(c, 0, &id));
	return deed_session_revoke(c->t, &c->by, id);
}

const struct backend_route backend_session_revoke = {
	.method = HTTP_POST, .path = "/v1/sessions/{id}/revoke", .name = "session_revoke",
	.summary = "Sign everybody out of one browser; its token is worth nothing any more.",
	.tx = CALL_WRITE,
	.fails = { E_NOT_FOUND },
	.run = session_revoke,
};

static enum status
sessions_revoke_all(struct call *c)
{
	const struct deed_desk desk = call_desk(c);
	int64_t ended;

	TRY(deed_sessions_revoke_all(c->t, &c->by, &desk, &ended));
	return answer_ended(c, ended);
}

const struct backend_route backend_sessions_revoke_all = {
	.method = HTTP_POST, .path = "/v1/signins/revoke-all", .name = "sessions_revoke_all",
	.summary = "Sign everybody out of the whole deployment.",
	.tx = CALL_STEPS, .answers = &shape_ended,
	.run = sessions_revoke_all,
};
