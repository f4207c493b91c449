/* log_test.c - one event is one line, and a stuck reader is not our problem. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "test/unit.h"

/* Standard error, for the length of one test, is fd[1]; what it took is read at fd[0]. */
static int fd[2], kept;

static void
begin(int type)
{
	if (type == SOCK_STREAM)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	else
		assert_int_equal(pipe(fd), 0);
	kept = dup(STDERR_FILENO);
	dup2(fd[1], STDERR_FILENO);
	close(fd[1]);
	log_set_level(LOG_INFO);
}

static void
end(void)
{
	dup2(kept, STDERR_FILENO);
	close(kept);
}

/* What stands in the pipe, up to 4095 bytes, as a string. */
static char *
read_log(void)
{
	static char text[4096];
	ssize_t n;

	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	n = read(fd[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static char *
logged(enum log_level level, const char *value)
{
	char *text;

	begin(0);
	log_event(level, EV_REQUEST, "v=%s", value);
	text = read_log();
	end();
	close(fd[0]);
	return text;
}

static void
test_line(void **state)
{
	uint64_t before = log_bytes_written();
	const char *line = logged(LOG_NOTICE, "1");
	(void)state;

	assert_int_equal(strlen(line), 27 + strlen(" notice request v=1\n"));
	assert_int_equal(line[4], '-');
	assert_int_equal(line[10], 'T');
	assert_int_equal(line[19], '.');
	assert_int_equal(line[26], 'Z');
	assert_string_equal(line + 27, " notice request v=1\n");
	assert_int_equal(log_bytes_written() - before, strlen(line));
}

static void
test_level(void **state)
{
	(void)state;

	assert_string_equal(logged(LOG_DEBUG, "1"), "");
	assert_true(*logged(LOG_INFO, "1") != '\0');
	assert_true(*logged(LOG_ERROR, "1") != '\0');
}

/* No value makes a second line, moves a cursor or colours a terminal. */
static void
test_API07_one_line(void **state)
{
	const char *line = logged(LOG_INFO, "a\r\nb\t\x1b[31m\x7f\xc2\x9b\xc3\xa4z");
	(void)state;

	assert_string_equal(line + 27, " info request v=a??b??[31m?????z\n");
}

static void
test_long_line_is_cut_and_ends(void **state)
{
	char value[5000];
	const char *line;
	(void)state;

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	line = logged(LOG_INFO, value);
	assert_int_equal(strlen(line), 1024);
	assert_string_equal(line + 1020, "xxx\n");
}

static void
fill(int lines)
{
	char value[900];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < lines; i++)
		log_event(LOG_ERROR, EV_STORE, "v=%s", value);
}

static void *
fill_on_thread(void *arg)
{
	(void)arg;
	fill(300);
	return NULL;
}

/* Nobody reads: more than any pipe or socket holds is logged, from several threads, and all come back. */
static void
stuck_reader(int type)
{
	uint64_t before = log_bytes_written();
	pthread_t thread[3];

	begin(type);
	alarm(20);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, fill_on_thread, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	alarm(0);
	end();
	close(fd[0]);
	assert_true(log_bytes_written() > before);
	assert_true(log_bytes_written() - before < 3 * 300 * 900);
}

static void
test_F05_stuck_pipe(void **state)
{
	(void)state;
	stuck_reader(0);
}

static void
test_F05_stuck_socket(void **state)
{
	(void)state;
	stuck_reader(SOCK_STREAM);
}

/* The reader is gone, or there is no standard error at all: no signal, no error, and errno as it was. */
static void
test_F05_nobody_there(void **state)
{
	static const int types[] = { 0, SOCK_STREAM };
	(void)state;

	signal(SIGPIPE, SIG_DFL);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		begin(types[i]);
		close(fd[0]);
		errno = 77;
		fill(3);
		assert_int_equal(errno, 77);
		close(STDERR_FILENO);
		fill(3);
		assert_int_equal(errno, 77);
		end();
	}
}

static void
test_quoting(void **state)
{
	char all[256];
	struct log_quoted q = log_quote(S("a\"b\\c\n\x1b\xc3\xa4 d"));
	(void)state;

	assert_string_equal(q.text, "\"a\\x22b\\x5cc\\x0a\\x1b\\xc3\\xa4 d\"");
	assert_string_equal(log_quote(STR_NONE).text, "\"\"");
	memset(all, '\n', sizeof(all));
	q = log_quote((struct str){ all, sizeof(all) });
	assert_int_equal(strlen(q.text), sizeof(q.text) - 1);
}

/* Alerts match on the names: each has one, no two the same, in a form a pattern can hold. */
static void
test_event_names(void **state)
{
	(void)state;
	for (int i = 0; i < EV__COUNT; i++) {
		const char *name = log_event_info[i].name;

		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz._"), strlen(name));
		assert_true(strlen(log_event_info[i].help) > 0);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(name, log_event_info[k].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_API07_one_line),
		cmocka_unit_test(test_long_line_is_cut_and_ends),
		cmocka_unit_test(test_F05_stuck_pipe),
		cmocka_unit_test(test_F05_stuck_socket),
		cmocka_unit_test(test_F05_nobody_there),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_event_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
