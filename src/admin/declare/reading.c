/* reading.c - a file of declared deployments, from its bytes to the order that is applied. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "admin/declare/bytes.h"
#include "admin/declare/section.h"
#include "base/nearest.h"
#include "base/secret.h"
#include "base/str.h"
#include "deployment/origin.h"

/* ---- for the sections ---- */

bool
reading_is_map(struct reading *r, const struct node *n, const char *what)
{
	if (n->kind == NODE_MAP)
		return true;
	problem(&r->p, n->line, "%s: this is to hold keys with values, not %s", what,
	    n->kind == NODE_LIST ? "a list" : node_is_null(n) ? "nothing" : "a text");
	return false;
}

bool
reading_is_text(struct reading *r, const struct node *n, const char *what)
{
	if (n->kind == NODE_TEXT && !node_is_null(n))
		return true;
	problem(&r->p, n->line, "%s: this is to be a text, not %s", what,
	    n->kind == NODE_MAP ? "keys with values" : n->kind == NODE_LIST ? "a list" : "nothing");
	return false;
}

bool
reading_is_list(struct reading *r, const struct node *n, const char *what, const char *of)
{
	if (n->kind == NODE_LIST)
		return true;
	problem(&r->p, n->line, "%s: this is to be a list of %s, not %s", what, of,
	    n->kind == NODE_MAP ? "keys with values" : node_is_null(n) ? "nothing" : "a text");
	return false;
}

void
reading_unknown_word(struct reading *r, int line, struct str word, const char *what, const char *const *names)
{
	struct nearest near;

	nearest_init(&near, word);
	for (size_t i = 0; names[i]; i++)
		nearest_offer(&near, names[i]);
	if (nearest_found(&near))
		problem(&r->p, line, "there is no %s %s; did you mean %s?", what, log_quote(word).text, nearest_found(&near));
	else
		problem(&r->p, line, "there is no %s %s", what, log_quote(word).text);
}

void
reading_unknown(struct reading *r, const struct node *n, const char *what, const char *const *names)
{
	reading_unknown_word(r, n->line, n->key, what, names);
}

/* ---- a deployment's own facts ---- */

static bool
is_host(struct str s)
{
	char buf[HOST_MAX];
	struct str folded = { buf, 0 };
	struct host h;

	return host_fold(s, true, buf, &folded.n) && host_parse(folded, &h);
}

static bool
is_mode(struct str s)
{
	return str_eq(s, S("production")) || str_eq(s, S("staging"));
}

static bool
is_base_url(struct str s)
{
	struct origin o;

	return origin_parse(s, &o) && origin_is_http(&o);
}

static bool
is_name(struct str s)
{
	return s.n > 0;
}

static const struct fact {
	const char *name;
	bool (*fits)(struct str text);
	const char *what;	/* completes "must be …" */
} facts[] = {
	{ "host", is_host, "a host such as api.example.com or localhost:8080" },
	{ "frontend_host", is_host, "a host such as app.example.com or localhost:3000" },
	{ "mode", is_mode, "production or staging" },
	{ "base_url", is_base_url, "an origin such as https://api.example.com, without a slash at the end" },
	{ "name", is_name, "a text" },
};

static const struct fact *
fact_find(struct str key)
{
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		if (str_eq(key, str_of(facts[i].name)))
			return &facts[i];
	return NULL;
}

static void
read_fact(struct reading *r, const struct fact *f, const struct node *n)
{
	if (!reading_is_text(r, n, f->name))
		return;
	if (f->fits(n->text))
		json_str(&r->j, f->name, n->text);
	else
		problem(&r->p, n->line, "%s must be %s", f->name, f->what);
}

static const struct section *
section_find(struct str key)
{
	for (size_t i = 0; i < sections_n; i++)
		if (str_eq(key, str_of(sections[i].name)))
			return &sections[i];
	return NULL;
}

/* ---- a document ---- */

enum { NAMES_MAX = 32 };

static void
refuse_member(struct reading *r, const struct node *n)
{
	const char *names[NAMES_MAX] = { NULL };
	size_t k = 0;

	CHECK(ARRAY_LEN(facts) + sections_n < NAMES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(facts); i++)
		names[k++] = facts[i].name;
	for (size_t i = 0; i < sections_n; i++)
		names[k++] = sections[i].name;
	reading_unknown(r, n, "key", names);
}

static void
read_member(struct reading *r, const struct node *n)
{
	const struct section *s = section_find(n->key);
	const struct fact *f = fact_find(n->key);

	if (f)
		read_fact(r, f, n);
	else if (s)
		s->read(r, s->name, n);
	else
		refuse_member(r, n);
}

static bool
is_same_host(const struct node *a, const struct node *b)
{
	char host_a[HOST_MAX], host_b[HOST_MAX];
	struct str sa = { host_a, 0 }, sb = { host_b, 0 };

	return a && b && host_fold(a->text, true, host_a, &sa.n) && host_fold(b->text, true, host_b, &sb.n) && str_eq(sa, sb);
}

