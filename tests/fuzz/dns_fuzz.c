/* dns_fuzz.c - what anybody may send as an answer of the DNS. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "dns/txt.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* The first two bytes are the question's number, as they are in the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint16_t id = n >= 2 ? (uint16_t)(p[0] << 8 | p[1]) : 0;
	enum dns_reply reply =
	    dns_txt_reply(p, n, id, "_sessiond-verification.example.com", S("sessiond-verification=abc"));

	CHECK(reply <= DNS_REPLY_FOREIGN);
	return 0;
}
