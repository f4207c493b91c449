/* conf_test.c - what a configuration says is in effect, or it is refused with its place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"

static char path[] = "/tmp/conf_test.XXXXXX";
static struct buf problems;

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	buf_init(&problems, 65536);
	for (size_t i = 0; i < conf_rows_n; i++) {
		char name[64] = "SESSIOND_";

		for (size_t k = 0; conf_rows[i].name[k] != '\0'; k++) {
			char c = conf_rows[i].name[k];

			name[9 + k] = (char)(c == '-' ? '_' : c - 'a' + 'A');
			name[10 + k] = '\0';
		}
		unsetenv(name);
	}
	unsetenv("STATE_DIRECTORY");
	unsetenv("CREDENTIALS_DIRECTORY");
	return fd < 0 || close(fd) != 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	memset(path + strlen(path) - 6, 'X', 6);
	buf_done(&problems);
	return 0;
}

static void
write_file(struct str text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p == NULL ? "" : text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
}

/* Load with the file's text and flags separated by spaces; NULL: none of that source. */
static const struct conf *
load_rest(const char *file, const char *flags, struct conf_list *ret_rest)
{
	static char words[4096];
	static char *argv[64];
	char *rest;
	int argc = 0;

	buf_clear(&problems);
	snprintf(words, sizeof(words), "--config %s %s", file == NULL ? "/dev/null" : path,
	    flags == NULL ? "" : flags);
	if (file != NULL)
		write_file(str_of(file));
	for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	return conf_load(argc, argv, ret_rest, &problems);
}

static const char *
or_none(const char *text)
{
	return text == NULL ? "(none)" : text;
}

static const struct conf *
load(const char *file, const char *flags)
{
	const struct conf *c = load_rest(file, flags, NULL);

	if (c == NULL)
		fail_msg("%s / %s: %.*s", or_none(file), or_none(flags), (int)problems.n, problems.p);
	return c;
}

/* The load is refused, and one line says this. */
static void
refused(const char *file, const char *flags, const char *said)
{
	if (load_rest(file, flags, NULL) != NULL)
		fail_msg("%s / %s was taken", or_none(file), or_none(flags));
	if (memmem(problems.p, problems.n, said, strlen(said)) == NULL)
		fail_msg("%s / %s said: %.*s", or_none(file), or_none(flags), (int)problems.n, problems.p);
}

static void
test_defaults(void **state)
{
	const struct conf *c = load(NULL, NULL);

	(void)state;
	assert_string_equal(c->data, "./data");
	assert_string_equal(c->master_key_file, "./data/master.key");
	assert_true(c->master_key_is_own);
	assert_string_equal(c->database, "");
	assert_int_equal(c->listen.n, 1);
	assert_string_equal(c->listen.items[0], "127.0.0.1:8080");
	assert_string_equal(c->admin_listen, "");
	assert_int_equal(c->trusted_proxy.n, 0);
	assert_true(c->threads >= 1 && c->workers == 4 * c->threads && c->hash_threads == c->threads);
	assert_int_equal(c->log_level, LOG_NOTICE);
	assert_int_equal(c->request_line, 8192);
	assert_int_equal(c->request_head, 16384);
	assert_int_equal(c->request_body, 65536);
	assert_int_equal(c->head_timeout_us, 10 * SECOND_US);
	assert_int_equal(c->idle_timeout_us, 75 * SECOND_US);
	assert_false(c->demo);
	conf_free(c);
}

