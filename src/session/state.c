/* state.c - everything a session holds, read in one go. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/state.h"

const struct account_row *
session_state_find_account(const struct session_state *s, struct user_id user)
{
	for (size_t i = 0; i < s->n_accounts; i++)
		if (s->accounts[i].id.v == user.v)
			return &s->accounts[i];
	return NULL;
}

const struct signin_row *
session_state_find_signin(const struct session_state *s, struct signin_id id)
{
	for (size_t i = 0; i < s->n_signins; i++)
		if (s->signins[i].id.v == id.v)
			return &s->signins[i];
	return NULL;
}

/* Disabling ends sign-ins; this is the second lock on the same door. */
static void
drop_disabled(struct session_state *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_signins; i++) {
		const struct account_row *a = session_state_find_account(s, s->signins[i].user);

		if (a && a->disabled_at == 0)
			s->signins[kept++] = s->signins[i];
	}
	s->n_signins = kept;
}

enum status
session_state_load(struct task *t, struct deployment_id d, const struct session_ref *ref,
    struct signin_attempt_id told_signin, struct signup_attempt_id told_signup, struct session_state *ret_state)
{
	struct session_state s = { .id = ref->id, .created_at = ref->created_at, .updated_at = ref->updated_at };

	if (!ref->stored) {
		*ret_state = s;
		return OK;
	}
	TRY(sql_session_signins(t, d, ref->id, t->now, &s.signins, &s.n_signins));
	if (s.n_signins > 0) {
		TRY(sql_session_accounts(t, d, ref->id, &s.accounts, &s.n_accounts));
		TRY(sql_session_contacts(t, d, ref->id, &s.contacts, &s.n_contacts));
	}
	TRY(sql_signin_attempts_live(t, d, ref->id, t->now, told_signin, ATTEMPT_GUESSES, &s.signin_attempts, &s.n_signin_attempts));
	TRY(sql_signup_attempts_live(t, d, ref->id, t->now, told_signup, ATTEMPT_GUESSES, &s.signup_attempts, &s.n_signup_attempts));
	drop_disabled(&s);
	s.active = session_state_find_signin(&s, ref->active_signin);
	*ret_state = s;
	return OK;
}
