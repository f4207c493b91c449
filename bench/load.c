/*
 * load.c - asks a server, from one thread, in one of three ways, and tells how long it took.
 *
 * As fast as it answers (each connection asks again at once), at a fixed rate (each
 * question has its moment, and its time counts from there even when no connection was
 * free then), or each question once. Beside that it can hold connections that ask
 * nothing, and post other questions from some more connections.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load_file.h"
#include "load_tally.h"

enum { HEAD_MAX = 8192, READ_SIZE = 256 * 1024, EVENTS = 256 };
#define SECOND UINT64_C(1000000000)

/* One stream of questions: the measured one, or the one beside it. */
struct stream {
	struct load_file file;
	size_t next; /* in the file, when in order */
	bool once, in_order;
	struct tally tally;
};

struct conn {
	int fd;
	struct stream *stream;
	uint64_t due; /* from when its question counts */
	bool asking;
	size_t head_n; /* bytes of the head so far, in head */
	bool in_body;
	size_t body_left;
	int status;
	uint64_t bytes;
	char head[HEAD_MAX + 1];
	struct conn *next_free;
};

static struct {
	struct sockaddr_in to;
	int epoll;
	struct stream asked, beside;
	struct conn *free; /* paced: connections that have nothing to ask */
	uint64_t rate, begin, count_from, end;
	uint64_t paced; /* questions whose moment came */
	uint64_t errors, in_flight;
	uint64_t random;
	bool over;
} load = { .random = 88172645463325252 };

static void
die(const char *what)
{
	fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

/* xorshift64: the order need only be none that a cache could guess. */
static uint64_t
random_next(void)
{
	load.random ^= load.random << 13;
	load.random ^= load.random >> 7;
	load.random ^= load.random << 17;
	return load.random;
}

/* ---- asking ---- */

static void
conn_open(struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&load.to, sizeof(load.to)) != 0)
		die("no connection");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		die("epoll_ctl");
	c->head_n = 0;
	c->in_body = false;
}

static struct conn *
conn_new(struct stream *s)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		die("out of memory");
	c->stream = s;
	conn_open(c);
	return c;
}

/* NULL: every question has been asked. */
static const struct load_request *
question(struct stream *s)
{
	if (!s->in_order)
		return &s->file.requests[random_next() % s->file.n];
	if (s->next == s->file.n && s->once)
		return NULL;
	s->next %= s->file.n;
	return &s->file.requests[s->next++];
}

/* Questions are far smaller than a socket's buffer, so they go whole or not at all. */
static bool
ask(struct conn *c, uint64_t due)
{
	const struct load_request *q = question(c->stream);

	if (!q)
		return false;
	c->due = due;
	c->asking = true;
	c->bytes = 0;
	load.in_flight++;
	if (send(c->fd, q->p, q->n, MSG_NOSIGNAL) == (ssize_t)q->n)
		return true;
	/* Closed meanwhile: reading will tell, and open it again. */
	load.errors++;
	return true;
}

/* ---- answers ---- */

static size_t
content_length(const char *head)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, "Content-Length:", 15) == 0)
			return strtoul(line + 17, NULL, 10);
	return 0;
}

/* Takes the head out of p; 0 when it is not complete yet. */
static size_t
read_head(struct conn *c, const char *p, size_t n)
{
	size_t take = n < HEAD_MAX - c->head_n ? n : HEAD_MAX - c->head_n;
	char *end;

	memcpy(c->head + c->head_n, p, take);
	c->head[c->head_n + take] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (!end) {
		c->head_n += take;
		if (c->head_n == HEAD_MAX)
			die("an answer's head is too long");
		return 0;
	}
	take = (size_t)(end + 4 - c->head) - c->head_n;
	end[2] = '\0';
	c->status = (int)strtol(c->head + 9, NULL, 10);
	c->body_left = content_length(c->head);
	c->in_body = true;
	c->head_n = 0;
	return take;
}

static void
release(struct conn *c)
{
	c->next_free = load.free;
	load.free = c;
}

static void
answered(struct conn *c)
{
	uint64_t now = now_ns();

	c->in_body = false;
	c->asking = false;
	load.in_flight--;
	if (c->due >= load.count_from && (now < load.end || c->stream->once))
		tally_add(&c->stream->tally, c->status, c->bytes, now - c->due);
	if (load.over || now >= load.end)
		return;
	if (load.rate > 0 && c->stream == &load.asked)
		release(c);
	else
		(void)ask(c, now);
}

static void
took(struct conn *c, const char *p, size_t n)
{
	size_t used;

	c->bytes += n;
	if (!c->in_body) {
		used = read_head(c, p, n);
		p += used;
		n -= used;
	}
	if (!c->in_body)
		return;
	if (n > c->body_left)
		die("more came than was asked for");
	c->body_left -= n;
	if (c->body_left == 0)
		answered(c);
}

/* Whoever is hung up on in the middle of a question asks another. */
static void
reopen(struct conn *c)
{
	bool was_asking = c->asking;

	close(c->fd);
	conn_open(c);
	if (!was_asking)
		return;
	load.errors++;
	load.in_flight--;
	c->asking = false;
	if (load.rate > 0 && c->stream == &load.asked)
		release(c);
	else if (!load.over)
		(void)ask(c, now_ns());
}

static void
readable(struct conn *c)
{
	static char buf[READ_SIZE];
	ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0)
		took(c, buf, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		reopen(c);
}