static void
test_flags_win_over_environment_over_file(void **state)
{
	const char *file =
	    "queue = 10\nhash-queue = 20\nworkers = 30\nlisten = 127.0.0.1:1\nlisten = 127.0.0.1:2\n";
	const struct conf *c;

	(void)state;
	setenv("SESSIOND_HASH_QUEUE", "21", 1);
	setenv("SESSIOND_WORKERS", "31", 1);
	setenv("SESSIOND_TRUSTED_PROXY", "10.0.0.0/8, ::1", 1);
	setenv("SESSIOND_QUEUE", "", 1);
	c = load(file, "--workers=32 --listen 127.0.0.1:3 --listen 127.0.0.1:4");
	assert_int_equal(c->queue, 10);
	assert_int_equal(c->hash_queue, 21);
	assert_int_equal(c->workers, 32);
	assert_int_equal(c->listen.n, 2);
	assert_string_equal(c->listen.items[1], "127.0.0.1:4");
	assert_int_equal(c->trusted_proxy.n, 2);
	assert_string_equal(c->trusted_proxy.items[1], "::1");
	conf_free(c);
	c = load(NULL, "--workers 1 --workers 2 --demo");
	assert_int_equal(c->workers, 2);
	assert_true(c->demo);
	conf_free(c);
	c = load("demo = true\n", "--demo=false");
	assert_false(c->demo);
	conf_free(c);
}

static void
test_the_file_named_by_the_environment(void **state)
{
	const struct conf *c;

	(void)state;
	write_file(S("queue = 77\n"));
	setenv("SESSIOND_CONFIG", path, 1);
	c = conf_load(0, NULL, NULL, &problems);
	assert_non_null(c);
	assert_int_equal(c->queue, 77);
	assert_string_equal(c->config, path);
	conf_free(c);
}

static void
test_what_systemd_gives(void **state)
{
	char dir[] = "/tmp/conf_test_dir.XXXXXX", key[64];
	const struct conf *c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(key, sizeof(key), "%s/master.key", dir);
	setenv("STATE_DIRECTORY", "/var/lib/sessiond:/var/lib/other", 1);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	c = load(NULL, NULL);
	assert_string_equal(c->data, "/var/lib/sessiond");
	assert_string_equal(c->master_key_file, "/var/lib/sessiond/master.key");
	assert_true(c->master_key_is_own);
	conf_free(c);
	fclose(fopen(key, "w"));
	c = load(NULL, NULL);
	assert_string_equal(c->master_key_file, key);
	assert_false(c->master_key_is_own);
	conf_free(c);
	unlink(key);
	rmdir(dir);
}

