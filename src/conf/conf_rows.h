/* conf_rows.h - the table of configuration keys, and how their values are read and written. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "conf/conf.h"

enum conf_type { CONF_BOOL, CONF_INT, CONF_SIZE, CONF_DURATION, CONF_WORD, CONF_TEXT, CONF_LIST };

/* A rule for a text, or for each item of a list. */
struct conf_form {
	bool (*fits)(const char *text);
	const char *what; /* completes "must be …" */
};

/*
 * One key: "head-timeout" in the file, --head-timeout as a flag, SESSIOND_HEAD_TIMEOUT
 * in the environment.
 */
struct conf_row {
	const char *name;
	enum conf_type type;
	size_t offset;                /* in struct conf */
	const char *def;              /* as typed; empty: not set */
	const char *def_said;         /* for people, where def does not say it; NULL: def */
	int64_t min, max;             /* numbers; bytes; microseconds */
	const char *const *words;     /* CONF_WORD: in the order of the C enum, NULL at the end */
	const struct conf_form *form; /* CONF_TEXT and CONF_LIST */
	bool reload;                  /* SIGHUP can change it */
	bool secret;                  /* may hold a password: never printed as it is */
	bool no_file;                 /* not in the file */
	const char *help;             /* one sentence */
};

extern const struct conf_row conf_rows[];
extern const size_t conf_rows_n;
enum { CONF_ROWS_MAX = 96, CONF_LIST_MAX = 64 };

/*
 * Check `text` and store it in *c; texts go to `a`. A list takes items separated by
 * commas and adds them to what it has. false: not as conf_allowed() says, or no memory.
 */
bool conf_store(const struct conf_row *row, struct str text, struct arena *a, struct conf *c) MUST_CHECK;
/* What a value must be: completes "must be …". */
struct str conf_allowed(struct arena *a, const struct conf_row *row);
/* Item i of the value as it would be typed; false: there is no such item, or it is not set. */
bool conf_format(const struct conf_row *row, const struct conf *c, size_t i, struct buf *out);
