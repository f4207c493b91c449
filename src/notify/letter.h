/* letter.h - a message in words: its kind's templates, or the deployment's own, filled in. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "deployment/deployment.h"
#include "notify/outbox.h"

/* As stored: never renamed. */
enum letter_part { LETTER_SUBJECT, LETTER_TEXT, LETTER_HTML, LETTER_PART__COUNT };
extern const char *const letter_part_names[LETTER_PART__COUNT];	/* "subject", "text", "html" */

/* What each part is made of, or became. Text messages have a text only; what is not there is empty. */
struct letter {
	struct str parts[LETTER_PART__COUNT];
};

bool message_kind_find(struct str name, enum message_kind *ret_kind) MUST_CHECK;

/*
 * May this be the template of that part? E_BAD_REQUEST_BODY with a sentence in t->why: a name that is not
 * there, a tag without an end, a text without what the message is for ({{code}}), a part that the channel
 * does not have. Any thread.
 */
enum status letter_check(struct task *t, enum message_kind kind, enum letter_part part, struct str text) MUST_CHECK;

void letter_defaults(enum message_kind kind, struct letter *ret_templates);	/* what is built in */
/* In a transaction: the deployment's templates, built-in ones where it has none. Task's arena. */
enum status letter_templates(struct task *t, struct deployment_id d, enum message_kind kind,
    struct letter *ret_templates) MUST_CHECK;

/*
 * Fill in what outbox_open() gave, and the deployment's name, logo and support page: links come from its
 * settings alone (RCV-05). E_INTERNAL when the content is none. Task's arena.
 */
enum status letter_compose(struct task *t, const struct deployment *d, const struct letter *templates,
    const struct secret *content, struct letter *ret_letter) MUST_CHECK;
