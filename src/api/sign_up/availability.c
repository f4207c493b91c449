/* availability.c - is this e-mail address, username or number taken? Telling is its purpose, so it is rate-limited hard. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include "auth/identifier.h"
#include "base/str.h"
#include "store/store.gen.h"

static enum status
lookup_email(struct request *rq, struct str text)
{
	struct email_taken_row row;
	struct str email, key;

	if (identifier_email(&rq->task, text, &email, &key) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid email address.");
	return sql_email_taken(&rq->task, rq->deployment->id, key, &row);
}

static enum status
lookup_username(struct request *rq, struct str text)
{
	const struct settings *s = &rq->deployment->settings;
	struct username_taken_row row;
	struct str name, key;

	if (identifier_username(&rq->task, text, s->auth.username.min_length, s->auth.username.max_length, &name, &key) != OK)
		return refuse(rq, E_BAD_REQUEST_BODY, "Enter a valid username.");
	return sql_username_taken(&rq->task, rq->deployment->id, key, &row);
}

static enum status
lookup(struct request *rq)
{
	struct str type = query_text(rq, "type"), text = query_text(rq, "identifier");

	if (str_eq(type, S("email")))
		return lookup_email(rq, text);
	if (str_eq(type, S("username")))
		return lookup_username(rq, text);
	return refuse(rq, E_BAD_REQUEST_BODY, "The type must be email or username.");
}

static enum status
availability(struct request *rq)
{
	enum status st = lookup(rq);
	struct json *j;

	if (st != E_NOT_FOUND)
		TRY(st);
	j = reply(rq);
	json_object_begin(j, "data");
	json_bool(j, "exists", st == OK);
	json_object_end(j);
	return OK;
}

const struct route route_availability = {
	.method = HTTP_GET, .path = "/auth/identifier-availability", .name = "auth_identifier_availability",
	.summary = "Is this e-mail address or username taken?",
	.auth = AUTH_SESSION, .tx = TX_READ, .lane = LANE_WORKER, .rate = RULE_LOOKUP,
	.query = { REQ_TEXT("identifier", 320, "what to look up"), REQ_TEXT("type", 16, "email or username") },
	.run = availability,
};
