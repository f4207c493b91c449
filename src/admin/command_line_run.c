/* command_line_run.c - a typed command is run: inside the server that holds the database, or here. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_line_parts.h"

#include <unistd.h>

#include "admin/admin.h"
#include "admin/opened.h"
#include "admin/remote.h"
#include "admin/running.h"
#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"

int
line_say(const struct line *l, int code)
{
	fprintf(stderr, "sessiond: %s\n", l->t.why[0] ? l->t.why : "failed");
	return code;
}

void
line_show(FILE *to, struct str s)
{
	if (s.n > 0)
		fwrite(s.p, 1, s.n, to);
}

/* A plan that somebody has agreed to is not shown twice. */
static void
show_out(struct line *l, struct str out)
{
	struct str line, rest = out;

	l->out = out;
	while (l->is_plan_known && rest.n > 0 && !str_starts(rest, S("applied ")))
		(void)str_cut(rest, '\n', &line, &rest);
	line_show(stdout, rest.n > 0 ? rest : out);
}

static enum status
run_remote(struct line *l, int *ret_code)
{
	struct remote_answer a;
	struct str tag;

	TRY(admin_database_tag(&l->t, l->conf->database, &tag));
	TRY(remote_run(&l->t, l->conf->data, tag, l->words, l->n_words, l->c.input, &a));
	*ret_code = a.exit_code;
	show_out(l, a.out);
	if (a.exit_code == EXIT_DONE || a.out.n > 0)
		line_show(stderr, a.err);
	else
		fprintf(stderr, "sessiond: " STR_FMT "\n", STR_ARG(a.err));
	return OK;
}

/* A mistyped --data must not become a new, empty database. */
static enum status
check_data(struct line *l)
{
	struct str file = arena_printf(l->t.arena, "%s/sessiond.db", l->conf->data);

	if (l->row->makes_database || l->conf->database[0] != '\0')
		return OK;
	if (!file.p || access(file.p, F_OK) != 0)
		return fail(&l->t, E_NOT_FOUND, "%s: there is no database here; name its directory with --data",
		    l->conf->data);
	return OK;
}

static enum status
run_opened(struct line *l)
{
	struct opened o;
	enum status st;

	TRY(check_data(l));
	if (l->row->place == PLACE_MIGRATE) {
		l->c.url = opened_url(l->conf);
		return command_run(&l->c);
	}
	TRY(opened_open(&l->t, l->conf, &o));
	l->c.store = o.store;
	l->c.db = o.db;
	l->c.keys = o.keys;
	st = command_run(&l->c);
	/* What the command holds, a deployment's keys among it, goes before the store. */
	opened_close(&o);
	return st;
}

static int
run_here(struct line *l)
{
	log_set_level(LOG_ERROR);
	running_set_means(l->conf);
	if (run_opened(l) != OK)
		return line_say(l, EXIT_FAILED);
	show_out(l, buf_str(&l->c.out));
	line_show(stderr, buf_str(&l->c.err));
	return l->c.found_problems ? EXIT_FAILED : EXIT_DONE;
}

int
line_run_once(struct line *l)
{
	int code;
	enum status st = run_remote(l, &code);

	if (st == OK)
		return code;
	return st == E_NOT_FOUND ? run_here(l) : line_say(l, EXIT_FAILED);
}

int
line_run_again(struct line *l)
{
	l->t.now = clock_now();
	buf_clear(&l->c.out);
	buf_clear(&l->c.err);
	return line_write_words(l) == OK ? line_run_once(l) : line_say(l, EXIT_FAILED);
}

/* ---- looking here first, then where the database is ---- */

static void
show_here(struct line *l)
{
	line_show(stdout, buf_str(&l->c.out));
	fflush(stdout);
	buf_clear(&l->c.out);
}

int
line_run_look(struct line *l)
{
	bool found;
	int code;
	enum status st;

	if (l->row->here(&l->c, l->conf) != OK)
		return line_say(l, EXIT_FAILED);
	found = l->c.found_problems;
	show_here(l);
	st = run_remote(l, &code);
	if (st == E_NOT_FOUND) {
		l->t.why[0] = '\0';
		code = l->row->opens(&l->c, l->conf) ? run_here(l) : EXIT_FAILED;
		if (!l->c.store)
			show_here(l);
	} else if (st != OK) {
		code = line_say(l, EXIT_FAILED);
	}
	return found ? EXIT_FAILED : code;
}
