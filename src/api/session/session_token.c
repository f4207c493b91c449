/* session_token.c - GET /session/token: a short-lived JWT for the app's own backends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session/session_token.h"

#include <jansson.h>

#include "api/session/token_claims.h"
#include "auth/claims.h"
#include "auth/jwt.h"
#include "base/str.h"
#include "deployment/jwt_template.h"

enum { HEADER_MAX = 136 /* bytes of the longest header in base64url */, CLAIM_MAX = 2048 };

/* ---- by a template ---- */

/* Bytes of payload with which the token is JWT_TEMPLATE_TOKEN_MAX bytes long, whatever key signs. */
static size_t
payload_most(const struct jwt_template *tmpl)
{
	size_t signature = tmpl->has_own_key ? JWT_CUSTOM_SIGNATURE_MAX : 64;

	return (JWT_TEMPLATE_TOKEN_MAX - HEADER_MAX - 2 - (signature * 4 + 2) / 3) / 4 * 3;
}

/* The view is text first, so that placeholders see what GET /session shows and nothing else. */
static enum status
read_view(struct request *rq, const struct token_scope *scope, json_t **ret_view)
{
	struct str text;
	json_t *all, *signin;

	TRY(token_view(rq, scope, &text));
	all = json_loadb(text.p, text.n, 0, NULL);
	signin = json_object_get(all, "signin");
	if (json_object_set(signin, "active_organization", json_object_get(all, "active_organization")) != 0 ||
	    json_object_set(signin, "active_workspace", json_object_get(all, "active_workspace")) != 0) {
		json_decref(all);
		return fail(&rq->task, E_OVERLOADED, "no memory for a token's view");
	}
	*ret_view = json_incref(signin);
	json_decref(all);
	return OK;
}

static enum status
render(struct request *rq, const struct jwt_template *tmpl, const struct token_scope *scope, json_t **ret_claims)
{
	json_t *parsed, *view = NULL;
	enum status st;

	TRY(claims_template_parse(&rq->task, tmpl->claims, &parsed));
	st = read_view(rq, scope, &view);
	if (st == OK)
		st = claims_render(&rq->task, parsed, view, CLAIM_MAX, ret_claims);
	json_decref(view);
	json_decref(parsed);
	return st;
}

static enum status
dump(struct request *rq, const json_t *claims, size_t most, struct str *ret_json)
{
	char *text = arena_array(rq->task.arena, most, 1);
	size_t n;

	TRY_MEM(&rq->task, text);
	n = json_dumpb(claims, text, most, JSON_COMPACT);
	if (n == 0)
		return fail(&rq->task, E_OVERLOADED, "no memory for a token's claims");
	if (n > most)
		return fail(&rq->task, E_LIMIT_REACHED, "jwt: claims of %zu bytes where %zu fit; shorten the template", n, most);
	*ret_json = (struct str){ text, n };
	return OK;
}

/* A template adds claims; those of the server's own it cannot name. */
static enum status
merge(struct request *rq, struct str base, json_t *added, size_t most, struct str *ret_json)
{
	json_t *all = json_loadb(base.p, base.n, 0, NULL);
	enum status st = E_OVERLOADED;

	if (json_object_update(all, added) == 0)
		st = dump(rq, all, most, ret_json);
	json_decref(all);
	return st;
}

static enum status
template_claims(struct request *rq, const struct jwt_template *tmpl, struct str *ret_json)
{
	struct token_scope scope;
	struct str base;
	json_t *added;
	enum status st;

	TRY(token_scope_load(rq, &scope));
	TRY(token_claims(rq, &scope, tmpl->lifetime_s, tmpl->clock_skew_s, &base));
	TRY(render(rq, tmpl, &scope, &added));
	st = merge(rq, base, added, payload_most(tmpl), ret_json);
	json_decref(added);
	return st;
}

static enum status
sign(struct request *rq, const struct jwt_template *tmpl, struct str claims, struct str *ret_token)
{
	struct task *t = &rq->task;

	if (!tmpl->has_own_key)
		return jwt_sign(t, rq->deployment->signing_key, S("JWT"), claims, ret_token);
	/* Never by another key than its own. */
	if (tmpl->key == NULL)
		return fail(t, E_INTERNAL, "jwt: the key of the template %s does not open", log_quote(tmpl->name).text);
	return jwt_custom_sign(t, tmpl->key, S("JWT"), tmpl->name, claims, JWT_TEMPLATE_TOKEN_MAX, ret_token);
}

static enum status
mint_by_template(struct request *rq, const struct jwt_template *tmpl, struct str *ret_token)
{
	struct str claims;

	TRY(template_claims(rq, tmpl, &claims));
	return sign(rq, tmpl, claims, ret_token);
}

/* ---- without ---- */

static enum status
mint_built_in(struct request *rq, struct str *ret_token)
{
	const struct settings *s = &rq->deployment->settings;
	struct token_scope scope;
	struct str claims;

	TRY(token_scope_load(rq, &scope));
	TRY(token_claims(rq, &scope, s->jwt_lifetime_s, s->jwt_clock_skew_s, &claims));
	return jwt_sign(&rq->task, rq->deployment->signing_key, S("JWT"), claims, ret_token);
}

static void
put_token(struct request *rq, struct str token, int64_t lifetime_s)
{
	struct json *j = reply(rq);

	json_object_begin(j, "data");
	json_str(j, "token", token);
	json_int(j, "expires", (rq->task.now / SECOND_US + lifetime_s) * 1000);
	json_object_end(j);
}

enum status
session_token_mint(struct request *rq, struct str template, struct str *ret_token, int64_t *ret_lifetime_s)
{
	struct str name = template.n > 0 ? template : S("default");
	const struct jwt_template *tmpl = deployment_jwt_template(rq->deployment, name);

	if (tmpl == NULL && !str_eq(name, S("default")))
		return E_TEMPLATE_NOT_FOUND;
	*ret_lifetime_s = tmpl != NULL ? tmpl->lifetime_s : rq->deployment->settings.jwt_lifetime_s;
	return tmpl != NULL ? mint_by_template(rq, tmpl, ret_token) : mint_built_in(rq, ret_token);
}

static enum status
session_token(struct request *rq)
{
	struct str token;
	int64_t lifetime_s;
	enum status st = session_token_mint(rq, query_text(rq, "template"), &token, &lifetime_s);

	if (st == E_TEMPLATE_NOT_FOUND)
		return refuse(rq, st, NULL);
	TRY(st);
	put_token(rq, token, lifetime_s);
	return OK;
}

const struct route route_session_token = {
	.method = HTTP_GET, .path = "/session/token", .name = "session_token",
	.summary = "A signed JWT that says who is signed in, for the app's own backends.",
	.auth = AUTH_SIGNIN, .tx = TX_READ, .lane = LANE_WORKER,
	.query = { OPT_TEXT("template", 64, "the name of a token template of the deployment; absent: default") },
	.fails = { E_TEMPLATE_NOT_FOUND, E_LIMIT_REACHED },
	.run = session_token,
};
