/* parcel.c - one message on its way to another server: what holds for mail, text messages and events alike. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/parcel.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ARENA_MAX = 2 * 1024 * 1024, BODY_MAX = 1024 * 1024, RECEIVED_MAX = 64 * 1024 };
enum { CONNECT_TIMEOUT_S = 10, WHOLE_TIMEOUT_S = 30, REFUSED_TIMEOUT_S = 2 };

/* ---- where it may go ---- */

struct net {
	uint8_t  bytes[4];
	unsigned bits;
};

/* RFC 6890 and RFC 5771: what is not on the internet, or not one host on it; and one that a cloud answers its guests under. */
static const struct net not_public[] = {
	{ { 0, 0, 0, 0 }, 8 }, { { 10, 0, 0, 0 }, 8 }, { { 100, 64, 0, 0 }, 10 }, { { 127, 0, 0, 0 }, 8 },
	{ { 168, 63, 129, 16 }, 32 }, { { 169, 254, 0, 0 }, 16 }, { { 172, 16, 0, 0 }, 12 }, { { 192, 0, 0, 0 }, 24 },
	{ { 192, 0, 2, 0 }, 24 }, { { 192, 88, 99, 0 }, 24 }, { { 192, 168, 0, 0 }, 16 }, { { 198, 18, 0, 0 }, 15 },
	{ { 198, 51, 100, 0 }, 24 }, { { 203, 0, 113, 0 }, 24 }, { { 224, 0, 0, 0 }, 3 },
};

static uint32_t
number_of(const uint8_t b[4])
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool
is_public4(const uint8_t address[4])
{
	for (size_t i = 0; i < ARRAY_LEN(not_public); i++)
		if ((number_of(address) ^ number_of(not_public[i].bytes)) >> (32 - not_public[i].bits) == 0)
			return false;
	return true;
}

/*
 * 2000::/3 is what is given out. Within it, 2002::/16 carries an IPv4 address (RFC 3056), 2001::/23
 * are protocols (Teredo among them), 2001:db8::/32 and 3fff::/20 (RFC 9637) are for books. A mapped IPv4 address counts as itself.
 */
static bool
is_public6(const struct in6_addr *a)
{
	const uint8_t *b = a->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(a))
		return is_public4(b + 12);
	if ((b[0] & 0xE0) != 0x20 || (b[0] == 0x20 && b[1] == 0x02))
		return false;
	if (b[0] == 0x3F && b[1] == 0xFF && b[2] < 0x10)
		return false;
	return !(b[0] == 0x20 && b[1] == 0x01 && (b[2] < 2 || (b[2] == 0x0D && b[3] == 0xB8)));
}

static bool
is_loopback6(const struct in6_addr *a)
{
	return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

bool
parcel_scope_allows(enum parcel_scope scope, const struct sockaddr *address)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	uint8_t bytes[4];

	if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		return scope == SCOPE_ANY || (scope == SCOPE_PUBLIC ? is_public6(&in6.sin6_addr) : is_loopback6(&in6.sin6_addr));
	}
	if (address->sa_family != AF_INET)
		return false;
	memcpy(&in4, address, sizeof(in4));
	memcpy(bytes, &in4.sin_addr, sizeof(bytes));
	return scope == SCOPE_ANY || (scope == SCOPE_PUBLIC ? is_public4(bytes) : bytes[0] == 127);
}

/* Two at most are open at once: of IPv4 and of IPv6 (RFC 8305). */
static curl_socket_t
keep_socket(struct parcel *p, int fd)
{
	for (size_t i = 0; i < PARCEL_SOCKETS; i++) {
		if (p->sockets[i] >= 0)
			continue;
		p->sockets[i] = fd;
		return fd;
	}
	return fd;
}

