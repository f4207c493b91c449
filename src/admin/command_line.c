/* command_line.c - a command typed by an operator, from words to exit code. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_line.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/command.h"
#include "admin/declare/reading.h"
#include "admin/input.h"
#include "admin/opened.h"
#include "admin/remote.h"
#include "admin/running.h"
#include "api/doctor/capture.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "conf/conf.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_WAITS = 3 };
enum { LINE_ARENA = 64 * 1024 * 1024, PROBLEMS_TEXT_MAX = 64 * 1024 };

/* A command on its way from argv to its exit code. */
struct line {
	struct task               t;
	const struct command_row *row;
	const struct conf        *conf;
	struct command            c;
	struct str                words[COMMAND_ARGS_MAX];	/* as the server gets them: without the configuration's flags */
	size_t                    n_words;
	char                      input[COMMAND_INPUT_MAX];
	struct buf                order;	/* what a file of declared deployments became; secrets are in it */
	struct str                out;	/* what the command printed */
	bool                      is_plan_known;	/* it was shown, and agreed to */
};

static int
say(const struct line *l, int code)
{
	fprintf(stderr, "sessiond: %s\n", l->t.why[0] ? l->t.why : "failed");
	return code;
}

/* ---- reading ---- */

static bool
read_row(struct line *l, int argc, char **argv, size_t *ret_used)
{
	struct str first[COMMAND_WORDS_MAX];
	size_t n = 0;

	for (; n < ARRAY_LEN(first) && n < (size_t)argc; n++)
		first[n] = str_of(argv[n]);
	l->row = command_find(&l->t, first, n, ret_used);
	return l->row != NULL;
}

static bool
read_conf(struct line *l, int argc, char **argv, struct conf_list *ret_rest)
{
	struct buf problems;

	buf_init(&problems, PROBLEMS_TEXT_MAX);
	l->conf = conf_load(argc, argv, ret_rest, &problems);
	if (!l->conf)
		fprintf(stderr, STR_FMT, STR_ARG(buf_str(&problems)));
	buf_done(&problems);
	return l->conf != NULL;
}

static enum status
make_absolute(struct line *l, struct str *path)
{
	char cwd[PATH_MAX];

	if (path->n == 0 || path->p[0] == '/')
		return OK;
	if (!getcwd(cwd, sizeof(cwd)))
		return fail(&l->t, E_INTERNAL, "the current directory: %s", strerror(errno));
	*path = arena_printf(l->t.arena, "%s/" STR_FMT, cwd, STR_ARG(*path));
	return OK;
}

/* The words once more, in the one form that the server reads: what was typed may hold relative paths. */
static enum status
write_words(struct line *l)
{
	const struct command *c = &l->c;
	struct str head, tail = str_of(l->row->name);
	struct str words[COMMAND_WORDS_MAX + 2 * COMMAND_FLAGS_MAX + 1 + COMMAND_ARGS_MAX];
	size_t n = 0;

	while (tail.n > 0) {
		(void)str_cut(tail, ' ', &head, &tail);
		words[n++] = head;
	}
	for (size_t i = 0; i < COMMAND_FLAGS_MAX; i++)
		if (c->flags[i].p)
			words[n++] = l->row->flags[i].takes_value
			    ? arena_printf(l->t.arena, "--%s=" STR_FMT, l->row->flags[i].name, STR_ARG(c->flags[i]))
			    : arena_printf(l->t.arena, "--%s", l->row->flags[i].name);
	words[n++] = S("--");
	for (size_t i = 0; i < c->n_args; i++)
		words[n++] = c->args[i];
	if (n > COMMAND_ARGS_MAX)
		return fail(&l->t, E_BAD_REQUEST_BODY, "%s: too many arguments", l->row->name);
	memcpy(l->words, words, n * sizeof(words[0]));
	l->n_words = n;
	return OK;
}

static enum status
read_command(struct line *l, const struct conf_list *rest)
{
	struct str *args = arena_array(l->t.arena, rest->n + 1, sizeof(*args));

	TRY_MEM(&l->t, args);
	for (size_t i = 0; i < rest->n; i++)
		args[i] = str_of(rest->items[i]);
	TRY(command_parse(&l->t, l->row, args, rest->n, &l->c));
	if (l->row->path_arg)
		TRY(make_absolute(l, &l->c.args[0]));
	return write_words(l);
}

static enum status
read_input(struct line *l)
{
	if (!l->row->reads_input)
		return OK;
	TRY(input_read(&l->t, l->row->reads_input, l->input, sizeof(l->input), &l->c.input.n));
	l->c.input.p = l->input;
	return OK;
}

/* ---- running ---- */

static void
show(FILE *to, struct str s)
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
	show(stdout, rest.n > 0 ? rest : out);
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
		show(stderr, a.err);
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
		return say(l, EXIT_FAILED);
	show_out(l, buf_str(&l->c.out));
	show(stderr, buf_str(&l->c.err));
	return l->c.found_problems ? EXIT_FAILED : EXIT_DONE;
}

