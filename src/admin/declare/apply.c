/* apply.c - the order that a file of declared deployments became, applied as one. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/apply.h"

#include "admin/command.h"
#include "base/secret.h"
#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

enum { ORDER_DEPTH_MAX = 8 };

static struct str
text_at(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return (struct str){ json_string_value(v), json_string_length(v) };
}

static struct str
mode_name(enum deployment_mode mode)
{
	return mode == MODE_STAGING ? S("staging") : S("production");
}

/* ---- which deployment ---- */

static enum status
refuse_fixed(struct task *t, const char *what, struct str is)
{
	return fail(t, E_CONFLICT, "%s is %s: it is fixed when a deployment is made", what, log_quote(is).text);
}

static bool
is_host(struct str stored, struct str declared)
{
	char buf[HOST_MAX];
	struct str folded = { buf, 0 };

	/* A loopback host's own port is 80. */
	return (host_fold(declared, true, buf, &folded.n) && str_eq(folded, stored)) ||
	    (host_fold(declared, false, buf, &folded.n) && str_eq(folded, stored));
}

static enum status
check_facts(struct applying *a)
{
	struct str frontend = text_at(a->declared, "frontend_host"), mode = text_at(a->declared, "mode"),
		   base_url = text_at(a->declared, "base_url"), name = text_at(a->declared, "name");
	struct deployment_row row;

	TRY(sql_deployment_find(a->t, a->deployment, &row));
	if (frontend.p && !is_host(row.frontend_host, frontend))
		return refuse_fixed(a->t, "frontend_host", row.frontend_host);
	if (mode.p && !str_eq(row.mode, mode))
		return refuse_fixed(a->t, "mode", row.mode);
	if (base_url.p && !str_eq(row.base_url, base_url))
		return refuse_fixed(a->t, "base_url", row.base_url);
	if (name.p && !str_eq(row.name, name))
		return refuse_fixed(a->t, "name", row.name);
	return OK;
}

static enum status
read_spec(struct applying *a, struct deployment_spec *ret_spec)
{
	struct str mode = text_at(a->declared, "mode");
	struct deployment_spec spec = {
		.host = text_at(a->declared, "host"), .frontend_host = text_at(a->declared, "frontend_host"),
		.base_url = text_at(a->declared, "base_url"), .name = text_at(a->declared, "name"),
	};

	if (!spec.frontend_host.p || !mode.p)
		return fail(a->t, E_BAD_REQUEST_BODY, "there is no such deployment yet, and frontend_host and mode are needed to make it");
	if (!str_eq(mode, S("staging")) && !str_eq(mode, S("production")))
		return fail(a->t, E_BAD_REQUEST_BODY, "mode must be production or staging");
	spec.mode = str_eq(mode, S("staging")) ? MODE_STAGING : MODE_PRODUCTION;
	*ret_spec = spec;
	return OK;
}

/* They are told in the order of the file. */
static void
append(struct declare *d, struct declared_made *m)
{
	struct declared_made **at = &d->made;

	while (*at)
		at = &(*at)->next;
	*at = m;
}

static enum status
make(struct applying *a, struct declare *d)
{
	struct declared_made *m = arena_one(a->t->arena, struct declared_made);
	struct deployment_spec spec;

	TRY_MEM(a->t, m);
	TRY(read_spec(a, &spec));
	TRY(deployment_create(a->t, a->keys, &spec, &m->made));
	m->host = arena_dup(a->t->arena, spec.host);
	append(d, m);
	a->deployment = m->made.id;
	plan_change(a->plan, S("deployment"), S("none"), arena_printf(a->t->arena, STR_FMT ", for %s",
	    STR_ARG(mode_name(spec.mode)), log_quote(spec.frontend_host).text));
	return command_audit(a->t, a->deployment, AUDIT_DEPLOYMENT_CREATED, (struct user_id){ 0 }, (struct session_id){ 0 }, S("{}"));
}

/* What is compared stays so until the commit: what is shown as old is what is replaced. */
static enum status
lock(struct applying *a)
{
	int64_t rows;

	TRY(sql_deployment_lock(a->t, a->deployment, &rows));
	return rows == 1 ? check_facts(a) : fail(a->t, E_CONFLICT, "it was deleted meanwhile");
}

static enum status
find_or_make(struct applying *a, struct declare *d)
{
	enum status st = deployment_find_host(a->t, text_at(a->declared, "host"), &a->deployment);

	if (st == OK)
		return lock(a);
	if (st != E_NOT_FOUND)
		return st;
	a->t->why[0] = '\0';
	return make(a, d);
}

/* ---- what it is to be ---- */

static enum status
run_sections(struct applying *a)
{
	for (size_t i = 0; i < sections_n; i++) {
		const json_t *value = json_object_get(a->declared, sections[i].name);

		if (value)
			TRY(sections[i].apply(a, value));
	}
	for (size_t i = 0; a->prune && i < sections_n; i++) {
		const json_t *value = json_object_get(a->declared, sections[i].name);

		if (value && sections[i].prune)
			TRY(sections[i].prune(a, value));
	}
	return OK;
}

