/* new_password.c - may this be somebody's password? And then it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_in/new_password.h"

#include "api/notice.h"
#include "api/sign_in/known_device.h"
#include "auth/password.h"
#include "auth/strength.h"
#include "base/str.h"
#include "store/store.gen.h"

static void
add(struct str *words, size_t *n, struct str word)
{
	if (word.n > 0 && *n < STRENGTH_WORDS_MAX)
		words[(*n)++] = word;
}

/* An address as a whole, and its part before the '@', which is mostly a name. */
static void
add_word(struct str *words, size_t *n, struct str word)
{
	struct str local, domain;

	add(words, n, word);
	if (str_cut(word, '@', &local, &domain))
		add(words, n, local);
}

enum status
new_password_judge(const struct deployment *d, struct str password, const struct str *words, size_t n,
    const char **ret_sentence)
{
	const struct settings *s = &d->settings;
	struct str known[STRENGTH_WORDS_MAX];
	size_t n_known = 0;
	struct password_policy policy = {
		s->auth.password.min_length, s->auth.password.require_lowercase, s->auth.password.require_uppercase,
		s->auth.password.require_number, s->auth.password.require_special, s->password_strength_min, known, 0,
	};

	add(known, &n_known, s->ui.app_name);
	for (size_t i = 0; i < n; i++)
		add_word(known, &n_known, words[i]);
	policy.n_words = n_known;
	return password_check(&policy, password, ret_sentence);
}

enum status
new_password_check(struct request *rq, struct str password, const struct str *words, size_t n)
{
	const char *sentence = NULL;
	enum status st = new_password_judge(rq->deployment, password, words, n, &sentence);

	return st == OK ? OK : refuse(rq, st, sentence ? "%s" : NULL, sentence);
}

/* In this session the sign-in is about to be proved anew. */
enum status
new_password_put(struct request *rq, struct user_id user, struct str record, enum audit_event event)
{
	struct deployment_id d = rq->deployment->id;
	struct task *t = &rq->task;
	int64_t rows;

	TRY(sql_account_reset_password(t, d, user, record, t->now, &rows));
	TRY(session_end_user_elsewhere(t, d, user, rq->session.id));
	TRY(known_device_forget(rq, user));
	TRY(audit(rq, event, user, STR_NONE));
	return notice_put(rq, user, "Your password was changed.", S(""));
}
