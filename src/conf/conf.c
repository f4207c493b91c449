/* conf.c - the configuration in effect: defaults, file, environment, flags, in this order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/str.h"
#include "conf/conf_file.h"
#include "conf/conf_rows.h"
#include "conf/conf_settle.h"
#include "conf/conf_source.h"

enum { CONF_MEMORY = 8 << 20, GIVEN_MAX = 512, PROBLEMS_MAX = 20 };

static const char default_file[] = "/etc/sessiond/sessiond.conf";

/* Later ones win. */
enum origin { BY_DEFAULT, BY_FILE, BY_ENVIRONMENT, BY_FLAG };

struct flag {
	const struct conf_row *row;
	struct str value;
};

/* One loading. */
struct loader {
	struct conf *c;
	struct arena *arena;
	struct buf *problems;
	size_t n_problems; /* beyond PROBLEMS_MAX they are not told: the first ones are what counts */
	enum origin by[CONF_ROWS_MAX];
	int line[CONF_ROWS_MAX]; /* of the file: where a key first stood */
	struct flag flags[GIVEN_MAX];
	size_t n_flags;
};

static void problem(struct loader *l, const char *where, const char *fmt, ...) PRINTF(3, 4);

static void
problem(struct loader *l, const char *where, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (l->n_problems++ >= PROBLEMS_MAX)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_printf(l->problems, "%s: %s\n", where, text);
}

static size_t
index_of(const struct conf_row *row)
{
	return (size_t)(row - conf_rows);
}

static const struct conf_row *
find_row(struct str name)
{
	for (size_t i = 0; i < conf_rows_n; i++) {
		if (str_eq(name, str_of(conf_rows[i].name)))
			return &conf_rows[i];
	}
	return NULL;
}

static const struct conf_row *
row_of(const char *name)
{
	const struct conf_row *row = find_row(str_of(name));

	CHECK(row != NULL);
	return row;
}

static void
refuse_unknown(struct loader *l, const char *where, struct str name)
{
	struct nearest near;

	nearest_init(&near, name);
	for (size_t i = 0; i < conf_rows_n; i++)
		nearest_offer(&near, conf_rows[i].name);
	if (nearest_found(&near) == NULL)
		problem(l, where, "there is no key %s", log_quote(name).text);
	else
		problem(l, where, "there is no key %s; did you mean %s?", log_quote(name).text,
		    nearest_found(&near));
}

static void
refuse_value(struct loader *l, const struct conf_row *row, struct str value, const char *where)
{
	struct str allowed = conf_allowed(l->arena, row);

	if (arena_failed(l->arena))
		problem(l, where, "%s: this is more than a configuration can hold", row->name);
	else if (row->secret)
		problem(l, where, "%s must be " STR_FMT, row->name, STR_ARG(allowed));
	else
		problem(l, where, "%s must be " STR_FMT ", not %s", row->name, STR_ARG(allowed),
		    log_quote(value).text);
}

/* A list begins anew with each source that has it: a flag does not add to the file. */
static void
apply(struct loader *l, const struct conf_row *row, struct str value, enum origin by, const char *where)
{
	size_t i = index_of(row);

	if (row->type == CONF_LIST && l->by[i] != by)
		*(struct conf_list *)((char *)l->c + row->offset) = (struct conf_list){ NULL, 0 };
	l->by[i] = by;
	if (by != BY_DEFAULT)
		l->c->source->from[i] = where;
	if (!conf_store(row, str_trim(value), l->arena, l->c))
		refuse_value(l, row, value, where);
}

/* ---- flags ---- */

static void
keep_rest(struct loader *l, struct conf_list *rest, char *arg)
{
	if (rest == NULL && arg[0] == '-')
		refuse_unknown(
		    l, arg, (struct str){ arg + strspn(arg, "-"), strcspn(arg + strspn(arg, "-"), "=") });
	else if (rest == NULL)
		problem(l, arg, "this argument is not expected here");
	else
		rest->items[rest->n++] = arg;
}

static void
keep_flag(struct loader *l, const struct conf_row *row, const char *value)
{
	if (l->n_flags == GIVEN_MAX)
		problem(l, row->name, "too many flags");
	else
		l->flags[l->n_flags++] = (struct flag){ row, str_of(value) };
}

/*
 * "--name=value" or "--name value"; "--name" alone only for what is true or false. Returns how
 * many arguments it took.
 */
