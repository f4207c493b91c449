/* command.c - finding, reading and running a command. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/nearest.h"
#include "base/str.h"
#include "deployment/origin.h"
#include "store/store.gen.h"

/* "user list" is two words; "backup" is one, and "deployment secret set" three. */
static bool
row_is_named(const struct command_row *row, const struct str *args, size_t n, size_t *ret_used)
{
	struct str word, rest = str_of(row->name);
	size_t used = 0;

	for (; rest.n > 0; used++) {
		(void)str_cut(rest, ' ', &word, &rest);
		if (used == n || !str_eq(word, args[used]))
			return false;
	}
	*ret_used = used;
	return true;
}

/* Do commands begin with these words? */
static bool
is_group(struct str typed)
{
	for (size_t i = 0; i < command_n_rows; i++)
		if (str_starts(str_of(command_rows[i].name), typed) && command_rows[i].name[typed.n] == ' ')
			return true;
	return false;
}

static const struct command_row *
fail_near(struct task *t, struct str typed)
{
	struct nearest near;

	nearest_init(&near, typed);
	for (size_t i = 0; i < command_n_rows; i++)
		nearest_offer(&near, command_rows[i].name);
	if (nearest_found(&near))
		(void)!fail(t, E_BAD_REQUEST_BODY, "there is no command %s; did you mean %s?", log_quote(typed).text,
		    nearest_found(&near));
	else
		(void)!fail(t, E_BAD_REQUEST_BODY, "there is no command %s; see sessiond help", log_quote(typed).text);
	return NULL;
}

/* The first word of several commands, alone. */
static const struct command_row *
fail_which(struct task *t, struct str group)
{
	struct buf names;

	buf_init_arena(&names, t->arena, 1024);
	for (size_t i = 0; i < command_n_rows; i++)
		if (str_starts(str_of(command_rows[i].name), group) && command_rows[i].name[group.n] == ' ')
			buf_printf(&names, "%s%s", names.n > 0 ? ", " : "", command_rows[i].name + group.n + 1);
	(void)!fail(t, E_BAD_REQUEST_BODY, "which command? " STR_FMT ": " STR_FMT, STR_ARG(group), STR_ARG(buf_str(&names)));
	return NULL;
}

static const struct command_row *
fail_unknown(struct task *t, const struct str *args, size_t n)
{
	if (n == 1 && is_group(args[0]))
		return fail_which(t, args[0]);

	struct str typed = n > 1 ? arena_printf(t->arena, STR_FMT " " STR_FMT, STR_ARG(args[0]), STR_ARG(args[1]))
				 : args[0];

	if (n > 2 && is_group(typed))
		typed = arena_printf(t->arena, STR_FMT " " STR_FMT, STR_ARG(typed), STR_ARG(args[2]));
	return fail_near(t, typed);
}

const struct command_row *
command_find(struct task *t, const struct str *args, size_t n, size_t *ret_used)
{
	for (size_t i = 0; i < command_n_rows; i++)
		if (row_is_named(&command_rows[i], args, n, ret_used))
			return &command_rows[i];
	if (n == 0) {
		(void)!fail(t, E_BAD_REQUEST_BODY, "which command? see sessiond help");
		return NULL;
	}
	return fail_unknown(t, args, n);
}

static size_t
flag_index(const struct command_row *row, struct str name)
{
	size_t i = 0;

	while (i < COMMAND_FLAGS_MAX && row->flags[i].name && !str_eq(str_of(row->flags[i].name), name))
		i++;
	return i < COMMAND_FLAGS_MAX && row->flags[i].name ? i : COMMAND_FLAGS_MAX;
}

/* args[*at] begins with "--"; *at moves on when the next one is its value. */
static enum status
parse_flag(struct task *t, const struct command_row *row, const struct str *args, size_t n, size_t *at,
    struct command *c)
{
	struct str name, value;
	bool has_value = str_cut(str_from(args[*at], 2), '=', &name, &value);
	size_t i = flag_index(row, name);

