/* reach_test.c - names are looked up by threads that nobody waits for for ever. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/doctor/reach.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "test/unit.h"

static enum status
reach(uint16_t port, int64_t until_mono, int *ret_fd)
{
	struct task t = { .arena = arena_new(4096) };
	enum status st;

	assert_non_null(t.arena);
	st = reach_connect(&t, S("localhost"), port, SCOPE_LOOPBACK, until_mono, ret_fd);
	arena_free(t.arena);
	return st;
}

static void
test_a_name_is_looked_up(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;
	socklen_t n = sizeof(a);

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	assert_int_equal(reach(ntohs(a.sin_port), clock_mono() + 10 * SECOND_US, &fd), OK);
	close(fd);
	close(listener);
}

/* Whoever asks has left before the answer is there, or just then: the thread cleans up. */
static void
test_nobody_waits_longer_than_said(void **state)
{
	int fd;

	(void)state;
	for (int i = 0; i < 200; i++)
		assert_int_equal(reach(9, clock_mono() + i, &fd), E_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_looked_up),
		cmocka_unit_test(test_nobody_waits_longer_than_said),
	};

	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
