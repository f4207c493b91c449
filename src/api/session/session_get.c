/* session_get.c - GET /session: who is signed in, where, and what the session holds. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

static enum status
session_get(struct request *rq)
{
	return reply_session(rq);
}

const struct route route_session_get = {
	.method = HTTP_GET, .path = "/session", .name = "session_get",
	.summary = "Who is signed in, in which organization and workspace, and what the session holds.",
	.auth = AUTH_SESSION, .tx = TX_READ, .lane = LANE_WORKER, .light = true, .cached = true,
	.run = session_get,
};
