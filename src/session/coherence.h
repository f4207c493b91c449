/* coherence.h - generations: how every cached answer learns that it is stale. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/id.h"
#include "base/task.h"

/* What a cached answer can depend on. The numbers are stored in revocation_log: never renumber. */
enum subject_kind {
	SUBJECT_DEPLOYMENT = 1,
	SUBJECT_SESSION = 2,
	SUBJECT_USER = 3,
	SUBJECT_ORG = 4,
	SUBJECT_WORKSPACE = 5,
};

struct touch {
	struct touch        *next;
	struct deployment_id deployment;
	enum subject_kind    kind;
	int64_t              subject;
};

/*
 * The only way to invalidate. Inside a write transaction: writes the
 * revocation_log row and remembers the subject, so that coherence_publish() bumps
 * its generation after the commit. E_STORE, E_OVERLOADED.
 */
enum status cache_touch(struct task *t, struct deployment_id d, enum subject_kind kind, int64_t subject) MUST_CHECK;

/*
 * After the commit and before the reply: every subject this task touched gets a new
 * generation. Any thread. Nothing happens for a transaction that failed, whose list
 * the caller drops.
 */
void coherence_publish(const struct task *t);

/*
 * The current generation of a subject (shared by those that hash alike: then an
 * answer is filled again for nothing, never served stale). A reader loads its
 * subjects' generations before its SQL, and compares them at every serve. Any thread.
 */
uint64_t coherence_generation(struct deployment_id d, enum subject_kind kind, int64_t subject);
