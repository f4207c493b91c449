/* reading.h - a file of declared deployments, from its bytes to the order that is applied. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/declare/problems.h"
#include "admin/declare/tree.h"
#include "base/json.h"
#include "base/task.h"

enum { DECLARE_ORDER_MAX = 1024 * 1024, DECLARE_DOCUMENTS_MAX = 100 };

struct reading {
	struct task    *t;
	struct problems p;
	int             directory;	/* of the file: what from_file names starts there */
	const char     *master_key_file;	/* the one file that is no secret's */
	struct json     j;	/* the order */
};

/*
 * The file at `path` ("-": standard input) as one JSON object, {"deployments": [{…}]}: its keys known, its
 * values of the right types and forms, with what from_file and from_env refer to put in place. In
 * the process that was given the file, as its user, and without the database. ret_order is
 * reserved whole; the caller wipes and frees it, since secrets are in it. E_BAD_REQUEST_BODY: `problems` has
 * the sentences. E_NOT_FOUND: no such file, with t->why.
 */
enum status declare_read(struct task *t, const char *path, const char *master_key_file, struct buf *problems,
    struct buf *ret_order) MUST_CHECK;

/* ---- for the sections ---- */

/* Is it a map? Tells the problem otherwise, and so do the next ones. */
bool reading_is_map(struct reading *r, const struct node *n, const char *what) MUST_CHECK;
bool reading_is_text(struct reading *r, const struct node *n, const char *what) MUST_CHECK;
/* "there is no WHAT \"x\" here; did you mean y?": of the names, which end with NULL. */
void reading_unknown(struct reading *r, const struct node *n, const char *what, const char *const *names);
/* The same of a word that stands somewhere else than before a colon. */
void reading_unknown_word(struct reading *r, int line, struct str word, const char *what, const char *const *names);
/* Is it a list? Of what, the words after "a list of ". */
bool reading_is_list(struct reading *r, const struct node *n, const char *what, const char *of) MUST_CHECK;

/* A text from somewhere else, without the last line's end. */
struct reference {
	struct str from;	/* to be shown: the file "smtp-password", the variable SMTP_PASSWORD */
	struct str text;	/* in the caller's buffer */
};
/* {from_file: PATH}: in the file's own directory or below it, whose owner it is. */
bool reading_file(struct reading *r, const struct node *n, char *buf, size_t cap, struct reference *ret_reference) MUST_CHECK;
/* {from_file: PATH} or {from_env: NAME}: whatever this process may read, but the master key. The caller wipes buf. */
bool reading_secret(struct reading *r, const struct node *n, char *buf, size_t cap, struct reference *ret_reference) MUST_CHECK;
