/* sender.c - the thread that delivers what waits: messages out of the outbox, and events to endpoints. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/sender.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/hook_round.h"
#include "notify/round.h"

#define ROUND_EVERY_US   SECOND_US
#define BACKLOG_EVERY_US (5 * SECOND_US)
#define DRAIN_US         (3 * SECOND_US)
/* A dead endpoint may have tens of thousands of events waiting: each try writes twice to the database. */
#define HOOK_REST_MAX_US (30 * SECOND_US)
enum { ROUND_ARENA = 16 * 1024 * 1024, LOG_EVERY = 60, MESSAGES_AT_ONCE = 4, HOOKS_AT_ONCE = 8 };

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

bool
sender_has_transport(const struct deployment *d, enum message_channel channel)
{
	return channel == CHANNEL_MAIL ? d->settings.smtp.host.n > 0 : d->settings.sms.webhook_url.n > 0;
}

/* ---- telling ---- */

static void
count(struct sender *s, enum message_channel channel, enum message_result result)
{
	atomic_fetch_add(&s->results[channel][result], 1);
}

static const char *const words[] = { "sent", "kept", "failed", "given_up" };
static const enum log_level levels[] = { LOG_INFO, LOG_INFO, LOG_WARN, LOG_ERROR };

static void
tell(struct sender *s, struct deployment_id d, struct message_id id, enum message_channel channel,
    enum message_result result, const char *why)
{
	count(s, channel, result);
	log_event(levels[result], EV_MESSAGE, "message=message_%lld deployment=deployment_%lld channel=%s result=%s why=\"%s\"",
	    (long long)id.v, (long long)d.v, message_channel_name(channel), words[result], why);
}

static void
tell_hook(struct sender *s, struct deployment_id d, struct hook_id hook, struct hook_event_id event, enum message_result result,
    const char *why)
{
	count(s, CHANNEL_WEBHOOK, result);
	log_event(levels[result], EV_MESSAGE, "message=event_%lld deployment=deployment_%lld channel=webhook to=webhook_%lld result=%s why=\"%s\"",
	    (long long)event.v, (long long)d.v, (long long)hook.v, words[result], why);
}

static void
tell_given_out(struct sender *s, const struct parcel *p)
{
	atomic_fetch_add(&s->hooks_given_out, 1);
	log_event(LOG_ERROR, EV_WEBHOOK, "webhook=webhook_%lld deployment=deployment_%lld state=disabled why=\"%s\"",
	    (long long)p->hook.v, (long long)p->deployment.v, p->gave_out);
}

/* A store that stays away would fill the log: the first time, then once a minute or so. */
static void
tell_failure(struct sender *s, const struct task *t)
{
	atomic_fetch_add(&s->failures, 1);
	if (s->failed_in_a_row++ % LOG_EVERY == 0)
		log_event(LOG_ERROR, EV_STORE, "sender why=\"%s\"", t->why);
	s->db = db_close(s->db);
}

/* ---- what came back is written down ---- */

/* 0 rows: it took so long that somebody else has it now. */
static enum status
write_one(struct task *t, const struct sender *s, struct parcel *p)
{
	int64_t rows;

	if (p->channel == CHANNEL_WEBHOOK)
		return hook_round_settle(t, &s->c, p);
	if (p->verdict == PARCEL_SENT)
		return sql_message_sent(t, p->deployment, p->id, p->claim, t->now, &rows);
	p->again_at = p->verdict == PARCEL_AGAIN ? round_next_try(t->now, p->tries, p->created_at, p->expires_at) : 0;
	if (p->again_at > 0)
		return sql_message_retry(t, p->deployment, p->id, p->claim, p->again_at, str_of(p->why), &rows);
	return sql_message_give_up(t, p->deployment, p->id, p->claim, t->now, str_of(p->why), &rows);
}

static enum status
write_back(struct task *t, void *arg)
{
	const struct sender *s = arg;

	for (struct parcel *p = s->back; p; p = p->next)
		TRY(write_one(t, s, p));
	return OK;
}