/* ---- the run ---- */

/* Ask what is due while somebody is free; what finds nobody stays due. */
static void
ask_due(uint64_t now)
{
	uint64_t due;

	while (load.free && (due = load.begin + load.paced * SECOND / load.rate) <= now && due < load.end) {
		struct conn *c = load.free;

		load.free = c->next_free;
		load.paced++;
		(void)ask(c, due);
	}
}

static bool
is_running(uint64_t now)
{
	if (load.asked.once && load.in_flight == 0)
		return false;
	if (now < load.end)
		return true;
	load.over = true;
	/* What was asked is worth two seconds of waiting, and no more. */
	return load.in_flight > 0 && now < load.end + 2 * SECOND;
}

static void
run(void)
{
	struct epoll_event events[EVENTS];

	for (uint64_t now = now_ns(); is_running(now); now = now_ns()) {
		/* A fixed rate needs its moments met, so it waits awake. */
		int n = epoll_wait(load.epoll, events, EVENTS, load.rate > 0 ? 0 : 100);

		for (int i = 0; i < n; i++)
			readable(events[i].data.ptr);
		if (load.rate > 0)
			ask_due(now_ns());
	}
}

/* ---- start ---- */

static void
many_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* A connection that has asked once, got its answer, and stays. */
static void
open_idle(void)
{
	struct conn *c = conn_new(&load.asked);
	char buf[16384];

	if (!ask(c, 0))
		die("nothing to ask");
	while (c->asking) {
		ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

		if (n <= 0)
			die("an idle connection was closed");
		load.over = true; /* so that the answer is not followed by another question */
		took(c, buf, (size_t)n);
	}
	load.over = false;
}

static void
start(unsigned conns, unsigned beside, double warm_up, double seconds)
{
	load.begin = now_ns();
	load.count_from = load.begin + (uint64_t)(warm_up * 1e9);
	load.end = load.count_from + (uint64_t)(seconds * 1e9);
	for (unsigned i = 0; i < beside; i++)
		(void)ask(conn_new(&load.beside), load.begin);
	for (unsigned i = 0; i < conns; i++) {
		struct conn *c = conn_new(&load.asked);

		if (load.rate > 0)
			release(c);
		else
			(void)ask(c, load.begin);
	}
}

static void
print(uint64_t took_ns)
{
	printf(
	    "{\"seconds\": %.6f, \"errors\": %llu, ", (double)took_ns / 1e9, (unsigned long long)load.errors);
	tally_print(&load.asked.tally, stdout, "");
	printf(", ");
	tally_print(&load.beside.tally, stdout, "beside_");
	printf("}\n");
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: load [-c CONNECTIONS] [-d SECONDS] [-w WARM_UP] [-r RATE | -1] [-o] [-i IDLE] [-p]\n"
	    "            [-f FILE -F CONNECTIONS] ADDRESS:PORT FILE\n"
	    "  -r  questions a second, at fixed moments; else as fast as they are answered\n"
	    "  -1  each question once, in order, and then end    -o  in order, not at random\n"
	    "  -i  so many connections more, which ask once and then hold still\n"
	    "  -p  print \"ready\" when those are open, and begin when a line comes in\n"
	    "  -f  other questions, posted meanwhile from -F connections, in order\n");
	exit(2);
}

/* A number of at least 0, or the usage. */
static double
number(const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end != '\0' || !(v >= 0 && v < 1e12))
		usage();
	return v;
}

static void
parse_address(char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		usage();
	*colon = '\0';
	load.to.sin_family = AF_INET;
	load.to.sin_port = htons((uint16_t)number(colon + 1));
	if (inet_pton(AF_INET, text, &load.to.sin_addr) != 1)
		usage();
}

static void
read_questions(const char *path, struct stream *s)
{
	const char *why = load_file_read(path, &s->file);

	errno = 0;
	if (why)
		die(why);
}

static void
wait_for_word(void)
{
	char line[16];

	printf("ready\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(0);
}

int
main(int argc, char **argv)
{
	unsigned conns = 64, beside = 0, idle = 0;
	double seconds = 10, warm_up = 1;
	const char *beside_path = NULL;
	bool waits = false;

	for (int o; (o = getopt(argc, argv, "c:d:w:r:1oi:pf:F:")) != -1;)
		switch (o) {
		case 'c':
			conns = (unsigned)number(optarg);
			break;
		case 'd':
			seconds = number(optarg);
			break;
		case 'w':
			warm_up = number(optarg);
			break;
		case 'r':
			load.rate = (uint64_t)number(optarg);
			break;
		case '1':
			load.asked.once = load.asked.in_order = true;
			break;
		case 'o':
			load.asked.in_order = true;
			break;
		case 'i':
			idle = (unsigned)number(optarg);
			break;
		case 'p':
			waits = true;
			break;
		case 'f':
			beside_path = optarg;
			break;
		case 'F':
			beside = (unsigned)number(optarg);
			break;
		default:
			usage();
		}
	if (optind + 2 != argc)
		usage();
	many_descriptors();
	parse_address(argv[optind]);
	read_questions(argv[optind + 1], &load.asked);
	if (beside_path)
		read_questions(beside_path, &load.beside);
	load.beside.in_order = true;
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < idle; i++)
		open_idle();
	if (waits)
		wait_for_word();
	start(conns, beside, warm_up, seconds);
	run();
	print((load.asked.once ? now_ns() : load.end) - load.count_from);
	return 0;
}
