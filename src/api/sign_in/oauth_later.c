/*
 * oauth_later.c - the rest of social and enterprise sign-in: no provider can be configured in this
 * release, so no state was ever handed out and nothing is connected. Each says so in its own code.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

static enum status
refuse_provider(struct request *rq)
{
	return refuse(rq, E_PROVIDER_NOT_CONFIGURED, NULL);
}

static enum status
refuse_state(struct request *rq)
{
	return refuse(rq, E_INVALID_STATE, NULL);
}

static enum status
refuse_connection(struct request *rq)
{
	return refuse(rq, E_NOT_FOUND, NULL);
}

#define REQ_OR(name_, max_, st_, help_) \
	{ .name = (name_), .kind = F_TEXT, .required = true, .max = (max_), .missing = (st_), .help = (help_) }

const struct route route_oauth_callback = {
	.method = HTTP_GET, .path = "/auth/oauth2/callback", .name = "auth_oauth2_callback",
	.summary = "Complete a sign-in with a social provider.",
	.auth = AUTH_SESSION, .tx = TX_NONE, .lane = LANE_WORKER, .no_navigation = true,
	.query = {
		REQ_OR("code", 2048, E_CODE_REQUIRED, "what the provider gave"),
		REQ_OR("state", 2048, E_INVALID_STATE, "as the provider sent it back"),
	},
	.fails = { E_INVALID_STATE },
	.run = refuse_state,
};

const struct route route_sso_login = {
	.method = HTTP_POST, .path = "/auth/sso/login", .name = "auth_sso_login",
	.summary = "Begin a sign-in with an organization's identity provider.",
	.auth = AUTH_SESSION, .tx = TX_NONE, .lane = LANE_WORKER,
	.query = {
		REQ_OR("connection_id", 64, E_PROVIDER_REQUIRED, "as identify told it"),
		OPT_TEXT("redirect_uri", 2048, "where to go afterwards"),
	},
	.body = { OPT_TEXT("challenge_token", 256, "a redeemed challenge") },
	.fails = { E_PROVIDER_NOT_CONFIGURED },
	.run = refuse_provider,
};

const struct route route_me_social_disconnect = {
	.method = HTTP_POST, .path = "/me/social-connections/{id}/disconnect", .name = "me_social_disconnect",
	.summary = "Remove a social connection.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_READ, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND },
	.run = refuse_connection,
};

const struct route route_me_sso_init = {
	.method = HTTP_POST, .path = "/me/init-sso-connection", .name = "me_sso_init",
	.summary = "Begin to connect a social provider to the account.",
	.auth = AUTH_SIGNIN, .tx = TX_READ, .lane = LANE_WORKER,
	.query = {
		REQ_OR("provider", 64, E_PROVIDER_REQUIRED, "such as google_oauth"),
		OPT_TEXT("redirect_uri", 2048, "where to go afterwards"),
	},
	.fails = { E_PROVIDER_NOT_CONFIGURED },
	.run = refuse_provider,
};

const struct route route_me_sso_callback = {
	.method = HTTP_POST, .path = "/me/sso-connection-callback", .name = "me_sso_callback",
	.summary = "Complete connecting a social provider to the account.",
	.auth = AUTH_SIGNIN, .tx = TX_READ, .lane = LANE_WORKER,
	.query = {
		REQ_OR("code", 2048, E_CODE_REQUIRED, "what the provider gave"),
		REQ_OR("state", 2048, E_INVALID_STATE, "as the provider sent it back"),
	},
	.fails = { E_INVALID_STATE },
	.run = refuse_state,
};