static const struct {
	const char *file, *flags, *said;
} wrong[] = {
	{ "treads = 1\n", NULL, ":1: there is no key \"treads\"; did you mean threads?" },
	{ "# x\n\nthreads = many\n", NULL,
	    ":3: threads must be a whole number from 0 to 1024, not \"many\"" },
	{ "threads = 2\nthreads = 2\n", NULL, ":2: threads stands in line 1 already" },
	{ "threads\n", NULL, ":1: a line is `key = value`" },
	{ "= 5\n", NULL, ":1: a line is `key = value`" },
	{ "threads =\n", NULL, ":1: there is no value" },
	{ "[server]\n", NULL, ":1: a line is `key = value`" },
	{ "threads = 2 # two\n", NULL, ":1: threads must be" },
	{ "threads = -1\n", NULL, ":1: threads must be" },
	{ "threads = 1025\n", NULL, ":1: threads must be" },
	{ "threads = 99999999999999999999999\n", NULL, ":1: threads must be" },
	{ "Threads = 1\n", NULL, "did you mean threads?" },
	{ "config = /etc/x\n", NULL, ":1: config cannot be in the file" },
	{ "demo = yes\n", NULL, ":1: demo must be true or false" },
	{ "log-level = loud\n", NULL, "error, warn, notice, info or debug" },
	{ "request-head = 16\n", NULL, "a size from 1KiB to 256KiB, such as 64KiB" },
	{ "request-head = 16 KiB\n", NULL, "a size from" },
	{ "request-head = 16kib\n", NULL, "a size from" },
	{ "request-head = 99999999999GiB\n", NULL, "a size from" },
	{ "head-timeout = 10\n", NULL, "a duration from 100ms to 1h" },
	{ "head-timeout = 2h\n", NULL, "a duration from" },
	{ "listen = localhost:80\n", NULL, "listen must be an address and a port" },
	{ "listen = 127.0.0.1\n", NULL, "listen must be" },
	{ "listen = 127.0.0.1:65536\n", NULL, "listen must be" },
	{ "listen = ::1:80\n", NULL, "listen must be" },
	{ "listen = [127.0.0.1]:80\n", NULL, "listen must be" },
	{ "listen = 127.0.0.1:80,\n", NULL, "listen must be" },
	{ "admin-listen = on\n", NULL, "admin-listen must be off, or" },
	{ "dns-server = 192.0.2.53:0\n", NULL, "dns-server must be" },
	{ "dns-server = [2001:db8::53]:00\n", NULL, "dns-server must be" },
	{ "trusted-proxy = 10.0.0.0/33\n", NULL, "trusted-proxy must be" },
	{ "trusted-proxy = proxy.example\n", NULL, "trusted-proxy must be" },
	{ "trusted-proxy = 10.0.0.0/\n", NULL, "trusted-proxy must be" },
	{ "database = mysql://x\n", NULL, "database must be a URL such as" },
	{ "queue = \xff\n", NULL, ":1: this is not UTF-8" },
	{ "request-line = 32KiB\n", NULL, ":1: request-line must not be larger than request-head" },
	{ "image-body = 1KiB\n", NULL, ":1: image-body must not be smaller" },
	{ "body-memory = 4MiB\n", NULL, ":1: body-memory must be at least twice image-body" },
	{ "hash-share = 1000\n", NULL, ":1: hash-share must not be larger" },
	{ "demo = true\nlisten = 0.0.0.0:80\n", NULL, ":1: demo needs listeners on a loopback address" },
	{ NULL, "--demo --listen [::]:80", "--demo: demo needs" },
	{ NULL, "--treads 1", "--treads: there is no key \"treads\"; did you mean threads?" },
	{ NULL, "--threads", "--threads: a value must follow" },
	{ NULL, "--threads=x", "--threads: threads must be" },
	{ NULL, "-t 1", "-t: there is no key" },
	{ NULL, "now", "now: this argument is not expected" },
	{ NULL, "--demo=1", "--demo: demo must be" },
	{ NULL, "--config /nonexistent/x",
	    "/nonexistent/x: cannot read the configuration file: No such file" },
	{ NULL, "--config /tmp", "/tmp: cannot read the configuration file: Is a directory" },
};

static void
test_F43_refusals_name_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		refused(wrong[i].file, wrong[i].flags, wrong[i].said);
}

static void
test_the_environment_is_named(void **state)
{
	(void)state;
	setenv("SESSIOND_HEAD_TIMEOUT", "never", 1);
	refused(NULL, NULL, "SESSIOND_HEAD_TIMEOUT: head-timeout must be");
}

/* All problems at once, so that mending them takes one round. */
static void
test_several_problems(void **state)
{
	(void)state;
	refused("threads = x\nqueue = 0\n", NULL, ":1: threads");
	refused("threads = x\nqueue = 0\n", NULL, ":2: queue");
}

/* A password neither in an error nor in what check-config prints. */
static void
test_the_database_password_is_not_told(void **state)
{
	static const char *const urls[] = { "postgresql://me:hunter2@db/x",
		"postgresql://me@db/x?password=hunter2", "postgres://me:hunter2%40@db",
		"postgresql://:hunter2@db" };
	const struct conf *c;
	struct buf out;
	char line[128];

	(void)state;
	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		snprintf(line, sizeof(line), "database = %s\n", urls[i]);
		c = load(line, NULL);
		assert_string_equal(c->database, urls[i]);
		buf_clear(&out);
		conf_print(c, &out);
		assert_non_null(memmem(out.p, out.n, "database = postgres", 19));
		assert_null(memmem(out.p, out.n, "hunter2", 7));
		conf_free(c);
	}
	refused("database = mysql://me:hunter2@db/x\n", NULL, "database must be");
	assert_null(memmem(problems.p, problems.n, "hunter2", 7));
	buf_done(&out);
}

