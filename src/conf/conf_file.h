/* conf_file.h - the configuration file: lines of "key = value". */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"

enum { CONF_FILE_MAX = 1 << 20 };

/* The whole file; task's arena. 0, or an errno: EFBIG beyond CONF_FILE_MAX. */
int conf_file_read(struct arena *a, const char *path, struct str *ret_text) MUST_CHECK;

enum conf_line { CONF_LINE_END, CONF_LINE_KEY, CONF_LINE_BAD };

/*
 * The next line that says something; empty lines and those that begin with # do
 * not. *rest begins as the whole text, *number as 0. On CONF_LINE_KEY both parts
 * are trimmed, and neither is empty; on CONF_LINE_BAD *ret_why completes "FILE:LINE: ".
 */
enum conf_line conf_line_next(struct str *rest, int *number, struct str *ret_key, struct str *ret_value,
    const char **ret_why) MUST_CHECK;