/* Inside the server, or here when there is none. */
static int
run_once(struct line *l)
{
	int code;
	enum status st = run_remote(l, &code);

	if (st == OK)
		return code;
	return st == E_NOT_FOUND ? run_here(l) : say(l, EXIT_FAILED);
}

/* ---- looking here first, then where the database is ---- */

static void
show_here(struct line *l)
{
	show(stdout, buf_str(&l->c.out));
	fflush(stdout);
	buf_clear(&l->c.out);
}

static int
run_look(struct line *l)
{
	bool found;
	int code;
	enum status st;

	if (l->row->here(&l->c, l->conf) != OK)
		return say(l, EXIT_FAILED);
	found = l->c.found_problems;
	show_here(l);
	st = run_remote(l, &code);
	if (st == E_NOT_FOUND) {
		l->t.why[0] = '\0';
		code = l->row->opens(&l->c, l->conf) ? run_here(l) : EXIT_FAILED;
		if (!l->c.store)
			show_here(l);
	} else if (st != OK) {
		code = say(l, EXIT_FAILED);
	}
	return found ? EXIT_FAILED : code;
}

/* ---- a captured request, and the answer it had ---- */

enum { CAPTURE_MAX = 1024 * 1024 };

static enum status
read_file(struct line *l, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	size_t got = 0;

	if (!file)
		return fail(&l->t, E_NOT_FOUND, "%s: %s", path, strerror(errno));
	do {
		l->order.n += got;
		if (!buf_reserve(&l->order, 16 * 1024))
			break;
		got = fread(l->order.p + l->order.n, 1, 16 * 1024, file);
	} while (got > 0);
	if (file != stdin)
		fclose(file);
	return l->order.failed ? fail(&l->t, E_BAD_REQUEST_BODY, "%s: longer than a captured request", path) : OK;
}

/* Here, whatever runs it: the file is the reader's, and tokens are in it. */
static enum status
read_capture(struct line *l)
{
	struct str request = command_flag(&l->c, "request"), response = command_flag(&l->c, "response");

	if (!request.p)
		return response.p ? fail(&l->t, E_BAD_REQUEST_BODY, "--response goes with --request") : OK;
	buf_init(&l->order, CAPTURE_MAX);
	TRY(read_file(l, arena_printf(l->t.arena, STR_FMT "%c", STR_ARG(request), '\0').p));
	buf_put_char(&l->order, CAPTURE_ANSWER_FOLLOWS);
	if (response.p)
		TRY(read_file(l, arena_printf(l->t.arena, STR_FMT "%c", STR_ARG(response), '\0').p));
	l->c.input = buf_str(&l->order);
	if (!str_is_text(l->c.input))
		return fail(&l->t, E_BAD_REQUEST_BODY, "the capture is not UTF-8 text");
	return OK;
}

/* ---- a file of declared deployments: plan, question, deed ---- */

static int
read_order(struct line *l)
{
	struct buf problems;
	enum status st;

	buf_init(&problems, PROBLEMS_TEXT_MAX);
	st = declare_read(&l->t, l->c.args[0].p, l->conf->master_key_file, &problems, &l->order);
	show(stderr, buf_str(&problems));
	buf_done(&problems);
	l->c.input = buf_str(&l->order);
	if (st == OK)
		return EXIT_DONE;
	return st == E_BAD_REQUEST_BODY ? EXIT_FAILED : say(l, EXIT_FAILED);
}

/* "plan 5f0c…: 3 changes" is the last line of one; .p NULL: there is nothing to do, or it is done. */
static struct str
plan_of(struct str out)
{
	struct str line, plan = STR_NONE, rest;

	while (out.n > 0) {
		(void)str_cut(out, '\n', &line, &out);
		if (out.n == 0 && str_starts(line, S("plan ")))
			(void)str_cut(str_from(line, 5), ':', &plan, &rest);
	}
	return plan;
}

