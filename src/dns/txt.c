/* txt.c - one question to the DNS, bounded in time and number. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/txt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/str.h"

enum { SERVERS_MAX = 3, ROUNDS = 2, QUESTION_MAX = 512, REPLY_MAX = 65535, AT_ONCE_MAX = 4, NAME_BYTES_MAX = 254 };

static const int64_t whole_us = 5 * SECOND_US;
static const int64_t try_us = SECOND_US; /* of one server over UDP, before the next is asked */

/* Strangers' name servers may be slow on purpose: this many threads wait for them and no more. */
static atomic_int waiting;

struct server {
	struct sockaddr_storage addr;
	socklen_t n;
};

struct question {
	struct task *t;
	const char *name;
	struct str value;
	uint16_t id;
	uint8_t wire[QUESTION_MAX];
	size_t n;
	int64_t until; /* clock_mono() */
	uint8_t *reply;
};

/* ---- whom to ask ---- */

static bool
parse_port(const char *text, in_port_t *ret_port)
{
	int64_t port;

	if (!str_int(str_of(text), 1, 65535, &port))
		return false;
	*ret_port = htons((uint16_t)port);
	return true;
}

static bool
parse_ipv6(const char *text, struct server *ret_s)
{
	struct sockaddr_in6 *a = (struct sockaddr_in6 *)&ret_s->addr;
	char address[INET6_ADDRSTRLEN];
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
	size_t n = end != NULL ? (size_t)(end - text - 1) : strlen(text);

	if (n >= sizeof(address) || (text[0] == '[' && end == NULL))
		return false;
	memcpy(address, text[0] == '[' ? text + 1 : text, n);
	address[n] = '\0';
	a->sin6_family = AF_INET6;
	a->sin6_port = htons(53);
	ret_s->n = sizeof(*a);
	if (inet_pton(AF_INET6, address, &a->sin6_addr) != 1)
		return false;
	if (end == NULL || end[1] == '\0')
		return true;
	return end[1] == ':' && parse_port(end + 2, &a->sin6_port);
}

static bool
parse_ipv4(const char *text, struct server *ret_s)
{
	struct sockaddr_in *a = (struct sockaddr_in *)&ret_s->addr;
	char address[INET_ADDRSTRLEN];
	size_t n = strcspn(text, ":");

	if (n >= sizeof(address))
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	a->sin_family = AF_INET;
	a->sin_port = htons(53);
	ret_s->n = sizeof(*a);
	if (inet_pton(AF_INET, address, &a->sin_addr) != 1)
		return false;
	return text[n] == '\0' || parse_port(text + n + 1, &a->sin_port);
}

static bool
parse_server(const char *text, struct server *ret_s)
{
	memset(ret_s, 0, sizeof(*ret_s));
	return parse_ipv4(text, ret_s) || parse_ipv6(text, ret_s);
}

bool
dns_server_fits(const char *text)
{
	struct server s;

	return parse_server(text, &s);
}

/* Those of /etc/resolv.conf, read anew each time: it changes under a server that runs for months. */
static size_t
system_servers(struct server out[static SERVERS_MAX])
{
	ldns_resolver *r = NULL;
	size_t n = 0;

	if (ldns_resolver_new_frm_file(&r, NULL) != LDNS_STATUS_OK)
		return 0;
	for (size_t i = 0; i < ldns_resolver_nameserver_count(r) && n < SERVERS_MAX; i++) {
		size_t size = 0;
		struct sockaddr_storage *a = ldns_rdf2native_sockaddr_storage(ldns_resolver_nameservers(r)[i], 53, &size);

		if (a == NULL)
			continue;
		out[n].addr = *a;
		out[n++].n = (socklen_t)size;
		free(a);
	}
	ldns_resolver_deep_free(r);
	return n;
}

static size_t
find_servers(const char *text, struct server out[static SERVERS_MAX])
{
	if (text[0] == '\0')
		return system_servers(out);
	return parse_server(text, &out[0]) ? 1 : 0;
}

/* ---- the question ---- */

static enum status
make_question(struct task *t, struct str name, struct str value, struct question *ret_q)
{
	struct question q = { .t = t, .value = value, .until = clock_mono() + whole_us };
	ldns_pkt *pkt = NULL;
	uint8_t *wire = NULL;
	size_t n = 0;

	if (name.n > NAME_BYTES_MAX)
		return fail(t, E_BUG, "a name of %zu bytes is no domain name", name.n);
	q.name = arena_dup(t->arena, name).p;
	q.reply = arena_alloc(t->arena, REPLY_MAX);
	TRY_MEM(t, q.name);
	TRY_MEM(t, q.reply);
	if (!secret_random(&q.id, sizeof(q.id)))
		return fail(t, E_OVERLOADED, "no randomness for a question to the DNS");
	if (ldns_pkt_query_new_frm_str(&pkt, q.name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, LDNS_RD) == LDNS_STATUS_OK) {
		ldns_pkt_set_id(pkt, q.id);
		if (ldns_pkt2wire(&wire, pkt, &n) == LDNS_STATUS_OK && n <= sizeof(q.wire))
			memcpy(q.wire, wire, n);
		else
			n = 0;
	}
	free(wire);
	ldns_pkt_free(pkt);
	q.n = n;
	*ret_q = q;
	return n > 0 ? OK : fail(t, E_OVERLOADED, "the question to the DNS could not be made");
}

