/* base_test.c - a bug of ours is told, and stops the program. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/unit.h"

static void
test_check_that_holds(void **state)
{
	(void)state;
	CHECK(1 + 1 == 2);
}

static void
break_a_check(int stderr_fd)
{
	/* A sanitizer or the test library may want the signal for itself. */
	signal(SIGABRT, SIG_DFL);
	dup2(stderr_fd, STDERR_FILENO);
	CHECK(1 + 1 == 3);
	_exit(0);
}

static void
test_check_that_does_not(void **state)
{
	char line[1024];
	int fd[2], status;
	ssize_t n;
	pid_t pid;
	(void)state;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0)
		break_a_check(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	n = read(fd[0], line, sizeof(line) - 1);
	assert_true(n > 0);
	line[n] = '\0';
	assert_non_null(strstr(line, " error bug check failed: 1 + 1 == 3 at="));
	assert_non_null(strstr(line, "base_test.c:"));
	close(fd[0]);
	close(fd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_that_holds),
		cmocka_unit_test(test_check_that_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
