/* session_token.c - GET /session/token: a short-lived JWT for the app's own backends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/session_token.h"

#include "api/org/visitor.h"
#include "auth/jwt.h"
#include "base/str.h"
#include "store/store.gen.h"

enum { PAYLOAD_MAX = 16 << 10 };

/* What the token says about where its holder is; empty parts are left out. */
struct scope_claims {
	struct permission_row *org, *workspace;
	size_t                 n_org, n_workspace;
	bool                   in_org, in_workspace;
};

static enum eligibility
org_eligibility(const struct request *rq, const struct org_gate_row *row)
{
	struct gate gate = { row->enforce_mfa, row->ip_restriction, row->ip_allowlist };
	struct visitor visitor = visitor_of(rq);

	return eligibility_org(&rq->deployment->settings, &gate, &visitor);
}

static enum eligibility
workspace_eligibility(const struct request *rq, const struct workspace_gate_row *row)
{
	struct gate org = { row->org_enforce_mfa, row->org_ip_restriction, row->org_ip_allowlist };
	struct gate workspace = { row->enforce_2fa, row->ip_restriction, row->ip_allowlist };
	struct visitor visitor = visitor_of(rq);

	return eligibility_workspace(&rq->deployment->settings, &org, &workspace, &visitor);
}

/* A scope whose gate has closed meanwhile stays active, but is not vouched for. */
static enum status
load_org_scope(struct request *rq, struct scope_claims *c)
{
	const struct signin_row *s = rq->signin;
	struct org_gate_row gate;

	if (s->org.v == 0)
		return OK;
	TRY(sql_org_gate(&rq->task, rq->deployment->id, s->user, s->org, &gate));
	c->in_org = org_eligibility(rq, &gate) == ELIGIBLE;
	return c->in_org ? sql_orgmem_permissions(&rq->task, rq->deployment->id, s->orgmem, &c->org, &c->n_org) : OK;
}

static enum status
load_workspace_scope(struct request *rq, struct scope_claims *c)
{
	const struct signin_row *s = rq->signin;
	struct workspace_gate_row gate;

	if (!c->in_org || s->workspace.v == 0)
		return OK;
	TRY(sql_workspace_gate(&rq->task, rq->deployment->id, s->user, s->workspace, &gate));
	c->in_workspace = workspace_eligibility(rq, &gate) == ELIGIBLE;
	if (!c->in_workspace)
		return OK;
	return sql_wsmem_permissions(&rq->task, rq->deployment->id, s->wsmem, &c->workspace, &c->n_workspace);
}

static void
put_permissions(struct json *j, const char *key, const struct permission_row *rows, size_t n)
{
	struct str word, words;

	json_array_begin(j, key);
	for (size_t i = 0; i < n; i++)
		for (words = rows[i].permissions; words.n > 0;) {
			(void)str_cut(words, ' ', &word, &words);
			json_str(j, NULL, word);
		}
	json_array_end(j);
}

/* Every spelling that some verifier reads; all ids as strings. No nbf: verifiers run without tolerance. */
static void
put_claims(struct request *rq, struct json *j, const struct scope_claims *c)
{
	const struct settings *s = &rq->deployment->settings;
	int64_t now_s = rq->task.now / SECOND_US;

	json_str(j, "iss", rq->deployment->base_url);
	json_user_id(j, "sub", rq->signin->user);
	json_int(j, "iat", now_s);
	json_int(j, "exp", now_s + s->jwt_lifetime_s + s->jwt_clock_skew_s);
	json_session_id(j, "sid", rq->session.id);
	json_session_id(j, "sess", rq->session.id);
	json_session_id(j, "session_id", rq->session.id);
	if (c->in_org) {
		json_org_id(j, "organization", rq->signin->org);
		put_permissions(j, "organization_permissions", c->org, c->n_org);
	}
	if (c->in_workspace) {
		json_workspace_id(j, "workspace", rq->signin->workspace);
		put_permissions(j, "workspace_permissions", c->workspace, c->n_workspace);
	}
	json_object_begin(j, "permissions");
	if (c->in_org)
		put_permissions(j, "organization", c->org, c->n_org);
	if (c->in_workspace)
		put_permissions(j, "workspace", c->workspace, c->n_workspace);
	json_object_end(j);
	/* RFC 8693 §4.1: who acts for the subject. */
	if (rq->signin->actor.n > 0) {
		json_object_begin(j, "act");
		json_str(j, "sub", rq->signin->actor);
		json_object_end(j);
	}
	json_object_begin(j, "metadata");
	json_object_end(j);
}

enum status
session_token_mint(struct request *rq, struct str template, struct str *ret_token)
{
	struct scope_claims c = { 0 };
	struct buf payload;
	struct json j;

	if (template.n > 0 && !str_eq(template, S("default")))
		return E_TEMPLATE_NOT_FOUND;
	TRY(load_org_scope(rq, &c));
	TRY(load_workspace_scope(rq, &c));
	buf_init_arena(&payload, rq->task.arena, PAYLOAD_MAX);
	json_init(&j, &payload);
	json_object_begin(&j, NULL);
	put_claims(rq, &j, &c);
	json_object_end(&j);
	if (payload.failed)
		return fail(&rq->task, E_OVERLOADED, "the token's claims do not fit");
	return jwt_sign(&rq->task, rq->deployment->signing_key, S("JWT"), buf_str(&payload), ret_token);
}

static enum status
session_token(struct request *rq)
{
	struct str token;
	struct json *j;
	enum status st = session_token_mint(rq, query_text(rq, "template"), &token);

	if (st == E_TEMPLATE_NOT_FOUND)
		return refuse(rq, st, NULL);
	TRY(st);
	j = reply(rq);
	json_object_begin(j, "data");
	json_str(j, "token", token);
	json_int(j, "expires", (rq->task.now / SECOND_US + rq->deployment->settings.jwt_lifetime_s) * 1000);
	json_object_end(j);
	return OK;
}

const struct route route_session_token = {
	.method = HTTP_GET, .path = "/session/token", .name = "session_token",
	.summary = "A signed JWT (ES256) that says who is signed in, for the app's own backends.",
	.auth = AUTH_SIGNIN, .tx = TX_READ, .lane = LANE_WORKER,
	.query = { OPT_TEXT("template", 64, "absent or default") },
	.fails = { E_TEMPLATE_NOT_FOUND },
	.run = session_token,
};