/* ---- asking ---- */

static bool
wait_for(int fd, short events, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = until - clock_mono();

	return left > 0 && poll(&p, 1, (int)(left / 1000) + 1) == 1;
}

static enum dns_reply
read_reply(const struct question *q, size_t n)
{
	return dns_txt_reply(q->reply, n, q->id, q->name, q->value);
}

/* Connected: the kernel drops what others send, and draws the port (RFC 5452 §4.5). */
static enum dns_reply
ask_udp(const struct question *q, const struct server *s)
{
	int fd = socket(s->addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int64_t until = clock_mono() + try_us < q->until ? clock_mono() + try_us : q->until;
	enum dns_reply reply = DNS_REPLY_FOREIGN;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&s->addr, s->n) == 0 &&
	    send(fd, q->wire, q->n, MSG_NOSIGNAL) == (ssize_t)q->n)
		while (reply == DNS_REPLY_FOREIGN && wait_for(fd, POLLIN, until)) {
			ssize_t n = recv(fd, q->reply, REPLY_MAX, 0);

			if (n < 0 && errno != EAGAIN)
				break;
			if (n > 0)
				reply = read_reply(q, (size_t)n);
		}
	if (fd >= 0)
		close(fd);
	return reply;
}

static bool
send_all(int fd, const uint8_t *p, size_t n, int64_t until)
{
	while (n > 0 && wait_for(fd, POLLOUT, until)) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return false;
		p += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return n == 0;
}

static bool
read_all(int fd, uint8_t *p, size_t n, int64_t until)
{
	while (n > 0 && wait_for(fd, POLLIN, until)) {
		ssize_t got = recv(fd, p, n, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			return false;
		p += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return n == 0;
}

/* RFC 1035 §4.2.2: a length goes before each message; in one piece with it (RFC 7766 §8). */
static enum dns_reply
talk_tcp(int fd, const struct question *q)
{
	uint8_t out[2 + QUESTION_MAX] = { (uint8_t)(q->n >> 8), (uint8_t)q->n };
	uint8_t head[2];
	size_t n;

	memcpy(out + 2, q->wire, q->n);
	if (!send_all(fd, out, 2 + q->n, q->until) || !read_all(fd, head, sizeof(head), q->until))
		return DNS_REPLY_FOREIGN;
	n = (size_t)head[0] << 8 | head[1];
	return read_all(fd, q->reply, n, q->until) ? read_reply(q, n) : DNS_REPLY_FOREIGN;
}

static enum dns_reply
ask_tcp(const struct question *q, const struct server *s)
{
	int fd = socket(s->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	enum dns_reply reply = DNS_REPLY_FOREIGN;

	if (fd >= 0 && (connect(fd, (const struct sockaddr *)&s->addr, s->n) == 0 || errno == EINPROGRESS))
		reply = talk_tcp(fd, q);
	if (fd >= 0)
		close(fd);
	return reply;
}

static enum dns_reply
ask(const struct question *q, const struct server *servers, size_t n)
{
	enum dns_reply reply = DNS_REPLY_FOREIGN;

	for (size_t i = 0; i < ROUNDS * n && clock_mono() < q->until; i++) {
		reply = ask_udp(q, &servers[i % n]);
		if (reply == DNS_REPLY_CUT)
			reply = ask_tcp(q, &servers[i % n]);
		if (reply == DNS_REPLY_HAS || reply == DNS_REPLY_HAS_NOT)
			break;
	}
	return reply;
}

static enum status
ask_bounded(struct task *t, const char *server, struct str name, struct str value, enum dns_verdict *ret_v)
{
	struct server servers[SERVERS_MAX];
	size_t n = find_servers(server, servers);
	struct question q;
	enum dns_reply reply;

	*ret_v = DNS_NO_ANSWER;
	TRY(make_question(t, name, value, &q));
	reply = n > 0 ? ask(&q, servers, n) : DNS_REPLY_FAILED;
	if (reply == DNS_REPLY_HAS || reply == DNS_REPLY_HAS_NOT)
		*ret_v = reply == DNS_REPLY_HAS ? DNS_HAS : DNS_HAS_NOT;
	else
		(void)!fail(t, E_OVERLOADED, n > 0 ? "no name server gave an answer" : "there is no name server to ask");
	return OK;
}

enum status
dns_txt_has(struct task *t, const char *server, struct str name, struct str value, enum dns_verdict *ret_v)
{
	enum status st;

	*ret_v = DNS_NO_ANSWER;
	if (atomic_fetch_add(&waiting, 1) < AT_ONCE_MAX)
		st = ask_bounded(t, server, name, value, ret_v);
	else
		st = fail(t, E_OVERLOADED, "%d questions to the DNS are waiting for their answers", AT_ONCE_MAX);
	atomic_fetch_sub(&waiting, 1);
	return st;
}
