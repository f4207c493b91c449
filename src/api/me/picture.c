/* picture.c - GET /pictures/{file}: an uploaded picture, to everybody who has its address. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/me/picture.h"

#include "base/str.h"
#include "store/store.gen.h"

static const struct str extension = S_INIT(".webp");

/* The bytes are ours, made of pixels: still, nothing that reads them otherwise gets to run (sandbox, nosniff). */
static const char guards[] =
    "Content-Disposition: inline\r\n"
    "Content-Security-Policy: default-src 'none'; sandbox\r\n"
    "Cross-Origin-Resource-Policy: cross-origin\r\n";

static enum status
picture_get(struct request *rq)
{
	struct picture_find_row row;
	struct picture_id id;
	struct str name = rq->ids[0];
	enum status st = E_NOT_FOUND;

	if (str_ends(name, extension) && picture_id_parse((struct str){ name.p, name.n - extension.n }, &id))
		st = sql_picture_find(&rq->task, rq->deployment->id, id, &row);
	if (st == E_NOT_FOUND)
		return refuse(rq, st, NULL);
	TRY(st);
	reply_more_headers(rq, guards);
	return reply_raw(rq, "image/webp", "public, max-age=31536000, immutable", row.bytes);
}

const struct route route_picture = {
	.method = HTTP_GET, .path = "/pictures/{id}", .name = "picture",
	.summary = "An uploaded picture, as named in `profile_picture_url`: another one has another address.",
	.auth = AUTH_NONE, .rule = RULE_PUBLIC, .tx = TX_READ, .lane = LANE_WORKER,
	.fails = { E_NOT_FOUND },
	.run = picture_get,
};
