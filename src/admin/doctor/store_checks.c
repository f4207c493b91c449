/* store_checks.c - the database, what waits in it, and the table of what is looked at with it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/report.h"

#include "base/clock.h"
#include "base/str.h"
#include "session/state.h"
#include "store/health.h"
#include "store/store.gen.h"

#define STUCK_US (15 * MINUTE_US)
#define SWEEP_US HOUR_US

static void
say_postgresql(struct doctor *d, const char *name, const struct store_health *h)
{
	if (h->is_replica)
		doctor_say(d, DOCTOR_PROBLEM, name, "point --database at the primary", "this PostgreSQL is a replica and takes no writes");
	if (str_eq(h->fsync, S("off")))
		doctor_say(d, DOCTOR_PROBLEM, name, "fsync = on in postgresql.conf", "fsync is off: a power cut damages the database and revives what was revoked");
	if (str_eq(h->synchronous_commit, S("off")))
		doctor_say(d, DOCTOR_PROBLEM, name, "ALTER DATABASE ... SET synchronous_commit = on",
		    "synchronous_commit is off: a crash forgets sign-outs that were answered");
	if (h->connections_max > 0 && h->connections * 10 >= h->connections_max * 9)
		doctor_say(d, DOCTOR_WARNING, name, "raise max_connections, or lower database-connections of the nodes",
		    "%lld of %lld connections are taken", (long long)h->connections, (long long)h->connections_max);
}

static void
say_clock(struct doctor *d, const char *name, const struct store_health *h, int64_t now)
{
	int64_t off_s = (h->now - now) / SECOND_US;

	if (off_s > 2 || off_s < -2)
		doctor_say(d, DOCTOR_WARNING, name, "synchronise both clocks (chrony)", "its clock is %lld s from this process's", (long long)off_s);
}

/* One transaction reads, so that this much is known to work. */
static void
check_database(struct doctor *d, const char *name)
{
	struct command *c = d->c;
	int64_t began = clock_mono(), now = clock_now();
	struct store_health h = { 0 };

	if (store_health(c->t, c->db, &h) != OK) {
		doctor_say(d, DOCTOR_PROBLEM, name, "look at the database's own log", "it does not answer: %s", c->t->why);
		c->t->why[0] = '\0';
		return;
	}
	doctor_say(d, DOCTOR_OK, name, NULL, "%s answers in %lld us, with this program's schema; %s", store_engine(c->store),
	    (long long)(clock_mono() - began), c->app ? "a server runs on it" : "no server runs here");
	say_postgresql(d, name, &h);
	say_clock(d, name, &h, now);
}

/* ---- what waits ---- */

struct waiting {
	int64_t n, oldest, hooks, hooks_oldest;
	size_t  n_expired;
	int64_t now;
};

static enum status
waiting_read(struct task *t, void *arg)
{
	struct waiting *w = arg;
	struct message_backlog_row messages;
	struct hook_backlog_row hooks;
	struct session_expired_row *expired;

	TRY(sql_message_backlog(t, &messages));
	TRY(sql_hook_backlog(t, &hooks));
	TRY(sql_session_expired(t, w->now - SWEEP_US, 1, &expired, &w->n_expired));
	w->n = messages.n;
	w->oldest = messages.oldest;
	w->hooks = hooks.n;
	w->hooks_oldest = hooks.oldest;
	return OK;
}

static void
say_backlog(struct doctor *d, const char *check, const char *what, const char *mend, int64_t n, int64_t oldest)
{
	int64_t now = d->c->t->now;

	if (n > 0 && oldest > 0 && now - oldest > STUCK_US)
		doctor_say(d, DOCTOR_WARNING, check, mend, "%lld %s, the oldest for %lld minutes", (long long)n, what,
		    (long long)((now - oldest) / MINUTE_US));
	else
		doctor_say(d, DOCTOR_OK, check, NULL, "%lld %s", (long long)n, what);
}

static void
check_waiting(struct doctor *d, const char *name)
{
	struct command *c = d->c;
	struct waiting w = { .now = c->t->now };

	if (db_read(c->t, c->db, waiting_read, &w) != OK) {
		doctor_say(d, DOCTOR_PROBLEM, name, NULL, "could not be read: %s", c->t->why);
		c->t->why[0] = '\0';
		return;
	}
	say_backlog(d, name, "messages wait to be sent", "sessiond outbox list --deployment HOST tells why", w.n, w.oldest);
	say_backlog(d, "webhooks", "deliveries wait", "sessiond webhook list --deployment HOST tells why", w.hooks, w.hooks_oldest);
	if (w.n_expired > 0)
		doctor_say(d, DOCTOR_WARNING, "sweep", "look for EV_SWEEP in the log; a server must run", "sessions that ended over an hour ago are still stored: nothing sweeps");
	else
		doctor_say(d, DOCTOR_OK, "sweep", NULL, "nothing is left over");
}

const struct doctor_check doctor_serving_checks[] = {
	{ "database", check_database },
	{ "descriptors", doctor_check_descriptors },
	{ "outbox", check_waiting },
	{ "deployments", doctor_check_hosts },
	{ "modes", doctor_check_modes },
	{ "cookies", doctor_check_cookies },
	{ "signing keys", doctor_check_keys_due },
	{ "mail", doctor_check_mail },
	{ "text messages", doctor_check_messages },
	{ "webhook endpoints", doctor_check_hooks },
};
const size_t doctor_serving_n = ARRAY_LEN(doctor_serving_checks);
