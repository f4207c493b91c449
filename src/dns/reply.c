/* reply.c - reading an answer of the DNS: bytes from a stranger. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/txt.h"

#include <ldns/ldns.h>
#include <string.h>

enum { ALIASES_MAX = 8, TEXT_MAX = 1024 };

/* Is it about our question, and nobody else's? RFC 5452 §9.1. */
static bool
answers_question(const ldns_pkt *pkt, uint16_t id, const ldns_rdf *name)
{
	const ldns_rr_list *q = ldns_pkt_question(pkt);
	const ldns_rr *asked;

	if (!ldns_pkt_qr(pkt) || ldns_pkt_id(pkt) != id || ldns_rr_list_rr_count(q) != 1)
		return false;
	asked = ldns_rr_list_rr(q, 0);
	return ldns_rr_get_type(asked) == LDNS_RR_TYPE_TXT && ldns_rr_get_class(asked) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(asked), name) == 0;
}

/* A text of several strings is one text (RFC 7208 §3.3 says it for SPF, and everybody does it). */
static bool
text_is(const ldns_rr *rr, struct str value)
{
	char text[TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *part = ldns_rr_rdf(rr, i);
		const uint8_t *p = ldns_rdf_data(part);

		if (ldns_rdf_size(part) < 1 || (size_t)p[0] + 1 > ldns_rdf_size(part) || n + p[0] > sizeof(text))
			return false;
		memcpy(text + n, p + 1, p[0]);
		n += p[0];
	}
	return n == value.n && memcmp(text, value.p, n) == 0;
}

static bool
is_record(const ldns_rr *rr, ldns_rr_type type, const ldns_rdf *owner)
{
	return ldns_rr_get_type(rr) == type && ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(rr), owner) == 0;
}

static bool
has_text(const ldns_rr_list *answer, const ldns_rdf *owner, struct str value)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);

		if (is_record(rr, LDNS_RR_TYPE_TXT, owner) && text_is(rr, value))
			return true;
	}
	return false;
}

/* What a name is an alias of, by this answer; NULL: of nothing. */
static const ldns_rdf *
alias_of(const ldns_rr_list *answer, const ldns_rdf *owner)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);

		if (is_record(rr, LDNS_RR_TYPE_CNAME, owner) && ldns_rr_rd_count(rr) == 1)
			return ldns_rr_rdf(rr, 0);
	}
	return NULL;
}

/* Texts of other names in the answer prove nothing: only those that the aliases lead to. */
static enum dns_reply
look_for(const ldns_rr_list *answer, const ldns_rdf *name, struct str value)
{
	for (int i = 0; i < ALIASES_MAX && name != NULL; i++) {
		if (has_text(answer, name, value))
			return DNS_REPLY_HAS;
		name = alias_of(answer, name);
	}
	return DNS_REPLY_HAS_NOT;
}

static enum dns_reply
read_packet(const ldns_pkt *pkt, uint16_t id, const ldns_rdf *name, struct str value)
{
	ldns_pkt_rcode rcode = ldns_pkt_get_rcode(pkt);

	if (!answers_question(pkt, id, name))
		return DNS_REPLY_FOREIGN;
	if (ldns_pkt_tc(pkt))
		return DNS_REPLY_CUT;
	if (rcode == LDNS_RCODE_NXDOMAIN)
		return DNS_REPLY_HAS_NOT;
	return rcode == LDNS_RCODE_NOERROR ? look_for(ldns_pkt_answer(pkt), name, value) : DNS_REPLY_FAILED;
}

enum dns_reply
dns_txt_reply(const uint8_t *p, size_t n, uint16_t id, const char *name, struct str value)
{
	enum dns_reply reply = DNS_REPLY_FOREIGN;
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	ldns_pkt *pkt = NULL;

	if (owner != NULL && ldns_wire2pkt(&pkt, p, n) == LDNS_STATUS_OK)
		reply = read_packet(pkt, id, owner, value);
	ldns_pkt_free(pkt);
	ldns_rdf_deep_free(owner);
	return reply;
}
