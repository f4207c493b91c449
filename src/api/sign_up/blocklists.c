/* blocklists.c - throw-away domains and internet telephony's numbers, as sorted texts that a reload replaces. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/sign_up/blocklists.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/str.h"
#include "disposable_domains.gen.h"

enum { FILE_MAX = 64 << 20, ENTRY_MAX = 253, READ_STEP = 64 * 1024 };

struct blocklists {
	pthread_rwlock_t lock;	/* guards both texts; readers hold it for a search */
	struct buf       domains, voip;	/* sorted lines, see base/lines.h */
	bool             has_voip;
};

/* ---- the shape of entries ---- */

static bool
fits_domain(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || (c & 0x80)))
			return false;
	}
	return s.n >= 3 && memchr(s.p, '.', s.n) && s.p[0] != '.' && s.p[s.n - 1] != '.';
}

static bool
fits_range(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0 && s.n <= 15 && s.p[0] != '0';
}

/* ---- building a list ---- */

/* Entries point into the texts they came from. */
struct entries {
	struct str *items;
	size_t      n, cap;
};

static bool
entries_add(struct entries *e, struct str item)
{
	if (e->n == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 4096;
		struct str *more = reallocarray(e->items, cap, sizeof(*more));

		if (!more)
			return false;
		e->items = more;
		e->cap = cap;
	}
	e->items[e->n++] = item;
	return true;
}

static int
compare(const void *a, const void *b)
{
	return lines_compare(*(const struct str *)a, *(const struct str *)b);
}

static void
entries_sort(struct entries *e)
{
	if (e->n > 1)
		qsort(e->items, e->n, sizeof(*e->items), compare);
}

static bool
entries_have(const struct entries *e, struct str item)
{
	return e->n > 0 && bsearch(&item, e->items, e->n, sizeof(*e->items), compare) != NULL;
}

/* A list being made: what was added and what was taken out, the file's text below them. */
struct making {
	struct entries added, taken;
	struct buf     file;
	bool           without_shipped;
};

static void
making_done(struct making *m)
{
	free(m->added.items);
	free(m->taken.items);
	buf_done(&m->file);
}

static enum status
read_file(struct task *t, const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;

	if (fd < 0)
		return fail(t, E_BAD_REQUEST_BODY, "%s: %s", path, strerror(errno));
	while (got > 0 && buf_reserve(out, READ_STEP)) {
		got = read(fd, out->p + out->n, READ_STEP);
		if (got > 0)
			out->n += (size_t)got;
	}
	close(fd);
	if (got < 0)
		return fail(t, E_BAD_REQUEST_BODY, "%s: cannot be read", path);
	return out->failed ? fail(t, E_BAD_REQUEST_BODY, "%s: longer than 64 MiB", path) : OK;
}

/* In place: the text is ours. */
static struct str
lowered(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char *c = (char *)(uintptr_t)&s.p[i];

		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return s;
}

/* Without comment, space and line end. */
static struct str
entry_of(struct str line)
{
	struct str entry, comment;

	(void)str_cut(line, '#', &entry, &comment);
	if (str_ends(entry, S("\r")))
		entry.n--;
	return str_trim(entry);
}

static enum status
take_entry(struct making *m, struct str entry, bool (*fits)(struct str), bool can_take_out)
{
	bool out = can_take_out && entry.p[0] == '!';

	if (out)
		entry = str_from(entry, 1);
	if (out && str_eq(entry, S("*"))) {
		m->without_shipped = true;
		return OK;
	}
	if (!can_take_out && entry.p[0] == '+')
		entry = str_from(entry, 1);
	if (entry.n > ENTRY_MAX || !fits(entry))
		return E_BAD_REQUEST_BODY;
	return entries_add(out ? &m->taken : &m->added, entry) ? OK : E_OVERLOADED;
}

