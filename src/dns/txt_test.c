/* txt_test.c - a name server on a loopback port that says what it is told to. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/txt.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "test/unit.h"

#define NAME "_sessiond-verification.example.com"
static const struct str value = S_INIT("sessiond-verification=abc");

/* Its thread is not the test's: what goes wrong there ends the program. */

/* How the server answers one question. */
enum manner { RIGHT, OTHER_TEXT, NO_NAME, REFUSED, OTHER_ID, OTHER_NAME, ALIAS, ALIAS_LOOP, BESIDE, CUT, MUTE, NOISE, PARTS };

struct server {
	pthread_t thread;
	int udp, tcp;
	uint16_t port;
	_Atomic enum manner manner;
	atomic_bool ends;
	atomic_int asked;
	struct task t;
	char at[32];
};

static void
push(ldns_pkt *pkt, const char *text)
{
	ldns_rr *rr = NULL;

	CHECK(ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) == LDNS_STATUS_OK);
	ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, rr);
}

static void
say(ldns_pkt *pkt, enum manner manner)
{
	static const char right[] = NAME ". 1 IN TXT \"sessiond-verification=abc\"";

	if (manner == RIGHT || manner == OTHER_ID || manner == OTHER_NAME)
		push(pkt, right);
	else if (manner == PARTS)
		push(pkt, NAME ". 1 IN TXT \"sessiond-\" \"verification=abc\"");
	else if (manner == OTHER_TEXT)
		push(pkt, NAME ". 1 IN TXT \"sessiond-verification=abcd\"");
	else if (manner == BESIDE)
		push(pkt, "other.example.net. 1 IN TXT \"sessiond-verification=abc\"");
	if (manner == ALIAS || manner == ALIAS_LOOP)
		push(pkt, NAME ". 1 IN CNAME proof.example.net.");
	if (manner == ALIAS)
		push(pkt, "proof.example.net. 1 IN TXT \"sessiond-verification=abc\"");
	if (manner == ALIAS_LOOP)
		push(pkt, "proof.example.net. 1 IN CNAME " NAME ".");
}

static size_t
answer(const struct server *s, const uint8_t *q, size_t n, bool tcp, uint8_t out[static 4096])
{
	enum manner manner = s->manner;
	ldns_pkt *pkt = NULL;
	uint8_t *wire = NULL;
	size_t size = 0;

	if (manner == NOISE) {
		memset(out, 0xC0, 700);
		return 700;
	}
	CHECK(ldns_wire2pkt(&pkt, q, n) == LDNS_STATUS_OK);
	ldns_pkt_set_qr(pkt, manner != MUTE);
	if (manner == OTHER_ID)
		ldns_pkt_set_id(pkt, (uint16_t)(ldns_pkt_id(pkt) + 1));
	if (manner == OTHER_NAME) {
		ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);

		ldns_rdf_deep_free(ldns_rr_owner(rr));
		ldns_rr_set_owner(rr, ldns_dname_new_frm_str("_sessiond-verification.example.org."));
	}
	ldns_pkt_set_rcode(pkt, manner == NO_NAME ? LDNS_RCODE_NXDOMAIN : manner == REFUSED ? LDNS_RCODE_REFUSED : LDNS_RCODE_NOERROR);
	ldns_pkt_set_tc(pkt, manner == CUT && !tcp);
	say(pkt, manner == CUT && tcp ? RIGHT : manner);
	CHECK(ldns_pkt2wire(&wire, pkt, &size) == LDNS_STATUS_OK);
	CHECK(size <= 4096);
	memcpy(out, wire, size);
	free(wire);
	ldns_pkt_free(pkt);
	return size;
}

static void
serve_udp(struct server *s)
{
	struct sockaddr_storage from;
	socklen_t from_n = sizeof(from);
	uint8_t q[512], out[4096];
	ssize_t n = recvfrom(s->udp, q, sizeof(q), 0, (struct sockaddr *)&from, &from_n);

	CHECK(n > 0);
	atomic_fetch_add(&s->asked, 1);
	if (s->manner == MUTE)
		return;
	(void)sendto(s->udp, out, answer(s, q, (size_t)n, false, out), 0, (struct sockaddr *)&from, from_n);
}

static void
serve_tcp(struct server *s)
{
	int fd = accept(s->tcp, NULL, NULL);
	uint8_t q[514], out[4098];
	ssize_t n = recv(fd, q, sizeof(q), 0);
	size_t size;

	CHECK(n > 2);
	size = answer(s, q + 2, (size_t)n - 2, true, out + 2);
	out[0] = (uint8_t)(size >> 8);
	out[1] = (uint8_t)size;
	(void)send(fd, out, size + 2, MSG_NOSIGNAL);
	close(fd);
}

