/* outbox.c - what is to be sent, written in the transaction that causes it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/outbox.h"

#include "base/json.h"
#include "base/str.h"
#include "store/store.gen.h"

#define MESSAGE_ROW(id, name, channel, worth_us, help) [id] = { name, channel, worth_us, help },
const struct message_kind_info message_kind_info[MESSAGE_KIND__COUNT] = { MESSAGE_KINDS(MESSAGE_ROW) };
#undef MESSAGE_ROW

enum { CONTENT_MAX = 16 * 1024 };

const char *
message_channel_name(enum message_channel channel)
{
	static const char *const names[] = { [CHANNEL_MAIL] = "mail", [CHANNEL_SMS] = "sms", [CHANNEL_WEBHOOK] = "webhook" };

	CHECK((size_t)channel < ARRAY_LEN(names));
	return names[channel];
}

const char *
message_state_name(enum message_state state)
{
	static const char *const names[] = { [MESSAGE_DUE] = "due", [MESSAGE_SENT] = "sent", [MESSAGE_GIVEN_UP] = "given_up" };

	CHECK((size_t)state < ARRAY_LEN(names));
	return names[state];
}

static struct seal_place
place_of(struct arena *a, struct deployment_id d, struct message_id id)
{
	return (struct seal_place){ d, "message", message_id_str(a, id), "sealed_content" };
}

static struct str
content_of(struct arena *a, const struct message *m)
{
	struct buf b;
	struct json j;

	buf_init_arena(&b, a, CONTENT_MAX);
	json_init(&j, &b);
	json_object_begin(&j, NULL);
	for (size_t i = 0; i < MESSAGE_VARS_MAX && m->vars[i].name; i++)
		json_str(&j, m->vars[i].name, m->vars[i].value);
	json_object_end(&j);
	return buf_str(&b);
}

enum status
outbox_put(struct task *t, const struct keys *k, struct deployment_id d, const struct message *m)
{
	const struct message_kind_info *info = &message_kind_info[m->kind];
	struct message_id id = { id_next(t->now) };
	struct seal_place place = place_of(t->arena, d, id);
	struct str sealed;

	t->wrote_message = true;
	TRY(keys_seal(t, k, &place, content_of(t->arena, m), &sealed));
	return sql_message_insert(t, d, id, info->channel, m->for_nobody ? S("") : str_of(info->name), m->to, m->user, sealed, t->now,
	    t->now + info->worth_us);
}

enum status
outbox_open(struct task *t, const struct keys *k, struct deployment_id d, struct message_id id, struct str sealed,
    struct secret *ret_content)
{
	struct seal_place place = place_of(t->arena, d, id);

	return keys_unseal(t, k, &place, sealed, ret_content);
}
