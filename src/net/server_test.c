/* server_test.c - many loops as one server: where it listens, when descriptors run out, how it ends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/resource.h>
#include <sys/wait.h>

#include "net/loop_test.h"

struct hammer {
	pthread_t thread;
	struct client c;
	unsigned answered, unanswered, broken;
};

/* Ask until the server says goodbye. Whatever was asked is answered whole, or not at all. */
static void *
hammer(void *arg)
{
	struct reply *r = malloc(sizeof(*r));
	struct hammer *h = arg;

	for (int heard = 1; heard == 1;) {
		if (!try_say(&h->c, h->answered % 2 ? S(GET("/later?x")) : S(GET("/hello")))) {
			h->broken++;
			break;
		}
		heard = try_hear(&h->c, false, r);
		h->answered += heard == 1;
		h->unanswered += heard == 0;
		h->broken += heard < 0;
		if (heard == 1 && strstr(r->head, "\r\nConnection: close\r\n") != NULL)
			break;
	}
	close(h->c.fd);
	free(r);
	return NULL;
}

static void
test_F41_drain_under_load(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct hammer h[6] = { 0 };

		bed = bed_new("127.0.0.1:0", 2, &net_limits_default);
		for (size_t i = 0; i < ARRAY_LEN(h); i++) {
			dial(bed, &h[i].c);
			assert_int_equal(pthread_create(&h[i].thread, NULL, hammer, &h[i]), 0);
		}
		while (stats_of(bed).requests < 200)
			sched_yield();
		server_drain(bed->server, 10 * SECOND_US);
		for (size_t i = 0; i < ARRAY_LEN(h); i++) {
			pthread_join(h[i].thread, NULL);
			assert_int_equal(h[i].broken, 0);
			assert_true(h[i].unanswered <= 1);
		}
		assert_int_equal(stats_of(bed).open, 0);
		tear_down(state);
	}
}

static void *
drain_in_thread(void *arg)
{
	server_drain(arg, 10 * SECOND_US);
	return NULL;
}