static void
forget_one(struct sender *s, struct parcel *p)
{
	enum message_result result = RESULT_SENT;

	if (p->verdict != PARCEL_SENT)
		result = p->again_at > 0 ? RESULT_FAILED : RESULT_GIVEN_UP;
	if (p->channel == CHANNEL_WEBHOOK)
		tell_hook(s, p->deployment, p->hook, p->event, result, p->why);
	else
		tell(s, p->deployment, p->id, p->channel, result, p->why);
	if (p->gave_out)
		tell_given_out(s, p);
	parcel_free(p);
}

/* On failure they stay: once the store is back, or another node has sent them again. */
static enum status
settle(struct task *t, struct sender *s)
{
	if (!s->back)
		return OK;
	TRY(store_write_wait(t, s->c.store, s->db, write_back, s));
	while (s->back) {
		struct parcel *p = s->back;

		s->back = p->next;
		forget_one(s, p);
	}
	return OK;
}

static struct lanes *
lanes_of(struct sender *s, const struct parcel *p)
{
	return p->channel == CHANNEL_WEBHOOK ? &s->hook_lanes : &s->lanes;
}

static void
take_back(struct sender *s, struct parcel *p)
{
	lane_end(lanes_of(s, p), p->lane, clock_now(), p->verdict == PARCEL_AGAIN);
	p->next = s->back;
	s->back = p;
}

static void
take_out(struct sender *s, struct parcel *p)
{
	struct parcel **at = &s->under_way;

	curl_multi_remove_handle(s->multi, p->easy);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
}

static bool
collect(struct sender *s)
{
	bool any = false;
	const CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left)) != NULL) {
		struct parcel *p = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p) != CURLE_OK)
			continue;
		/* What it was told is gone once it is out. */
		parcel_judge(p, code);
		take_out(s, p);
		take_back(s, p);
		any = true;
	}
	return any;
}

/* ---- what is due is sent ---- */

static void
begin(struct sender *s, struct parcel *p)
{
	lane_begin(lanes_of(s, p), p->lane);
	if (curl_multi_add_handle(s->multi, p->easy) == CURLM_OK) {
		p->next = s->under_way;
		s->under_way = p;
		return;
	}
	p->verdict = PARCEL_AGAIN;
	p->unasked = true;
	take_back(s, p);
}

/* Packed, or not: then why is in t->why. */
static void
send_packed(struct task *t, struct sender *s, enum status st, struct parcel *p)
{
	if (!p)
		return;
	if (st == OK) {
		begin(s, p);
		return;
	}
	lane_begin(lanes_of(s, p), p->lane);
	p->verdict = st == E_BAD_REQUEST_BODY ? PARCEL_NEVER : PARCEL_AGAIN;
	p->unasked = st != E_BAD_REQUEST_BODY;
	parcel_set_why(p, t->why);
	take_back(s, p);
}

static void
send_pick(struct task *t, struct sender *s, const struct picks *picks, const struct pick *pick)
{
	struct parcel *p = NULL;
	enum status st;

	t->why[0] = '\0';
	st = round_pack(t, s->db, picks, pick, &p);
	send_packed(t, s, st, p);
}

static void
do_picks(struct task *t, struct sender *s, const struct picks *picks)
{
	for (size_t i = 0; i < picks->n; i++) {
		const struct pick *pick = &picks->items[i];
		enum message_channel channel = (enum message_channel)pick->lane->channel;

		if (!pick->ours)
			continue;
		if (pick->fate == PICK_SEND)
			send_pick(t, s, picks, pick);
		else
			tell(s, pick->deployment->id, pick->row.id, channel,
			    pick->fate == PICK_KEEP ? RESULT_KEPT : RESULT_GIVEN_UP,
			    pick->fate == PICK_KEEP ? "" : "not delivered in time");
	}
}

