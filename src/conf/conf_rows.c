/* conf_rows.c - the table of configuration keys. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf_rows.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/str.h"

/* ---- forms of texts ---- */

static bool
fits_path(const char *text)
{
	return text[0] != '\0';
}

static bool
fits_database(const char *text)
{
	return strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0;
}

/* An address without a port; IPv6 without brackets. */
static bool
fits_address(const char *text, unsigned *ret_bits)
{
	unsigned char bytes[16];

	*ret_bits = strchr(text, ':') == NULL ? 32 : 128;
	return inet_pton(*ret_bits == 32 ? AF_INET : AF_INET6, text, bytes) == 1;
}

/* The address of "ADDR:PORT" or "[ADDR]:PORT", in `address`; false when there is no port of 0-65535. */
static bool
cut_port(const char *text, char address[static INET6_ADDRSTRLEN], bool *ret_brackets)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);
	int64_t port;

	if (n < 2 || !str_int(str_of(colon + 1), 0, 65535, &port))
		return false;
	*ret_brackets = text[0] == '[' && text[n - 1] == ']';
	if (*ret_brackets) {
		text++;
		n -= 2;
	}
	if (n >= INET6_ADDRSTRLEN)
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	return true;
}

static bool
fits_listen(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	bool brackets;
	unsigned bits;

	if (text[0] == '/')
		return strlen(text) < sizeof(((struct sockaddr_un *)0)->sun_path);
	if (!cut_port(text, address, &brackets) || !fits_address(address, &bits))
		return false;
	return brackets == (bits == 128);
}

static bool
fits_admin_listen(const char *text)
{
	return strcmp(text, "off") == 0 || (text[0] != '/' && fits_listen(text));
}

static bool
fits_network(const char *text)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	unsigned bits;
	int64_t prefix;

	if (n >= sizeof(address))
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	if (!fits_address(address, &bits))
		return false;
	return slash == NULL || str_int(str_of(slash + 1), 0, bits, &prefix);
}

static bool
fits_dns_server(const char *text)
{
	const char *port = strrchr(text, ':');
	unsigned bits;

	if (fits_address(text, &bits))
		return true;
	/* Listening at port 0 is at any; there is nobody to ask there. */
	return text[0] != '/' && fits_listen(text) && port[1 + strspn(port + 1, "0")] != '\0';
}

static const struct conf_form path = { fits_path, "a path" };
static const struct conf_form database = { fits_database, "a URL such as postgresql://user@host/name" };
static const struct conf_form listen_at = { fits_listen,
	"an address and a port such as 127.0.0.1:8080 or [::1]:8080, or the path of a Unix socket" };
static const struct conf_form admin_at = { fits_admin_listen,
	"off, or an address and a port such as 127.0.0.1:9090" };
static const struct conf_form network = { fits_network,
	"an address or a network such as 10.0.0.1, 10.0.0.0/8 or ::1" };
static const struct conf_form dns_server = { fits_dns_server,
	"an address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353" };
static const char *const levels[] = { "error", "warn", "notice", "info", "debug", NULL };
_Static_assert(ARRAY_LEN(levels) == LOG__COUNT + 1, "a word for each level");
static const char *const proxy_headers[] = { "x-forwarded", "forwarded", NULL };

/* ---- the rows: one line each, where it can be ---- */

/* clang-format off */

#define ROW(name_, type_, member_, def_, help_) \
	.name = (name_), .type = (type_), .offset = offsetof(struct conf, member_), .def = (def_), .help = (help_)
#define INT(name, member, min_, max_, def, help) { ROW(name, CONF_INT, member, def, help), .min = (min_), .max = (max_) }
#define TRIES(name, rule, def, help) \
	{ ROW(name, CONF_INT, throttle[rule], def, help), .min = 1, .max = 1000000, .reload = true }
/* 0 stands for a number that the machine decides. */
#define COUNT(name, member, max_, said, help) \
	{ ROW(name, CONF_INT, member, "0", help), .def_said = (said), .max = (max_) }
#define SIZE(name, member, min_, max_, def, help) { ROW(name, CONF_SIZE, member, def, help), .min = (min_), .max = (max_) }
#define TIME(name, member, min_, max_, def, help) \
	{ ROW(name, CONF_DURATION, member, def, help), .min = (min_), .max = (max_) }

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

