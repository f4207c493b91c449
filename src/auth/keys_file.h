/* keys_file.h - the master key's file: who may read it, how it is made. For keys_ring.c alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/secret.h"
#include "base/task.h"

enum { KEYS_MASTER_N = 32, KEYS_FILE_MOST = 2 };

/*
 * The 32 bytes in `file`: raw, or as 64 hex digits with or without a newline; or two such
 * lines, while one key follows another: the new one first. With `create`, a missing file is
 * made first. E_INTERNAL with t->why naming the file and what to do. Caller calls
 * secret_done() on the *ret_n first ones. *ret_unsynced: the errno that kept two of them from
 * being synced; 0 when they are, or when that is not ours to do.
 */
enum status keys_file_read(struct task *t, const char *file, bool create, struct secret ret_keys[KEYS_FILE_MOST],
    size_t *ret_n, int *ret_unsynced) MUST_CHECK;

/* The same of what such a file holds, `file` being its name for t->why. Any thread. */
enum status keys_file_parse(struct task *t, const char *file, struct str text, struct secret ret_keys[KEYS_FILE_MOST],
    size_t *ret_n) MUST_CHECK;

/*
 * Put n keys, as lines, in the place of what is there: at once, and on the disk when OK.
 * E_INTERNAL with t->why; then the file is as it was, or as it was to be.
 */
enum status keys_file_write(
    struct task *t, const char *file, const struct secret *const *keys, size_t n) MUST_CHECK;

/* Until *ret_fd is closed nobody else holds this file: a lock on its folder. E_CONFLICT: somebody does. E_INTERNAL. */
enum status keys_file_hold(struct task *t, const char *file, int *ret_fd) MUST_CHECK;
