/* command_audit.c - audit verify, export. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/audit_chain.h"
#include "admin/command.h"

#include <string.h>

#include "base/secret.h"
#include "base/str.h"

/* The background is a second or two behind; a minute without a place in the chain is not its doing. */
#define UNCHAINED_GOOD_US MINUTE_US

enum { PAGE_ROWS = 500, PAGE_ARENA = 16 * 1024 * 1024 };

struct verify {
	struct command      *c;
	struct deployment_id deployment;
	int64_t              seq;	/* of the last row that was right */
	uint8_t              mac[CHAIN_MAC_N];
	size_t               n;	/* rows on this page */
	int64_t              expect_seq;	/* 0: nothing is expected */
	struct str           expect_mac;	/* hex */
	bool                 met;
};

static enum status
complain(struct task *t, int64_t seq, const char *what)
{
	return fail(t, E_CONFLICT, "the chain is broken at seq %lld: %s", (long long)seq, what);
}

/* What was written down elsewhere, to notice that the chain's end has been cut off and made again. */
static enum status
check_expected(struct task *t, struct verify *v)
{
	if (v->seq != v->expect_seq)
		return OK;
	v->met = str_eq_nocase(str_hex(t->arena, v->mac, sizeof(v->mac)), v->expect_mac);
	return v->met ? OK : complain(t, v->seq, "it is not the event that was expected");
}

static enum status
verify_row(struct task *t, struct verify *v, const struct audit_row *row)
{
	uint8_t mac[CHAIN_MAC_N];

	if (row->seq != v->seq + 1)
		return complain(t, v->seq + 1, "the event is missing");
	TRY(audit_chain_mac(t, v->c->keys, v->deployment, row, v->mac, mac));
	if (row->chain_mac.n != CHAIN_MAC_N || !secret_eq(mac, row->chain_mac.p, CHAIN_MAC_N))
		return complain(t, row->seq, "the event was changed");
	v->seq = row->seq;
	memcpy(v->mac, mac, sizeof(mac));
	return check_expected(t, v);
}

static enum status
verify_page(struct task *t, void *arg)
{
	struct verify *v = arg;
	struct audit_row *rows;

	TRY(sql_audit_chained(t, v->deployment, v->seq, PAGE_ROWS, &rows, &v->n));
	for (size_t i = 0; i < v->n; i++)
		TRY(verify_row(t, v, &rows[i]));
	return OK;
}

/* Nothing after the chain's end, nothing missing before it, and nothing beside it. */
static enum status
verify_end(struct task *t, void *arg)
{
	struct verify *v = arg;
	struct audit_head_find_row head = { 0 };
	struct audit_row *rows;
	enum status st;
	size_t n;

	/* What has been chained since the last page, in the same view as the end. */
	do
		TRY(verify_page(t, v));
	while (v->n == PAGE_ROWS);
	st = sql_audit_head_find(t, v->deployment, &head);
	if (st != OK && st != E_NOT_FOUND)
		return st;
	if (head.seq < v->seq)
		return complain(t, head.seq + 1, "the event is beyond the chain's end");
	if (head.seq > v->seq)
		return complain(t, v->seq + 1, "the event is missing");
	if (v->seq > 0 && (head.chain_mac.n != CHAIN_MAC_N || !secret_eq(v->mac, head.chain_mac.p, CHAIN_MAC_N)))
		return complain(t, v->seq, "the chain's end was changed");
	TRY(sql_audit_unchained(t, v->deployment, 1, &rows, &n));
	if (n > 0 && t->now - rows[0].at > UNCHAINED_GOOD_US)
		return fail(t, E_CONFLICT, "%s has no place in the chain, and is older than a minute",
		    audit_id_str(t->arena, rows[0].id).p);
	return OK;
}

/* Each page in an arena of its own: there may be many. */
static enum status
read_in_own_arena(struct verify *v, enum status (*fn)(struct task *t, void *arg))
{
	struct task own = { .arena = arena_new(PAGE_ARENA), .now = v->c->t->now };
	enum status st;

	TRY_MEM(v->c->t, own.arena);
	st = db_read(&own, v->c->db, fn, v);
	if (st != OK)
		st = fail(v->c->t, st, "%s", own.why);
	arena_free(own.arena);
	return st;
}

static enum status
read_expect(struct command *c, struct verify *v)
{
	struct str text = command_flag(c, "expect"), seq;

	if (!text.p)
		return OK;
	if (!str_cut(text, ':', &seq, &v->expect_mac) || !str_int(seq, 1, INT64_MAX, &v->expect_seq))
		return fail(c->t, E_BAD_REQUEST_BODY, "--expect takes SEQ:MAC, as an earlier run has printed them");
	return OK;
}

enum status
command_audit_verify(struct command *c)
{
	const struct deployment *d;
	struct verify v = { .c = c };
	struct json j;

	TRY(read_expect(c, &v));
	TRY(command_flag_deployment(c, &d));
	v.deployment = d->id;
	memcpy(v.mac, audit_chain_start, sizeof(v.mac));
	do
		TRY(read_in_own_arena(&v, verify_page));
	while (v.n == PAGE_ROWS);
	TRY(read_in_own_arena(&v, verify_end));
	if (v.expect_seq > 0 && !v.met)
		return complain(c->t, v.expect_seq, "the event is missing");
	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_int(&j, "events", v.seq);
	json_str(&j, "end", arena_printf(c->t->arena, "%lld:" STR_FMT, (long long)v.seq,
	    STR_ARG(str_hex(c->t->arena, v.mac, sizeof(v.mac)))));
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
	return OK;
}

struct export {
	struct deployment_id deployment;
	int64_t              after, most;
	struct audit_row    *rows;
	size_t               n;
};

static enum status
export_read(struct task *t, void *arg)
{
	struct export *e = arg;

	return sql_audit_chained(t, e->deployment, e->after, e->most, &e->rows, &e->n);
}

static void
export_row(struct command *c, const struct audit_row *row)
{
	struct json j;

	json_init(&j, &c->out);
	json_object_begin(&j, NULL);
	json_int(&j, "seq", row->seq);
	json_audit_id(&j, "id", row->id);
	json_time(&j, "at", row->at);
	json_str(&j, "event", row->event);
	json_str(&j, "actor", row->actor);
	json_user_id(&j, "user_id", row->user);
	json_session_id(&j, "session_id", row->session);
	json_str(&j, "ip_address", row->ip_address);
	json_raw(&j, "detail", row->detail);
	json_str(&j, "chain_mac", str_hex(c->t->arena, row->chain_mac.p, row->chain_mac.n));
	json_object_end(&j);
	buf_put_char(&c->out, '\n');
}

enum status
command_audit_export(struct command *c)
{
	const struct deployment *d;
	struct export e = { 0 };

	TRY(command_int(c, "after", 0, INT64_MAX, 0, &e.after));
	TRY(command_int(c, "limit", 1, 1000, 1000, &e.most));
	TRY(command_flag_deployment(c, &d));
	e.deployment = d->id;
	TRY(db_read(c->t, c->db, export_read, &e));
	for (size_t i = 0; i < e.n; i++)
		export_row(c, &e.rows[i]);
	return OK;
}