static void
send_hook_pick(struct task *t, struct sender *s, const struct hook_picks *picks, const struct hook_pick *pick)
{
	struct parcel *p = NULL;
	enum status st;

	t->why[0] = '\0';
	st = hook_round_pack(t, s->db, picks, pick, &p);
	send_packed(t, s, st, p);
}

static void
do_hook_picks(struct task *t, struct sender *s, const struct hook_picks *picks)
{
	for (size_t i = 0; i < picks->n; i++) {
		const struct hook_pick *pick = &picks->items[i];

		if (!pick->ours)
			continue;
		if (pick->fate == HOOK_FATE_SEND)
			send_hook_pick(t, s, picks, pick);
		else if (pick->fate == HOOK_FATE_GIVE_UP)
			tell_hook(s, pick->deployment, pick->hook->id, pick->row.event, RESULT_GIVEN_UP, pick->why);
	}
}

struct backlogs {
	struct message_backlog_row messages;
	struct hook_backlog_row    hooks;
};

static enum status
backlog_read(struct task *t, void *arg)
{
	struct backlogs *b = arg;

	TRY(sql_message_backlog(t, &b->messages));
	return sql_hook_backlog(t, &b->hooks);
}

static enum status
count_backlog(struct task *t, struct sender *s)
{
	struct backlogs b;

	if (clock_mono() < s->backlog_mono)
		return OK;
	TRY(db_read(t, s->db, backlog_read, &b));
	atomic_store(&s->due, (uint64_t)b.messages.n);
	atomic_store(&s->oldest_at, b.messages.oldest);
	atomic_store(&s->hooks_due, (uint64_t)b.hooks.n);
	atomic_store(&s->hooks_oldest_at, b.hooks.oldest);
	s->backlog_mono = clock_mono() + BACKLOG_EVERY_US;
	return OK;
}

static enum status
round_messages(struct task *t, struct sender *s)
{
	struct picks *picks = arena_one(t->arena, struct picks);

	TRY_MEM(t, picks);
	picks->c = &s->c;
	picks->lanes = &s->lanes;
	TRY(round_claim(t, s->db, picks));
	do_picks(t, s, picks);
	lanes_tidy(&s->lanes);
	if (picks->more)
		s->round_mono = 0;
	return OK;
}

static enum status
round_hooks(struct task *t, struct sender *s)
{
	struct hook_picks *picks = arena_one(t->arena, struct hook_picks);

	TRY_MEM(t, picks);
	picks->c = &s->c;
	picks->lanes = &s->hook_lanes;
	picks->turn = s->hook_turn++;
	TRY(hook_round_claim(t, s->db, picks));
	do_hook_picks(t, s, picks);
	lanes_tidy(&s->hook_lanes);
	if (picks->more)
		s->round_mono = 0;
	return OK;
}

static enum status
round_work(struct task *t, struct sender *s)
{
	if (!s->db)
		s->db = db_connect(t, s->c.store);
	if (!s->db)
		return fail(t, E_STORE, "no connection");
	TRY(settle(t, s));
	TRY(round_messages(t, s));
	TRY(round_hooks(t, s));
	TRY(settle(t, s));
	return count_backlog(t, s);
}

static void
round_run(struct sender *s)
{
	struct task t = { .arena = arena_new(ROUND_ARENA), .now = clock_now() };

	s->round_mono = clock_mono() + ROUND_EVERY_US;
	if (t.arena && round_work(&t, s) == OK)
		s->failed_in_a_row = 0;
	else
		tell_failure(s, &t);
	arena_free(t.arena);
}

/* ---- the thread ---- */

static void
turn(struct sender *s)
{
	int running, ready, wait_ms;

	(void)curl_multi_perform(s->multi, &running);
	if (collect(s))
		s->round_mono = 0;
	if (atomic_exchange(&s->woken, false) || clock_mono() >= s->round_mono) {
		round_run(s);
		(void)curl_multi_perform(s->multi, &running);
	}
	wait_ms = (int)((s->round_mono - clock_mono()) / 1000);
	if (wait_ms > 0)
		(void)curl_multi_poll(s->multi, NULL, 0, wait_ms, &ready);
}

