/* session.c - operators end sessions and sign-ins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/deed/deed.h"

#include "session/session.h"

enum { REVOKE_STEP = 100, STEP_ARENA = 1024 * 1024 };

static enum status
audit(struct task *t, const struct deed *by, struct user_id user, struct session_id session)
{
	return deed_audit(t, by, AUDIT_SESSION_REVOKED, user, session, S("{}"));
}

enum status
deed_signin_revoke(struct task *t, const struct deed *by, struct signin_id signin)
{
	struct admin_signin_session_row row;

	TRY(sql_admin_signin_session(t, by->d->id, signin, &row));
	TRY(session_end_signin(t, by->d->id, row.session, signin));
	return audit(t, by, row.user, row.session);
}

enum status
deed_session_revoke(struct task *t, const struct deed *by, struct session_id session)
{
	struct session_find_row row;
	int64_t tokens;

	TRY(sql_session_find(t, by->d->id, session, &row));
	TRY(session_end_all_signins(t, by->d->id, session));
	TRY(sql_session_token_delete_all(t, by->d->id, session, &tokens));
	return audit(t, by, (struct user_id){ 0 }, session);
}

enum status
deed_user_sessions_revoke(struct task *t, const struct deed *by, struct user_id user, int64_t *ret_ended)
{
	struct account_row row;

	TRY(sql_account_find(t, by->d->id, user, &row));
	TRY(session_end_user(t, by->d->id, user, ret_ended));
	return audit(t, by, user, (struct session_id){ 0 });
}

/* ---- all of them ---- */

struct step {
	const struct deed *by;
	int64_t            until, ended;
	bool               more;
};

static enum status
step_run(struct task *t, void *arg)
{
	struct admin_signins_row *rows;
	struct step *s = arg;
	size_t n;

	s->ended = 0;
	TRY(sql_admin_signins(t, s->by->d->id, 0, t->now, REVOKE_STEP, &rows, &n));
	for (size_t i = 0; i < n && rows[i].created_at <= s->until; i++) {
		enum status st = session_end_signin(t, s->by->d->id, rows[i].session, rows[i].id);

		if (st == E_NOT_FOUND)
			continue;
		TRY(st);
		TRY(audit(t, s->by, rows[i].user, rows[i].session));
		s->ended++;
	}
	s->more = n == REVOKE_STEP && rows[n - 1].created_at <= s->until;
	return OK;
}

/* A task of its own: what a step allocates goes with it. */
static enum status
take_step(struct task *whole, const struct deed_desk *desk, struct step *s)
{
	struct task one = { .arena = arena_new(STEP_ARENA), .now = whole->now };
	enum status st;

	TRY_MEM(whole, one.arena);
	st = deed_write(&one, desk, step_run, s);
	if (st != OK)
		st = fail(whole, st, "%s", one.why);
	arena_free(one.arena);
	return st;
}

/* Sign-ins younger than this are not its business, so it comes to an end. */
enum status
deed_sessions_revoke_all(struct task *t, const struct deed *by, const struct deed_desk *desk, int64_t *ret_ended)
{
	struct step s = { .by = by, .until = t->now };
	int64_t ended = 0;

	do {
		TRY(take_step(t, desk, &s));
		ended += s.ended;
	} while (s.more);
	*ret_ended = ended;
	return OK;
}