const struct conf_row conf_rows[] = {
	{ ROW("config", CONF_TEXT, config, "", "The configuration file: lines of `key = value`."),
	    .def_said = "/etc/sessiond/sessiond.conf when there is one", .form = &path, .no_file = true },
	{ ROW("data", CONF_TEXT, data, "", "The directory of the embedded database, the master key and the admin socket."),
	    .def_said = "$STATE_DIRECTORY (systemd), else ./data", .form = &path },
	{ ROW("database", CONF_TEXT, database, "", "A PostgreSQL server to use in place of the embedded database."),
	    .def_said = "SQLite in the data directory", .form = &database, .secret = true },
	COUNT("database-connections", database_connections, 10000, "0: one for each of workers and hash-workers, and ten",
	    "Connections to PostgreSQL, at most."),
	{ ROW("master-key-file", CONF_TEXT, master_key_file, "",
	    "The key that seals secrets and signs tokens: 32 bytes, or 64 hex digits; two such lines, the new key first, while one follows another; readable by nobody else."),
	    .def_said = "$CREDENTIALS_DIRECTORY/master.key (systemd) when there is one, else master.key in the data directory",
	    .form = &path },
	{ ROW("mail-ca-file", CONF_TEXT, mail_ca_file, "",
	    "PEM file of the authorities that mail servers' and webhooks' certificates are checked against."),
	    .def_said = "the system's", .form = &path },
	{ ROW("listen", CONF_LIST, listen, "127.0.0.1:8080", "Where to answer; port 0 picks a free one. Can be repeated."),
	    .form = &listen_at },
	{ ROW("admin-listen", CONF_TEXT, admin_listen, "off",
	    "Where to answer health checks, metrics and the Backend API, beside the socket in the data directory."),
	    .form = &admin_at },
	{ ROW("trusted-proxy", CONF_LIST, trusted_proxy, "",
	    "Proxies whose word on the client's address and scheme is believed. Can be repeated."), .def_said = "none",
	    .form = &network, .reload = true },
	{ ROW("trusted-proxy-header", CONF_WORD, proxy_header, "x-forwarded",
	    "Where they write it: X-Forwarded-For and -Proto, or Forwarded (RFC 7239). The other one is never read."),
	    .words = proxy_headers, .reload = true },
	{ ROW("geoip-file", CONF_TEXT, geoip_file, "",
	    "A MaxMind DB file that tells where an address is (city or country), read again on reload."),
	    .def_said = "none: sign-ins have no place", .form = &path, .reload = true },
	{ ROW("dns-server", CONF_TEXT, dns_server, "",
	    "Whom to ask for the records that prove organizations' domains: an address, with a port if not 53."),
	    .def_said = "the system's, by /etc/resolv.conf", .form = &dns_server },
	{ ROW("demo", CONF_BOOL, demo, "false",
	    "Keep two deployments with people in them for trying things out; loopback listeners only.") },
	{ ROW("log-level", CONF_WORD, log_level, "notice", "How much is logged; info has a line for each request."),
	    .words = levels, .reload = true },

	COUNT("threads", threads, 1024, "0: one a core", "Threads that read requests and answer from memory."),
	COUNT("workers", workers, 4096, "0: four a core", "Threads that work with the database."),
	COUNT("hash-threads", hash_threads, 1024, "0: one a core", "Threads that compute password hashes, 19 MiB each."),
	COUNT("hash-workers", hash_workers, 4096, "0: two a hash thread",
	    "Threads for sign-in, sign-up and password change, which wait for a hash."),
	INT("queue", queue, 1, 1000000, "1024", "Requests that wait for a worker; beyond it the answer is 503."),
	INT("hash-queue", hash_queue, 1, 100000, "128",
	    "Requests that wait for a password hash; beyond it the answer is 503."),
	INT("hash-share", hash_share, 1, 100000, "8", "How many of those one source address can have waiting."),
	SIZE("task-memory", task_memory, MIB, GIB, "16MiB", "Memory one request can use; beyond it the answer is 503."),
	SIZE("cache-memory", cache_memory, MIB, 1024 * GIB, "256MiB", "Memory for sessions ready to be answered."),

	TRIES("throttle-requests", RULE_REQUESTS, "300", "Requests a minute of one session and source."),
	TRIES("throttle-challenge", RULE_CHALLENGE, "30", "Proof-of-work challenges a minute for one source."),
	TRIES("throttle-lookup", RULE_LOOKUP, "30", "Look-ups of identifiers a minute by one source."),
	TRIES("throttle-sign-in-account", RULE_SIGN_IN_ACCOUNT, "10", "Passwords tried a minute for one account."),
	TRIES("throttle-sign-in-source", RULE_SIGN_IN_SOURCE, "30", "Passwords tried a minute by one source."),
	TRIES("throttle-sign-up-source", RULE_SIGN_UP_SOURCE, "30", "Sign-ups tried a minute by one source."),
	TRIES("throttle-sign-in-streak", RULE_SIGN_IN_STREAK, "100",
	    "Wrong passwords in a row for one account; only a sign-in by other means, or from a browser it knows, ends the row."),
	TRIES("throttle-code-guess", RULE_CODE_GUESS, "5", "Guesses at one mailed or texted code."),
	TRIES("throttle-code-account", RULE_CODE_ACCOUNT, "100", "Guesses a day at codes of one account, of every kind together."),
	TRIES("throttle-code-source", RULE_CODE_SOURCE, "60", "Guesses a minute at codes by one source."),
	TRIES("throttle-send-soon", RULE_SEND_SOON, "1", "Messages within 30 seconds to one recipient."),
	TRIES("throttle-send-target", RULE_SEND_TARGET, "5", "Messages within 10 minutes to one recipient."),
	TRIES("throttle-send-target-day", RULE_SEND_TARGET_DAY, "20", "Messages a day to one recipient."),
	TRIES("throttle-send-prefix", RULE_SEND_PREFIX, "100", "Text messages an hour to numbers that differ in their last four digits."),
	TRIES("throttle-send-source", RULE_SEND_SOURCE, "30", "Messages within 10 minutes asked for by one source."),
	TRIES("throttle-send-deployment", RULE_SEND_DEPLOYMENT, "10000", "Messages an hour that the people of one deployment ask for."),
	TRIES("throttle-invite-member", RULE_INVITE_MEMBER, "200", "Invitations to organizations a day that one member sends."),
	TRIES("throttle-invite-organization", RULE_INVITE_ORGANIZATION, "500", "Invitations a day to one organization."),
	TRIES("throttle-invite-target", RULE_INVITE_TARGET, "5", "Invitations a day to one address, from all organizations of a deployment."),
	TRIES("throttle-invite-deployment", RULE_INVITE_DEPLOYMENT, "5000", "Invitations an hour that the people of one deployment send."),
	TRIES("throttle-secret-key", RULE_SECRET_KEY, "20", "Calls of the Backend API a minute with a wrong key by one source."),
	TRIES("throttle-backend", RULE_BACKEND, "6000", "Calls of the Backend API a minute with one key."),
	TRIES("throttle-picture", RULE_PICTURE, "10", "Pictures uploaded a minute by one source."),
	TRIES("throttle-create", RULE_CREATE, "200", "Organizations and workspaces an hour that one account makes."),
	TRIES("throttle-domain-look", RULE_DOMAIN_LOOK, "20", "Looks an hour for the records of one organization's domains, and by one account."),

	{ ROW("disposable-domains", CONF_TEXT, disposable_domains, "",
	    "Domains of throw-away addresses, one a line, beside the shipped ones; !domain takes one out, !* all the shipped ones."),
	    .def_said = "the shipped ones", .form = &path, .reload = true },
	{ ROW("voip-prefixes", CONF_TEXT, voip_prefixes, "",
	    "The first digits of internet telephony's numbers, dial code first, one a line."),
	    .def_said = "none", .form = &path, .reload = true },

	COUNT("connections", connections, 10000000, "0: as many as descriptors allow", "Open connections, at most."),
	SIZE("request-line", request_line, 256, 64 * KIB, "8KiB", "Longest request line; beyond it the answer is 414."),
	SIZE("request-head", request_head, KIB, 256 * KIB, "16KiB",
	    "Largest request head, request line included; beyond it the answer is 431."),
	{ ROW("request-body", CONF_SIZE, request_body, "64KiB", "Largest request body; beyond it the answer is 413."),
	    .min = KIB, .max = 16 * MIB, .reload = true },
	{ ROW("image-body", CONF_SIZE, image_body, "2112KiB",
	    "Largest request body with an image: 2 MiB of it and what is around it."), .min = KIB, .max = 64 * MIB,
	    .reload = true },
	SIZE("body-memory", body_memory, 4 * MIB, 1024 * GIB, "256MiB",
	    "Memory for bodies larger than 4 KiB, all together; beyond it the answer is 503."),
	SIZE("answer-memory", answer_memory, 4 * MIB, 1024 * GIB, "128MiB",
	    "Memory for long lists that are being answered, all together; beyond it the answer is 503."),
	TIME("answer-time", answer_time_us, SECOND_US, DAY_US, "10m", "A long list is taken at least as fast as that takes this."),
	TIME("head-timeout", head_timeout_us, SECOND_US / 10, HOUR_US, "10s", "A request head is complete within this."),
	TIME("idle-timeout", idle_timeout_us, SECOND_US / 10, DAY_US, "75s", "A connection without a request is closed after this."),
	TIME("body-grace", body_grace_us, 0, HOUR_US, "5s", "After this a request body comes at body-rate at least."),
	INT("body-rate", body_rate, 1, 1000000000, "500", "Bytes a second."),
	TIME("write-stall", write_stall_us, SECOND_US / 10, HOUR_US, "10s",
	    "A connection that takes nothing of its answer for this long is closed."),
	INT("pipeline", pipeline, 1, 1024, "16", "Requests in flight on one connection, at most."),
	TIME("drain-timeout", drain_timeout_us, 0, HOUR_US, "10s", "At the end, requests already begun get this long."),
};
/* clang-format on */
const size_t conf_rows_n = ARRAY_LEN(conf_rows);
_Static_assert(ARRAY_LEN(conf_rows) <= CONF_ROWS_MAX, "room for where each came from");