static void
test_rest_is_left_for_the_command(void **state)
{
	struct conf_list rest;
	const struct conf *c =
	    load_rest(NULL, "create --host a.example --data /x --mode=staging -- --queue 1", &rest);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->data, "/x");
	assert_int_equal(rest.n, 6);
	assert_string_equal(rest.items[0], "create");
	assert_string_equal(rest.items[2], "a.example");
	assert_string_equal(rest.items[3], "--mode=staging");
	assert_string_equal(rest.items[4], "--queue");
	conf_free(c);
}

/* What check-config prints, read as a file, is the same configuration. */
static void
assert_prints_itself(const struct conf *c)
{
	struct buf printed, first, second;
	const struct conf *again;
	struct arena *a = arena_new(4 << 20);

	buf_init_arena(&printed, a, 65536);
	conf_print(c, &printed);
	again = load(arena_dup(a, buf_str(&printed)).p, NULL);
	for (size_t i = 0; i < conf_rows_n; i++) {
		if (conf_rows[i].no_file)
			continue;
		for (size_t k = 0; k < CONF_LIST_MAX; k++) {
			buf_init_arena(&first, a, 65536);
			buf_init_arena(&second, a, 65536);
			assert_int_equal(conf_format(&conf_rows[i], c, k, &first),
			    conf_format(&conf_rows[i], again, k, &second));
			if (!str_eq(buf_str(&first), buf_str(&second)))
				fail_msg("%s became another", conf_rows[i].name);
			if (conf_rows[i].type != CONF_LIST)
				break;
		}
	}
	conf_free(again);
	arena_free(a);
}

static const char good[] = "# a good one\n"
			   "data = /var/lib/sessiond\n"
			   "listen = 127.0.0.1:8080\n"
			   "listen = [::1]:8080\n"
			   "admin-listen = 127.0.0.1:9090\n"
			   "trusted-proxy = 10.0.0.0/8\n"
			   "trusted-proxy = 192.168.1.1, fd00::/8\n"
			   "log-level = info\n"
			   "threads = 4\n"
			   "workers = 16\n"
			   "hash-threads = 2\n"
			   "queue = 500\n"
			   "request-head = 32KiB\n"
			   "head-timeout = 5s\n"
			   "idle-timeout = 1500ms\n"
			   "demo = false\n"
			   "master-key-file = /etc/sessiond/master.key\n";

static void
test_what_is_printed_says_the_same(void **state)
{
	const struct conf *c = load(good, NULL);

	(void)state;
	assert_prints_itself(c);
	conf_free(c);
	c = load(NULL, NULL);
	assert_prints_itself(c);
	conf_free(c);
}

static void
test_reload(void **state)
{
	const struct conf *now = load(good, NULL), *next;

	(void)state;
	write_file(S("trusted-proxy = 10.1.0.0/16\nlog-level = debug\n"));
	assert_null(conf_reload(now, &problems));
	assert_non_null(memmem(problems.p, problems.n, "threads cannot change while the server runs", 43));
	conf_free(now);

	now = load("threads = 2\nlog-level = info\n", NULL);
	write_file(S("threads = 2\nlog-level = debug\ntrusted-proxy = ::1\n"));
	next = conf_reload(now, &problems);
	assert_non_null(next);
	assert_int_equal(next->log_level, LOG_DEBUG);
	assert_int_equal(next->trusted_proxy.n, 1);
	assert_int_equal(now->log_level, LOG_INFO);
	conf_free(next);

	write_file(S("threads = 2\nlog-level = debug\nqueue = x\n"));
	assert_null(conf_reload(now, &problems));
	assert_non_null(memmem(problems.p, problems.n, ":3: queue must be", 17));

	buf_clear(&problems);
	write_file(S("threads = 3\nlog-level = debug\n"));
	assert_null(conf_reload(now, &problems));
	assert_non_null(memmem(problems.p, problems.n, ":1: threads cannot change", 25));
	assert_non_null(memmem(problems.p, problems.n, "leave it at 2\n", 14));
	conf_free(now);
}

/* ---- F-43: three hundred and more bent configurations ---- */

