/* serve.c - `sessiond serve`: what is started, in which order, and how it ends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/serve.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "admin/demo.h"
#include "admin/notify.h"
#include "admin/running.h"
#include "api/place.h"
#include "api/sign_up/blocklists.h"
#include "base/clock.h"
#include "base/str.h"
#include "api/audit.h"
#include "notify/sender.h"
#include "session/cache.h"
#include "version.gen.h"

enum { START_ARENA = 64 * 1024 * 1024, LIMITER_SLOTS = 65536, WHY_MAX = 256 };
#define ADMIN_DRAIN_US (2 * SECOND_US)

/* ---- the parts ---- */

static enum status
start_open(struct running *r)
{
	return opened_open(&r->t, r->conf, &r->opened);
}

static enum status
start_app(struct running *r)
{
	struct app *app = &r->app;

	app->store = r->opened.store;
	app->keys = r->opened.keys;
	app->arena_max = (size_t)r->conf->task_memory;
	app->limiter = limiter_new(LIMITER_SLOTS);
	app->activity = activity_new();
	app->places = places_new();
	app->cache = cache_new((size_t)r->conf->cache_memory);
	app->ropes = rope_pool_new((size_t)r->conf->answer_memory);
	app->hasher = hasher_new(app->keys, (unsigned)r->conf->hash_threads, (size_t)r->conf->hash_queue);
	app->blocklists = blocklists_new();
	if (!app->blocklists || !app->limiter || !app->activity || !app->places || !app->cache || !app->ropes || !app->hasher ||
	    !app_counters_init(app))
		return fail(&r->t, E_OVERLOADED, "out of memory");
	TRY(running_apply(&r->t, app, r->conf));
	return directory_new(&r->t, app->store, r->opened.db, app->keys, r->conf->demo, &app->directory);
}

static struct pool *
new_pool(struct running *r, const char *name, int64_t threads, int64_t queue, int64_t share)
{
	const struct pool_config c = {
		.name = name, .n_threads = (unsigned)threads, .queue_max = (size_t)queue, .share_max = (size_t)share,
		.enter = app_worker_enter, .leave = app_worker_leave, .arg = &r->app,
	};

	return pool_new(&c);
}

static enum status
start_pools(struct running *r)
{
	const struct conf *c = r->conf;

	r->app.workers = new_pool(r, "workers", c->workers, c->queue, 0);
	if (r->app.workers)
		r->app.hash_lane = new_pool(r, "hash", c->hash_workers, c->hash_queue, c->hash_share);
	return r->app.hash_lane ? OK : fail(&r->t, E_INTERNAL, "the workers could not start");
}

static enum status
start_sender(struct running *r)
{
	const struct sender_config config = {
		.store = r->app.store, .keys = r->app.keys, .directory = r->app.directory, .ca_file = r->start_conf->mail_ca_file,
		.hook_given_out = audit_hook_given_out,
	};

	r->app.sender = sender_new(&r->t, &config);
	return r->app.sender ? OK : E_INTERNAL;
}

/* Following draws this node's number, which the background says to others. */
static enum status
start_background(struct running *r)
{
	TRY(follow_new(&r->t, &r->app, &r->follow));
	r->background = background_new(&r->t, &r->app);
	return r->background ? OK : E_INTERNAL;
}

static enum status
start_server(struct running *r)
{
	const struct conf *c = r->conf;
	const struct server_config config = {
		.listen = c->listen.items, .n_listen = c->listen.n, .n_loops = (unsigned)c->threads,
		.handler = app_handler(&r->app),
		.limits = {
			.http1 = { .request_line = (size_t)c->request_line, .head = (size_t)c->request_head },
			.head_us = c->head_timeout_us, .idle_us = c->idle_timeout_us, .body_grace_us = c->body_grace_us,
			.body_rate = c->body_rate, .write_stall_us = c->write_stall_us,
			.rope_us = c->answer_time_us, .pipeline = (int)c->pipeline,
			.conns = (size_t)c->connections, .bodies = (size_t)c->body_memory,
		},
	};
	char why[WHY_MAX];

	if (!server_start(&config, &r->server, why, sizeof(why)))
		return fail(&r->t, E_INTERNAL, "%s", why);
	return OK;
}

/* The demo's hosts carry the port, which may be known only now. */
static enum status
start_demo(struct running *r)
{
	if (!r->conf->demo)
		return OK;
	r->demo_port = running_port(r);
	if (r->demo_port == 0)
		return fail(&r->t, E_INTERNAL, "the demo needs a listener such as 127.0.0.1:8080");
	return demo_prepare(&r->t, &r->app, r->opened.db, r->demo_port);
}

static enum status
start_admin(struct running *r)
{
	struct admin_config config = {
		.app = &r->app, .background = r->background, .server = r->server, .began_mono = r->began_mono,
		.test_clock = str_eq(str_of(getenv("SESSIOND_TEST_CLOCK")), S("1")),
	};

	TRY(admin_database_tag(&r->t, r->conf->database, &config.database_tag));
	r->admin = admin_new(&r->t, &config);
	return r->admin ? OK : E_INTERNAL;
}

