/* coherence.h - how an answer kept in memory learns that it is stale. docs/decisions/generations.md. */
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
 * revocation_log row and remembers the subject, so that coherence_publish()
 * stamps it after the commit. E_STORE, E_OVERLOADED.
 * What GET /session does not show, a check does (api/session/vouch.h): a membership's roles
 * are its user's, a role's name and permissions its organization's or workspace's, or the
 * deployment's for one that all organizations have; gates are their organization's or workspace's.
 */
enum status cache_touch(struct task *t, struct deployment_id d, enum subject_kind kind, int64_t subject) MUST_CHECK;

/*
 * After the commit and before the reply: every subject this task touched is stamped
 * with a new moment. Any thread. A transaction that failed publishes nothing: its
 * list is dropped by whoever ran it.
 */
void coherence_publish(const struct task *t);
/* The same for one subject that another node changed. Any thread. */
void coherence_publish_one(struct deployment_id d, enum subject_kind kind, int64_t subject);
/* Everything there is may have changed: nothing built until now is fresh. Any thread. */
void coherence_publish_all(void);

/* The present moment. A reader takes it *before* its SQL and keeps it with what it built. Any thread. */
uint64_t coherence_now(void);

/*
 * Has nothing been published about the subject since `moment`? Subjects that hash alike
 * share a stamp: then an answer is built again for nothing, never served stale. Any thread.
 */
bool coherence_is_fresh(uint64_t moment, struct deployment_id d, enum subject_kind kind, int64_t subject);

/*
 * Between nodes. A node that others write beside may serve from memory only while its
 * lease holds: while it has read the log of changes not longer than COHERENCE_LEASE_US ago.
 * Without coherence_lease_begin() there is one node, and the lease always holds.
 */
#define COHERENCE_LEASE_US (900 * (SECOND_US / 1000))
void coherence_lease_begin(int64_t node);	/* once, before the first thread that serves */
void coherence_lease_renew(int64_t read_mono);	/* clock_mono() before the reading was sent */
bool coherence_lease_holds(void);	/* asks the clock itself: a process that was stopped has an old idea of now */
int64_t coherence_lag_us(void);		/* since the last reading; 0 with one node */
int64_t coherence_node(void);			/* 0 with one node */