/* Held requests, half a head and half a body are begun: they get their answers. Idle ones get a FIN. */
static void
test_F41_what_has_begun_is_finished(void **state)
{
	struct client held, head, body, idle, fresh;
	struct reply *r;
	pthread_t thread;

	(void)state;
	dial(bed, &idle);
	say(&idle, GET("/hello"));
	hear_status(&idle, 200, "hello");
	dial(bed, &held);
	say(&held, GET("/held") GET("/query?second"));
	dial(bed, &head);
	say(&head, "GET /query?half HTTP/1.1\r\n");
	dial(bed, &body);
	say(&body, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nab");
	dial(bed, &fresh);
	while (stats_of(bed).bytes_in < 180)
		sched_yield();
	assert_int_equal(pthread_create(&thread, NULL, drain_in_thread, bed->server), 0);
	/* Its end says that draining has begun. */
	hear_end(&idle);
	assert_int_equal(dial_port(server_address(bed->server, 0), 0), -1);
	say(&head, HOST "\r\n");
	assert_non_null(strstr(hear(&head)->head, "\r\nConnection: close\r\n"));
	hear_end(&head);
	say(&body, "cd");
	hear_status(&body, 200, "abcd");
	hear_end(&body);
	say(&fresh, GET("/query?fresh"));
	hear_status(&fresh, 200, "fresh");
	hear_end(&fresh);
	/* Both of the held connection's requests are here: only the second answer ends it. */
	release(bed, 1);
	assert_null(strstr(hear(&held)->head, "\r\nConnection: close\r\n"));
	r = hear(&held);
	assert_string_equal(r->body, "second");
	assert_non_null(strstr(r->head, "\r\nConnection: close\r\n"));
	hear_end(&held);
	pthread_join(thread, NULL);
	assert_int_equal(stats_of(bed).open, 0);
}

/* What does not end in time is cut, and its late post still finds a loop. */
static void
test_F41_deadline(void **state)
{
	struct client c;

	(void)state;
	dial(bed, &c);
	say(&c, GET("/held"));
	while (stats_of(bed).requests < 1)
		sched_yield();
	server_drain(bed->server, 20 * 1000);
	assert_int_equal(stats_of(bed).open, 0);
	assert_int_equal(next_byte(&c), -2);
	release(bed, 1);
	while (atomic_load(&bed->done_gone) < 1)
		sched_yield();
	close(c.fd);
}

enum { FEW_DESCRIPTORS = 64, MANY_CLIENTS = 150 };

/* In a process of its own: a server with few descriptors. Says its port, and at the end its pauses. */
static void
serve_with_few_descriptors(int out, int in)
{
	struct rlimit few = { FEW_DESCRIPTORS, FEW_DESCRIPTORS };
	unsigned long pauses;
	char byte;

	bed = bed_new("127.0.0.1:0", 1, &net_limits_default);
	if (setrlimit(RLIMIT_NOFILE, &few) != 0 ||
	    write(out, server_address(bed->server, 0), LISTEN_TEXT_MAX) != LISTEN_TEXT_MAX)
		_exit(2);
	/* The held one is answered in the middle of it all. */
	if (read(in, &byte, 1) != 1)
		_exit(3);
	release(bed, 1);
	if (read(in, &byte, 1) != 1)
		_exit(4);
	pauses = stats_of(bed).accept_pauses;
	if (write(out, &pauses, sizeof(pauses)) != sizeof(pauses))
		_exit(5);
	bed_free(bed);
	_exit(0);
}

/* More clients than descriptors: those without one wait, all are answered, and nobody spins. */
static void
test_F17_no_descriptors(void **state)
{
	static struct client many[MANY_CLIENTS];
	char address[LISTEN_TEXT_MAX];
	int to_child[2], from_child[2];
	unsigned long pauses = 0;
	struct client held;
	struct rusage used;
	int64_t began = clock_mono(), took, cpu;
	int status = -1;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(to_child), 0);
	assert_int_equal(pipe(from_child), 0);
	child = fork();
	if (child == 0)
		serve_with_few_descriptors(from_child[1], to_child[0]);
	assert_int_equal(read(from_child[0], address, sizeof(address)), sizeof(address));
	held = (struct client){ .fd = dial_port(address, 0) };
	say(&held, GET("/held"));
	for (size_t i = 0; i < MANY_CLIENTS; i++) {
		many[i] = (struct client){ .fd = dial_port(address, 0) };
		say(&many[i], GET("/hello"));
	}
	assert_int_equal(write(to_child[1], "1", 1), 1);
	hear_status(&held, 200, "");
	/* Kept alive by us, closed by the server to make room. */
	for (size_t i = 0; i < MANY_CLIENTS; i++)
		hear_status(&many[i], 200, "hello");
	assert_int_equal(write(to_child[1], "2", 1), 1);
	assert_int_equal(read(from_child[0], &pauses, sizeof(pauses)), sizeof(pauses));
	for (size_t i = 0; i < MANY_CLIENTS; i++)
		close(many[i].fd);
	close(held.fd);
	took = clock_mono() - began;
	assert_int_equal(wait4(child, &status, 0, &used), child);
	assert_int_equal(status, 0);
	cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * SECOND_US + used.ru_utime.tv_usec +
	      used.ru_stime.tv_usec;
	assert_true(pauses > 0);
	assert_true(took < 4 * SECOND_US);
	assert_true(cpu < SECOND_US);
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(from_child[i]);
	}
}

static void
test_conns_beyond_the_limit_wait(void **state)
{
	struct net_limits limits = net_limits_default;
	struct client a, b;

	limits.conns = 1;
	bed = bed_new("127.0.0.1:0", 1, &limits);
	dial(bed, &a);
	say(&a, GET("/hello"));
	hear_status(&a, 200, "hello");
	dial(bed, &b);
	say(&b, GET("/hello"));
	while (stats_of(bed).accept_pauses == 0)
		sched_yield();
	assert_int_equal(stats_of(bed).open, 1);
	close(a.fd);
	hear_status(&b, 200, "hello");
	close(b.fd);
	tear_down(state);
}

