/* command_webhook.h - what the commands about endpoints outside have in common. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/command.h"

struct webhook_command {
	struct command  *c;
	struct deed      by;
	struct hook_row  hook;	/* as it was found */
};

/* The endpoint that the first argument names, in the deployment of --deployment. E_NOT_FOUND with a sentence. */
enum status webhook_command_read(struct command *c, struct webhook_command *ret_w) MUST_CHECK;

/* "90s", "30m", "24h", "7d": microseconds; at most `max_us`. E_BAD_REQUEST_BODY with a sentence. */
enum status webhook_command_duration(struct command *c, const char *flag, int64_t max_us, int64_t dflt, int64_t *ret_us) MUST_CHECK;
/* E_CONFLICT, with a sentence that names the command to say first. */
enum status webhook_command_check_enabled(const struct webhook_command *w) MUST_CHECK;