/* What is under way has some seconds; then it is due again at once, for the next start or another node. */
static void
drain(struct sender *s)
{
	int64_t until = clock_mono() + DRAIN_US;
	struct task t = { .arena = arena_new(ROUND_ARENA), .now = clock_now() };
	int running, ready;

	while (s->under_way && clock_mono() < until) {
		(void)curl_multi_perform(s->multi, &running);
		if (!collect(s))
			(void)curl_multi_poll(s->multi, NULL, 0, 100, &ready);
	}
	while (s->under_way) {
		struct parcel *p = s->under_way;

		parcel_abort(p);
		take_out(s, p);
		p->verdict = PARCEL_AGAIN;
		p->stopped = true;
		parcel_set_why(p, "the server stopped");
		take_back(s, p);
	}
	if (!t.arena || !s->db || settle(&t, s) != OK)
		log_event(LOG_WARN, EV_STORE, "sender why=\"what was under way is tried again in a minute: %s\"", t.why);
	arena_free(t.arena);
}

static void *
run(void *arg)
{
	struct sender *s = arg;

	while (!atomic_load(&s->ending))
		turn(s);
	drain(s);
	return NULL;
}

/* Signals are the main thread's: this one starts with all of them blocked. */
static bool
start_thread(struct sender *s)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		(void)pthread_setname_np(s->thread, "sender");
	return !failed;
}

static void
release(struct sender *s)
{
	while (s->back) {
		struct parcel *next = s->back->next;

		parcel_free(s->back);
		s->back = next;
	}
	lanes_done(&s->lanes);
	lanes_done(&s->hook_lanes);
	db_close(s->db);
	if (s->multi)
		curl_multi_cleanup(s->multi);
	free(s);
}

struct sender *
sender_new(struct task *t, const struct sender_config *c)
{
	struct sender *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)!fail(t, E_OVERLOADED, "out of memory");
		return NULL;
	}
	s->c = *c;
	s->lanes.lane_max = MESSAGES_AT_ONCE;
	s->hook_lanes.lane_max = HOOKS_AT_ONCE;
	s->hook_lanes.rest_max_us = HOOK_REST_MAX_US;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		s->multi = curl_multi_init();
	s->db = s->multi ? db_connect(t, c->store) : NULL;
	if (s->db && start_thread(s))
		return s;
	(void)!fail(t, E_INTERNAL, "the sender of messages could not start");
	release(s);
	return NULL;
}

struct sender *
sender_free(struct sender *s)
{
	if (!s)
		return NULL;
	atomic_store(&s->ending, true);
	sender_wake(s);
	pthread_join(s->thread, NULL);
	release(s);
	return NULL;
}

void
sender_wake(struct sender *s)
{
	if (!s)
		return;
	atomic_store(&s->woken, true);
	(void)curl_multi_wakeup(s->multi);
}

static int64_t
since(int64_t at)
{
	int64_t now = clock_now();

	return at > 0 && now > at ? now - at : 0;
}

void
sender_stats(const struct sender *s, struct sender_stats *ret_stats)
{
	struct sender_stats st = {
		.due = atomic_load(&s->due), .hooks_due = atomic_load(&s->hooks_due),
		.hooks_given_out = atomic_load(&s->hooks_given_out), .failures = atomic_load(&s->failures),
	};

	for (int channel = 0; channel < CHANNEL__COUNT; channel++)
		for (int result = 0; result < MESSAGE_RESULT__COUNT; result++)
			st.results[channel][result] = atomic_load(&s->results[channel][result]);
	st.oldest_us = since(atomic_load(&s->oldest_at));
	st.hooks_oldest_us = since(atomic_load(&s->hooks_oldest_at));
	*ret_stats = st;
}
