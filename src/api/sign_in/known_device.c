/* known_device.c - browsers that an account was signed in to before. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/known_device.h"

#include "api/notice.h"
#include "base/str.h"
#include "store/store.gen.h"

struct lookup {
	struct deployment_id deployment;
	struct user_id       user;
	struct session_id    session;
	bool                 is_known;
};

static enum status
find(struct task *t, void *arg)
{
	struct lookup *l = arg;
	struct known_device_find_row row;
	enum status st = sql_known_device_find(t, l->deployment, l->user, l->session, &row);

	l->is_known = st == OK;
	return st == E_NOT_FOUND ? OK : st;
}

static struct str
subject_here(struct request *rq, struct user_id user)
{
	struct arena *a = rq->task.arena;

	return arena_printf(a, STR_FMT "@" STR_FMT, STR_ARG(user_id_str(a, user)), STR_ARG(session_id_str(a, rq->session.id)));
}

enum status
known_device_subject(struct request *rq, struct user_id user, struct str *ret_subject)
{
	struct lookup l = { .deployment = rq->deployment->id, .user = user, .session = rq->session.id };

	TRY(request_read(rq, find, &l));
	*ret_subject = l.is_known ? subject_here(rq, user) : user_id_str(rq->task.arena, user);
	return OK;
}

enum status
known_device_subject_now(struct request *rq, struct user_id user, struct str *ret_subject)
{
	struct lookup l = { .deployment = rq->deployment->id, .user = user, .session = rq->session.id };

	TRY(find(&rq->task, &l));
	*ret_subject = l.is_known ? subject_here(rq, user) : user_id_str(rq->task.arena, user);
	return OK;
}

/* Is this a stranger's browser? Not at the first sign-in of all: then every browser is one. */
static enum status
is_worth_a_notice(struct request *rq, struct user_id user, int64_t failures, bool *ret_is)
{
	struct known_device_count_row count;
	struct lookup l = { .deployment = rq->deployment->id, .user = user, .session = rq->session.id };

	TRY(find(&rq->task, &l));
	TRY(sql_known_device_count(&rq->task, rq->deployment->id, user, &count));
	*ret_is = !l.is_known && (failures >= NOTICE_AFTER_FAILURES ||
	    (count.n > 0 && rq->deployment->settings.notice_new_device));
	return OK;
}

enum status
known_device_note(struct request *rq, struct user_id user)
{
	const struct try elsewhere = { RULE_SIGN_IN_STREAK, user_id_str(rq->task.arena, user) };
	const struct try here = { RULE_SIGN_IN_STREAK, subject_here(rq, user) };
	int64_t rows, tries, tries_here;
	bool notice;

	TRY(request_end_streak(rq, &elsewhere, &tries));
	TRY(request_end_streak(rq, &here, &tries_here));
	/* The last one was right. */
	TRY(is_worth_a_notice(rq, user, tries - 1, &notice));
	TRY(sql_known_device_put(&rq->task, rq->deployment->id, user, rq->session.id, rq->task.now, &rows));
	if (!notice)
		return OK;
	return notice_put(rq, user, tries - 1 >= NOTICE_AFTER_FAILURES
	    ? "Your account was signed in to from a new browser, after several wrong passwords."
	    : "Your account was signed in to from a new browser.", S(""));
}

enum status
known_device_forget(struct request *rq, struct user_id user)
{
	int64_t rows;

	return sql_known_device_forget(&rq->task, rq->deployment->id, user, &rows);
}

enum status
known_device_forget_others(struct request *rq, struct user_id user)
{
	int64_t rows;

	TRY(known_device_forget(rq, user));
	return sql_known_device_put(&rq->task, rq->deployment->id, user, rq->session.id, rq->task.now, &rows);
}
