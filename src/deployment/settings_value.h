/* settings_value.h - one setting: from typed text to JSON, from JSON into struct settings. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "deployment/settings_rows.h"

/* The row of a key that can be set or shown; NULL: there is none. */
const struct setting_row *setting_find(struct str key);

/*
 * What was typed, as the JSON value its row takes; NULL when it cannot be one. Caller decrefs.
 * Nothing is checked further.
 */
json_t *setting_from_text(const struct setting_row *row, struct str text);

/*
 * Check the value and store it in *s; strings and lists in `a`. false: it is not
 * what setting_allowed() says, or the arena has failed; the member is untouched.
 */
bool setting_store(
    const struct setting_row *row, const json_t *value, struct arena *a, struct settings *s) MUST_CHECK;

/* The row's default with its names filled in. */
struct str setting_default(struct arena *a, const struct setting_row *row, const struct settings_home *home);
