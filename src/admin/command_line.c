/* command_line.c - a command typed by an operator, from words to exit code. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_line.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/command_line_parts.h"
#include "admin/input.h"
#include "api/doctor/capture.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"
#include "conf/conf.h"

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

/* In the one form that the server reads: what was typed may hold relative paths. */
enum status
line_write_words(struct line *l)
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

size_t
line_flag_at(const struct line *l, const char *name)
{
	size_t i = 0;

	while (i < COMMAND_FLAGS_MAX - 1 && strcmp(l->row->flags[i].name, name) != 0)
		i++;
	return i;
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
	return line_write_words(l);
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
	int error = ferror(file) ? errno : 0;
	if (file != stdin)
		fclose(file);
	if (error != 0)
		return fail(&l->t, E_INTERNAL, "%s: %s", path, strerror(error));
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

/* ---- all of it ---- */

static int
show_usage(const struct line *l)
{
	struct buf out;

	buf_init(&out, PROBLEMS_TEXT_MAX);
	command_usage(l->row, &out);
	line_show(stdout, buf_str(&out));
	buf_done(&out);
	return EXIT_DONE;
}

static int
run(struct line *l, int argc, char **argv)
{
	struct conf_list rest;
	size_t used;

	if (!read_row(l, argc, argv, &used))
		return line_say(l, EXIT_USAGE);
	if (argc > (int)used && (strcmp(argv[used], "--help") == 0 || strcmp(argv[used], "-h") == 0))
		return show_usage(l);
	if (!read_conf(l, argc - (int)used, argv + used, &rest))
		return EXIT_USAGE;
	if (read_command(l, &rest) != OK || read_input(l) != OK || (l->row->reads_capture && read_capture(l) != OK))
		return line_say(l, EXIT_USAGE);
	l->c.conf = l->conf;
	if (l->row->here && l->c.input.n == 0)
		return line_run_look(l);
	if (l->row->reads_document)
		return line_run_document(l);
	return l->row->reads_lines ? line_run_batches(l) : line_run_once(l);
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
