/* sender.c - the thread that takes messages out of the outbox and delivers them, each at least once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/sender.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "notify/round.h"

#define ROUND_EVERY_US   SECOND_US
#define BACKLOG_EVERY_US (5 * SECOND_US)
#define DRAIN_US         (3 * SECOND_US)
enum { ROUND_ARENA = 16 * 1024 * 1024, LOG_EVERY = 60 };

struct sender {
	struct sender_config c;
	pthread_t            thread;
	CURLM               *multi;
	atomic_bool          ending, woken;
	atomic_uint_fast64_t results[2][MESSAGE_RESULT__COUNT];
	atomic_uint_fast64_t due, failures;
	_Atomic int64_t      oldest_at;	/* 0: none waits */
	/* the thread's own */
	struct db           *db;
	struct lanes         lanes;
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

static void
tell(struct sender *s, struct deployment_id d, struct message_id id, enum message_channel channel,
    enum message_result result, const char *why)
{
	static const char *const words[] = { "sent", "kept", "failed", "given_up" };
	static const enum log_level levels[] = { LOG_INFO, LOG_INFO, LOG_WARN, LOG_ERROR };

	count(s, channel, result);
	log_event(levels[result], EV_MESSAGE, "message=message_%lld deployment=deployment_%lld channel=%s result=%s why=\"%s\"",
	    (long long)id.v, (long long)d.v, message_channel_name(channel), words[result], why);
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
write_one(struct task *t, struct parcel *p)
{
	int64_t rows;

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
		TRY(write_one(t, p));
	return OK;
}

static void
forget_one(struct sender *s, struct parcel *p)
{
	enum message_result result = RESULT_SENT;

	if (p->verdict != PARCEL_SENT)
		result = p->again_at > 0 ? RESULT_FAILED : RESULT_GIVEN_UP;
	tell(s, p->deployment, p->id, p->channel, result, p->why);
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

static void
take_back(struct sender *s, struct parcel *p)
{
	lane_end(&s->lanes, p->lane, p->verdict == PARCEL_AGAIN);
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
	lane_begin(&s->lanes, p->lane);
	if (curl_multi_add_handle(s->multi, p->easy) == CURLM_OK) {
		p->next = s->under_way;
		s->under_way = p;
		return;
	}
	p->verdict = PARCEL_AGAIN;
	take_back(s, p);
}

static void
send_pick(struct task *t, struct sender *s, const struct picks *picks, const struct pick *pick)
{
	struct parcel *p = NULL;
	enum status st;

	t->why[0] = '\0';
	st = round_pack(t, s->db, picks, pick, &p);
	if (!p)
		return;
	if (st == OK) {
		begin(s, p);
		return;
	}
	lane_begin(&s->lanes, p->lane);
	p->verdict = st == E_BAD_REQUEST_BODY ? PARCEL_NEVER : PARCEL_AGAIN;
	parcel_set_why(p, t->why);
	take_back(s, p);
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

static enum status
backlog_read(struct task *t, void *arg)
{
	struct message_backlog_row *row = arg;

	return sql_message_backlog(t, row);
}

static enum status
count_backlog(struct task *t, struct sender *s)
{
	struct message_backlog_row row;

	if (clock_mono() < s->backlog_mono)
		return OK;
	TRY(db_read(t, s->db, backlog_read, &row));
	atomic_store(&s->due, (uint64_t)row.n);
	atomic_store(&s->oldest_at, row.oldest);
	s->backlog_mono = clock_mono() + BACKLOG_EVERY_US;
	return OK;
}

static enum status
round_work(struct task *t, struct sender *s)
{
	struct picks *picks = arena_one(t->arena, struct picks);

	TRY_MEM(t, picks);
	if (!s->db)
		s->db = db_connect(t, s->c.store);
	if (!s->db)
		return fail(t, E_STORE, "no connection");
	picks->c = &s->c;
	picks->lanes = &s->lanes;
	TRY(settle(t, s));
	TRY(round_claim(t, s->db, picks));
	do_picks(t, s, picks);
	TRY(settle(t, s));
	lanes_tidy(&s->lanes);
	if (picks->more)
		s->round_mono = 0;
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

void
sender_stats(const struct sender *s, struct sender_stats *ret_stats)
{
	struct sender_stats st = { .due = atomic_load(&s->due), .failures = atomic_load(&s->failures) };
	int64_t oldest_at = atomic_load(&s->oldest_at);

	for (int channel = 0; channel < 2; channel++)
		for (int result = 0; result < MESSAGE_RESULT__COUNT; result++)
			st.results[channel][result] = atomic_load(&s->results[channel][result]);
	st.oldest_us = oldest_at > 0 && clock_now() > oldest_at ? clock_now() - oldest_at : 0;
	*ret_stats = st;
}
