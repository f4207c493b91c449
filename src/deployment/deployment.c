/* deployment.c - one tenant of the server: loaded whole, shared, never edited. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment/deployment.h"

#include <stdatomic.h>

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "deployment/jwt_template.h"
#include "deployment/signing_key.h"
#include "store/store.gen.h"

enum { DEPLOYMENT_MEMORY = 8 << 20, DOCUMENT_MAX = 2 << 20 };

struct deployment_memory {
	atomic_size_t refs;
	struct arena *arena;   /* the deployment and all it points to, but for: */
	struct jwt_key **keys; /* the current one first */
	size_t n_keys;
	struct jwt_custom_key **template_keys; /* in the order of the templates; NULL for those without */
	size_t n_template_keys;
};

static void
free_all(struct deployment_memory *m)
{
	for (size_t i = 0; i < m->n_keys; i++)
		jwt_key_free(m->keys[i]);
	for (size_t i = 0; i < m->n_template_keys; i++)
		jwt_custom_key_free(m->template_keys[i]);
	arena_free(m->arena);
}

const struct deployment *
deployment_ref(const struct deployment *d)
{
	atomic_fetch_add_explicit(&d->memory->refs, 1, memory_order_relaxed);
	return d;
}

void
deployment_unref(const struct deployment *d)
{
	if (d == NULL)
		return;
	/* What others did with it happens before it is freed. */
	if (atomic_fetch_sub_explicit(&d->memory->refs, 1, memory_order_acq_rel) == 1)
		free_all(d->memory);
}

static struct deployment *
deployment_new(void)
{
	struct arena *a = arena_new(DEPLOYMENT_MEMORY);
	struct deployment *d = a == NULL ? NULL : arena_one(a, struct deployment);

	if (d != NULL)
		d->memory = arena_one(a, struct deployment_memory);
	if (d == NULL || d->memory == NULL) {
		arena_free(a);
		return NULL;
	}
	atomic_init(&d->memory->refs, 1);
	d->memory->arena = a;
	return d;
}

struct str
deployment_publishable_key(struct arena *a, enum deployment_mode mode, struct str base_url)
{
	return arena_printf(a, "pk_%s_" STR_FMT, mode == MODE_STAGING ? "test" : "live",
	    STR_ARG(str_b64(a, base_url.p, base_url.n)));
}

/* ---- from its row ---- */

static enum status
read_hosts(struct task *t, struct deployment *d)
{
	struct arena *a = d->memory->arena;
	struct host backend;

	if (!host_parse(d->backend_host, &backend) || !host_parse(d->frontend_host, &d->frontend))
		return fail(t, E_INTERNAL, "deployment %lld: its hosts cannot be read", (long long)d->id.v);
	d->is_loopback = backend.is_loopback;
	d->frontend_origin = arena_printf(
	    a, "%s://" STR_FMT, d->frontend.is_loopback ? "http" : "https", STR_ARG(d->frontend_host));
	return OK;
}

static enum status
read_row(struct task *t, const struct deployment_row *row, struct deployment *d)
{
	struct arena *a = d->memory->arena;

	d->id = row->id;
	d->project = row->project;
	d->mode = str_eq(row->mode, S("staging")) ? MODE_STAGING : MODE_PRODUCTION;
	d->is_demo = row->is_demo;
	d->name = arena_dup(a, row->name);
	d->backend_host = arena_dup(a, row->backend_host);
	d->frontend_host = arena_dup(a, row->frontend_host);
	d->base_url = arena_dup(a, row->base_url);
	d->orgrole_creator = row->orgrole_creator;
	d->orgrole_member = row->orgrole_member;
	d->wsrole_creator = row->wsrole_creator;
	d->wsrole_member = row->wsrole_member;
	d->created_at = row->created_at;
	d->updated_at = row->updated_at;
	return read_hosts(t, d);
}

static enum status
read_settings(struct task *t, const struct deployment_row *row, struct deployment *d)
{
	const struct settings_home home = { d->name, d->frontend_host, d->frontend_origin };
	struct arena *a = d->memory->arena;

	TRY(settings_parse(t, a, &home, row->settings, &d->settings));
	d->cookie_name = d->settings.cookie_domain.n > 0 ? S("__session") : S("__Host-session");
	d->publishable_key = deployment_publishable_key(a, d->mode, d->base_url);
	return OK;
}

/* ---- its keys ---- */

static enum status
read_keys(struct task *t, const struct keys *k, struct deployment *d)
{
	struct deployment_memory *m = d->memory;
	struct signing_key_row *rows;
	size_t n;

	TRY(sql_signing_keys(t, d->id, &rows, &n));
	if (n == 0 || !rows[0].is_current)
		return fail(t, E_INTERNAL, "deployment %lld has no current signing key", (long long)d->id.v);
	m->keys = arena_array(m->arena, n, sizeof(*m->keys));
	TRY_MEM(t, m->keys);
	for (; m->n_keys < n; m->n_keys++)
		TRY(signing_key_open(t, k, d->id, &rows[m->n_keys], &m->keys[m->n_keys]));
	d->signing_key = m->keys[0];
	d->keys_due_at = signing_keys_due_at(rows, n, &d->settings);
	return OK;
}

/* ---- its templates of tokens ---- */

