/* sender_parts.h - the parts of the sender, for one another. All but the atomics is the sender thread's own. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "notify/lane.h"
#include "notify/parcel.h"
#include "notify/sender.h"

struct sender {
	struct sender_config c;
	pthread_t            thread;
	CURLM               *multi;
	atomic_bool          ending, woken;
	atomic_uint_fast64_t results[CHANNEL__COUNT][MESSAGE_RESULT__COUNT];
	atomic_uint_fast64_t due, hooks_due, hooks_given_out, failures;
	_Atomic int64_t      oldest_at, hooks_oldest_at;	/* 0: none waits */
	/* the thread's own */
	struct db           *db;
	struct lanes         lanes, hook_lanes;	/* apart, so that endpoints that hang leave mail its transfers */
	unsigned             hook_turn;
	struct parcel       *under_way;	/* in the multi handle */
	struct parcel       *back;	/* out of it, not yet written down */
	int64_t              round_mono, backlog_mono;	/* when they are due */
	unsigned             failed_in_a_row;
};

/* ---- sender_settle.c: what came back is told and written down ---- */

void sender_tell(struct sender *s, struct deployment_id d, struct message_id id, enum message_channel channel,
    enum message_result result, const char *why);
void sender_tell_hook(struct sender *s, struct deployment_id d, struct hook_id hook, struct hook_event_id event,
    enum message_result result, const char *why);

/* Those a parcel counts in: messages and events have lanes apart. */
struct lanes *sender_lanes(struct sender *s, const struct parcel *p);
/* Out of curl's hands; then, with a verdict, into `back`. */
void sender_take_out(struct sender *s, struct parcel *p);
void sender_take_back(struct sender *s, struct parcel *p);
/* Whatever curl is done with is judged and taken back. true: something was. */
bool sender_collect(struct sender *s);
/* Write down what is in `back`. On failure it stays there: until the store is back, or another node has sent it again. */
enum status sender_settle(struct task *t, struct sender *s) MUST_CHECK;

/* ---- sender_round.c: what is due is claimed, packed and handed to curl ---- */

/* Settles, before and after. What the store fails is told, and tried again with the next round. */
void sender_round(struct sender *s);
