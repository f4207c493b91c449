/* session_check.c - /session/check: may whoever sent this request go on? Asked by a reverse proxy about its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/pipeline.h"

#include "api/session/came_from.h"
#include "api/session/session_token.h"
#include "api/session/vouch.h"
#include "base/str.h"

/* What is read is kept for the next one, whoever asks for whatever: so nothing is judged here. */
static enum status
session_check(struct request *rq)
{
	TRY(reply_session(rq));
	rq->signin = rq->state.active;
	return vouch_make(rq, &rq->priv->vouch);
}

static enum status
refuse_signed_out(struct request *rq)
{
	enum check_sign_in sign_in = rq->priv->ask.sign_in;

	if (sign_in != CHECK_REFUSE && !came_from_script(rq)) {
		rq->priv->location = came_from_sign_in(rq);
		rq->priv->redirects = sign_in == CHECK_REDIRECT;
	}
	return refuse(rq, E_UNAUTHORIZED, NULL);
}

/* The name of the template is the configuration's: one that is not there, or gives no token that fits, is a rule that is not met. */
static enum status
add_token(struct request *rq, struct str *lines)
{
	struct params given = { 0 };
	struct str token, name = STR_NONE;
	int64_t lifetime_s;
	enum status st;

	if (rq->priv->ask.template.p) {
		struct str pair = arena_printf(rq->task.arena, "template=" STR_FMT, STR_ARG(rq->priv->ask.template));

		if (params_parse_form(&rq->task, pair, &given) != OK)
			return refuse(rq, E_FORBIDDEN, NULL);
		name = params_get(&given, S("template"));
	}
	st = session_token_mint(rq, name, &token, &lifetime_s);
	if (st == E_TEMPLATE_NOT_FOUND || st == E_LIMIT_REACHED)
		return refuse(rq, E_FORBIDDEN, NULL);
	TRY(st);
	*lines = arena_printf(rq->task.arena, STR_FMT VOUCH_TOKEN ": " STR_FMT "\r\n", STR_ARG(*lines), STR_ARG(token));
	return OK;
}

static enum status
judge(struct request *rq)
{
	struct request_private *p = rq->priv;
	struct str lines;
	enum status st = check_judge(&p->ask, p->vouch, &rq->client, &lines);

	if (st == E_UNAUTHORIZED)
		return refuse_signed_out(rq);
	if (st != OK)
		return refuse(rq, st, NULL);
	if (p->ask.token)
		TRY(add_token(rq, &lines));
	p->own_headers = lines;
	return OK;
}

const struct route route_session_check = {
	.method = HTTP_GET, .path = CHECK_PATH, .name = "session_check",
	.summary = "May whoever sent this request go on? Asked by a reverse proxy in front of an application.",
	.auth = AUTH_SESSION, .tx = TX_READ, .lane = LANE_WORKER, .light = true, .cached = true, .by_proxy = true,
	.query = {
		OPT_TEXT("organization", 0, "the active organization is this one: its id"),
		OPT_TEXT("workspace", 0, "the active workspace is this one: its id"),
		OPT_TEXT("organization_role", 0, "a role of this name is held in the active organization"),
		OPT_TEXT("workspace_role", 0, "a role of this name is held in the active workspace"),
		OPT_TEXT("organization_permission", 0, "a role held in the active organization has it"),
		OPT_TEXT("workspace_permission", 0, "a role held in the active workspace has it"),
		OPT_TEXT("permission", 0, "a role held in either has it"),
		OPT_TEXT("sign_in", 0, "for who is not signed in: refuse (401; the default), location (401 and Location), redirect (303)"),
		OPT_TEXT("set_cookie", 0, "1: the proxy hands Set-Cookie on, so the token may be replaced when it is due"),
		OPT_TEXT("token", 0, "1: a fresh JWT in X-Session-Token"),
		OPT_TEXT("template", 0, "of that JWT"),
	},
	.fails = { E_UNAUTHORIZED, E_FORBIDDEN },
	.run = session_check, .judge = judge,
};
