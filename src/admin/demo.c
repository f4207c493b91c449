/* demo.c - two deployments with people in them, for trying things out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/demo.h"

#include "base/str.h"
#include "session/coherence.h"
#include "store/store.gen.h"

/* Public on purpose: its deployments answer on loopback only, and only with --demo. */
#define DEMO_PASSWORD "correct-horse-battery-staple"
#define DEMO_EMAIL    "john.doe@example.com"

static const struct user_id user = { 456789123 };
static const struct email_id email = { 234567891 };
static const struct org_id org = { 123456789 };
static const struct workspace_id workspace = { 987654321 };
static const struct orgmem_id orgmem = { 345678912 };
static const struct wsmem_id wsmem = { 567891234 };
static const int64_t created_at = INT64_C(1704067200) * SECOND_US;	/* 2024-01-01T00:00:00Z */
static const int64_t updated_at = INT64_C(1705314600) * SECOND_US;	/* 2024-01-15T10:30:00Z */

/* One of the two, on its way. */
struct demo {
	const struct keys       *keys;
	enum deployment_mode     mode;
	struct str               host, base_url;
	struct deployment_id     id;
	const struct deployment *deployment;
	bool                     has_people;
	struct str               password_record;
};

static void
demo_place(struct arena *a, struct demo *demo, uint16_t port)
{
	const char *name = demo->mode == MODE_PRODUCTION ? "localhost" : "127.0.0.1";

	/* A browser leaves the scheme's own port out of Host. */
	demo->host = port == 80 ? str_of(name) : arena_printf(a, "%s:%u", name, port);
	demo->base_url = arena_printf(a, "http://" STR_FMT, STR_ARG(demo->host));
}

static enum status
make_deployment(struct task *t, struct demo *demo)
{
	const struct deployment_spec spec = {
		.host = demo->host, .frontend_host = demo->host, .mode = demo->mode, .base_url = demo->base_url,
		.name = demo->mode == MODE_PRODUCTION ? S("Demo") : S("Demo (staging)"), .is_demo = true,
	};
	struct deployment_made made;

	TRY(deployment_create(t, demo->keys, &spec, &made));
	demo->id = made.id;
	return OK;
}

/* The demo deployment of that mode, wherever an earlier start left it. E_NOT_FOUND. */
static enum status
find_deployment(struct task *t, enum deployment_mode mode, struct deployment_row *ret_row)
{
	struct str name = mode == MODE_PRODUCTION ? S("production") : S("staging");
	struct deployment_row *rows;
	int64_t after = 0;
	size_t n;

	do {
		TRY(sql_deployment_page(t, after, &rows, &n));
		for (size_t i = 0; i < n; i++) {
			after = rows[i].id.v;
			if (!rows[i].is_demo || !str_eq(rows[i].mode, name))
				continue;
			*ret_row = rows[i];
			return OK;
		}
	} while (n > 0);
	return E_NOT_FOUND;
}

static enum status
place_run(struct task *t, void *arg)
{
	struct demo *demo = arg;
	struct deployment_row row;
	enum status st = find_deployment(t, demo->mode, &row);

	if (st == E_NOT_FOUND)
		return make_deployment(t, demo);
	TRY(st);
	demo->id = row.id;
	if (str_eq(row.backend_host, demo->host))
		return OK;
	TRY(deployment_move(t, demo->id, demo->host, demo->host));
	return cache_touch(t, demo->id, SUBJECT_DEPLOYMENT, demo->id.v);
}

static enum status
people_read(struct task *t, void *arg)
{
	struct demo *demo = arg;
	struct account_row row;
	enum status st = sql_account_find(t, demo->id, user, &row);

	demo->has_people = st == OK;
	return st == E_NOT_FOUND ? OK : st;
}

