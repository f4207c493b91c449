/* snapshot.c - a ready answer of GET /session. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "session/snapshot.h"

#include <string.h>

#include "session/slab.h"

/* The deployment and the session, and of each sign-in its user, organization and workspace. */
static uint32_t
collect_subjects(struct subject *out, struct deployment_id d, const struct session_state *s)
{
	uint32_t n = 0;

	out[n++] = (struct subject){ SUBJECT_DEPLOYMENT, d.v };
	out[n++] = (struct subject){ SUBJECT_SESSION, s->id.v };
	for (size_t i = 0; i < s->n_signins; i++) {
		const struct signin_row *g = &s->signins[i];

		out[n++] = (struct subject){ SUBJECT_USER, g->user.v };
		if (g->org.v != 0)
			out[n++] = (struct subject){ SUBJECT_ORG, g->org.v };
		if (g->workspace.v != 0)
			out[n++] = (struct subject){ SUBJECT_WORKSPACE, g->workspace.v };
	}
	return n;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* An answer lists what is live: it is good until the first thing in it is not. */
static int64_t
first_limit(int64_t limit, const struct session_state *s)
{
	for (size_t i = 0; i < s->n_signins; i++)
		limit = earlier(limit, s->signins[i].expires_at);
	for (size_t i = 0; i < s->n_signin_attempts; i++)
		limit = earlier(limit, s->signin_attempts[i].expires_at);
	for (size_t i = 0; i < s->n_signup_attempts; i++)
		limit = earlier(limit, s->signup_attempts[i].expires_at);
	return limit;
}

struct snapshot *
snapshot_new(uint64_t moment, struct deployment_id d, const struct session_ref *ref, int64_t lifetime_until,
    const struct session_state *state, struct str json, struct str vouch)
{
	/* Room for every subject there may be: finding out first would cost a second walk. */
	size_t most = 2 + 3 * state->n_signins;
	size_t size = sizeof(struct snapshot) + most * sizeof(struct subject) + vouch.n + json.n;
	struct snapshot *s = slab_alloc(size);
	struct subject *subjects;
	char *text;

	if (!s)
		return NULL;
	subjects = (struct subject *)(void *)(s + 1);
	text = (char *)(subjects + most);
	if (vouch.n > 0)
		memcpy(text, vouch.p, vouch.n);
	memcpy(text + vouch.n, json.p, json.n);
	*s = (struct snapshot){
		.refs = 1, .deployment = d, .token = ref->hash, .session = ref->id, .moment = moment,
		.active = state->active ? state->active->id : (struct signin_id){ 0 },
		.valid_until = first_limit(ref->expires_at, state), .due_at = lifetime_until,
		.last_active_at = ref->last_active_at, .noted_at = ref->last_active_at,
		.n_subjects = collect_subjects(subjects, d, state), .json_n = (uint32_t)json.n,
		.vouch_n = (uint32_t)vouch.n, .size = size,
		.subjects = subjects, .vouch = text, .json = text + vouch.n,
	};
	return s;
}

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
snapshot_unref(struct snapshot *s)
{
	if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
		slab_free(s, s->size);
}

bool
snapshot_is_good(const struct snapshot *s, int64_t now)
{
	if (now >= s->valid_until)
		return false;
	for (uint32_t i = 0; i < s->n_subjects; i++)
		if (!coherence_is_fresh(s->moment, s->deployment, s->subjects[i].kind, s->subjects[i].id))
			return false;
	return true;
}
