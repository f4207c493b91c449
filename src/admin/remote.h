/* remote.h - having a command run inside the server that holds the data directory. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/task.h"

struct remote_answer {
	int        exit_code;
	struct str out, err;	/* task's arena */
};

/*
 * Send the command to <data>/admin.sock. E_NOT_FOUND: no server answers there, or one
 * with another database; then the caller opens the database itself. E_INTERNAL: one
 * answers, but not as it should, or this user may not talk to it.
 */
enum status remote_run(struct task *t, const char *data, struct str database_tag, const struct str *args, size_t n,
    struct str input, struct remote_answer *ret_answer) MUST_CHECK;
