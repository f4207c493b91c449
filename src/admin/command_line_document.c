/* command_line_document.c - a file of declared deployments: plan, question, deed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_line_parts.h"

#include <unistd.h>

#include "admin/declare/reading.h"
#include "base/str.h"
#include "conf/conf.h"

static int
read_order(struct line *l)
{
	struct buf problems;
	enum status st;

	buf_init(&problems, PROBLEMS_TEXT_MAX);
	st = declare_read(&l->t, l->c.args[0].p, l->conf->master_key_file, &problems, &l->order);
	line_show(stderr, buf_str(&problems));
	buf_done(&problems);
	l->c.input = buf_str(&l->order);
	if (st == OK)
		return EXIT_DONE;
	return st == E_BAD_REQUEST_BODY ? EXIT_FAILED : line_say(l, EXIT_FAILED);
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

/* What was shown, and nothing else: somebody may have changed something while the question stood there. */
static int
apply_plan(struct line *l, struct str plan)
{
	l->c.flags[line_flag_at(l, "plan")] = arena_dup(l->t.arena, plan);
	l->is_plan_known = true;
	return line_run_again(l);
}

int
line_run_document(struct line *l)
{
	int code = read_order(l);
	struct str plan;

	if (code == EXIT_DONE)
		code = line_run_once(l);
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