	if (i == COMMAND_FLAGS_MAX)
		/* Not its value: somebody may have tried to give a password. */
		return fail(t, E_BAD_REQUEST_BODY, "%s has no flag %s", row->name, log_quote(name).text);
	if (c->flags[i].p)
		return fail(t, E_BAD_REQUEST_BODY, "--%s is given twice", row->flags[i].name);
	if (!row->flags[i].takes_value) {
		if (has_value)
			return fail(t, E_BAD_REQUEST_BODY, "--%s takes no value", row->flags[i].name);
		c->flags[i] = S("");
		return OK;
	}
	if (!has_value) {
		if (++*at == n)
			return fail(t, E_BAD_REQUEST_BODY, "--%s needs a value", row->flags[i].name);
		value = args[*at];
	}
	c->flags[i] = value.p ? value : S("");
	return OK;
}

static enum status
parse_check(struct task *t, const struct command *c)
{
	const struct command_row *row = c->row;

	if (c->n_args < row->args_min || c->n_args > row->args_max)
		return fail(t, E_BAD_REQUEST_BODY, "%s takes %s", row->name, row->usage ? row->usage : "no arguments");
	for (size_t i = 0; i < COMMAND_FLAGS_MAX && row->flags[i].name; i++)
		if (row->flags[i].required && !c->flags[i].p)
			return fail(t, E_BAD_REQUEST_BODY, "%s needs --%s %s", row->name, row->flags[i].name,
			    row->flags[i].help);
	return OK;
}

enum status
command_parse(struct task *t, const struct command_row *row, const struct str *args, size_t n,
    struct command *ret_command)
{
	struct command c = { .t = t, .row = row };
	bool flags = true;

	for (size_t i = 0; i < n; i++) {
		if (!str_is_text(args[i]))
			return fail(t, E_BAD_REQUEST_BODY, "argument %zu is not UTF-8 text", i + 1);
		if (flags && str_eq(args[i], S("--"))) {
			flags = false;
		} else if (flags && str_starts(args[i], S("--"))) {
			TRY(parse_flag(t, row, args, n, &i, &c));
		} else {
			if (c.n_args == COMMAND_ARGS_MAX)
				return fail(t, E_BAD_REQUEST_BODY, "%s: too many arguments", row->name);
			c.args[c.n_args++] = args[i];
		}
	}
	TRY(parse_check(t, &c));
	buf_init(&c.out, COMMAND_OUT_MAX);
	buf_init(&c.err, COMMAND_OUT_MAX);
	*ret_command = c;
	return OK;
}

struct str
command_flag(const struct command *c, const char *name)
{
	size_t i = flag_index(c->row, str_of(name));

	CHECK(i < COMMAND_FLAGS_MAX);
	return c->flags[i];
}

void
command_usage(const struct command_row *row, struct buf *out)
{
	buf_printf(out, "usage: sessiond %s", row->name);
	if (row->usage)
		buf_printf(out, " %s", row->usage);
	for (size_t i = 0; i < COMMAND_FLAGS_MAX && row->flags[i].name; i++) {
		const struct command_flag *f = &row->flags[i];

		buf_printf(out, f->required ? " --%s%s%s" : " [--%s%s%s]", f->name, f->takes_value ? " " : "",
		    f->takes_value ? f->help : "");
	}
	buf_printf(out, "\n%s\n", row->summary);
}

void
command_help(struct buf *out)
{
	for (size_t i = 0; i < command_n_rows; i++)
		buf_printf(out, "  %-18s %s\n", command_rows[i].name, command_rows[i].summary);
}

/* Looking at somebody's data is worth a line too. */
static void
log_run(const struct command *c, enum status st)
{
	struct log_quoted name = log_quote(str_of(c->row->name));

	if (st != OK)
		log_event(LOG_WARN, EV_ADMIN, "command=%s code=%s", name.text, status_info[st].code);
	else
		log_event(LOG_NOTICE, EV_ADMIN, "command=%s about=%s", name.text, c->about[0] ? c->about : "-");
}

