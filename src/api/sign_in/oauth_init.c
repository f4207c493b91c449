/* oauth_init.c - social sign-in: no provider can be configured in this release, and that is said plainly. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

static enum status
oauth_init(struct request *rq)
{
	return refuse(rq, E_PROVIDER_NOT_CONFIGURED, NULL);
}

const struct route route_oauth_init = {
	.method = HTTP_POST, .path = "/auth/oauth2/init", .name = "auth_oauth2_init",
	.summary = "Begin a sign-in with a social provider.",
	.auth = AUTH_SESSION, .tx = TX_NONE, .lane = LANE_WORKER,
	.query = {
		{ .name = "provider", .kind = F_TEXT, .required = true, .max = 64, .missing = E_PROVIDER_REQUIRED,
		    .help = "such as google_oauth" },
		OPT_TEXT("redirect_uri", 2048, "where to go afterwards"),
	},
	.body = { OPT_TEXT("challenge_token", 256, "a redeemed challenge") },
	.fails = { E_PROVIDER_NOT_CONFIGURED },
	.run = oauth_init,
};
