/* report.c - the lines of a report, and running the checks that write them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

static const char *const level_names[] = { "ok", "warning", "problem" };

static void
put_json(struct buf *out, enum doctor_level level, const char *check, const char *mend, const char *text)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "level", str_of(level_names[level]));
	json_str(&j, "check", str_of(check));
	json_str(&j, "means", str_of(text));
	json_str_or_null(&j, "mend", str_of(mend));
	json_object_end(&j);
	buf_put_char(out, '\n');
}

void
doctor_say(struct doctor *d, enum doctor_level level, const char *check, const char *mend, const char *fmt, ...)
{
	struct command *c = d->c;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->found_problems = c->found_problems || level == DOCTOR_PROBLEM;
	if (command_flag(c, "json").p) {
		put_json(&c->out, level, check, mend, text);
		return;
	}
	buf_printf(&c->out, "%-8s %-18s %s", level_names[level], check, text);
	if (mend)
		buf_printf(&c->out, " -> %s", mend);
	buf_put_char(&c->out, '\n');
}

void
doctor_run(struct doctor *d, const struct doctor_check *checks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		checks[i].run(d, checks[i].name);
}
