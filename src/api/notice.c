/* notice.c - telling people by mail what happened to their account. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/notice.h"

#include "api/app.h"
#include "api/sign_in/disavow.h"
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
put_one(struct request *rq, struct user_id user, const char *what, struct str to, bool is_last)
{
	struct message m = {
		.kind = MESSAGE_NOTICE, .to = to, .user = user,
		.vars = { { "what", str_of(what) }, { "at", clock_rfc3339(rq->task.arena, rq->task.now) },
		    { "ip", str_of(rq->client_text) }, { "device", device(rq) }, { "link", S("") } },
	};

	if (!is_last)
		TRY(disavowal_link(rq, user, &m.vars[4].value));
	return outbox_put(&rq->task, rq->app->keys, rq->deployment->id, &m);
}

static enum status
put_all(struct request *rq, struct user_id user, const char *what, bool is_last)
{
	struct contact_row *contacts;
	size_t n;

	TRY(sql_account_contacts(&rq->task, rq->deployment->id, user, &contacts, &n));
	for (size_t i = 0; i < n; i++)
		if (!contacts[i].is_phone && contacts[i].verified_at != 0)
			TRY(put_one(rq, user, what, contacts[i].value, is_last));
	return OK;
}

enum status
notice_put(struct request *rq, struct user_id user, const char *what, struct str also)
{
	TRY(put_all(rq, user, what, false));
	return also.n > 0 ? put_one(rq, user, what, also, false) : OK;
}

enum status
notice_put_last(struct request *rq, struct user_id user, const char *what)
{
	return put_all(rq, user, what, true);
}