static void *
serve(void *arg)
{
	struct server *s = arg;

	while (!s->ends) {
		struct pollfd p[2] = { { .fd = s->udp, .events = POLLIN }, { .fd = s->tcp, .events = POLLIN } };

		if (poll(p, 2, 20) <= 0)
			continue;
		if (p[0].revents & POLLIN)
			serve_udp(s);
		if (p[1].revents & POLLIN)
			serve_tcp(s);
	}
	return NULL;
}

/* The same port for both: one that is free for UDP may be somebody's for TCP. */
static bool
take_port(struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	s->udp = socket(AF_INET, SOCK_DGRAM, 0);
	s->tcp = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->udp, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(s->udp, (struct sockaddr *)&a, &n), 0);
	s->port = ntohs(a.sin_port);
	if (bind(s->tcp, (struct sockaddr *)&a, n) == 0 && listen(s->tcp, 4) == 0)
		return true;
	close(s->udp);
	close(s->tcp);
	return false;
}

static int
setup(void **state)
{
	struct server *s = calloc(1, sizeof(*s));
	int tries = 0;

	assert_non_null(s);
	while (!take_port(s))
		assert_true(++tries < 50);
	(void)snprintf(s->at, sizeof(s->at), "127.0.0.1:%u", s->port);
	s->t.arena = arena_new(8 << 20);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct server *s = *state;

	s->ends = true;
	pthread_join(s->thread, NULL);
	close(s->udp);
	close(s->tcp);
	arena_free(s->t.arena);
	free(s);
	return 0;
}

static enum dns_verdict
ask(struct server *s, enum manner manner)
{
	enum dns_verdict v;

	s->manner = manner;
	s->t.why[0] = '\0';
	assert_int_equal(dns_txt_has(&s->t, s->at, S(NAME), value, &v), OK);
	return v;
}

static void
believes_what_is_about_the_question(void **state)
{
	struct server *s = *state;

	assert_int_equal(ask(s, RIGHT), DNS_HAS);
	assert_int_equal(ask(s, PARTS), DNS_HAS);
	assert_int_equal(ask(s, ALIAS), DNS_HAS);
	assert_int_equal(ask(s, CUT), DNS_HAS);
	assert_int_equal(ask(s, OTHER_TEXT), DNS_HAS_NOT);
	assert_int_equal(ask(s, NO_NAME), DNS_HAS_NOT);
	assert_int_equal(ask(s, BESIDE), DNS_HAS_NOT);
	assert_int_equal(ask(s, ALIAS_LOOP), DNS_HAS_NOT);
	assert_int_equal(s->asked, 8);
}

/* F-39: what is forged, broken or missing costs its bounded time, and proves nothing. */
static void
F39_nothing_else(void **state)
{
	static const enum manner manners[] = { OTHER_ID, OTHER_NAME, NOISE, MUTE, REFUSED };
	struct server *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(manners); i++) {
		int64_t began = clock_mono();

		assert_int_equal(ask(s, manners[i]), DNS_NO_ANSWER);
		assert_true(clock_mono() - began < 6 * SECOND_US);
		assert_string_equal(s->t.why, "no name server gave an answer");
	}
	assert_int_equal(s->asked, 10);
}

struct waiter {
	pthread_t thread;
	struct server *s;
	enum status st;
};

static void *
wait_in_vain(void *arg)
{
	struct waiter *w = arg;
	struct task t = { .arena = arena_new(8 << 20) };
	enum dns_verdict v;

	w->st = dns_txt_has(&t, w->s->at, S(NAME), value, &v);
	arena_free(t.arena);
	return NULL;
}

/* However many ask, a few threads wait for a server that does not answer; the others are free at once. */
static void
F39_few_wait(void **state)
{
	struct server *s = *state;
	struct waiter w[12];
	int refused = 0;

	s->manner = MUTE;
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		w[i] = (struct waiter){ .s = s };
		assert_int_equal(pthread_create(&w[i].thread, NULL, wait_in_vain, &w[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		pthread_join(w[i].thread, NULL);
		refused += w[i].st == E_OVERLOADED;
	}
	assert_int_equal(refused, 8);
	assert_int_equal(ask(s, RIGHT), DNS_HAS);
}

static void
servers_as_text(void **state)
{
	static const char *const good[] = { "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353", "2001:db8::53", "[::1]" };
	static const char *const bad[] = { "", "dns.example.com", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "[::1", "[::1]x",
		"192.0.2.053", "1.2.3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(dns_server_fits(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(dns_server_fits(bad[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(believes_what_is_about_the_question, setup, teardown),
		cmocka_unit_test_setup_teardown(F39_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(F39_few_wait, setup, teardown),
		cmocka_unit_test(servers_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