/* After the name was resolved and before anything is sent: what DNS answers cannot lead elsewhere. */
static curl_socket_t
open_socket(void *parcel, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct parcel *p = parcel;

	if (purpose != CURLSOCKTYPE_IPCXN || !parcel_scope_allows(p->scope, &address->addr)) {
		p->address_refused = true;
		return CURL_SOCKET_BAD;
	}
	return keep_socket(p, socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol));
}

static int
close_socket(void *parcel, curl_socket_t fd)
{
	struct parcel *p = parcel;

	for (size_t i = 0; i < PARCEL_SOCKETS; i++)
		if (p->sockets[i] == fd)
			p->sockets[i] = -1;
	return close(fd);
}

static void
shut(const struct parcel *p, int how)
{
	for (size_t i = 0; i < PARCEL_SOCKETS; i++)
		if (p->sockets[i] >= 0)
			(void)shutdown(p->sockets[i], how);
}

void
parcel_abort(struct parcel *p)
{
	shut(p, SHUT_RDWR);
}

/* A line of an HTTP answer's head. A last one that is not interim (RFC 9110 §15.2) says all that is asked. */
static size_t
hear_head(struct parcel *p, const char *line, size_t n)
{
	const char *space = n > 12 && memcmp(line, "HTTP/", 5) == 0 ? memchr(line, ' ', n) : NULL;

	if (space)
		p->status = strtol(space, NULL, 10);
	else if (n <= 2 && p->status >= 200)
		p->heard_head = true;
	p->n_received += n;
	return p->n_received > RECEIVED_MAX ? 0 : n;
}

/*
 * Each line that a mail server says. After the last, libcurl says QUIT and waits for an answer, and all
 * others with it: when the mail is taken there is nothing more to read, and when it is refused, two seconds
 * must do.
 */
static size_t
hear_line(char *line, size_t size, size_t n, void *parcel)
{
	struct parcel *p = parcel;
	size_t length = size * n;

	if (p->channel != CHANNEL_MAIL)
		return hear_head(p, line, length);
	if (length < 4 || line[3] == '-')
		return length;
	if (line[0] == '4' || line[0] == '5')
		(void)curl_easy_setopt(p->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)REFUSED_TIMEOUT_S);
	else if (line[0] == '2' && p->ended)
		shut(p, SHUT_RD);
	return length;
}

/* ---- its bytes ---- */

static size_t
read_body(char *to, size_t size, size_t n, void *parcel)
{
	struct parcel *p = parcel;
	size_t most = size * n, left = p->body.n - p->n_read;
	size_t now = left < most ? left : most;

	if (now > 0)
		memcpy(to, p->body.p + p->n_read, now);
	p->n_read += now;
	p->ended = now == 0;
	return now;
}

/* What the other server says beyond its status is of no interest, and must not be endless. */
static size_t
drop_answer(char *bytes, size_t size, size_t n, void *parcel)
{
	struct parcel *p = parcel;

	(void)bytes;
	p->n_received += size * n;
	return p->n_received > RECEIVED_MAX ? 0 : size * n;
}

/* ---- its life ---- */

static bool
set_options(struct parcel *p)
{
	CURL *e = p->easy;
	CURLcode failed = CURLE_OK;

#define SET(option, value) failed |= curl_easy_setopt(e, option, value)
	SET(CURLOPT_PRIVATE, p);
	SET(CURLOPT_NOSIGNAL, 1L);
	/* A name server that hangs must not hold the thread when the transfer ends. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	SET(CURLOPT_TIMEOUT, (long)WHOLE_TIMEOUT_S);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)WHOLE_TIMEOUT_S);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	/* Connections are somebody's: none is handed on to the next deployment. */
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, p);
	SET(CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	SET(CURLOPT_CLOSESOCKETDATA, p);
	SET(CURLOPT_HEADERFUNCTION, hear_line);
	SET(CURLOPT_HEADERDATA, p);
	SET(CURLOPT_READFUNCTION, read_body);
	SET(CURLOPT_READDATA, p);
	SET(CURLOPT_WRITEFUNCTION, drop_answer);
	SET(CURLOPT_WRITEDATA, p);
	SET(CURLOPT_ERRORBUFFER, p->error);
#undef SET
	return failed == CURLE_OK;
}

