/* audit_chain.c - audit events as a chain: none can be changed, added or taken out unnoticed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/audit_chain.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

enum { DEPLOYMENTS_AT_ONCE = 100, STEP_ARENA = 4 * 1024 * 1024 };

const uint8_t audit_chain_start[CHAIN_MAC_N];

/* One text for all that is told: no value can be moved from one field into the next, and JSON escapes. */
static struct str
row_text(struct arena *a, const struct audit_row *row)
{
	struct buf b;
	struct json j;

	buf_init_arena(&b, a, 64 * 1024);
	json_init(&j, &b);
	json_array_begin(&j, NULL);
	json_int(&j, NULL, row->seq);
	json_int(&j, NULL, row->id.v);
	json_int(&j, NULL, row->at);
	json_str(&j, NULL, row->event);
	json_str(&j, NULL, row->actor);
	json_int(&j, NULL, row->user.v);
	json_int(&j, NULL, row->session.v);
	json_str(&j, NULL, row->ip_address);
	json_str(&j, NULL, row->detail);
	json_array_end(&j);
	return buf_str(&b);
}

enum status
audit_chain_mac(struct task *t, const struct keys *k, struct deployment_id d, const struct audit_row *row,
    const uint8_t before[CHAIN_MAC_N], uint8_t ret_mac[CHAIN_MAC_N])
{
	struct str parts[] = { { (const char *)before, CHAIN_MAC_N }, row_text(t->arena, row) };

	TRY_MEM(t, parts[1].p);
	return keys_mac(t, k, KEY_AUDIT, d, parts, ARRAY_LEN(parts), ret_mac);
}

struct step {
	struct app          *app;
	struct deployment_id deployment;
	size_t               n;	/* chained by this transaction */
};

struct end {
	int64_t seq;
	uint8_t mac[CHAIN_MAC_N];
};

static struct str
mac_str(const uint8_t mac[CHAIN_MAC_N])
{
	return (struct str){ (const char *)mac, CHAIN_MAC_N };
}

static enum status
find_end(struct task *t, struct deployment_id d, struct end *ret_end)
{
	struct audit_head_find_row head;
	int64_t rows;

	TRY(sql_audit_head_insert(t, d, mac_str(audit_chain_start), &rows));
	TRY(sql_audit_head_find(t, d, &head));
	if (head.chain_mac.n != CHAIN_MAC_N)
		return fail(t, E_STORE, "the end of the audit chain of deployment %lld is damaged", (long long)d.v);
	ret_end->seq = head.seq;
	memcpy(ret_end->mac, head.chain_mac.p, CHAIN_MAC_N);
	return OK;
}

static enum status
chain_one(struct task *t, const struct step *s, struct audit_row *row, struct end *end)
{
	uint8_t mac[CHAIN_MAC_N];
	int64_t rows;

	row->seq = ++end->seq;
	TRY(audit_chain_mac(t, s->app->keys, s->deployment, row, end->mac, mac));
	memcpy(end->mac, mac, sizeof(mac));
	TRY(sql_audit_chain(t, s->deployment, row->id, row->seq, mac_str(end->mac), &rows));
	return rows == 1 ? OK : E_CONFLICT;
}

static enum status
chain_step(struct task *t, void *arg)
{
	struct step *s = arg;
	struct audit_row *events;
	struct end end;
	int64_t from, rows;

	s->n = 0;
	TRY(find_end(t, s->deployment, &end));
	from = end.seq;
	TRY(sql_audit_unchained(t, s->deployment, CHAIN_STEP, &events, &s->n));
	for (size_t i = 0; i < s->n; i++)
		TRY(chain_one(t, s, &events[i], &end));
	TRY(sql_audit_head_move(t, s->deployment, from, end.seq, mac_str(end.mac), &rows));
	return rows == 1 ? OK : E_CONFLICT;
}

/* One transaction, in an arena of its own. Another node that is at it leaves nothing for this one to do. */
static enum status
run_step(struct task *t, struct db *db, struct step *s)
{
	struct task own = { .arena = arena_new(STEP_ARENA), .now = t->now };
	enum status st;

	TRY_MEM(t, own.arena);
	st = store_write_wait(&own, s->app->store, db, chain_step, s);
	if (st == E_CONFLICT) {
		s->n = 0;
		st = OK;
	}
	if (st != OK)
		st = fail(t, st, "audit chain: %s", own.why);
	arena_free(own.arena);
	return st;
}

static enum status
run_deployment(struct task *t, struct db *db, struct step *s, int64_t until_mono, uint64_t *total)
{
	do {
		TRY(run_step(t, db, s));
		*total += s->n;
	} while (s->n == CHAIN_STEP && clock_mono() < until_mono);
	return OK;
}

struct unchained {
	struct audit_unchained_deployments_row *rows;
	size_t                                  n;
};

static enum status
read_unchained(struct task *t, void *arg)
{
	struct unchained *u = arg;

	return sql_audit_unchained_deployments(t, DEPLOYMENTS_AT_ONCE, &u->rows, &u->n);
}

enum status
audit_chain_run(struct task *t, struct app *app, struct db *db, int64_t until_mono, uint64_t *ret_n)
{
	struct step s = { .app = app };
	struct unchained u;

	*ret_n = 0;
	TRY(db_read(t, db, read_unchained, &u));
	for (size_t i = 0; i < u.n && clock_mono() < until_mono; i++) {
		s.deployment = u.rows[i].deployment;
		TRY(run_deployment(t, db, &s, until_mono, ret_n));
	}
	return OK;
}