enum status
command_run(struct command *c)
{
	enum status st = c->row->run(c);

	if (st == OK && (c->out.failed || arena_failed(c->t->arena)))
		st = fail(c->t, E_OVERLOADED, "the answer is too long; use --limit");
	if (st != OK && c->t->why[0] == '\0')
		(void)!fail(c->t, st, "%s: %s", c->row->name, status_info[st].text);
	log_run(c, st);
	return st;
}

void
command_about(struct command *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->about, sizeof(c->about), fmt, args);
	va_end(args);
}

void
command_done(struct command *c)
{
	/* A secret key may have been printed into it. */
	if (c->out.p)
		secret_wipe(c->out.p, c->out.n);
	buf_done(&c->out);
	buf_done(&c->err);
}

enum status
command_int(struct command *c, const char *flag, int64_t min, int64_t max, int64_t dflt, int64_t *ret_v)
{
	struct str text = command_flag(c, flag);

	if (text.p && !str_int(text, min, max, &dflt))
		return fail(c->t, E_BAD_REQUEST_BODY, "--%s: %s is not a number from %lld to %lld", flag,
		    log_quote(text).text, (long long)min, (long long)max);
	*ret_v = dflt;
	return OK;
}

struct deed_desk
command_desk(const struct command *c)
{
	return (struct deed_desk){ .store = c->store, .db = c->db, .sender = c->sender };
}

enum status
command_write(struct command *c, enum status (*run)(struct task *t, void *arg), void *arg)
{
	const struct deed_desk desk = command_desk(c);

	return deed_write(c->t, &desk, run, arg);
}

enum status
command_publish(struct command *c, struct deployment_id d)
{
	return c->directory ? directory_refresh(c->t, c->directory, c->db, d) : OK;
}

enum status
command_audit(struct task *t, struct deployment_id d, enum audit_event event, struct user_id user,
    struct session_id session, struct str detail)
{
	const struct audit_entry entry = {
		.event = event, .actor = S("operator"), .user = user, .session = session, .detail = detail,
	};

	return audit_write(t, d, &entry);
}

struct deed
command_deed(const struct command *c, const struct deployment *d)
{
	return (struct deed){ .d = d, .keys = c->keys, .actor = S("operator"), .ip = S("") };
}

struct deployment_lookup {
	const struct keys       *keys;
	struct str               host;
	const struct deployment *found;
};

static enum status
deployment_read(struct task *t, void *arg)
{
	struct deployment_lookup *l = arg;
	struct deployment_by_host_row row;
	enum status st = sql_deployment_by_host(t, l->host, &row);

	if (st == E_NOT_FOUND)
		return fail(t, st, "there is no deployment for the host %s", log_quote(l->host).text);
	TRY(st);
	return deployment_load(t, l->keys, row.id, &l->found);
}

static void
unref(void *d)
{
	deployment_unref(d);
}

enum status
command_deployment(struct command *c, struct str host, const struct deployment **ret_d)
{
	struct deployment_lookup l = { .keys = c->keys };
	char folded[HOST_MAX];

	if (!host_fold(host, true, folded, &l.host.n))
		return fail(c->t, E_NOT_FOUND, "there is no deployment for the host %s", log_quote(host).text);
	l.host.p = folded;
	TRY(db_read(c->t, c->db, deployment_read, &l));
	if (!arena_defer(c->t->arena, unref, (void *)(uintptr_t)l.found)) {
		deployment_unref(l.found);
		return fail(c->t, E_OVERLOADED, "out of memory for this task");
	}
	*ret_d = l.found;
	return OK;
}

enum status
command_flag_deployment(struct command *c, const struct deployment **ret_d)
{
	return command_deployment(c, command_flag(c, "deployment"), ret_d);
}