static enum status
take_file(struct task *t, struct making *m, const char *path, bool (*fits)(struct str), bool can_take_out)
{
	struct str line, rest;
	size_t n = 0;

	if (path[0] == '\0')
		return OK;
	TRY(read_file(t, path, &m->file));
	for (rest = lowered(buf_str(&m->file)); rest.n > 0;) {
		struct str entry;
		enum status st;

		n++;
		(void)str_cut(rest, '\n', &line, &rest);
		entry = entry_of(line);
		st = entry.n > 0 ? take_entry(m, entry, fits, can_take_out) : OK;
		if (st != OK)
			return fail(t, st, "%s:%zu: %s is no entry of this list", path, n, log_quote(entry).text);
	}
	return OK;
}

static bool
take_shipped(struct making *m)
{
	struct str line, rest = lines_body((struct str){ (const char *)disposable_domains, sizeof(disposable_domains) });

	while (rest.n > 0 && !m->without_shipped) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (!entries_add(&m->added, line))
			return false;
	}
	return true;
}

static enum status
write_lines(struct task *t, struct making *m, struct buf *out)
{
	entries_sort(&m->added);
	entries_sort(&m->taken);
	for (size_t i = 0; i < m->added.n; i++) {
		if ((i > 0 && str_eq(m->added.items[i], m->added.items[i - 1])) || entries_have(&m->taken, m->added.items[i]))
			continue;
		buf_put_str(out, m->added.items[i]);
		buf_put_char(out, '\n');
	}
	return out->failed ? fail(t, E_OVERLOADED, "out of memory for a list") : OK;
}

static enum status
make_list(struct task *t, const char *path, bool is_domains, struct buf *out)
{
	struct making m = { 0 };
	enum status st;

	buf_init(&m.file, FILE_MAX);
	st = take_file(t, &m, path, is_domains ? fits_domain : fits_range, is_domains);
	if (st == OK && is_domains && !take_shipped(&m))
		st = fail(t, E_OVERLOADED, "out of memory for a list");
	if (st == OK)
		st = write_lines(t, &m, out);
	making_done(&m);
	return st;
}

/* ---- the lists in effect ---- */

struct blocklists *
blocklists_new(void)
{
	struct blocklists *b = calloc(1, sizeof(*b));
	struct task t = { 0 };

	if (!b)
		return NULL;
	if (pthread_rwlock_init(&b->lock, NULL) != 0) {
		free(b);
		return NULL;
	}
	return blocklists_load(&t, b, "", "") == OK ? b : blocklists_free(b);
}

struct blocklists *
blocklists_free(struct blocklists *b)
{
	if (!b)
		return NULL;
	buf_done(&b->domains);
	buf_done(&b->voip);
	pthread_rwlock_destroy(&b->lock);
	free(b);
	return NULL;
}

enum status
blocklists_load(struct task *t, struct blocklists *b, const char *disposable_path, const char *voip_path)
{
	struct buf domains, voip, old;
	enum status st;

	buf_init(&domains, 2 * FILE_MAX);
	buf_init(&voip, FILE_MAX);
	st = make_list(t, disposable_path, true, &domains);
	if (st == OK)
		st = make_list(t, voip_path, false, &voip);
	if (st == OK) {
		pthread_rwlock_wrlock(&b->lock);
		old = b->domains;
		b->domains = domains;
		domains = old;
		old = b->voip;
		b->voip = voip;
		voip = old;
		b->has_voip = voip_path[0] != '\0';
		pthread_rwlock_unlock(&b->lock);
	}
	buf_done(&domains);
	buf_done(&voip);
	return st;
}

bool
blocklists_is_disposable(struct blocklists *b, struct str domain)
{
	struct str label;
	bool found = false;

	pthread_rwlock_rdlock(&b->lock);
	while (domain.n > 0 && !found) {
		found = lines_have(buf_str(&b->domains), domain);
		(void)str_cut(domain, '.', &label, &domain);
	}
	pthread_rwlock_unlock(&b->lock);
	return found;
}

bool
blocklists_knows_voip(struct blocklists *b)
{
	bool knows;

	pthread_rwlock_rdlock(&b->lock);
	knows = b->has_voip;
	pthread_rwlock_unlock(&b->lock);
	return knows;
}

bool
blocklists_is_voip(struct blocklists *b, struct str digits)
{
	bool found;

	pthread_rwlock_rdlock(&b->lock);
	found = lines_have_beginning_of(buf_str(&b->voip), digits);
	pthread_rwlock_unlock(&b->lock);
	return found;
}
