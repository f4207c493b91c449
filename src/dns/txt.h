/* txt.h - one question to the DNS: does this name have this text? RFC 1035 §3.3.14, RFC 5452. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

enum dns_verdict {
	DNS_HAS,       /* a TXT record of the name, or of what it is an alias of, is exactly this text */
	DNS_HAS_NOT,   /* the name does not exist, or has other texts */
	DNS_NO_ANSWER, /* nobody answered in time, or with anything that could be believed */
};

/*
 * Ask `server` ("192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53"; empty: the system's, from /etc/resolv.conf).
 * name: ASCII, no trailing dot. Blocks its thread for five seconds at most, over UDP and, for what does not fit,
 * TCP. E_OVERLOADED: as many wait for answers already as may, or no memory, or no randomness for the number of the
 * question; t->why tells. Everything else that goes wrong is DNS_NO_ANSWER, with t->why. Any thread that may block.
 */
enum status dns_txt_has(
    struct task *t, const char *server, struct str name, struct str value, enum dns_verdict *ret_v) MUST_CHECK;

/* Is it a server as above? */
bool dns_server_fits(const char *text);

/* ---- for dns_txt_has(), its test and its fuzzer ---- */

enum dns_reply { DNS_REPLY_HAS, DNS_REPLY_HAS_NOT, DNS_REPLY_CUT, DNS_REPLY_FAILED, DNS_REPLY_FOREIGN };

/* What bytes from the net are an answer to the question `id` for `name`. FOREIGN: not an answer to it at all. */
enum dns_reply dns_txt_reply(const uint8_t *p, size_t n, uint16_t id, const char *name, struct str value);
