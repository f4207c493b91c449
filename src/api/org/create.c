/* create.c - what creating an organization and creating a workspace have in common. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/create.h"

#include "auth/identifier.h"
#include "base/clock.h"

enum status
create_read(struct request *rq, struct create_text *ret_text)
{
	struct create_text text = { .description = body_text(rq, "description") };
	enum status st;

	st = identifier_name(&rq->task, body_text(rq, "name"), CREATE_NAME_MAX, &text.name);
	if (st == E_BAD_REQUEST_BODY)
		return refuse(rq, st, "Enter a name of at most %d printable characters.", CREATE_NAME_MAX);
	TRY(st);
	*ret_text = text;
	return OK;
}

bool
create_has_room(int64_t have, int64_t most)
{
	return most <= 0 || have < most;
}

enum status
create_take_rate(struct request *rq)
{
	struct try tries[] = { { RULE_CREATE, user_id_str(rq->task.arena, rq->signin->user) } };
	enum status st = request_take(rq, tries, ARRAY_LEN(tries));

	if (st != E_RATE_LIMITED)
		return st;
	rq->retry_after_s = HOUR_US / SECOND_US;
	return refuse(rq, st, "You have made many organizations and workspaces within an hour. Please try again later.");
}