/* One whose key does not open signs nothing, and takes nothing else down with it. */
static enum status
open_template_key(struct task *t, const struct keys *k, struct deployment_id id, const struct jwt_template_row *row,
    struct jwt_custom_key **ret_key)
{
	struct task own = { .arena = t->arena, .db = t->db, .now = t->now };
	enum status st = jwt_template_open_key(&own, k, id, row, ret_key);

	if (st != E_INTERNAL)
		return st == OK ? OK : fail(t, st, "%s", own.why);
	log_event(LOG_ERROR, EV_KEY, "deployment=%lld token_template=%s why=\"%s\"", (long long)id.v,
	    log_quote(row->name).text, own.why);
	return OK;
}

static enum status
read_templates(struct task *t, const struct keys *k, struct deployment *d)
{
	struct deployment_memory *m = d->memory;
	struct jwt_template_row *rows;
	struct jwt_template *all;
	size_t n;

	TRY(sql_jwt_templates(t, d->id, &rows, &n));
	all = arena_array(m->arena, n + 1, sizeof(*all));
	m->template_keys = arena_array(m->arena, n + 1, sizeof(*m->template_keys));
	if (all == NULL || m->template_keys == NULL)
		return fail(t, E_OVERLOADED, "out of memory for a deployment");
	for (size_t i = 0; i < n; i++) {
		TRY(open_template_key(t, k, d->id, &rows[i], &m->template_keys[i]));
		m->n_template_keys = i + 1;
		all[i] = (struct jwt_template){ .name = arena_dup(m->arena, rows[i].name), .lifetime_s = rows[i].lifetime_s,
			.clock_skew_s = rows[i].clock_skew_s, .claims = arena_dup(m->arena, rows[i].claims),
			.has_own_key = rows[i].key_enabled, .key = m->template_keys[i] };
	}
	d->templates = all;
	d->n_templates = n;
	return OK;
}

const struct jwt_template *
deployment_jwt_template(const struct deployment *d, struct str name)
{
	for (size_t i = 0; i < d->n_templates; i++)
		if (str_eq(d->templates[i].name, name))
			return &d->templates[i];
	return NULL;
}

/* ---- its documents, written once ---- */

static enum status
write_jwks(struct task *t, struct deployment *d, struct json *j)
{
	struct str jwk;

	json_object_begin(j, NULL);
	json_array_begin(j, "keys");
	for (size_t i = 0; i < d->memory->n_keys; i++) {
		TRY(jwt_key_jwk(t, d->memory->keys[i], &jwk));
		json_raw(j, NULL, jwk);
	}
	json_array_end(j);
	json_object_end(j);
	return OK;
}

static void
write_public_key(struct json *j, const struct deployment *d, struct str pem)
{
	json_deployment_id(j, "deployment_id", d->id);
	json_str(j, "public_key", pem);
	json_str(j, "saml_public_key", S(""));
}

/* One kind of reader looks at the top level, others take it for the envelope: both are there. */
static enum status
write_jwk(struct task *t, struct deployment *d, struct json *j)
{
	struct str pem;

	TRY(jwt_key_pem(t, d->signing_key, &pem));
	json_object_begin(j, NULL);
	json_int(j, "status", 200);
	json_str(j, "message", S(""));
	json_put_null(j, "session");
	json_array_begin(j, "errors");
	json_array_end(j);
	json_object_begin(j, "data");
	write_public_key(j, d, pem);
	json_object_end(j);
	write_public_key(j, d, pem);
	json_object_end(j);
	return OK;
}

static enum status
write_meta(struct task *t, struct deployment *d, struct json *j)
{
	(void)t;
	settings_write_ui(j, NULL, d);
	return OK;
}

static enum status
write_tree(struct task *t, struct deployment *d, struct json *j)
{
	(void)t;
	settings_write_tree(j, NULL, d);
	return OK;
}

static enum status
render(struct task *t, struct deployment *d,
    enum status (*write)(struct task *t, struct deployment *d, struct json *j), struct str *ret_json)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, d->memory->arena, DOCUMENT_MAX);
	json_init(&j, &out);
	TRY(write(t, d, &j));
	if (out.failed)
		return fail(t, E_OVERLOADED, "out of memory for a deployment");
	*ret_json = buf_str(&out);
	return OK;
}

static enum status
fill(struct task *t, const struct keys *k, struct deployment_id id, struct deployment *d)
{
	struct deployment_row row;

	TRY(sql_deployment_find(t, id, &row));
	TRY(read_row(t, &row, d));
	TRY(read_settings(t, &row, d));
	TRY(read_keys(t, k, d));
	TRY(read_templates(t, k, d));
	TRY(render(t, d, write_jwks, &d->jwks_json));
	TRY(render(t, d, write_jwk, &d->jwk_json));
	TRY(render(t, d, write_meta, &d->meta_json));
	TRY(render(t, d, write_tree, &d->tree_json));
	if (arena_failed(d->memory->arena))
		return fail(t, E_OVERLOADED, "out of memory for a deployment");
	return OK;
}

enum status
deployment_load(
    struct task *t, const struct keys *k, struct deployment_id id, const struct deployment **ret_deployment)
{
	struct deployment *d = deployment_new();
	enum status st;

	TRY_MEM(t, d);
	st = fill(t, k, id, d);
	if (st != OK) {
		deployment_unref(d);
		return st;
	}
	*ret_deployment = d;
	return OK;
}
