/* addr.c - addresses and networks, as text and as bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/listen.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static void
set_ip4(struct net_addr *a, const void *bytes, uint16_t port)
{
	*a = (struct net_addr){ .family = AF_INET, .port = port };
	memcpy(a->bytes, bytes, 4);
}

/* ::ffff:10.0.0.1 is 10.0.0.1: one address must not have two names in rules and limits. */
static void
set_ip6(struct net_addr *a, const void *bytes, uint16_t port)
{
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		set_ip4(a, (const uint8_t *)bytes + sizeof(mapped), port);
		return;
	}
	*a = (struct net_addr){ .family = AF_INET6, .port = port };
	memcpy(a->bytes, bytes, 16);
}

void
net_addr_of_socket(const struct sockaddr_storage *sa, struct net_addr *ret_addr)
{
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		set_ip4(ret_addr, &in->sin_addr, ntohs(in->sin_port));
	} else if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		set_ip6(ret_addr, &in6->sin6_addr, ntohs(in6->sin6_port));
	} else {
		*ret_addr = (struct net_addr){ .family = AF_UNIX };
	}
}

bool
net_addr_parse(struct str text, struct net_addr *ret_addr)
{
	char cstr[INET6_ADDRSTRLEN];
	uint8_t bytes[16];

	if (text.n == 0 || text.n >= sizeof(cstr) || memchr(text.p, '\0', text.n) != NULL)
		return false;
	memcpy(cstr, text.p, text.n);
	cstr[text.n] = '\0';
	if (inet_pton(AF_INET, cstr, bytes) == 1)
		set_ip4(ret_addr, bytes, 0);
	else if (inet_pton(AF_INET6, cstr, bytes) == 1)
		set_ip6(ret_addr, bytes, 0);
	else
		return false;
	return true;
}

size_t
net_addr_format(const struct net_addr *a, char out[static 46])
{
	if (a->family == AF_UNIX || inet_ntop(a->family, a->bytes, out, 46) == NULL)
		snprintf(out, 46, "unix");
	return strlen(out);
}

bool
net_addr_is_loopback(const struct net_addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == AF_INET)
		return a->bytes[0] == 127;
	return a->family == AF_UNIX || memcmp(a->bytes, one, sizeof(one)) == 0;
}

static unsigned
width(const struct net_addr *a)
{
	return a->family == AF_INET ? 32 : 128;
}

bool
net_cidr_parse(struct str text, struct net_cidr *ret_cidr)
{
	struct str addr, bits_text;
	bool has_bits = str_cut(text, '/', &addr, &bits_text);
	struct net_cidr c;
	int64_t bits;

	if (!net_addr_parse(addr, &c.base))
		return false;
	bits = width(&c.base);
	if (has_bits) {
		/* Of a mapped address the prefix counts the 96 bits that are gone. */
		bool was_mapped = c.base.family == AF_INET && memchr(addr.p, ':', addr.n) != NULL;

		if (!str_int(bits_text, was_mapped ? 96 : 0, was_mapped ? 128 : bits, &bits))
			return false;
		bits -= was_mapped ? 96 : 0;
	}
	c.bits = (unsigned)bits;
	*ret_cidr = c;
	return true;
}

bool
net_cidr_has(const struct net_cidr *c, const struct net_addr *a)
{
	unsigned whole = c->bits / 8, rest = c->bits % 8;

	if (a->family != c->base.family || a->family == AF_UNIX)
		return false;
	if (memcmp(a->bytes, c->base.bytes, whole) != 0)
		return false;
	return rest == 0 || (a->bytes[whole] ^ c->base.bytes[whole]) >> (8 - rest) == 0;
}
