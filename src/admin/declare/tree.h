/* tree.h - a YAML file as trees of bounded size, whose nodes know their lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/declare/problems.h"
#include "base/task.h"

enum { TREE_TEXT_MAX = 256 * 1024, TREE_NODES_MAX = 10000, TREE_DEPTH_MAX = 12 };

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool           is_plain;	/* NODE_TEXT: written without quotes */
	int            line;	/* of its key, or where it begins; from 1 */
	struct str     key;	/* in a map */
	struct str     text;	/* NODE_TEXT: as written; what type it is, whoever reads it knows */
	struct node   *first;	/* NODE_LIST, NODE_MAP: what is in it */
	struct node   *next;	/* beside it; of a whole document: the next one */
};

/*
 * YAML 1.1 by libyaml, without what makes a small file large or a value something else than it
 * looks: anchors, aliases and tags are refused, and so are keys that are no text or come twice, more
 * than TREE_DEPTH_MAX levels, and what is not UTF-8. Documents without anything in them are left out.
 * false: there is a problem, or the arena has failed. Nodes: task's arena. Any thread.
 */
bool tree_read(struct task *t, struct problems *p, struct str text, const struct node **ret_documents) MUST_CHECK;

/* The member of a map; NULL: there is none. */
const struct node *node_find(const struct node *map, const char *key);
bool node_is_null(const struct node *n);	/* nothing, ~ or null, without quotes */