struct parcel *
parcel_new(void)
{
	struct parcel *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	for (size_t i = 0; i < PARCEL_SOCKETS; i++)
		p->sockets[i] = -1;
	p->arena = arena_new(ARENA_MAX);
	p->easy = curl_easy_init();
	if (!p->arena || !p->easy || !set_options(p))
		return parcel_free(p);
	buf_init_arena(&p->body, p->arena, BODY_MAX);
	return p;
}

struct parcel *
parcel_free(struct parcel *p)
{
	if (!p)
		return NULL;
	if (p->easy)
		curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->recipients);
	curl_slist_free_all(p->headers);
	arena_free(p->arena);
	free(p);
	return NULL;
}

/* ---- what became of it ---- */

void
parcel_set_why(struct parcel *p, const char *text)
{
	size_t n = 0;

	for (; n + 1 < sizeof(p->why) && text[n] != '\0'; n++)
		p->why[n] = (char)((unsigned char)text[n] < 0x20 || (unsigned char)text[n] > 0x7E || text[n] == '"' ? '?' : text[n]);
	p->why[n] = '\0';
}

static void
put_why(struct parcel *p, const char *text, long reply)
{
	char whole[CURL_ERROR_SIZE + 64];

	if (reply > 0)
		snprintf(whole, sizeof(whole), "%s (the server said %ld)", text, reply);
	else
		snprintf(whole, sizeof(whole), "%s", text);
	parcel_set_why(p, whole);
}

/* A mailbox that is not there, or a mail that is not wanted; a login that does not work may be mended. */
static bool
is_final_mail(long reply)
{
	return reply >= 550 && reply <= 559;
}

/* RFC 9110 §15.5.1, and what providers say to a number that is none. */
static bool
is_final_http(long reply)
{
	return reply == 400 || reply == 413 || reply == 422;
}

/*
 * The status decides, and is waited for; what follows it need not end. Whoever takes events may be mended, whatever
 * they say; 410 is said on purpose.
 */
static enum parcel_verdict
verdict_of_hook(const struct parcel *p)
{
	if (!p->heard_head)
		return PARCEL_AGAIN;
	if (p->reply >= 200 && p->reply <= 299)
		return PARCEL_SENT;
	return p->reply == 410 ? PARCEL_NEVER : PARCEL_AGAIN;
}

static enum parcel_verdict
verdict_of(const struct parcel *p, CURLcode code, long reply)
{
	if (p->channel == CHANNEL_WEBHOOK)
		return verdict_of_hook(p);
	if (code == CURLE_OK && (p->channel == CHANNEL_MAIL || (reply >= 200 && reply <= 299)))
		return PARCEL_SENT;
	if (p->channel == CHANNEL_SMS)
		return code == CURLE_OK && is_final_http(reply) ? PARCEL_NEVER : PARCEL_AGAIN;
	if (code != CURLE_SEND_ERROR && code != CURLE_WEIRD_SERVER_REPLY)
		return PARCEL_AGAIN;
	return is_final_mail(reply) ? PARCEL_NEVER : PARCEL_AGAIN;
}

void
parcel_judge(struct parcel *p, CURLcode code)
{
	long reply = 0;

	(void)curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &reply);
	p->reply = reply;
	p->verdict = verdict_of(p, code, reply);
	p->why[0] = '\0';
	if (p->verdict == PARCEL_SENT)
		return;
	if (p->address_refused)
		put_why(p, "the host leads to an address that is not allowed", 0);
	else if (code == CURLE_OK || p->heard_head)
		put_why(p, "the webhook did not take it", reply);
	else
		put_why(p, p->error[0] ? p->error : curl_easy_strerror(code), reply);
}
