/* keys_file.h - the master key's file: who may read it, how it is made. For keys.c alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/secret.h"
#include "base/task.h"

enum { KEYS_MASTER_N = 32 };

/*
 * The 32 bytes in `file`: raw, or as 64 hex digits with or without a newline. With
 * `create`, a missing file is made first. E_INTERNAL with t->why naming the file
 * and what to do. Start-up only. Caller calls secret_done().
 */
enum status keys_file_read(
    struct task *t, const char *file, bool create, struct secret *ret_master) MUST_CHECK;
