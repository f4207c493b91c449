/* sender_settle.c - what became of messages and events: told, counted and written down. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/sender_parts.h"

#include "base/clock.h"
#include "base/str.h"
#include "notify/hook_round.h"
#include "notify/round.h"

/* ---- telling ---- */

static void
count(struct sender *s, enum message_channel channel, enum message_result result)
{
	atomic_fetch_add(&s->results[channel][result], 1);
}

static const char *const words[] = { "sent", "kept", "failed", "given_up" };
static const enum log_level levels[] = { LOG_INFO, LOG_INFO, LOG_WARN, LOG_ERROR };

void
sender_tell(struct sender *s, struct deployment_id d, struct message_id id, enum message_channel channel,
    enum message_result result, const char *why)
{
	count(s, channel, result);
	log_event(levels[result], EV_MESSAGE, "message=message_%lld deployment=deployment_%lld channel=%s result=%s why=\"%s\"",
	    (long long)id.v, (long long)d.v, message_channel_name(channel), words[result], why);
}

void
sender_tell_hook(struct sender *s, struct deployment_id d, struct hook_id hook, struct hook_event_id event, enum message_result result,
    const char *why)
{
	count(s, CHANNEL_WEBHOOK, result);
	log_event(levels[result], EV_MESSAGE, "message=event_%lld deployment=deployment_%lld channel=webhook to=webhook_%lld result=%s why=\"%s\"",
	    (long long)event.v, (long long)d.v, (long long)hook.v, words[result], why);
}

static void
tell_given_out(struct sender *s, const struct parcel *p)
{
	atomic_fetch_add(&s->hooks_given_out, 1);
	log_event(LOG_ERROR, EV_WEBHOOK, "webhook=webhook_%lld deployment=deployment_%lld state=disabled why=\"%s\"",
	    (long long)p->hook.v, (long long)p->deployment.v, p->gave_out);
}

/* ---- what came back is written down ---- */

/* 0 rows: it took so long that somebody else has it now. */
static enum status
write_one(struct task *t, const struct sender *s, struct parcel *p)
{
	int64_t rows;

	if (p->channel == CHANNEL_WEBHOOK)
		return hook_round_settle(t, &s->c, p);
	if (p->verdict == PARCEL_SENT)
		return sql_message_sent(t, p->deployment, p->id, p->claim, t->now, &rows);
	p->again_at = p->verdict == PARCEL_AGAIN ? round_next_try(t->now, p->tries, p->created_at, p->expires_at) : 0;
	if (p->again_at > 0)
		return sql_message_retry(t, p->deployment, p->id, p->claim, p->again_at, str_of(p->why), &rows);
	return sql_message_give_up(t, p->deployment, p->id, p->claim, t->now, str_of(p->why), &rows);
}

static enum status
write_back(struct task *t, void *arg)
{
	const struct sender *s = arg;

	for (struct parcel *p = s->back; p; p = p->next)
		TRY(write_one(t, s, p));
	return OK;
}

static void
forget_one(struct sender *s, struct parcel *p)
{
	enum message_result result = RESULT_SENT;

	if (p->verdict != PARCEL_SENT)
		result = p->again_at > 0 ? RESULT_FAILED : RESULT_GIVEN_UP;
	if (p->channel == CHANNEL_WEBHOOK)
		sender_tell_hook(s, p->deployment, p->hook, p->event, result, p->why);
	else
		sender_tell(s, p->deployment, p->id, p->channel, result, p->why);
	if (p->gave_out)
		tell_given_out(s, p);
	parcel_free(p);
}

enum status
sender_settle(struct task *t, struct sender *s)
{
	if (!s->back)
		return OK;
	TRY(store_write_wait(t, s->c.store, s->db, write_back, s));
	while (s->back) {
		struct parcel *p = s->back;

		s->back = p->next;
		forget_one(s, p);
	}
	return OK;
}

struct lanes *
sender_lanes(struct sender *s, const struct parcel *p)
{
	return p->channel == CHANNEL_WEBHOOK ? &s->hook_lanes : &s->lanes;
}

void
sender_take_back(struct sender *s, struct parcel *p)
{
	lane_end(sender_lanes(s, p), p->lane, clock_now(), p->verdict == PARCEL_AGAIN);
	p->next = s->back;
	s->back = p;
}

void
sender_take_out(struct sender *s, struct parcel *p)
{
	struct parcel **at = &s->under_way;

	curl_multi_remove_handle(s->multi, p->easy);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
}

bool
sender_collect(struct sender *s)
{
	bool any = false;
	const CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(s->multi, &left)) != NULL) {
		struct parcel *p = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p) != CURLE_OK)
			continue;
		/* What it was told is gone once it is out. */
		parcel_judge(p, code);
		sender_take_out(s, p);
		sender_take_back(s, p);
		any = true;
	}
	return any;
}
