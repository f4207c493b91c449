/* settings_rows.h - the table of settings: what is read, checked, shown and documented. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "deployment/deployment.h"

enum setting_type {
	SETTING_SHOWN, /* not a setting: a value of the tree that is made from others, by .write */
	SETTING_BOOL,
	SETTING_INT,
	SETTING_ENUM,
	SETTING_TEXT,
	SETTING_LIST,
	SETTING_OBJECT, /* text of a JSON object */
};

enum setting_view {
	VIEW_BROWSER, /* in the tree */
	VIEW_EMPTIED, /* in the tree as an empty list: clients expect the member, and must not read the policy
		       */
	VIEW_OPERATOR, /* not in the tree */
};

/* A rule for a text, or for each item of a list. */
struct setting_form {
	bool (*fits)(struct str text);
	const char *what; /* completes "must be …" */
};

/* Rows with a view of VIEW_BROWSER or VIEW_EMPTIED stand in the tree's order. */
struct setting_row {
	const char *key; /* path in the tree */
	enum setting_type type;
	enum setting_view view;
	size_t offset;    /* in struct settings */
	const char *def;  /* as typed; {name}, {frontend} and {frontend_host} at its start are filled in */
	int64_t min, max; /* numbers: bounds; texts and items: max bytes; lists: min items */
	const char *const *words;        /* SETTING_ENUM: in the order of the C enum, NULL at the end */
	const struct setting_form *form; /* NULL: any text */
	const char *lacks;               /* why this release keeps the default; NULL: can be set */
	enum settings_means needs;       /* what it takes to leave the default; see settings.h */
	void (*write)(struct json *j, const char *key, const struct deployment *d); /* SETTING_SHOWN */
	const char *help;                                                           /* one sentence */
};

extern const struct setting_row setting_rows[];
extern const size_t setting_rows_n;

enum { SETTING_LIST_MAX = 1000, SETTING_TEXT_MAX = 2000 };

/* What a value of this row must be: completes "must be …". Task's arena. */
struct str setting_allowed(struct arena *a, const struct setting_row *row);

/* The value of a row that is a setting, as JSON. */
void setting_write(struct json *j, const char *key, const struct setting_row *row, const struct settings *s);

static inline const void *
setting_at(const struct setting_row *row, const struct settings *s)
{
	return (const char *)s + row->offset;
}
