/* outbox.h - what is to be sent, written in the transaction that causes it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "auth/keys.h"
#include "base/task.h"

/* Events for endpoints outside (hook.h) have rows of their own, and are no messages; the sender carries both. */
enum message_channel { CHANNEL_MAIL, CHANNEL_SMS, CHANNEL_WEBHOOK, CHANNEL__COUNT };
/* As stored: never renumbered. */
enum message_state { MESSAGE_DUE, MESSAGE_SENT, MESSAGE_GIVEN_UP };

/* "mail", "sms", "webhook"; "due", "sent", "given_up". */
const char *message_channel_name(enum message_channel channel);
const char *message_state_name(enum message_state state);

/*
 * Every kind of message, with the channel it goes by, how long it is worth sending, and
 * what it is about. Names are those of its templates, and are never renamed.
 */
#define MESSAGE_KINDS(X) \
	X(MESSAGE_SIGN_IN_CODE, "sign_in_code", CHANNEL_MAIL, 10 * MINUTE_US, "A code to sign in with.") \
	X(MESSAGE_SIGN_IN_LINK, "sign_in_link", CHANNEL_MAIL, 10 * MINUTE_US, "A link to sign in with.") \
	X(MESSAGE_VERIFY_EMAIL, "verify_email", CHANNEL_MAIL, 10 * MINUTE_US, "A code that proves an address.") \
	X(MESSAGE_RESET_CODE, "reset_code", CHANNEL_MAIL, 10 * MINUTE_US, "A code to set a new password with.") \
	X(MESSAGE_SMS_CODE, "sms_code", CHANNEL_SMS, 10 * MINUTE_US, "A code by text message, for whatever it was asked.") \
	X(MESSAGE_INVITATION, "invitation", CHANNEL_MAIL, 2 * DAY_US, "An invitation to sign up.") \
	X(MESSAGE_ORG_INVITATION, "organization_invitation", CHANNEL_MAIL, 2 * DAY_US, "An invitation to an organization or a workspace, by one of its members.") \
	X(MESSAGE_WAITLIST, "waitlist_joined", CHANNEL_MAIL, 2 * DAY_US, "Somebody is on the waitlist.") \
	X(MESSAGE_NOTICE, "security_notice", CHANNEL_MAIL, 2 * DAY_US, "Something about the account's security has changed.") \
	X(MESSAGE_TEST_MAIL, "test_mail", CHANNEL_MAIL, 10 * MINUTE_US, "An operator tries whether mail arrives.") \
	X(MESSAGE_TEST_SMS, "test_sms", CHANNEL_SMS, 10 * MINUTE_US, "An operator tries whether text messages arrive.")

#define MESSAGE_ENUM(id, name, channel, worth_us, help) id,
enum message_kind { MESSAGE_KINDS(MESSAGE_ENUM) MESSAGE_KIND__COUNT };
#undef MESSAGE_ENUM

struct message_kind_info {
	const char          *name;
	enum message_channel channel;
	int64_t              worth_us;
	const char          *help;
};
extern const struct message_kind_info message_kind_info[MESSAGE_KIND__COUNT];

/* What goes into the template: {{name}}. Values are plain text; the template escapes them. */
struct message_var {
	const char *name;
	struct str  value;
};
enum { MESSAGE_VARS_MAX = 8 };

struct message {
	enum message_kind  kind;
	struct str         to;		/* an e-mail address; a number as +15551234567 */
	struct user_id     user;	/* whose it is; 0: nobody's yet */
	bool               for_nobody;	/* stored like any other and dropped when its turn comes: answers about an account that
					   does not exist take as long (ENU-02) */
	struct message_var vars[MESSAGE_VARS_MAX];	/* ends at the first without a name */
};

/*
 * Inside a write transaction: it will be sent, at least once, if and only if that commits and it is for somebody.
 * The values are sealed under the message's own place. E_INTERNAL without randomness. Any thread.
 */
enum status outbox_put(struct task *t, const struct keys *k, struct deployment_id d, const struct message *m) MUST_CHECK;

/*
 * What outbox_put() sealed, as a JSON object {"name": "value"}. E_INTERNAL when it was changed. The
 * caller gives it to secret_done(). Any thread.
 */
enum status outbox_open(struct task *t, const struct keys *k, struct deployment_id d, struct message_id id,
    struct str sealed, struct secret *ret_content) MUST_CHECK;