static enum status
insert_organization(struct task *t, const struct demo *demo)
{
	const struct deployment *d = demo->deployment;
	int64_t rows;

	TRY(sql_slug_insert(t, d->id, 0, S("acme-corp"), &rows));
	TRY(sql_slug_insert(t, d->id, org.v, S("dev-team"), &rows));
	TRY(sql_demo_org_insert(t, d->id, org, S("Acme Corporation"), S("acme-corp"),
	    S("https://cdn.example.com/orgs/acme.jpg"), user, created_at, &rows));
	TRY(sql_demo_workspace_insert(t, d->id, workspace, org, S("Development Team"), S("dev-team"), created_at, &rows));
	TRY(sql_orgmem_insert(t, d->id, orgmem, org, user, created_at, &rows));
	TRY(sql_org_count_member(t, d->id, org, rows, &rows));
	TRY(sql_wsmem_insert(t, d->id, wsmem, workspace, org, orgmem, user, created_at, &rows));
	TRY(sql_workspace_count_member(t, d->id, workspace, rows, &rows));
	TRY(sql_orgmem_role_insert(t, d->id, orgmem, d->orgrole_creator, &rows));
	return sql_wsmem_role_insert(t, d->id, wsmem, d->wsrole_creator, &rows);
}

static enum status
people_run(struct task *t, void *arg)
{
	const struct demo *demo = arg;
	int64_t rows;

	TRY(sql_demo_account_insert(t, demo->id, user, S("John"), S("Doe"), S("john doe"), S("johndoe"), S("johndoe"),
	    S("https://cdn.example.com/avatars/johndoe.jpg"), demo->password_record, email, created_at, updated_at,
	    &rows));
	/* Somebody has played with the names: then the demo is as they left it. */
	if (rows == 0)
		return OK;
	TRY(sql_email_insert(t, demo->id, email, user, S(DEMO_EMAIL), S(DEMO_EMAIL), created_at, created_at, &rows));
	TRY(insert_organization(t, demo));
	return sql_account_set_last_scope(t, demo->id, user, orgmem, wsmem, &rows);
}

/* The hash comes before the transaction: it is slow on purpose. */
static enum status
add_people(struct task *t, struct app *app, struct db *db, struct demo *demo)
{
	enum status st;

	demo->deployment = directory_find_id(app->directory, demo->id);
	if (!demo->deployment)
		return fail(t, E_INTERNAL, "the demo deployment does not load; see the log");
	st = password_hash(t, app->hasher, demo->id, S(DEMO_PASSWORD), &demo->password_record);
	if (st == OK)
		st = store_write_wait(t, app->store, db, people_run, demo);
	deployment_unref(demo->deployment);
	return st;
}

static enum status
demo_prepare_one(struct task *t, struct app *app, struct db *db, enum deployment_mode mode, uint16_t port)
{
	struct demo demo = { .keys = app->keys, .mode = mode };
	enum status st;

	demo_place(t->arena, &demo, port);
	st = store_write_wait(t, app->store, db, place_run, &demo);
	if (st == E_CONFLICT)
		return fail(t, st, "a deployment has the demo's host " STR_FMT "; use another port", STR_ARG(demo.host));
	TRY(st);
	coherence_publish(t);
	TRY(directory_refresh(t, app->directory, db, demo.id));
	TRY(db_read(t, db, people_read, &demo));
	return demo.has_people ? OK : add_people(t, app, db, &demo);
}

enum status
demo_prepare(struct task *t, struct app *app, struct db *db, uint16_t port)
{
	TRY(demo_prepare_one(t, app, db, MODE_PRODUCTION, port));
	return demo_prepare_one(t, app, db, MODE_STAGING, port);
}

#define SIGN_IN "-F strategy=plain_email -F email=" DEMO_EMAIL " -F password=" DEMO_PASSWORD

void
demo_print(struct buf *out, const char *data, uint16_t port)
{
	buf_printf(out,
	    "\n"
	    "Demo data is in %s. Sign in as John Doe and ask who that is:\n"
	    "\n"
	    "  # in production mode, by cookie\n"
	    "  curl -s -c '%s/demo.cookies' -b '%s/demo.cookies' " SIGN_IN " http://localhost:%u/auth/signin\n"
	    "  curl -s -b '%s/demo.cookies' http://localhost:%u/session\n"
	    "\n",
	    data, data, data, port, data, port);
	buf_printf(out,
	    "  # in staging mode, by the development token\n"
	    "  curl -s \"http://127.0.0.1:%u/session?__dev_session__=$(curl -s -o /dev/null"
	    " -w '%%header{x-development-session}' " SIGN_IN " http://127.0.0.1:%u/auth/signin)\"\n"
	    "\n",
	    port, port);
}