static int
take_flag(struct loader *l, const struct conf_row *row, int left, char **argv)
{
	const char *equals = strchr(argv[0], '=');

	if (equals == NULL && row->type == CONF_BOOL)
		keep_flag(l, row, "true");
	else if (equals != NULL)
		keep_flag(l, row, equals + 1);
	else if (left < 2)
		problem(l, argv[0], "a value must follow: " STR_FMT, STR_ARG(conf_allowed(l->arena, row)));
	else
		keep_flag(l, row, argv[1]);
	return equals != NULL || row->type == CONF_BOOL || left < 2 ? 1 : 2;
}

static const struct conf_row *
row_of_flag(const char *arg)
{
	if (strncmp(arg, "--", 2) != 0)
		return NULL;
	return find_row((struct str){ arg + 2, strcspn(arg + 2, "=") });
}

static void
take_flags(struct loader *l, int argc, char **argv, struct conf_list *rest)
{
	const struct conf_row *row;
	int i = 0;

	while (i < argc && strcmp(argv[i], "--") != 0) {
		row = row_of_flag(argv[i]);
		if (row != NULL)
			i += take_flag(l, row, argc - i, argv + i);
		else
			keep_rest(l, rest, argv[i++]);
	}
	for (i++; i < argc; i++)
		keep_rest(l, rest, argv[i]);
}

static void
apply_flags(struct loader *l)
{
	for (size_t i = 0; i < l->n_flags; i++) {
		const struct conf_row *row = l->flags[i].row;
		const char *where = arena_printf(l->arena, "--%s", row->name).p;
		bool again = l->by[index_of(row)] == BY_FLAG;

		/* The last one wins, so that a script can put its own behind given ones. */
		if (again && row->type != CONF_LIST)
			l->by[index_of(row)] = BY_DEFAULT;
		apply(l, row, l->flags[i].value, BY_FLAG, where);
	}
}

/* ---- environment ---- */

static const char *
variable_of(struct arena *a, const struct conf_row *row)
{
	struct str text = arena_printf(a, "SESSIOND_%s", row->name);
	char *p = arena_alloc(a, text.n + 1);

	for (size_t i = 0; p != NULL && i < text.n; i++)
		p[i] = (char)(text.p[i] == '-' ? '_' : toupper((unsigned char)text.p[i]));
	return p == NULL ? "" : p;
}

static void
apply_environment(struct loader *l)
{
	for (size_t i = 0; i < conf_rows_n; i++) {
		const char *name = variable_of(l->arena, &conf_rows[i]);
		const char *value = getenv(name);

		if (value != NULL && value[0] != '\0')
			apply(l, &conf_rows[i], str_of(value), BY_ENVIRONMENT, name);
	}
}

/* ---- file ---- */

static void
apply_line(struct loader *l, struct str key, struct str value, int number, const char *where)
{
	const struct conf_row *row = find_row(key);

	if (row == NULL) {
		refuse_unknown(l, where, key);
		return;
	}
	if (row->no_file) {
		problem(l, where, "%s cannot be in the file", row->name);
		return;
	}
	if (l->line[index_of(row)] != 0 && row->type != CONF_LIST) {
		problem(l, where, "%s stands in line %d already", row->name, l->line[index_of(row)]);
		return;
	}
	l->line[index_of(row)] = number;
	apply(l, row, value, BY_FILE, where);
}

static void
apply_text(struct loader *l, struct str text, const char *path)
{
	struct str key, value;
	const char *why, *where;
	enum conf_line line;
	int number = 0;

	while (l->n_problems < PROBLEMS_MAX &&
	       (line = conf_line_next(&text, &number, &key, &value, &why)) != CONF_LINE_END) {
		where = arena_printf(l->arena, "%s:%d", path, number).p;
		if (line == CONF_LINE_BAD)
			problem(l, where, "%s", why);
		else
			apply_line(l, key, value, number, where);
	}
}

/* The last flag, else the environment: asked for before the rest, because the file comes before both. */
static const char *
named_file(struct loader *l)
{
	const struct conf_row *row = row_of("config");
	const char *value = getenv("SESSIOND_CONFIG");

	for (size_t i = l->n_flags; i > 0; i--) {
		if (l->flags[i - 1].row == row)
			return l->flags[i - 1].value.p;
	}
	return value == NULL || value[0] == '\0' ? NULL : value;
}

static void
apply_file(struct loader *l)
{
	const char *named = named_file(l), *path = named == NULL ? default_file : named;
	struct str text;
	int err = conf_file_read(l->arena, path, &text);

	if (named == NULL && (err == ENOENT || err == ENOTDIR))
		return;
	if (err != 0) {
		problem(l, path, "cannot read the configuration file: %s; name another one with --config",
		    strerror(err));
		return;
	}
	l->c->config = arena_dup(l->arena, str_of(path)).p;
	apply_text(l, text, path);
}

