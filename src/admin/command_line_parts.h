/* command_line_parts.h - what the ways of running a typed command share. For src/admin/command_line*.c only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "admin/command.h"

/* What command_line() returns; its header says what each means. */
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
	struct buf                order;	/* what a file of declared deployments or of a capture became; secrets are in it */
	struct str                out;	/* what the command printed */
	bool                      is_plan_known;	/* it was shown, and agreed to */
};

/* t->why on stderr. Returns `code`. */
int line_say(const struct line *l, int code);
void line_show(FILE *to, struct str s);

/* The command as it is now, once more as words: into l->words. E_BAD_REQUEST_BODY with a sentence: too many. */
enum status line_write_words(struct line *l) MUST_CHECK;

/* Where a flag of the row's stands in l->c.flags. */
size_t line_flag_at(const struct line *l, const char *name);

/* ---- ways to run it; each shows what there is to see, and returns the exit code ---- */

int line_run_once(struct line *l);	/* inside the server, or here when there is none */
int line_run_again(struct line *l);	/* the same once more, with other flags or input */
int line_run_look(struct line *l);	/* .here: first here, then where the database is */
int line_run_document(struct line *l);	/* .reads_document: plan, question, deed */
int line_run_batches(struct line *l);	/* .reads_lines: a file of lines, some at a time */
