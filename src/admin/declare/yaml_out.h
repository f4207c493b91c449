/* yaml_out.h - writing YAML that tree_read() reads back to the byte. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <yaml.h>

#include "base/buf.h"

struct yaml_out {
	yaml_emitter_t emitter;
	struct buf    *out;
	bool           failed;
};

/* One document into `out`, which is a map. A key NULL: the next item of a list. false at the end: it failed. */
void yaml_out_begin(struct yaml_out *y, struct buf *out);
bool yaml_out_end(struct yaml_out *y) MUST_CHECK;

void yaml_out_map(struct yaml_out *y, const char *key);
void yaml_out_map_end(struct yaml_out *y);
void yaml_out_list(struct yaml_out *y, const char *key);
void yaml_out_list_end(struct yaml_out *y);
void yaml_out_word(struct yaml_out *y, const char *key, struct str word);	/* true, 30, staging: without quotes */
void yaml_out_text(struct yaml_out *y, const char *key, struct str text);	/* a block when it has several lines */
void yaml_out_quoted(struct yaml_out *y, const char *key, struct str text);	/* whatever it looks like, a text */