static uint64_t seed = 43;

static size_t
draw(size_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % below);
}

struct lines {
	char text[32][200];
	size_t n;
};

static void
split(struct lines *l)
{
	struct str rest = S(good), line;

	l->n = 0;
	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		snprintf(l->text[l->n++], sizeof(l->text[0]), STR_FMT, STR_ARG(line));
	}
}

static void
join(const struct lines *l, const char *end, char out[static 8192])
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += (size_t)snprintf(out + n, 8192 - n, "%s%s", l->text[i], end);
}

/* Bend one line so that it is wrong; returns its number. */
static size_t
bend(struct lines *l, size_t how)
{
	size_t i = 1 + draw(l->n - 1);
	char *line = l->text[i], *equals = strchr(line, '='), copy[200];

	memcpy(copy, line, sizeof(copy));
	switch (how) {
	case 0: /* a letter of the key is lost */
		memmove(line, line + 1, strlen(line));
		break;
	case 1: /* the key is shouted */
		line[0] = (char)(line[0] - 'a' + 'A');
		break;
	case 2: /* no = */
		*equals = ' ';
		break;
	case 3: /* no value */
		equals[1] = '\0';
		break;
	case 4: /* a comment behind the value, which is none */
		snprintf(line, sizeof(l->text[0]), "%.150s # why", copy);
		break;
	case 5: /* a byte that is not UTF-8 */
		line[draw(strlen(line))] = (char)0xC0;
		break;
	case 6: /* a key that is not there */
		snprintf(line, sizeof(l->text[0]), "x%.150s", copy);
		break;
	case 7: /* another's value */
		snprintf(line, sizeof(l->text[0]), "%.*s= {}", (int)(equals - line), copy);
		break;
	case 8: /* the key twice in the line */
		snprintf(line, sizeof(l->text[0]), "%.*s = %.150s", (int)strcspn(copy, " "), copy, copy);
		break;
	default: /* a control character in the value */
		snprintf(line, sizeof(l->text[0]), "%.*s= \x01", (int)(equals - line), copy);
		break;
	}
	return i + 1;
}

/* data and master-key-file take nearly any text, so bending their value is no error. */
static bool
takes_any_text(const char *line)
{
	return strncmp(line, "data", 4) == 0 || strncmp(line, "master-key-file", 15) == 0;
}

static void
test_F43_bent_lines_are_refused(void **state)
{
	static struct lines l;
	static char text[8192], place[64];
	size_t n = 0;

	(void)state;
	while (n < 400) {
		size_t how = draw(10), number;

		split(&l);
		number = bend(&l, how);
		if ((how == 4 || how == 7 || how == 8) && takes_any_text(l.text[number - 1]))
			continue;
		join(&l, "\n", text);
		snprintf(place, sizeof(place), "%s:%zu: ", path, number);
		refused(text, NULL, place);
		n++;
	}
}

/* Changes that change nothing: blank lines, comments, spaces around =, other line ends, another order. */
static void
test_F43_harmless_changes_have_no_effect(void **state)
{
	static struct lines l;
	static char text[8192];
	struct buf want, got;
	const struct conf *c = load(good, NULL);

	(void)state;
	buf_init(&want, 65536);
	for (size_t i = 0; i < conf_rows_n; i++)
		(void)conf_format(&conf_rows[i], c, 0, &want);
	conf_free(c);
	for (size_t n = 0; n < 100; n++) {
		size_t i, k;
		char copy[200];

		split(&l);
		i = 4 + draw(l.n - 4);
		k = 4 + draw(l.n - 4);
		memcpy(copy, l.text[i], sizeof(copy));
		switch (draw(4)) {
		case 0:
			snprintf(l.text[i], sizeof(l.text[i]), " \t%.150s \t", copy);
			break;
		case 1:
			snprintf(l.text[0], sizeof(l.text[0]), "%s", draw(2) == 0 ? "" : "   # = threads = x");
			break;
		case 2: /* trusted-proxy's two lines stay in their order */
			if (i == k || strncmp(l.text[i], "trusted", 7) == 0 ||
			    strncmp(l.text[k], "trusted", 7) == 0)
				continue;
			memcpy(l.text[i], l.text[k], sizeof(copy));
			memcpy(l.text[k], copy, sizeof(copy));
			break;
		default:
			*strchr(l.text[i], ' ') = '\t';
			break;
		}
		join(&l, draw(2) == 0 ? "\n" : "\r\n", text);
		c = load(text, NULL);
		buf_init(&got, 65536);
		for (size_t row = 0; row < conf_rows_n; row++)
			(void)conf_format(&conf_rows[row], c, 0, &got);
		if (!str_eq(buf_str(&want), buf_str(&got)))
			fail_msg("%s\nbecame\n%.*s", text, (int)got.n, got.p);
		buf_done(&got);
		conf_free(c);
	}
	buf_done(&want);
}

