/* notice.c - telling people by mail what happened to their account. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/notice.h"

#include "api/app.h"
#include "api/user_agent.h"
#include "base/clock.h"
#include "base/str.h"
#include "notify/outbox.h"
#include "store/store.gen.h"

static struct str
device(const struct request *rq)
{
	struct str agent = http_field(&rq->x->head, S("User-Agent"));

	return str_is_text(agent) ? user_agent_browser(agent) : S("");
}

static enum status
put_one(struct request *rq, struct user_id user, const char *what, struct str to)
{
	struct message m = {
		.kind = MESSAGE_NOTICE, .to = to, .user = user,
		.vars = { { "what", str_of(what) }, { "at", clock_rfc3339(rq->task.arena, rq->task.now) },
		    { "ip", str_of(rq->client_text) }, { "device", device(rq) } },
	};

	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

enum status
notice_put(struct request *rq, struct user_id user, const char *what, struct str also)
{
	struct contact_row *contacts;
	size_t n;

	TRY(sql_account_contacts(&rq->task, rq->deployment->id, user, &contacts, &n));
	for (size_t i = 0; i < n; i++)
		if (!contacts[i].is_phone && contacts[i].verified_at != 0)
			TRY(put_one(rq, user, what, contacts[i].value));
	return also.n > 0 ? put_one(rq, user, what, also) : OK;
}
