/* command_webhook.c - webhook create, list, show, update, delete, rotate, test. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_webhook.h"

#include "base/str.h"

enum { WORDS_MAX = 256 };

/* ---- in common ---- */

struct find {
	struct deployment_id deployment;
	struct hook_id       id;
	struct hook_row     *row;
};

static enum status
find_read(struct task *t, void *arg)
{
	const struct find *f = arg;

	return sql_hook_find(t, f->deployment, f->id, f->row);
}

enum status
webhook_command_read(struct command *c, struct webhook_command *ret_w)
{
	const struct deployment *d;
	struct webhook_command w = { .c = c };
	struct find f = { .row = &w.hook };
	enum status st;

	if (!hook_id_parse(c->args[0], &f.id))
		return fail(c->t, E_BAD_REQUEST_BODY, "%s is not a webhook_... id", log_quote(c->args[0]).text);
	TRY(command_flag_deployment(c, &d));
	f.deployment = d->id;
	w.by = command_deed(c, d);
	st = db_read(c->t, c->db, find_read, &f);
	if (st == E_NOT_FOUND)
		return fail(c->t, st, "there is no webhook %s", hook_id_str(c->t->arena, f.id).p);
	TRY(st);
	command_about(c, "%s", hook_id_str(c->t->arena, f.id).p);
	*ret_w = w;
	return OK;
}

static int64_t
unit_us(struct str text)
{
	switch (text.n > 1 ? text.p[text.n - 1] : 0) {
	case 's':
		return SECOND_US;
	case 'm':
		return MINUTE_US;
	case 'h':
		return HOUR_US;
	case 'd':
		return DAY_US;
	default:
		return 0;
	}
}

enum status
webhook_command_duration(struct command *c, const char *flag, int64_t max_us, int64_t dflt, int64_t *ret_us)
{
	struct str text = command_flag(c, flag);
	int64_t unit = unit_us(text), n = 0;

	if (!text.p) {
		*ret_us = dflt;
		return OK;
	}
	if (!unit || !str_int((struct str){ text.p, text.n - 1 }, 0, max_us / unit, &n))
		return fail(c->t, E_BAD_REQUEST_BODY, "--%s: %s is no duration such as 90s, 30m, 24h or 7d, or too long", flag,
		    log_quote(text).text);
	*ret_us = n * unit;
	return OK;
}

/* secret: shown once, when it was made; empty otherwise. */
static void
print(struct command *c, const struct hook_row *hook, struct str secret)
{
	struct json j;

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_hook_id(&j, "id", hook->id);
	json_str(&j, "url", hook->url);
	hook_types_write(&j, hook->types);
	json_str(&j, "state", str_of(hook_state_name((enum hook_state)hook->state)));
	json_str(&j, "why", hook->why);
	json_time(&j, "failing_since", hook->failing_since);
	json_time(&j, "earlier_secret_until", hook->before_until > c->t->now ? hook->before_until : 0);
	json_time(&j, "created_at", hook->created_at);
	json_time(&j, "updated_at", hook->updated_at);
	if (secret.n > 0)
		json_str(&j, "secret", secret);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
}

/* ---- create ---- */

/* "user.*,session.created", with commas or spaces; nothing, or "*" among them, for all. */
static enum status
read_types(struct command *c, struct str *ret_types)
{
	struct str text = command_flag(c, "types"), words[WORDS_MAX];
	size_t n = 0, end;

	while (text.n > 0) {
		for (end = 0; end < text.n && text.p[end] != ',' && text.p[end] != ' ';)
			end++;
		if (n == WORDS_MAX)
			return fail(c->t, E_BAD_REQUEST_BODY, "--types is too long");
		words[n++] = (struct str){ text.p, end };
		text = str_from(text, end < text.n ? end + 1 : end);
	}
	return hook_types_read(c->t, words, n, ret_types);
}

struct create {
	struct deed     by;
	struct hook_row hook;
	struct str      secret;
};

static enum status
create_run(struct task *t, void *arg)
{
	struct create *cr = arg;

	return deed_webhook_create(t, &cr->by, &cr->hook, &cr->secret);
}

enum status
command_webhook_create(struct command *c)
{
	const struct deployment *d;
	struct create cr = { .hook = { .url = c->args[0] } };

	TRY(hook_url_check(c->t, HOOK_OF_OPERATOR, cr.hook.url));
	TRY(read_types(c, &cr.hook.types));
	TRY(command_flag_deployment(c, &d));
	cr.by = command_deed(c, d);
	TRY(command_write(c, create_run, &cr));
	command_about(c, "%s", hook_id_str(c->t->arena, cr.hook.id).p);
	print(c, &cr.hook, cr.secret);
	return OK;
}