/* ---- all of it ---- */

static void
apply_defaults(struct loader *l)
{
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (row->def[0] != '\0')
			apply(l, row, str_of(row->def), BY_DEFAULT, "default");
		else if (row->type == CONF_TEXT)
			*(const char **)((char *)l->c + row->offset) = "";
	}
}

/* Where a problem of two keys together is to be mended. */
static void
tell_clash(void *arg, const char *key, const char *sentence)
{
	struct loader *l = arg;
	const char *from = l->c->source->from[index_of(row_of(key))];

	problem(l, from == NULL ? key : from, "%s", sentence);
}

static void
load(struct loader *l, struct conf_list *rest)
{
	struct conf_source *s = l->c->source;

	take_flags(l, s->argc, s->argv, rest);
	apply_defaults(l);
	apply_file(l);
	apply_environment(l);
	apply_flags(l);
	if (l->n_problems == 0)
		conf_settle(l->c, l->arena, tell_clash, l);
	if (arena_failed(l->arena) && l->n_problems == 0)
		problem(l, "configuration", "out of memory");
}

static struct conf *
conf_new(int argc, char **argv)
{
	struct arena *a = arena_new(CONF_MEMORY);
	struct conf *c = a == NULL ? NULL : arena_one(a, struct conf);

	if (c != NULL)
		c->source = arena_one(a, struct conf_source);
	if (c == NULL || c->source == NULL) {
		arena_free(a);
		return NULL;
	}
	c->source->arena = a;
	c->source->argc = argc;
	c->source->argv = argv;
	return c;
}

const struct conf *
conf_load(int argc, char **argv, struct conf_list *ret_rest, struct buf *problems)
{
	struct conf_list rest = { NULL, 0 };
	struct loader *l;
	struct conf *c = conf_new(argc, argv);

	if (c == NULL)
		return NULL;
	c->source->leaves_rest = ret_rest != NULL;
	l = arena_one(c->source->arena, struct loader);
	rest.items = arena_array(c->source->arena, (size_t)argc + 1, sizeof(*rest.items));
	if (l == NULL || rest.items == NULL) {
		conf_free(c);
		return NULL;
	}
	l->c = c;
	l->arena = c->source->arena;
	l->problems = problems;
	load(l, ret_rest == NULL ? NULL : &rest);
	if (l->n_problems > 0) {
		conf_free(c);
		return NULL;
	}
	if (ret_rest != NULL)
		*ret_rest = rest;
	return c;
}

void
conf_free(const struct conf *c)
{
	if (c != NULL)
		arena_free(c->source->arena);
}

/* ---- reading again ---- */

static struct str
value_text(struct arena *a, const struct conf_row *row, const struct conf *c)
{
	struct buf out;

	buf_init_arena(&out, a, 65536);
	for (size_t i = 0; conf_format(row, c, i, &out); i++)
		buf_put_char(&out, ' ');
	return str_trim(buf_str(&out));
}

/* A password is not in what is printed, and yet may have changed. */
static bool
is_same(struct arena *a, const struct conf_row *row, const struct conf *x, const struct conf *y)
{
	const char *const *at_x = (const void *)((const char *)x + row->offset);
	const char *const *at_y = (const void *)((const char *)y + row->offset);

	if (row->type == CONF_TEXT)
		return strcmp(*at_x, *at_y) == 0;
	return str_eq(value_text(a, row, x), value_text(a, row, y));
}

static bool
refuse_restarts(const struct conf *now, const struct conf *c, struct buf *problems)
{
	bool refused = false;

	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];
		const char *from = c->source->from[i];

		if (row->reload || is_same(c->source->arena, row, now, c))
			continue;
		buf_printf(problems,
		    "%s: %s cannot change while the server runs: restart it, or leave it at %s" STR_FMT "\n",
		    from == NULL ? row->name : from, row->name, row->secret ? "what it was" : "",
		    STR_ARG(row->secret ? STR_NONE : value_text(c->source->arena, row, now)));
		refused = true;
	}
	return refused;
}

const struct conf *
conf_reload(const struct conf *now, struct buf *problems)
{
	const struct conf_source *s = now->source;
	struct conf_list rest;
	const struct conf *c = conf_load(s->argc, s->argv, s->leaves_rest ? &rest : NULL, problems);

	if (c == NULL)
		return NULL;
	if (!refuse_restarts(now, c, problems))
		return c;
	conf_free(c);
	return NULL;
}
