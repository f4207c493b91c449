/* command_webhook.c - webhook create, list, show, update, delete, rotate, test. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/command_webhook.h"

#include "api/hook_event.h"
#include "base/str.h"
#include "notify/parcel.h"

enum { URL_MAX = 2048, TYPES_MAX = 2048, DELETE_STEP = 1000 };
#define OVERLAP_US     DAY_US
#define OVERLAP_MAX_US (30 * DAY_US)

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
	f.deployment = w.deployment = d->id;
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

/* {"webhook_id": "webhook_12", "change": "created"} */
static enum status
audit(struct task *t, struct deployment_id d, struct hook_id id, const char *change)
{
	struct str detail = arena_printf(t->arena, "{\"webhook_id\":\"" STR_FMT "\",\"change\":\"%s\"}",
	    STR_ARG(hook_id_str(t->arena, id)), change);

	return command_audit(t, d, AUDIT_WEBHOOK_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 }, detail);
}

static void
put_types(struct json *j, struct str types)
{
	struct str word;

	json_array_begin(j, "types");
	if (types.n == 0)
		json_str(j, NULL, S("*"));
	while (types.n > 0) {
		(void)str_cut(types, ' ', &word, &types);
		json_str(j, NULL, word);
	}
	json_array_end(j);
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
	put_types(&j, hook->types);
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

/* ---- what can be wrong with it ---- */

static enum status
check_url(struct command *c, struct str url)
{
	const char *sentence = NULL;

	if (url.n > URL_MAX || !parcel_may_post_to(url, &sentence))
		return fail(c->t, E_BAD_REQUEST_BODY, "%s %s", log_quote(url).text, sentence ? sentence : "is too long");
	return OK;
}

/* "user.*,session.created", with commas or spaces; nothing, or "*" among them, for all. */
static enum status
read_types(struct command *c, struct str *ret_types)
{
	struct str word, rest = command_flag(c, "types");
	struct buf b;

	buf_init_arena(&b, c->t->arena, TYPES_MAX);
	for (size_t i = 0; i < rest.n; i++)
		buf_put_char(&b, rest.p[i] == ',' ? ' ' : rest.p[i]);
	rest = buf_str(&b);
	if (b.failed)
		return fail(c->t, E_BAD_REQUEST_BODY, "--types is too long");
	TRY(hook_types_check(c->t, rest));
	*ret_types = S("");
	while (rest.n > 0) {
		(void)str_cut(rest, ' ', &word, &rest);
		if (word.n > 0)
			*ret_types = arena_printf(c->t->arena, STR_FMT "%s" STR_FMT, STR_ARG(*ret_types), ret_types->n ? " " : "", STR_ARG(word));
	}
	return OK;
}

/* ---- create ---- */

struct create {
	struct command      *c;
	struct deployment_id deployment;
	struct hook_row      hook;
	struct str           secret;
};

static enum status
create_run(struct task *t, void *arg)
{
	struct create *cr = arg;
	struct hook_row *hook = &cr->hook, *others;
	struct str sealed;
	size_t n;

	TRY(sql_hooks(t, cr->deployment, &others, &n));
	if (n >= HOOKS_MAX)
		return fail(t, E_LIMIT_REACHED, "a deployment has at most %d webhooks", HOOKS_MAX);
	hook->id.v = id_next(t->now);
	hook->created_at = hook->updated_at = t->now;
	TRY(hook_secret_make(t, &cr->secret));
	TRY(hook_secret_seal(t, cr->c->keys, cr->deployment, hook->id, HOOK_SECRET_NOW, cr->secret, &sealed));
	TRY(sql_hook_insert(t, cr->deployment, hook->id, hook->url, hook->types, sealed, t->now));
	return audit(t, cr->deployment, hook->id, "created");
}

enum status
command_webhook_create(struct command *c)
{
	const struct deployment *d;
	struct create cr = { .c = c, .hook = { .url = c->args[0], .why = S("") } };

	TRY(check_url(c, cr.hook.url));
	TRY(read_types(c, &cr.hook.types));
	TRY(command_flag_deployment(c, &d));
	cr.deployment = d->id;
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
	int64_t rows;

	w->hook.failing_since = 0;
	w->hook.updated_at = t->now;
	TRY(sql_hook_update(t, w->deployment, w->hook.id, w->hook.url, w->hook.types, w->hook.state, w->hook.why, t->now, &rows));
	return rows == 1 ? audit(t, w->deployment, w->hook.id, "updated") : E_NOT_FOUND;
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
	TRY(check_url(c, w.hook.url));
	if (command_flag(c, "types").p)
		TRY(read_types(c, &w.hook.types));
	if (enable || disable) {
		w.hook.state = enable ? HOOK_ENABLED : HOOK_DISABLED;
		w.hook.why = enable ? S("") : S("by its operator");
	}
	TRY(command_write(c, update_run, &w));
	print(c, &w.hook, STR_NONE);
	return OK;
}

/* ---- delete: in steps, there may be many deliveries ---- */

struct delete {
	struct webhook_command *w;
	int64_t                 n;
};

static enum status
delete_step(struct task *t, void *arg)
{
	struct delete *del = arg;

	return sql_hook_deliveries_delete(t, del->w->deployment, del->w->hook.id, DELETE_STEP, &del->n);
}

static enum status
delete_run(struct task *t, void *arg)
{
	struct delete *del = arg;

	TRY(sql_hook_delete(t, del->w->deployment, del->w->hook.id, &del->n));
	return del->n == 1 ? audit(t, del->w->deployment, del->w->hook.id, "deleted") : OK;
}

enum status
command_webhook_delete(struct command *c)
{
	struct webhook_command w;
	struct delete del = { .w = &w };

	TRY(webhook_command_read(c, &w));
	do
		TRY(command_write(c, delete_step, &del));
	while (del.n == DELETE_STEP);
	return command_write(c, delete_run, &del);
}

/* ---- rotate ---- */

struct rotate {
	struct webhook_command *w;
	int64_t                 overlap_us;
	struct str              secret;
};

static enum status
seal_before(struct task *t, const struct rotate *r, struct str *ret_sealed)
{
	const struct webhook_command *w = r->w;
	struct secret now, before;
	enum status st;

	TRY(hook_secrets_load(t, w->c->keys, w->deployment, w->hook.id, &now, &before));
	st = hook_secret_seal(t, w->c->keys, w->deployment, w->hook.id, HOOK_SECRET_BEFORE, (struct str){ (const char *)now.p, now.n },
	    ret_sealed);
	secret_done(&now);
	secret_done(&before);
	return st;
}

static enum status
rotate_run(struct task *t, void *arg)
{
	struct rotate *r = arg;
	struct webhook_command *w = r->w;
	struct str sealed, before = STR_NONE;
	int64_t rows;

	if (r->overlap_us > 0)
		TRY(seal_before(t, r, &before));
	TRY(hook_secret_make(t, &r->secret));
	TRY(hook_secret_seal(t, w->c->keys, w->deployment, w->hook.id, HOOK_SECRET_NOW, r->secret, &sealed));
	w->hook.before_until = r->overlap_us > 0 ? t->now + r->overlap_us : 0;
	w->hook.updated_at = t->now;
	TRY(sql_hook_set_secrets(t, w->deployment, w->hook.id, sealed, before, w->hook.before_until, t->now, &rows));
	return rows == 1 ? audit(t, w->deployment, w->hook.id, "rotated") : E_NOT_FOUND;
}

enum status
command_webhook_rotate(struct command *c)
{
	struct webhook_command w;
	struct rotate r = { .w = &w };

	TRY(webhook_command_duration(c, "overlap", OVERLAP_MAX_US, OVERLAP_US, &r.overlap_us));
	TRY(webhook_command_read(c, &w));
	TRY(command_write(c, rotate_run, &r));
	print(c, &w.hook, r.secret);
	return OK;
}

/* ---- test ---- */

struct test {
	struct webhook_command *w;
	struct hook_event_id    event;
};

static enum status
test_run(struct task *t, void *arg)
{
	struct test *test = arg;

	return hook_event_put_test(t, test->w->deployment, &test->w->hook, &test->event);
}

enum status
command_webhook_test(struct command *c)
{
	struct webhook_command w;
	struct test test = { .w = &w };
	struct json j;

	TRY(webhook_command_read(c, &w));
	if (w.hook.state != HOOK_ENABLED)
		return fail(c->t, E_CONFLICT, "it is disabled; webhook update %s --enable first", hook_id_str(c->t->arena, w.hook.id).p);
	TRY(command_write(c, test_run, &test));
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_hook_event_id(&j, "event_id", test.event);
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	buf_printf(&c->err, "What became of it: sessiond webhook deliveries %s\n", hook_id_str(c->t->arena, w.hook.id).p);
	return OK;
}
