/* token_claims.c - what a session's JWT says: who, where, and with which permissions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/token_claims.h"

#include "api/org/visitor.h"
#include "base/str.h"

enum { CLAIMS_MAX = 64 << 10, VIEW_MAX = 256 << 10 };

/* ---- the scope ---- */

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

static bool
has_word(const struct str *words, size_t n, struct str word)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

static size_t
count_bytes(const struct permission_row *rows, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += rows[i].permissions.n;
	return bytes;
}

/* What several roles grant is told once. */
static enum status
collect(struct request *rq, const struct permission_row *rows, size_t n, struct str **ret_words, size_t *ret_n)
{
	/* A word and its space have two bytes at least. */
	struct str *all = arena_array(rq->task.arena, count_bytes(rows, n) / 2 + n + 1, sizeof(*all)), word, words;
	size_t n_all = 0;

	TRY_MEM(&rq->task, all);
	for (size_t i = 0; i < n; i++)
		for (words = rows[i].permissions; words.n > 0;) {
			(void)str_cut(words, ' ', &word, &words);
			if (word.n > 0 && !has_word(all, n_all, word))
				all[n_all++] = word;
		}
	*ret_words = all;
	*ret_n = n_all;
	return OK;
}

static enum status
load_org(struct request *rq, struct token_scope *c)
{
	const struct signin_row *s = rq->signin;
	struct permission_row *rows;
	struct org_gate_row gate;
	size_t n;

	if (s->org.v == 0 || !rq->deployment->settings.b2b.organizations_enabled)
		return OK;
	TRY(sql_org_gate(&rq->task, rq->deployment->id, s->user, s->org, &gate));
	c->in_org = org_eligibility(rq, &gate) == ELIGIBLE;
	if (!c->in_org)
		return OK;
	TRY(sql_orgmem_permissions(&rq->task, rq->deployment->id, s->orgmem, &rows, &n));
	return collect(rq, rows, n, &c->org_permissions, &c->n_org);
}

static enum status
load_workspace(struct request *rq, struct token_scope *c)
{
	const struct signin_row *s = rq->signin;
	struct workspace_gate_row gate;
	struct permission_row *rows;
	size_t n;

	if (!c->in_org || s->workspace.v == 0 || !rq->deployment->settings.b2b.workspaces_enabled)
		return OK;
	TRY(sql_workspace_gate(&rq->task, rq->deployment->id, s->user, s->workspace, &gate));
	c->in_workspace = workspace_eligibility(rq, &gate) == ELIGIBLE;
	if (!c->in_workspace)
		return OK;
	TRY(sql_wsmem_permissions(&rq->task, rq->deployment->id, s->wsmem, &rows, &n));
	return collect(rq, rows, n, &c->workspace_permissions, &c->n_workspace);
}

enum status
token_scope_load(struct request *rq, struct token_scope *ret_scope)
{
	struct token_scope c = { 0 };

	TRY(load_org(rq, &c));
	TRY(load_workspace(rq, &c));
	*ret_scope = c;
	return OK;
}

/* ---- the claims ---- */

/* How much is said of permissions: a verifier that misses a list knows that it was not told, and denies. */
enum telling { TOLD_TWICE, TOLD_ONCE, TOLD_NOT, TELLING__COUNT };

static void
put_list(struct json *j, const char *key, const struct str *words, size_t n)
{
	json_array_begin(j, key);
	for (size_t i = 0; i < n; i++)
		json_str(j, NULL, words[i]);
	json_array_end(j);
}

static void
put_scope(struct request *rq, struct json *j, const struct token_scope *c, enum telling telling)
{
	if (c->in_org) {
		json_org_id(j, "organization", rq->signin->org);
		if (telling == TOLD_TWICE)
			put_list(j, "organization_permissions", c->org_permissions, c->n_org);
	}
	if (c->in_workspace) {
		json_workspace_id(j, "workspace", rq->signin->workspace);
		if (telling == TOLD_TWICE)
			put_list(j, "workspace_permissions", c->workspace_permissions, c->n_workspace);
	}
	json_object_begin(j, "permissions");
	if (c->in_org && telling != TOLD_NOT)
		put_list(j, "organization", c->org_permissions, c->n_org);
	if (c->in_workspace && telling != TOLD_NOT)
		put_list(j, "workspace", c->workspace_permissions, c->n_workspace);
	json_object_end(j);
}

