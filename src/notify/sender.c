/* sender.c - the thread that delivers what waits: messages out of the outbox, and events to endpoints. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/sender.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "notify/sender_parts.h"

#define DRAIN_US         (3 * SECOND_US)
/* A dead endpoint may have tens of thousands of events waiting: each try writes twice to the database. */
#define HOOK_REST_MAX_US (30 * SECOND_US)
enum { DRAIN_ARENA = 16 * 1024 * 1024, MESSAGES_AT_ONCE = 4, HOOKS_AT_ONCE = 8 };

bool
sender_has_transport(const struct deployment *d, enum message_channel channel)
{
	return channel == CHANNEL_MAIL ? d->settings.smtp.host.n > 0 : d->settings.sms.webhook_url.n > 0;
}

static void
turn(struct sender *s)
{
	int running, ready, wait_ms;

	(void)curl_multi_perform(s->multi, &running);
	if (sender_collect(s))
		s->round_mono = 0;
	if (atomic_exchange(&s->woken, false) || clock_mono() >= s->round_mono) {
		sender_round(s);
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
	struct task t = { .arena = arena_new(DRAIN_ARENA), .now = clock_now() };
	int running, ready;

	while (s->under_way && clock_mono() < until) {
		(void)curl_multi_perform(s->multi, &running);
		if (!sender_collect(s))
			(void)curl_multi_poll(s->multi, NULL, 0, 100, &ready);
	}
	while (s->under_way) {
		struct parcel *p = s->under_way;

		parcel_abort(p);
		sender_take_out(s, p);
		p->verdict = PARCEL_AGAIN;
		p->stopped = true;
		parcel_set_why(p, "the server stopped");
		sender_take_back(s, p);
	}
	if (!t.arena || !s->db || sender_settle(&t, s) != OK)
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