/* ---- list, show ---- */

struct list {
	struct deployment_id deployment;
	struct hook_row     *rows;
	size_t               n;
};

static enum status
list_read(struct task *t, void *arg)
{
	struct list *l = arg;

	return sql_hooks(t, l->deployment, &l->rows, &l->n);
}

enum status
command_webhook_list(struct command *c)
{
	const struct deployment *d;
	struct list l = { 0 };

	TRY(command_flag_deployment(c, &d));
	l.deployment = d->id;
	TRY(db_read(c->t, c->db, list_read, &l));
	for (size_t i = 0; i < l.n; i++)
		print(c, &l.rows[i], STR_NONE);
	return OK;
}

enum status
command_webhook_show(struct command *c)
{
	struct webhook_command w;

	TRY(webhook_command_read(c, &w));
	print(c, &w.hook, STR_NONE);
	return OK;
}

/* ---- update ---- */

static enum status
update_run(struct task *t, void *arg)
{
	struct webhook_command *w = arg;

	return deed_webhook_change(t, &w->by, &w->hook);
}

enum status
command_webhook_update(struct command *c)
{
	bool enable = command_flag(c, "enable").p, disable = command_flag(c, "disable").p;
	struct webhook_command w;

	if (enable && disable)
		return fail(c->t, E_BAD_REQUEST_BODY, "--enable and --disable are not for one command");
	TRY(webhook_command_read(c, &w));
	if (command_flag(c, "url").p)
		w.hook.url = command_flag(c, "url");
	TRY(hook_url_check(c->t, HOOK_OF_OPERATOR, w.hook.url));
	if (command_flag(c, "types").p)
		TRY(read_types(c, &w.hook.types));
	if (enable || disable)
		hook_set_enabled(&w.hook, enable);
	TRY(command_write(c, update_run, &w));
	print(c, &w.hook, STR_NONE);
	return OK;
}

/* ---- delete ---- */

enum status
command_webhook_delete(struct command *c)
{
	const struct deed_desk desk = command_desk(c);
	struct webhook_command w;

	TRY(webhook_command_read(c, &w));
	return deed_webhook_delete(c->t, &w.by, &desk, w.hook.id);
}

/* ---- rotate ---- */

struct rotate {
	struct webhook_command *w;
	int64_t                 overlap_us;
	struct str              secret;
};

static enum status
rotate_run(struct task *t, void *arg)
{
	struct rotate *r = arg;

	return deed_webhook_rotate(t, &r->w->by, &r->w->hook, r->overlap_us, &r->secret);
}

enum status
command_webhook_rotate(struct command *c)
{
	struct webhook_command w;
	struct rotate r = { .w = &w };

	TRY(webhook_command_duration(c, "overlap", HOOK_OVERLAP_MAX_US, HOOK_OVERLAP_US, &r.overlap_us));
	TRY(webhook_command_read(c, &w));
	TRY(command_write(c, rotate_run, &r));
	print(c, &w.hook, r.secret);
	return OK;
}

/* ---- test ---- */

/* What the deeds say no to, with the command that helps. */
enum status
webhook_command_check_enabled(const struct webhook_command *w)
{
	if (w->hook.state == HOOK_ENABLED)
		return OK;
	return fail(w->c->t, E_CONFLICT, "it is disabled; webhook update %s --enable first", hook_id_str(w->c->t->arena, w->hook.id).p);
}

struct test {
	struct webhook_command *w;
	struct hook_event_id    event;
};

static enum status
test_run(struct task *t, void *arg)
{
	struct test *test = arg;

	return deed_webhook_test(t, &test->w->by, &test->w->hook, &test->event);
}

enum status
command_webhook_test(struct command *c)
{
	struct webhook_command w;
	struct test test = { .w = &w };
	struct json j;

	TRY(webhook_command_read(c, &w));
	TRY(webhook_command_check_enabled(&w));
	TRY(command_write(c, test_run, &test));
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_hook_event_id(&j, "event_id", test.event);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	buf_printf(&c->err, "What became of it: sessiond webhook deliveries %s\n", hook_id_str(c->t->arena, w.hook.id).p);
	return OK;
}