/* Every spelling that some verifier reads; all ids as strings. No nbf: verifiers run without tolerance. */
static void
put_claims(struct request *rq, struct json *j, const struct token_scope *c, int64_t good_for_s, enum telling telling)
{
	int64_t now_s = rq->task.now / SECOND_US;

	json_str(j, "iss", rq->deployment->base_url);
	json_user_id(j, "sub", rq->signin->user);
	json_int(j, "iat", now_s);
	json_int(j, "exp", now_s + good_for_s);
	json_session_id(j, "sid", rq->session.id);
	json_session_id(j, "sess", rq->session.id);
	json_session_id(j, "session_id", rq->session.id);
	put_scope(rq, j, c, telling);
	/* RFC 8693 §4.1: who acts for the subject. */
	if (rq->signin->actor.n > 0) {
		json_object_begin(j, "act");
		json_str(j, "sub", rq->signin->actor);
		json_object_end(j);
	}
	json_object_begin(j, "metadata");
	json_object_end(j);
}

static enum status
write_claims(struct request *rq, const struct token_scope *scope, int64_t good_for_s, enum telling telling,
    struct str *ret_json)
{
	struct buf out;
	struct json j;

	buf_init_arena(&out, rq->task.arena, CLAIMS_MAX);
	json_init(&j, &out);
	json_object_begin(&j, NULL);
	put_claims(rq, &j, scope, good_for_s, telling);
	json_object_end(&j);
	/* Longer than any limit: as good as none. */
	*ret_json = buf_str(&out);
	if (out.failed && telling == TOLD_NOT)
		return fail(&rq->task, E_OVERLOADED, "the token's claims do not fit");
	return OK;
}

enum status
token_claims(struct request *rq, const struct token_scope *scope, int64_t lifetime_s, int64_t skew_s, struct str *ret_json)
{
	size_t most = (size_t)rq->deployment->settings.jwt_claims_max;
	struct str json = STR_NONE;

	for (int telling = TOLD_TWICE; telling < TELLING__COUNT; telling++) {
		TRY(write_claims(rq, scope, lifetime_s + skew_s, (enum telling)telling, &json));
		if (json.n > 0 && json.n <= most)
			break;
	}
	*ret_json = json;
	return OK;
}

/* ---- the view of templates ---- */

static void
put_org(struct json *j, const struct signin_row *s, const struct token_scope *c)
{
	if (!c->in_org) {
		json_put_null(j, "active_organization");
		return;
	}
	json_object_begin(j, "active_organization");
	json_org_id(j, "id", s->org);
	json_str(j, "name", s->org_name);
	json_str(j, "slug", s->org_slug);
	json_str(j, "image_url", s->org_image_url);
	put_list(j, "permissions", c->org_permissions, c->n_org);
	json_object_end(j);
}

static void
put_workspace(struct json *j, const struct signin_row *s, const struct token_scope *c)
{
	if (!c->in_workspace) {
		json_put_null(j, "active_workspace");
		return;
	}
	json_object_begin(j, "active_workspace");
	json_workspace_id(j, "id", s->workspace);
	json_str(j, "name", s->workspace_name);
	json_str(j, "slug", s->workspace_slug);
	put_list(j, "permissions", c->workspace_permissions, c->n_workspace);
	json_object_end(j);
}

enum status
token_view(struct request *rq, const struct token_scope *scope, struct str *ret_json)
{
	const struct session_state *state = &rq->state;
	const struct account_row *account = session_state_find_account(state, rq->signin->user);
	struct signin_row signin = *rq->signin;
	struct buf out;
	struct json j;

	/* A scope that is not vouched for is not named by its memberships either. */
	if (!scope->in_org)
		signin.orgmem.v = 0;
	if (!scope->in_workspace)
		signin.wsmem.v = 0;
	buf_init_arena(&out, rq->task.arena, VIEW_MAX);
	json_init(&j, &out);
	json_object_begin(&j, NULL);
	view_signin(&j, "signin", &signin, account, state->contacts, state->n_contacts);
	put_org(&j, rq->signin, scope);
	put_workspace(&j, rq->signin, scope);
	json_object_end(&j);
	if (out.failed)
		return fail(&rq->task, E_OVERLOADED, "no memory for a token's view");
	*ret_json = buf_str(&out);
	return OK;
}