static enum status
remember(struct applying *a, struct declare *d)
{
	struct declared_touched *touched = arena_one(a->t->arena, struct declared_touched);

	TRY_MEM(a->t, touched);
	*touched = (struct declared_touched){ d->touched, a->deployment };
	d->touched = touched;
	TRY(cache_touch(a->t, a->deployment, SUBJECT_DEPLOYMENT, a->deployment.v));
	return command_audit(a->t, a->deployment, AUDIT_DEPLOYMENT_CHANGED, (struct user_id){ 0 }, (struct session_id){ 0 },
	    plan_keys(a->plan));
}

static enum status
run_deployment(struct applying *a, struct declare *d)
{
	plan_begin(a->plan, plan_json(a->t, text_at(a->declared, "host")));
	TRY(find_or_make(a, d));
	TRY(run_sections(a));
	return a->plan->n_here > 0 ? remember(a, d) : OK;
}

/* "api.example.com: settings.…": which of them. */
static enum status
name_host(struct task *t, enum status st, struct str host)
{
	struct str why = arena_dup(t->arena, str_of(t->why[0] ? t->why : status_info[st].text));

	t->why[0] = '\0';
	return fail(t, st, STR_FMT ": " STR_FMT, STR_ARG(host), STR_ARG(why));
}

static enum status
run_all(struct task *t, struct declare *d, const json_t *order)
{
	const json_t *deployments = json_object_get(order, "deployments");
	struct applying a = { .t = t, .keys = d->keys, .prune = d->prune, .plan = &d->plan, .hooks = &d->hooks };
	enum status st = OK;

	for (size_t i = 0; st == OK && i < json_array_size(deployments); i++) {
		a.declared = json_array_get(deployments, i);
		st = run_deployment(&a, d);
	}
	return st == OK ? OK : name_host(t, st, d->plan.host);
}

/* ---- the whole file ---- */

/* Lines are cut, and secrets are in none: what a file is to set is the plan's, to the last byte. Keyed: secrets can be guessed. */
static enum status
weigh_order(struct task *t, struct declare *d)
{
	const struct str parts[] = { S("plan"), d->order };
	uint8_t mac[32];

	TRY(keys_mac(t, d->keys, KEY_CODE, (struct deployment_id){ 0 }, parts, ARRAY_LEN(parts), mac));
	plan_weigh(&d->plan, (struct str){ (const char *)mac, sizeof(mac) });
	return OK;
}

static enum status
check_plan(struct task *t, const struct declare *d)
{
	char id[PLAN_ID_MAX];

	if (d->plan.lines.failed)
		return fail(t, E_BAD_REQUEST_BODY, "more changes than fit into a plan");
	plan_id(&d->plan, id);
	if (d->plan_id.p && !str_eq(d->plan_id, str_of(id)))
		return fail(t, E_CONFLICT, "what is to be changed is something else by now than in that plan: look at it again");
	return OK;
}

/* Secrets are in it, as {"from", "value"}: jansson frees what it does not wipe. No deeper than ORDER_DEPTH_MAX. */
static void
order_wipe(json_t *v)
{
	struct str secret = json_object_get(v, "from") ? text_at(v, "value") : STR_NONE;
	const char *name;
	json_t *item;
	size_t i;

	if (secret.p)
		secret_wipe((void *)(uintptr_t)secret.p, secret.n);
	json_object_foreach(v, name, item)
	{
		order_wipe(item);
	}
	json_array_foreach(v, i, item)
	{
		order_wipe(item);
	}
}

static void
order_free(json_t *order)
{
	order_wipe(order);
	json_decref(order);
}

static enum status
read_order(struct task *t, struct str text, json_t **ret_order)
{
	json_t *order = NULL;

	if (text.n > 0 && json_is_shallow(text, ORDER_DEPTH_MAX))
		order = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_array(json_object_get(order, "deployments"))) {
		json_decref(order);
		return fail(t, E_BAD_REQUEST_BODY, "what came is no order: is the server another version?");
	}
	*ret_order = order;
	return OK;
}

enum status
declare_run(struct task *t, void *declare)
{
	struct declare *d = declare;
	json_t *order;
	enum status st;

	/* It may run more than once. */
	plan_init(&d->plan, t);
	d->made = NULL;
	d->hooks = NULL;
	d->touched = NULL;
	d->is_whole = false;
	TRY(weigh_order(t, d));
	TRY(read_order(t, d->order, &order));
	st = run_all(t, d, order);
	/* What is shown afterwards was copied into the arena. */
	order_free(order);
	TRY(st);
	TRY(check_plan(t, d));
	if (!d->is_dry)
		return OK;
	d->is_whole = true;
	return fail(t, E_CONFLICT, "this was a dry run");
}
