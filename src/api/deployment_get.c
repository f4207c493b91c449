/* deployment_get.c - GET /deployment: everything the client needs to know before it draws anything. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

static enum status
deployment_get(struct request *rq)
{
	json_raw(reply(rq), "data", rq->deployment->tree_json);
	return OK;
}

const struct route route_deployment_get = {
	.method = HTTP_GET, .path = "/deployment", .name = "deployment_get",
	.summary = "The deployment's public settings, complete.",
	.auth = AUTH_SESSION, .tx = TX_READ, .lane = LANE_WORKER, .light = true,
	.run = deployment_get,
};