static bool
is_agreed(void)
{
	char answer[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fprintf(stderr, "Apply? [y/N] ");
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static size_t
flag_at(const struct line *l, const char *name)
{
	size_t i = 0;

	while (i < COMMAND_FLAGS_MAX - 1 && strcmp(l->row->flags[i].name, name) != 0)
		i++;
	return i;
}

/* What was shown, and nothing else: somebody may have changed something while the question stood there. */
static int
apply_plan(struct line *l, struct str plan)
{
	l->c.flags[flag_at(l, "plan")] = arena_dup(l->t.arena, plan);
	l->is_plan_known = true;
	l->t.now = clock_now();
	buf_clear(&l->c.out);
	buf_clear(&l->c.err);
	return write_words(l) == OK ? run_once(l) : say(l, EXIT_FAILED);
}

static int
run_document(struct line *l)
{
	int code = read_order(l);
	struct str plan;

	if (code == EXIT_DONE)
		code = run_once(l);
	if (code != EXIT_DONE)
		return code;
	plan = plan_of(l->out);
	if (!plan.p)
		return EXIT_DONE;
	fflush(stdout);
	if (command_flag(&l->c, "check").p || !is_agreed())
		return EXIT_WAITS;
	return apply_plan(l, plan);
}

/* ---- a file of lines, in batches ---- */

struct batch {
	FILE   *file;
	char    text[COMMAND_BATCH_MAX + COMMAND_LINE_MAX];
	size_t  n, lines;
	int64_t from;	/* the number of its first line */
};

/* The next lines, as many as make a batch. false, with a sentence: a line is too long. */
static bool
batch_read(struct line *l, struct batch *b)
{
	b->from += (int64_t)b->lines;
	b->n = b->lines = 0;
	while (b->lines < COMMAND_BATCH_LINES && b->n < COMMAND_BATCH_MAX && fgets(b->text + b->n, COMMAND_LINE_MAX, b->file)) {
		b->n += strlen(b->text + b->n);
		b->lines++;
		if (b->text[b->n - 1] != '\n' && !feof(b->file)) {
			(void)!fail(&l->t, E_BAD_REQUEST_BODY, "line %lld: holds a NUL, or more than %d bytes",
			    (long long)(b->from + (int64_t)b->lines - 1), COMMAND_LINE_MAX - 2);
			return false;
		}
	}
	return true;
}

/* With memory of its own: a file may have millions of lines. */
static int
batch_run(struct line *l, struct batch *b)
{
	struct arena *whole = l->t.arena;
	size_t flag = flag_at(l, "from");
	int code = EXIT_FAILED;

	l->t.arena = arena_new(LINE_ARENA);
	l->t.now = clock_now();
	if (l->t.arena) {
		l->c.flags[flag] = arena_printf(l->t.arena, "%lld", (long long)b->from);
		l->c.input = (struct str){ b->text, b->n };
		buf_clear(&l->c.out);
		buf_clear(&l->c.err);
		code = write_words(l) == OK ? run_once(l) : say(l, EXIT_FAILED);
		l->c.flags[flag] = STR_NONE;
	}
	arena_free(l->t.arena);
	l->t.arena = whole;
	return code;
}

static int
run_batches(struct line *l)
{
	const char *path = l->c.args[0].p;
	struct batch b = { .from = 1 };
	int code = EXIT_DONE;

	b.file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	if (!b.file) {
		(void)!fail(&l->t, E_NOT_FOUND, "%s: %s", path, strerror(errno));
		return say(l, EXIT_FAILED);
	}
	while (code == EXIT_DONE) {
		if (!batch_read(l, &b))
			code = say(l, EXIT_FAILED);
		else if (b.n == 0)
			break;
		else
			code = batch_run(l, &b);
	}
	if (b.file != stdin)
		fclose(b.file);
	secret_wipe(b.text, sizeof(b.text));
	return code;
}

static int
show_usage(const struct line *l)
{
	struct buf out;

	buf_init(&out, PROBLEMS_TEXT_MAX);
	command_usage(l->row, &out);
	show(stdout, buf_str(&out));
	buf_done(&out);
	return EXIT_DONE;
}

static int
run(struct line *l, int argc, char **argv)
{
	struct conf_list rest;
	size_t used;

	if (!read_row(l, argc, argv, &used))
		return say(l, EXIT_USAGE);
	if (argc > (int)used && (strcmp(argv[used], "--help") == 0 || strcmp(argv[used], "-h") == 0))
		return show_usage(l);
	if (!read_conf(l, argc - (int)used, argv + used, &rest))
		return EXIT_USAGE;
	if (read_command(l, &rest) != OK || read_input(l) != OK || (l->row->reads_capture && read_capture(l) != OK))
		return say(l, EXIT_USAGE);
	l->c.conf = l->conf;
	if (l->row->here && l->c.input.n == 0)
		return run_look(l);
	if (l->row->reads_document)
		return run_document(l);
	return l->row->reads_lines ? run_batches(l) : run_once(l);
}

static void
line_done(struct line *l)
{
	secret_wipe(l->input, sizeof(l->input));
	if (l->order.p)
		secret_wipe(l->order.p, l->order.n);
	buf_done(&l->order);
	command_done(&l->c);
	arena_free(l->t.arena);
	conf_free(l->conf);
}

/* Keys and tickets are shown once: whoever loses them must hear of it. */
static int
end_output(int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "sessiond: standard output: %s: the command has run, and its answer is lost\n", strerror(errno ? errno : EIO));
	return EXIT_FAILED;
}

int
command_line(int argc, char **argv)
{
	struct line l = { .t = { .arena = arena_new(LINE_ARENA), .now = clock_now() } };
	int code;

	if (!l.t.arena) {
		fprintf(stderr, "sessiond: out of memory\n");
		return EXIT_FAILED;
	}
	code = run(&l, argc, argv);
	line_done(&l);
	return end_output(code);
}