/* The second would be compared with what the first has just changed: nobody means that. */
static void
check_hosts_differ(struct reading *r, const struct node *documents)
{
	for (const struct node *d = documents; d; d = d->next) {
		const struct node *host = d->kind == NODE_MAP ? node_find(d, "host") : NULL;

		for (const struct node *before = documents; host && before != d; before = before->next)
			if (before->kind == NODE_MAP && is_same_host(host, node_find(before, "host")))
				problem(&r->p, host->line, "%s has a document in line %d already", log_quote(host->text).text,
				    before->line);
	}
}

static void
read_document(struct reading *r, const struct node *d)
{
	if (!reading_is_map(r, d, "a deployment"))
		return;
	if (!node_find(d, "host"))
		problem(&r->p, d->line, "host is missing: which deployment is this?");
	json_object_begin(&r->j, NULL);
	for (const struct node *n = d->first; n; n = n->next)
		read_member(r, n);
	json_object_end(&r->j);
}

/* They are one transaction, for which other writes wait. */
static bool
are_few(struct reading *r, const struct node *documents)
{
	int n = 0;

	for (const struct node *d = documents; d; d = d->next) {
		if (++n <= DECLARE_DOCUMENTS_MAX)
			continue;
		problem(&r->p, d->line, "more than %d deployments: apply them in several files", DECLARE_DOCUMENTS_MAX);
		return false;
	}
	return true;
}

static void
read_documents(struct reading *r, const struct node *documents)
{
	if (!documents)
		problem(&r->p, 1, "there is no deployment in this file");
	if (!are_few(r, documents))
		return;
	check_hosts_differ(r, documents);
	json_object_begin(&r->j, NULL);
	json_array_begin(&r->j, "deployments");
	for (const struct node *d = documents; d; d = d->next)
		read_document(r, d);
	json_array_end(&r->j);
	json_object_end(&r->j);
}

/* ---- the file ---- */

static enum status
read_file(struct task *t, const char *path, struct str *ret_text)
{
	char *buf = arena_alloc(t->arena, TREE_TEXT_MAX + 1);
	int fd, err = 0;
	size_t n = 0;

	TRY_MEM(t, buf);
	fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(t, E_NOT_FOUND, "%s: %s", path, strerror(errno));
	err = bytes_read(fd, buf, TREE_TEXT_MAX + 1, &n);
	close(fd);
	if (err != 0 && err != EFBIG)
		return fail(t, E_NOT_FOUND, "%s: %s", path, strerror(err));
	*ret_text = (struct str){ buf, n };
	return OK;
}

static int
open_directory(struct task *t, const char *path)
{
	struct str copy = arena_dup(t->arena, str_of(path));

	if (!copy.p)
		return -1;
	/* Of "-" it is "." too. */
	return open(dirname((char *)(uintptr_t)copy.p), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static enum status
read_order(struct reading *r, const char *path, struct buf *order)
{
	const struct node *documents;
	struct str text;

	TRY(read_file(r->t, path, &text));
	json_init(&r->j, order);
	if (tree_read(r->t, &r->p, text, &documents))
		read_documents(r, documents);
	/* Without memory a good value looks like a bad one. */
	if (arena_failed(r->t->arena) || (r->p.n == 0 && order->n == 0))
		return fail(r->t, E_OVERLOADED, "out of memory for %s", path);
	if (r->p.n > PROBLEMS_MAX)
		buf_printf(r->p.out, "%s: and %d more\n", path, r->p.n - PROBLEMS_MAX);
	if (r->p.n > 0)
		return E_BAD_REQUEST_BODY;
	if (order->failed)
		return fail(r->t, E_OVERLOADED, "%s: with the files it names it is more than %d bytes", path, DECLARE_ORDER_MAX);
	return OK;
}

enum status
declare_read(struct task *t, const char *path, const char *master_key_file, struct buf *problems, struct buf *ret_order)
{
	struct reading r = { .t = t, .p = { .out = problems, .file = strcmp(path, "-") == 0 ? "standard input" : path },
		.master_key_file = master_key_file, .directory = open_directory(t, path) };
	struct buf order;
	enum status st;

	if (r.directory < 0 && arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for %s", path);
	if (r.directory < 0)
		return fail(t, E_NOT_FOUND, "%s: %s", path, strerror(errno));
	buf_init(&order, DECLARE_ORDER_MAX);
	(void)buf_reserve(&order, DECLARE_ORDER_MAX);
	st = read_order(&r, path, &order);
	close(r.directory);
	if (st == OK) {
		*ret_order = order;
		return OK;
	}
	if (st != E_BAD_REQUEST_BODY)
		buf_clear(problems);
	if (order.p)
		secret_wipe(order.p, order.n);
	buf_done(&order);
	return st;
}
