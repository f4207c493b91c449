/* command_line_batches.c - a command is run for a file of lines, some at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_line_parts.h"

#include <errno.h>
#include <string.h>

#include "base/secret.h"

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
	struct arena *whole = l->t.arena, *own = arena_new(LINE_ARENA);
	size_t flag = line_flag_at(l, "from");
	int code;

	if (!own) {
		(void)!fail(&l->t, E_OVERLOADED, "line %lld: out of memory", (long long)b->from);
		return line_say(l, EXIT_FAILED);
	}
	l->t.arena = own;
	l->c.flags[flag] = arena_printf(own, "%lld", (long long)b->from);
	l->c.input = (struct str){ b->text, b->n };
	code = line_run_again(l);
	l->c.flags[flag] = STR_NONE;
	arena_free(own);
	l->t.arena = whole;
	return code;
}

int
line_run_batches(struct line *l)
{
	const char *path = l->c.args[0].p;
	struct batch b = { .from = 1 };
	int code = EXIT_DONE;

	b.file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	if (!b.file) {
		(void)!fail(&l->t, E_NOT_FOUND, "%s: %s", path, strerror(errno));
		return line_say(l, EXIT_FAILED);
	}
	while (code == EXIT_DONE) {
		if (!batch_read(l, &b))
			code = line_say(l, EXIT_FAILED);
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
