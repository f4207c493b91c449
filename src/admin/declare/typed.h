/* typed.h - values whose types no table knows: they are what they are written as. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "admin/declare/reading.h"
#include "admin/declare/yaml_out.h"

/*
 * The value as JSON text: without quotes true, false, null and numbers as JSON has them, and any other word or quoted text a text.
 * What YAML takes for a value of another type, and JSON for none, is refused: yes, 0x10 and 2026-01-31 are to be written in
 * quotes, or otherwise. false: there is a problem, or no memory. Task's arena.
 */
bool typed_read(struct reading *r, const struct node *n, struct str *ret_json_text) MUST_CHECK;

/* What typed_read() reads back as the same. key NULL: an item. */
void typed_put(struct yaml_out *y, struct arena *a, const char *key, const json_t *value);