/* Any bytes at all: refused with a place, or taken and then printed as what was taken. */
static void
test_F43_noise(void **state)
{
	static char text[sizeof(good) + 64];
	size_t taken = 0;

	(void)state;
	for (size_t n = 0; n < 500; n++) {
		struct str mutant = { text, sizeof(good) - 1 };
		char *argv[] = { (char[]){ "--config" }, path };
		const struct conf *c;

		memcpy(text, good, sizeof(good));
		for (size_t i = 1 + draw(3); i > 0; i--) {
			size_t at = draw(mutant.n), more = draw(8);

			if (draw(3) > 0) {
				text[at] = (char)draw(256);
				continue;
			}
			memmove(text + at + more, text + at, mutant.n - at);
			mutant.n += more;
		}
		write_file(mutant);
		buf_clear(&problems);
		c = conf_load(2, argv, NULL, &problems);
		if (c == NULL) {
			assert_true(memmem(problems.p, problems.n, path, strlen(path)) == problems.p);
			continue;
		}
		taken++;
		assert_prints_itself(c);
		conf_free(c);
	}
	assert_true(taken > 0);
}

static void
test_too_much(void **state)
{
	char *huge = malloc((1 << 20) + 2);

	(void)state;
	memset(huge, '#', (1 << 20) + 1);
	huge[(1 << 20) + 1] = '\0';
	refused(huge, NULL, "File too large");
	for (size_t i = 0; i < 1 << 20; i++)
		huge[i] = "a=,\n"[i % 4];
	huge[1 << 20] = '\0';
	refused(huge, NULL, ":20: ");
	refused("listen = 127.0.0.1:1,127.0.0.1:2,,\n", NULL, "listen must be");
	free(huge);
}

static void
test_rows_are_well_made(void **state)
{
	struct buf help;

	(void)state;
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];

		if (row->help[strlen(row->help) - 1] != '.')
			fail_msg("%s: help is no sentence", row->name);
		if ((row->type == CONF_TEXT || row->type == CONF_LIST) && row->form == NULL)
			fail_msg("%s: no form", row->name);
		if (row->def[0] == '\0' && row->def_said == NULL)
			fail_msg("%s: nobody knows its default", row->name);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(row->name, conf_rows[k].name);
	}
	buf_init(&help, 65536);
	conf_help(&help);
	assert_non_null(memmem(help.p, help.n, "--trusted-proxy VALUE", 21));
	assert_false(help.failed);
	buf_done(&help);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_flags_win_over_environment_over_file),
		TEST(test_the_file_named_by_the_environment),
		TEST(test_what_systemd_gives),
		TEST(test_F43_refusals_name_their_place),
		TEST(test_the_environment_is_named),
		TEST(test_several_problems),
		TEST(test_the_database_password_is_not_told),
		TEST(test_rest_is_left_for_the_command),
		TEST(test_what_is_printed_says_the_same),
		TEST(test_reload),
		TEST(test_F43_bent_lines_are_refused),
		TEST(test_F43_harmless_changes_have_no_effect),
		TEST(test_F43_noise),
		TEST(test_too_much),
		TEST(test_rows_are_well_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
