/* declare_fuzz.c - what must hold of every file of declared deployments, whatever the bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "admin/declare/tree.h"
#include "admin/declare/yaml_out.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put(struct yaml_out *y, const struct node *n, const char *key)
{
	if (n->kind == NODE_TEXT && node_is_null(n)) {
		yaml_out_word(y, key, S("null"));
		return;
	}
	if (n->kind == NODE_TEXT) {
		yaml_out_text(y, key, n->text);
		return;
	}
	if (n->kind == NODE_MAP)
		yaml_out_map(y, key);
	else
		yaml_out_list(y, key);
	for (const struct node *m = n->first; m; m = m->next)
		put(y, m, n->kind == NODE_MAP ? m->key.p : NULL);
	if (n->kind == NODE_MAP)
		yaml_out_map_end(y);
	else
		yaml_out_list_end(y);
}

static bool
is_same(const struct node *a, const struct node *b)
{
	if (!a || !b)
		return a == b;
	if (node_is_null(a))
		return node_is_null(b);
	if (a->kind != b->kind || !str_eq(a->text, b->text) || node_is_null(b))
		return false;
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
		if (!str_eq(a->key, b->key) || !is_same(a, b))
			return false;
	return a == b;
}

static void
check_round_trip(struct task *t, struct problems *p, const struct node *document)
{
	const struct node *again;
	struct buf out;
	struct yaml_out y;

	buf_init(&out, 16 << 20);
	yaml_out_begin(&y, &out);
	put(&y, document, "document");
	CHECK(yaml_out_end(&y));
	/* One level and some bytes more: those may be too many. */
	if (tree_read(t, p, buf_str(&out), &again)) {
		CHECK(again && again->first && is_same(document, again->first));
	} else {
		CHECK(out.n > TREE_TEXT_MAX || memmem(p->out->p, p->out->n, "nested", 6) || memmem(p->out->p, p->out->n, "more than", 9));
	}
	buf_done(&out);
}

/* What is refused is told why; what is read is written, and then read as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct task t = { .arena = arena_new(64 << 20) };
	const struct node *documents = NULL;
	struct buf sentences;
	struct problems p = { .out = &sentences, .file = "f" };

	CHECK(t.arena != NULL);
	buf_init(&sentences, 1 << 20);
	if (!tree_read(&t, &p, (struct str){ (const char *)data, size }, &documents))
		CHECK(p.n > 0 && sentences.n > 0);
	for (const struct node *d = documents; d; d = d->next)
		check_round_trip(&t, &p, d);
	buf_done(&sentences);
	arena_free(t.arena);
	return 0;
}
