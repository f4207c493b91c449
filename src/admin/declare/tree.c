/* tree.c - a YAML file as trees of bounded size, whose nodes know their lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/tree.h"

#include <yaml.h>

#include "base/log.h"
#include "base/str.h"

struct parse {
	struct task     *t;
	struct problems *p;
	struct node     *open[TREE_DEPTH_MAX];	/* the lists and maps we are in */
	size_t           depth;
	struct node     *key;	/* of the map we are in, until its value comes */
	size_t           n_nodes;
	struct node     *documents;
};

static int
line_of(const yaml_mark_t *m)
{
	return (int)m->line + 1;
}

static bool
refuse(struct parse *ps, int line, const char *what)
{
	problem(ps->p, line, "%s", what);
	return false;
}

/* ---- where a node belongs ---- */

static void
append(struct node **at, struct node *n)
{
	while (*at)
		at = &(*at)->next;
	*at = n;
}

static bool
is_new_key(struct parse *ps, const struct node *map, const struct node *key)
{
	const struct node *same = map->first;

	while (same && !str_eq(same->key, key->text))
		same = same->next;
	if (!same)
		return true;
	problem(ps->p, key->line, "%s is given twice, here and in line %d", log_quote(key->text).text, same->line);
	return false;
}

static bool
add_to_map(struct parse *ps, struct node *map, struct node *n)
{
	if (!ps->key) {
		if (n->kind != NODE_TEXT)
			return refuse(ps, n->line, "a key is a text");
		ps->key = n;
		return is_new_key(ps, map, n);
	}
	n->key = ps->key->text;
	n->line = ps->key->line;
	ps->key = NULL;
	append(&map->first, n);
	return true;
}

static bool
add(struct parse *ps, struct node *n)
{
	struct node *in = ps->depth > 0 ? ps->open[ps->depth - 1] : NULL;

	if (!in)
		append(&ps->documents, n);
	else if (in->kind == NODE_LIST)
		append(&in->first, n);
	else
		return add_to_map(ps, in, n);
	return true;
}

/* ---- what a node is ---- */

static struct node *
node_new(struct parse *ps, const yaml_event_t *ev, enum node_kind kind)
{
	struct node *n;

	if (++ps->n_nodes > TREE_NODES_MAX) {
		problem(ps->p, line_of(&ev->start_mark), "more than %d values", TREE_NODES_MAX);
		return NULL;
	}
	n = arena_one(ps->t->arena, struct node);
	if (!n)
		return NULL;
	n->kind = kind;
	n->line = line_of(&ev->start_mark);
	return n;
}

/* An anchor is what aliases multiply, and a tag makes a value something else than it looks like. */
static bool
is_bare(struct parse *ps, const yaml_event_t *ev, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return refuse(ps, line_of(&ev->start_mark), "anchors (&name) are not taken: write the value where it belongs");
	if (tag)
		return refuse(ps, line_of(&ev->start_mark), "tags (!name) are not taken: what type a value is, its key says");
	return true;
}

static bool
on_scalar(struct parse *ps, const yaml_event_t *ev)
{
	struct str text = { (const char *)ev->data.scalar.value, ev->data.scalar.length };
	struct node *n;

	if (!is_bare(ps, ev, ev->data.scalar.anchor, ev->data.scalar.tag))
		return false;
	n = node_new(ps, ev, NODE_TEXT);
	if (!n)
		return false;
	/* "\0" and half of a surrogate pair, as escapes. */
	if (!str_is_text(text))
		return refuse(ps, n->line, "this is not text");
	n->is_plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = arena_dup(ps->t->arena, text);
	return n->text.p && add(ps, n);
}

static bool
on_begin(struct parse *ps, const yaml_event_t *ev, enum node_kind kind)
{
	struct node *n;

	if (ps->depth == TREE_DEPTH_MAX)
		return refuse(ps, line_of(&ev->start_mark), "nested deeper than anything that belongs here");
	n = node_new(ps, ev, kind);
	if (!n || !add(ps, n))
		return false;
	ps->open[ps->depth++] = n;
	return true;
}

static bool
on_event(struct parse *ps, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(ps, ev);
	case YAML_SEQUENCE_START_EVENT:
		return is_bare(ps, ev, ev->data.sequence_start.anchor, ev->data.sequence_start.tag) &&
		    on_begin(ps, ev, NODE_LIST);
	case YAML_MAPPING_START_EVENT:
		return is_bare(ps, ev, ev->data.mapping_start.anchor, ev->data.mapping_start.tag) &&
		    on_begin(ps, ev, NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		ps->depth--;
		return true;
	case YAML_ALIAS_EVENT:
		return refuse(ps, line_of(&ev->start_mark), "aliases (*name) are not taken: write the value where it belongs");
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

/* ---- the whole file ---- */

static int
line_at(struct str text, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}

static bool
refuse_yaml(struct parse *ps, const yaml_parser_t *yaml, struct str text)
{
	int line = line_of(&yaml->problem_mark);

	if (yaml->error == YAML_MEMORY_ERROR)
		return false;
	/* The reader knows the byte only. */
	if (yaml->error == YAML_READER_ERROR)
		line = line_at(text, yaml->problem_offset);
	problem(ps->p, line, "this is not YAML: %s", yaml->problem ? yaml->problem : "it cannot be read");
	return false;
}

static bool
parse_all(struct parse *ps, yaml_parser_t *yaml, struct str text)
{
	bool good = true, ended = false;

	yaml_parser_set_encoding(yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(yaml, (const unsigned char *)text.p, text.n);
	while (good && !ended) {
		yaml_event_t ev;

		if (!yaml_parser_parse(yaml, &ev))
			return refuse_yaml(ps, yaml, text);
		good = on_event(ps, &ev);
		ended = ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	return good;
}

/* Line by line, to name the one. */
static bool
is_utf8(struct parse *ps, struct str text)
{
	struct str line;

	for (int number = 1; text.n > 0; number++) {
		(void)str_cut(text, '\n', &line, &text);
		if (!str_is_text(line))
			return refuse(ps, number, "this is not UTF-8 text");
	}
	return true;
}

static const struct node *
without_empty(struct node *documents)
{
	struct node **at = &documents;

	while (*at) {
		if (node_is_null(*at))
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
	return documents;
}

bool
tree_read(struct task *t, struct problems *p, struct str text, const struct node **ret_documents)
{
	struct parse ps = { .t = t, .p = p };
	yaml_parser_t yaml;
	bool good;

	if (text.n > TREE_TEXT_MAX) {
		problem(p, 1, "more than %d bytes", TREE_TEXT_MAX);
		return false;
	}
	if (!is_utf8(&ps, text) || !yaml_parser_initialize(&yaml))
		return false;
	good = parse_all(&ps, &yaml, text);
	yaml_parser_delete(&yaml);
	if (!good || arena_failed(t->arena))
		return false;
	*ret_documents = without_empty(ps.documents);
	return true;
}

const struct node *
node_find(const struct node *map, const char *key)
{
	const struct node *n = map->first;

	while (n && !str_eq(n->key, str_of(key)))
		n = n->next;
	return n;
}

bool
node_is_null(const struct node *n)
{
	return n->kind == NODE_TEXT && n->is_plain &&
	    (n->text.n == 0 || str_eq(n->text, S("~")) || str_eq_nocase(n->text, S("null")));
}
