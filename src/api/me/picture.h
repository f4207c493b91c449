/* picture.h - pictures that people upload: made harmless, kept in the database, served to everybody. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/* A picture as it is kept. */
struct picture {
	struct picture_id id;
	struct str        bytes;	/* image/webp; task's arena */
};

/* Who has pictures made, of whom each has one made at a time: an account by its id, or all secret keys together. */
enum { PICTURE_OF_KEYS = -1 };
/*
 * Outside of any transaction, blocks: what sessiond-picture makes of an upload, in a process of its own. E_BAD_REQUEST_BODY when
 * it is no picture, E_PAYLOAD_TOO_LARGE beyond 2 MiB, both with a sentence in t->why; E_OVERLOADED while too many are being made,
 * or one for `whose`. E_INTERNAL when the helper cannot be run.
 */
enum status picture_convert(struct task *t, int64_t whose, struct str upload, struct picture *ret_picture) MUST_CHECK;

/* Is sessiond-picture beside this program, so that it can be run? Any thread. */
bool picture_has_helper(void);

/* For .prove: the same of the upload in the field `name`, refused by its sentence. */
enum status picture_make(struct request *rq, const char *name, struct picture *ret_picture) MUST_CHECK;

/* The same when one is sent; otherwise *ret_picture is NULL. A form's picture field left alone comes as an empty file. */
enum status picture_make_if_sent(struct request *rq, const char *name, struct picture **ret_picture) MUST_CHECK;

/* ---- in a write transaction ---- */

/* This is the user's picture now, in the place of the one before. Touches the user. */
enum status picture_set_of_user(struct task *t, const struct deployment *d, struct user_id user, const struct picture *p) MUST_CHECK;
/* Its organization's row held: the same for an organization and a workspace. */
enum status picture_set_of_org(struct task *t, const struct deployment *d, struct org_id org, const struct picture *p) MUST_CHECK;
enum status picture_set_of_workspace(struct task *t, const struct deployment *d, struct workspace_id workspace,
    const struct picture *p) MUST_CHECK;
/* They have none. The caller clears account.image_url. */
enum status picture_remove_of_user(struct task *t, const struct deployment *d, struct user_id user) MUST_CHECK;
enum status picture_remove_of_org(struct task *t, const struct deployment *d, struct org_id org) MUST_CHECK;
enum status picture_remove_of_workspace(struct task *t, const struct deployment *d, struct workspace_id workspace) MUST_CHECK;
