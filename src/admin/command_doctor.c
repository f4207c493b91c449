/* command_doctor.c - doctor: is this installation well; and with --request, why is that browser signed out? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "admin/doctor/report.h"
#include "admin/opened.h"
#include "api/doctor/diagnose.h"
#include "base/clock.h"
#include "base/str.h"

#define REACH_ALL_US (30 * SECOND_US)

/* ---- a captured request ---- */

/* What a request needs of the program, when no server runs: its configuration's proxies, and the deployments. */
static enum status
app_open(struct command *c, struct app *app)
{
	struct net_cidr *proxies = arena_array(c->t->arena, c->conf->trusted_proxy.n + 1, sizeof(*proxies));

	TRY_MEM(c->t, proxies);
	app->store = c->store;
	app->keys = (struct keys *)(uintptr_t)c->keys;
	app->arena_max = (size_t)c->conf->task_memory;
	app->proxies_write_forwarded = c->conf->proxy_header == PROXY_FORWARDED;
	app->activity = activity_new();
	for (size_t i = 0; i < c->conf->trusted_proxy.n; i++)
		if (!net_cidr_parse(str_of(c->conf->trusted_proxy.items[i]), &proxies[i]))
			return fail(c->t, E_BAD_REQUEST_BODY, "trusted-proxy: this is no network");
	if (!app->activity || !app_counters_init(app) || !app_set_proxies(app, proxies, c->conf->trusted_proxy.n))
		return fail(c->t, E_OVERLOADED, "out of memory");
	return directory_new(c->t, c->store, c->db, c->keys, c->conf->demo, &app->directory);
}

static void
app_close(struct app *app)
{
	directory_free(app->directory);
	activity_free(app->activity);
	app_counters_done(app);
}

static enum status
diagnose_with(struct command *c, struct app *app)
{
	struct str peer = command_flag(c, "peer");
	struct capture capture;
	struct diagnosis d;

	TRY(capture_read(c->t, c->input, &capture));
	TRY(diagnose(c->t, app, c->db, &capture, peer.p ? peer : S(""), &d));
	if (command_flag(c, "json").p)
		diagnosis_write_json(&d, &c->out);
	else
		diagnosis_write_text(&d, &c->out);
	c->found_problems = d.n_findings > 0;
	return OK;
}

static enum status
doctor_request(struct command *c)
{
	struct app own = { 0 };
	enum status st;

	if (c->app)
		return diagnose_with(c, c->app);
	st = app_open(c, &own);
	if (st == OK)
		st = diagnose_with(c, &own);
	app_close(&own);
	return st;
}

/* ---- the installation ---- */

static void
pick(struct doctor *d, const struct deployment **all, size_t n, struct str host)
{
	char folded[HOST_MAX];
	struct str wanted = { folded, 0 };

	d->deployments = all;
	d->n_deployments = n;
	if (!host.p || !host_fold(host, true, folded, &wanted.n))
		return;
	for (size_t i = 0; i < n; i++) {
		d->deployments = &all[i];
		d->n_deployments = 1;
		if (str_eq(all[i]->backend_host, wanted))
			return;
	}
	d->n_deployments = 0;
}

static enum status
look_over(struct command *c, struct directory *dir)
{
	struct doctor d = { .c = c, .until_mono = clock_mono() + REACH_ALL_US };
	const struct deployment **all;
	size_t n = directory_all(dir, c->t->arena, &all);
	struct str host = command_flag(c, "deployment");

	pick(&d, all, n, host);
	if (host.p && d.n_deployments == 0)
		doctor_say(&d, DOCTOR_PROBLEM, "deployments", "sessiond deployment list shows those there are", "there is no deployment %s",
		    log_quote(host).text);
	doctor_run(&d, doctor_serving_checks, doctor_serving_n);
	for (size_t i = 0; i < n; i++)
		deployment_unref(all[i]);
	return OK;
}

/* Then nothing else can be looked at. */
static enum status
say_unreadable(struct command *c)
{
	struct doctor d = { .c = c };

	doctor_say(&d, DOCTOR_PROBLEM, "database", "look at the database's own log", "the deployments cannot be read: %s", c->t->why);
	c->t->why[0] = '\0';
	return OK;
}

/* A directory of its own: the demo's deployments are looked at, too, whether they are served or not. */
enum status
command_doctor(struct command *c)
{
	struct directory *dir;
	enum status st;

	if (command_flag(c, "request").p)
		return doctor_request(c);
	if (directory_new(c->t, c->store, c->db, c->keys, true, &dir) != OK)
		return say_unreadable(c);
	st = look_over(c, dir);
	directory_free(dir);
	return st;
}

enum status
command_doctor_here(struct command *c, const struct conf *conf)
{
	struct doctor d = { .c = c, .conf = conf };

	doctor_run(&d, doctor_here_checks, doctor_here_n);
	return OK;
}

/* Looking must change nothing: neither migrate, nor make a database or a key. */
bool
command_doctor_opens(struct command *c, const struct conf *conf)
{
	struct doctor d = { .c = c, .conf = conf };
	const struct store_config config = { .url = opened_url(conf) };
	struct str file = arena_printf(c->t->arena, "%s/sessiond.db%c", conf->data, '\0');
	struct store_version v;
	struct opened o;

	if (conf->database[0] == '\0' && (!file.p || access(file.p, F_OK) != 0)) {
		doctor_say(&d, DOCTOR_PROBLEM, "database", "name its directory with --data, or start the server once", "there is none in %s", conf->data);
		return false;
	}
	if (store_version(c->t, &config, &v) != OK) {
		doctor_say(&d, DOCTOR_PROBLEM, "database", "look at the database's own log", "it cannot be opened: %s", c->t->why);
		return false;
	}
	if (v.applied != v.known) {
		doctor_say(&d, v.applied > v.known ? DOCTOR_PROBLEM : DOCTOR_WARNING, "schema",
		    v.applied > v.known ? "run the newer program" : "take a backup, then sessiond migrate, or start the server",
		    "the database has version %lld, this program %lld", (long long)v.applied, (long long)v.known);
		return false;
	}
	/* What is wrong with the file itself has been said. */
	if (access(conf->master_key_file, R_OK) != 0)
		return false;
	if (opened_open(c->t, conf, &o) != OK) {
		doctor_say(&d, DOCTOR_PROBLEM, "master key", "put the file back that belongs to this database", "%s", c->t->why);
		return false;
	}
	opened_close(&o);
	return true;
}
