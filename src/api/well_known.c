/* well_known.c - public keys and looks, for everybody: no session, cacheable, from memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define CACHED    "public, max-age=300"

static enum status
well_known_jwks(struct request *rq)
{
	return reply_raw(rq, JSON_TYPE, CACHED, rq->deployment->jwks_json);
}

const struct route route_well_known_jwks = {
	.method = HTTP_GET, .path = "/.well-known/jwks.json", .name = "well_known_jwks",
	.summary = "The public keys that session JWTs are signed with (RFC 7517).",
	.auth = AUTH_NONE, .tx = TX_NONE, .lane = LANE_LOOP,
	.run = well_known_jwks,
};

static enum status
well_known_jwk(struct request *rq)
{
	return reply_raw(rq, JSON_TYPE, CACHED, rq->deployment->jwk_json);
}

const struct route route_well_known_jwk = {
	.method = HTTP_GET, .path = "/.well-known/jwk", .name = "well_known_jwk",
	.summary = "The current public key as PEM.",
	.auth = AUTH_NONE, .tx = TX_NONE, .lane = LANE_LOOP,
	.run = well_known_jwk,
};

static enum status
well_known_meta(struct request *rq)
{
	return reply_raw(rq, JSON_TYPE, CACHED, rq->deployment->meta_json);
}

const struct route route_well_known_meta = {
	.method = HTTP_GET, .path = "/.well-known/meta", .name = "well_known_meta",
	.summary = "The deployment's names, addresses and colours.",
	.auth = AUTH_NONE, .tx = TX_NONE, .lane = LANE_LOOP,
	.run = well_known_meta,
};
