/* input.h - a password or a text from standard input: never from an argument, which every process can see. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

/*
 * All of standard input without the line's end, so that `echo … | sessiond user
 * create` means what it looks like; at a terminal, one line that is not shown,
 * after the prompt `what`. Nothing is a password of no bytes. E_BAD_REQUEST_BODY: more than `cap` bytes, or
 * not UTF-8 text. The caller wipes buf.
 */
enum status input_read(struct task *t, const char *what, char *buf, size_t cap, size_t *ret_n) MUST_CHECK;
