/* snapshot.h - a ready answer of GET /session, and of a check: immutable, refcounted, and what they depend on. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "session/coherence.h"
#include "session/state.h"
#include "session/token.h"

struct subject {
	enum subject_kind kind;
	int64_t           id;
};

/*
 * One block of memory: this, then the subjects, what a check answers, and the JSON. Nothing in it changes
 * after it was made but the count, and what is only ever a hint. The first cache line
 * is all that a look-up reads of one it does not want.
 */
struct snapshot {
	struct snapshot     *next;	/* the cache's own */
	struct token_hash    token;
	struct deployment_id deployment;
	_Atomic uint32_t     refs;
	_Atomic bool         hot;	/* served since the clock hand last passed */
	uint64_t             moment;	/* coherence_now() before the SQL */
	int64_t              valid_until;	/* the first of: a limit of the session, of a sign-in, of an attempt */
	int64_t              due_at;	/* from then on its token is to be replaced by whoever can hand out another */
	_Atomic int64_t      noted_at;	/* when a use was last given to activity_note() */
	int64_t              last_active_at;	/* as stored */
	struct session_id    session;
	struct signin_id     active;
	size_t               size;	/* of the whole block */
	uint32_t             n_subjects;
	uint32_t             json_n;
	uint32_t             vouch_n;	/* 0: nobody has read what a check answers */
	const struct subject *subjects;
	const char          *json;	/* the whole body, envelope included */
	const char          *vouch;	/* api/session/vouch.h knows what is in it */
};

/*
 * Make one, with one reference for the caller. `ref` must be a settled, stored session
 * whose token is current (session_ref.token_out empty), `lifetime_until` when that token
 * is due. `vouch` may be empty. NULL: out of memory. Any thread.
 */
struct snapshot *snapshot_new(uint64_t moment, struct deployment_id d, const struct session_ref *ref,
    int64_t lifetime_until, const struct session_state *state, struct str json, struct str vouch);

struct snapshot *snapshot_ref(struct snapshot *s);
void             snapshot_unref(struct snapshot *s);	/* NULL is fine */

/* May it be served now? Nothing it depends on has been published since, and no limit has passed. Any thread. */
bool snapshot_is_good(const struct snapshot *s, int64_t now);