/* Send the head of a 60,000 byte body and all of it but the last byte. */
static void
say_nearly(const struct bed *b, struct client *c)
{
	static char body[59999];

	memset(body, 'x', sizeof(body));
	dial(b, c);
	say(c, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n");
	assert_true(try_say(c, (struct str){ body, sizeof(body) }));
}

static void
await_bytes_in(const struct bed *b, uint64_t n)
{
	while (stats_of(b).bytes_in < n)
		sched_yield();
}

/* A thousand that never end held gigabytes. Small ones go on, and what one gives back another may have. */
static void
test_F18_bodies_together_have_a_limit(void **state)
{
	struct net_limits limits = net_limits_default;
	struct client held, refused, small, next;

	limits.bodies = 100000;
	bed = bed_new("127.0.0.1:0", 2, &limits);
	say_nearly(bed, &held);
	await_bytes_in(bed, 60000);
	say_nearly(bed, &refused);
	hear_status(&refused, 503, NULL);
	dial(bed, &small);
	say(&small, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nab");
	say(&small, "cd");
	hear_status(&small, 200, "abcd");
	close(held.fd);
	while (stats_of(bed).open > 2)
		sched_yield();
	say_nearly(bed, &next);
	say(&next, "y");
	hear_status(&next, 200, NULL);
	close(next.fd);
	close(small.fd);
	close(refused.fd);
	tear_down(state);
}

static void
test_a_taken_port_is_refused(void **state)
{
	struct bed *other = bed_new("127.0.0.1:0", 2, &net_limits_default);
	char why[256];

	(void)state;
	assert_false(
	    bed_try(bed, server_address(other->server, 0), 2, &net_limits_default, why, sizeof(why)));
	assert_non_null(strstr(why, "Something already listens on 127.0.0.1:"));
	bed_free(other);
}

static void
test_addresses_are_checked(void **state)
{
	static const char *const bad[] = { "", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
		"127.0.0.1:-1", "localhost:80", "::1:80", "[127.0.0.1]:80", "[::1]80", "127.0.0.1:08080" };
	struct bed *none = calloc(1, sizeof(*none));
	char why[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (bed_try(none, bad[i], 1, &net_limits_default, why, sizeof(why)))
			fail_msg("\"%s\" is taken", bad[i]);
		assert_non_null(strstr(why, "is not an address to listen on"));
	}
	free(none);
}

/* Port 0 is one number for all loops, and each of them gets connections. */
static void
test_loops_share_a_port(void **state)
{
	struct client c[64];

	bed = bed_new("127.0.0.1:0", 4, &net_limits_default);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		dial(bed, &c[i]);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		say(&c[i], GET("/later?x"));
		hear_status(&c[i], 200, "x");
		close(c[i].fd);
	}
	assert_int_equal(stats_of(bed).requests, ARRAY_LEN(c));
	tear_down(state);
}

static void
test_ip6(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct client c = { .fd = socket(AF_INET6, SOCK_STREAM, 0) };
	struct client four;

	if (c.fd < 0 || bind(c.fd, (struct sockaddr *)&in6, sizeof(in6)) != 0)
		skip();
	/* Both families on one socket; a mapped peer is an IPv4 one. */
	bed = bed_new("[::]:0", 2, &net_limits_default);
	assert_memory_equal(server_address(bed->server, 0), "[::]:", 5);
	in6.sin6_port = htons((uint16_t)strtoul(server_address(bed->server, 0) + 5, NULL, 10));
	assert_int_equal(connect(c.fd, (struct sockaddr *)&in6, sizeof(in6)), 0);
	set_patience(c.fd);
	say(&c, GET("/hello"));
	hear_status(&c, 200, "hello");
	assert_int_equal(bed->seen.peer.family, AF_INET6);
	assert_true(net_addr_is_loopback(&bed->seen.local));
	close(c.fd);
	dial(bed, &four);
	say(&four, GET("/hello"));
	hear_status(&four, 200, "hello");
	assert_int_equal(bed->seen.peer.family, AF_INET);
	assert_true(net_addr_is_loopback(&bed->seen.local));
	close(four.fd);
	tear_down(state);
}

static int
dial_path(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	set_patience(fd);
	return fd;
}

static void
leave_stale_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd);
}

static void
test_unix_socket(void **state)
{
	char dir[] = "/tmp/loop_test.XXXXXX", path[64], why[256];
	struct bed *none = calloc(1, sizeof(*none));
	struct client c;
	struct stat st;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	leave_stale_socket(path);
	bed = bed_new(path, 2, &net_limits_default);
	assert_string_equal(server_address(bed->server, 0), path);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	c = (struct client){ .fd = dial_path(path) };
	say(&c, GET("/hello"));
	hear_status(&c, 200, "hello");
	assert_int_equal(bed->seen.peer.family, AF_UNIX);
	assert_int_equal(bed->seen.local.family, AF_UNIX);
	/* A live one, or anything but a socket, is not ours to remove. */
	assert_false(bed_try(none, path, 1, &net_limits_default, why, sizeof(why)));
	close(c.fd);
	tear_down(state);
	assert_int_equal(lstat(path, &st), -1);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_false(bed_try(none, path, 1, &net_limits_default, why, sizeof(why)));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	free(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: it forks, and a thread of another test would not be there after that. */
		cmocka_unit_test(test_F17_no_descriptors),
		cmocka_unit_test(test_F41_drain_under_load),
		BEDDED(test_F41_what_has_begun_is_finished),
		BEDDED(test_F41_deadline),
		cmocka_unit_test(test_conns_beyond_the_limit_wait),
		cmocka_unit_test(test_F18_bodies_together_have_a_limit),
		BEDDED(test_a_taken_port_is_refused),
		cmocka_unit_test(test_addresses_are_checked),
		cmocka_unit_test(test_loops_share_a_port),
		cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_unix_socket),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