static enum status
start_admin_server(struct running *r)
{
	const char *listen[2];
	struct server_config config = {
		.listen = listen, .n_loops = 1, .limits = net_limits_default, .handler = admin_handler(r->admin),
	};
	char path[ADMIN_SOCKET_PATH_MAX], why[WHY_MAX];

	r->data_fd = open(r->conf->data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->data_fd < 0 || !admin_socket_path(r->conf->data, r->data_fd, path))
		return fail(&r->t, E_INTERNAL, "%s: cannot have an admin socket there", r->conf->data);
	if (r->conf->admin_listen[0] != '\0')
		listen[config.n_listen++] = r->conf->admin_listen;
	listen[config.n_listen++] = path;
	if (!server_start(&config, &r->admin_server, why, sizeof(why)))
		return fail(&r->t, E_INTERNAL, "admin: %s", why);
	return OK;
}

/* ---- all of them ---- */

static enum status
start(struct running *r)
{
	TRY(start_open(r));
	TRY(start_app(r));
	TRY(start_sender(r));
	TRY(start_pools(r));
	TRY(start_background(r));
	TRY(start_server(r));
	TRY(start_demo(r));
	TRY(start_admin(r));
	return start_admin_server(r);
}

/*
 * Also after a start that failed half-way. Listeners close first, and answer what was
 * begun; the operator's closes after the public one, so that the end can be watched, but
 * before what its metrics tell of; then the workers, for which the loops still wait; then
 * what they worked with.
 */
static void
stop(struct running *r)
{
	if (r->admin)
		admin_set_draining(r->admin);
	if (r->server)
		server_drain(r->server, r->conf->drain_timeout_us);
	r->app.ending = true;
	if (r->admin_server)
		server_drain(r->admin_server, ADMIN_DRAIN_US);
	admin_free(r->admin);
	server_free(r->admin_server);
	pool_free(r->app.workers);
	pool_free(r->app.hash_lane);
	server_free(r->server);
	follow_free(r->follow);
	background_free(r->background);
	sender_free(r->app.sender);
	directory_free(r->app.directory);
	hasher_free(r->app.hasher);
	cache_free(r->app.cache);
	rope_pool_free(r->app.ropes);
	activity_free(r->app.activity);
	places_free(r->app.places);
	blocklists_free(r->app.blocklists);
	limiter_free(r->app.limiter);
	app_counters_done(&r->app);
	opened_close(&r->opened);
	if (r->data_fd >= 0)
		close(r->data_fd);
}

/* ---- the main thread, meanwhile ---- */

/* Blocked before the first thread starts, so that all of them leave the signals to this one. */
static void
block_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGTERM);
	sigaddset(ret_set, SIGINT);
	sigaddset(ret_set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret_set, NULL);
}

static void
wait_for_end(struct running *r, const sigset_t *signals)
{
	int64_t watchdog_us = notify_watchdog_us();
	int64_t us = watchdog_us > 0 ? watchdog_us : DAY_US;
	const struct timespec wait = { us / SECOND_US, us % SECOND_US * 1000 };

	for (;;) {
		int sig = sigtimedwait(signals, NULL, &wait);

		if (sig == SIGTERM || sig == SIGINT) {
			log_event(LOG_NOTICE, EV_STOP, "signal=%d", sig);
			return;
		}
		if (sig == SIGHUP)
			running_reload(r);
		if (watchdog_us > 0)
			notify("WATCHDOG=1");
	}
}

static int
run(struct running *r, const sigset_t *signals)
{
	if (start(r) != OK) {
		fprintf(stderr, "sessiond: %s\n", r->t.why[0] ? r->t.why : "the start failed; see the log");
		return 1;
	}
	running_announce(r);
	log_event(LOG_NOTICE, EV_START, "version=%s engine=%s start_ms=%lld", SESSIOND_VERSION,
	    store_engine(r->app.store), (long long)((clock_mono() - r->began_mono) / 1000));
	notify("READY=1");
	wait_for_end(r, signals);
	notify("STOPPING=1");
	return 0;
}

int
serve(int argc, char **argv)
{
	struct running r = { .began_mono = clock_mono(), .data_fd = -1 };
	sigset_t signals;
	int code;

	r.start_conf = r.conf = running_load_conf(argc, argv, NULL);
	if (!r.conf)
		return 1;
	r.t = (struct task){ .arena = arena_new(START_ARENA), .now = clock_now() };
	if (!r.t.arena)
		return 1;
	block_signals(&signals);
	code = run(&r, &signals);
	stop(&r);
	if (code == 0)
		log_event(LOG_NOTICE, EV_STOP, "all is answered, written and closed");
	arena_free(r.t.arena);
	if (r.conf != r.start_conf)
		conf_free(r.conf);
	conf_free(r.start_conf);
	return code;
}
