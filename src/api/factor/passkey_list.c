/* passkey_list.c - GET /me/passkeys, and giving one another name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/factor/passkey.h"
#include "auth/identifier.h"
#include "base/str.h"

static enum status
list(struct request *rq)
{
	struct passkey_row *rows;
	struct json *j;
	size_t n;

	TRY(sql_passkeys_of_user(&rq->task, rq->deployment->id, rq->signin->user, &rows, &n));
	j = reply(rq);
	json_array_begin(j, "data");
	for (size_t i = 0; i < n; i++)
		passkey_view(j, NULL, &rows[i]);
	json_array_end(j);
	return OK;
}

const struct route route_me_passkeys = {
	.method = HTTP_GET, .path = "/me/passkeys", .name = "me_passkeys",
	.summary = "The user's passkeys, oldest first.",
	.auth = AUTH_SIGNIN, .tx = TX_READ, .lane = LANE_WORKER,
	.run = list,
};

/* Somebody else's, an unknown one and no id at all get one answer. */
static enum status
rename_one(struct request *rq, struct str name, struct passkey_row *ret_row)
{
	struct deployment_id d = rq->deployment->id;
	struct user_id user = rq->signin->user;
	struct passkey_id id;
	int64_t rows = 0;

	if (passkey_id_parse(rq->ids[0], &id))
		TRY(sql_passkey_set_name(&rq->task, d, user, id, name, &rows));
	if (rows == 0)
		return refuse(rq, E_NOT_FOUND, NULL);
	TRY(audit(rq, AUDIT_PASSKEY_RENAMED, user, passkey_detail(rq, id)));
	return sql_passkey_of_user_find(&rq->task, d, user, id, ret_row);
}

static enum status
give_name(struct request *rq)
{
	struct passkey_row row;
	struct str name;
	enum status st = identifier_name(&rq->task, body_text(rq, "name"), PASSKEY_NAME_MAX, &name);

	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "Enter a name of at most %d printable characters.", PASSKEY_NAME_MAX);
	TRY(st);
	TRY(rename_one(rq, name, &row));
	passkey_view(reply(rq), "data", &row);
	return OK;
}

const struct route route_me_passkey_rename = {
	.method = HTTP_PATCH, .path = "/me/passkeys/{id}", .name = "me_passkey_rename",
	.summary = "Give one of the user's passkeys another name.",
	.auth = AUTH_SIGNIN, .rule = RULE_OWN, .tx = TX_WRITE, .lane = LANE_WORKER, .credential = true,
	.body = { REQ_TEXT("name", 200, "at most 64 printable characters") },
	.fails = { E_NOT_FOUND },
	.run = give_name,
};
