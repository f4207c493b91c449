/* parcel_post.c - what is posted to an address that somebody else chose: where it may go, and how it is signed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/parcel.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "deployment/origin.h"
#include "notify/signature.h"

void
parcel_add_header(struct parcel *p, struct str line)
{
	struct curl_slist *more = curl_slist_append(p->headers, parcel_cstr(p, line));

	/* A list that did not grow is missed at the end: arena and list fail alike. */
	if (more)
		p->headers = more;
	else
		p->body.failed = true;
}

enum status
parcel_sign(struct task *t, struct str id, const struct secret *secret, const struct secret *before, struct parcel *p)
{
	struct str at = arena_printf(p->arena, "%lld", (long long)(clock_now() / SECOND_US));
	struct str body = buf_str(&p->body), signature, also;

	TRY(signature_make(t, secret, id, at, body, &signature));
	if (before && before->n > 0) {
		TRY(signature_make(t, before, id, at, body, &also));
		signature = arena_printf(p->arena, STR_FMT " " STR_FMT, STR_ARG(signature), STR_ARG(also));
	}
	parcel_add_header(p, S("Content-Type: application/json"));
	parcel_add_header(p, arena_printf(p->arena, "webhook-id: " STR_FMT, STR_ARG(id)));
	parcel_add_header(p, arena_printf(p->arena, "webhook-timestamp: " STR_FMT, STR_ARG(at)));
	parcel_add_header(p, arena_printf(p->arena, "webhook-signature: " STR_FMT, STR_ARG(signature)));
	return OK;
}

/* A host that is an address and no name, as the guard will see it. */
static bool
read_address(const struct host *h, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char text[INET6_ADDRSTRLEN] = "";
	struct str name = h->name;

	if (h->kind == HOST_NAME || name.n >= sizeof(text))
		return false;
	if (h->kind == HOST_IPV6)
		name = (struct str){ name.p + 1, name.n - 2 };
	memcpy(text, name.p, name.n);
	if (h->kind == HOST_IPV4 ? inet_pton(AF_INET, text, &in4.sin_addr) != 1 : inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
		return false;
	if (h->kind == HOST_IPV4)
		memcpy(ret_address, &in4, sizeof(in4));
	else
		memcpy(ret_address, &in6, sizeof(in6));
	return true;
}

bool
parcel_may_post_to(struct str url, const char **ret_sentence)
{
	struct sockaddr_storage address = { 0 };
	struct origin o;

	if (!url_parse(url, &o) || !origin_is_http(&o)) {
		*ret_sentence = "is not an https:// URL, with its host in the one usual spelling and without a user";
		return false;
	}
	if (!origin_is_https(&o) && !o.host.is_loopback) {
		*ret_sentence = "is not https://; http:// only on a loopback host";
		return false;
	}
	if (!o.host.is_loopback && read_address(&o.host, &address) &&
	    !parcel_scope_allows(SCOPE_PUBLIC, (const struct sockaddr *)&address)) {
		*ret_sentence = "leads to an address that is not on the internet";
		return false;
	}
	return true;
}

static CURLcode
set_request(struct parcel *p, struct str url, const char *ca_file)
{
	struct origin o;
	CURLcode failed = CURLE_OK;

	if (!url_parse(url, &o))
		return CURLE_URL_MALFORMAT;
	p->scope = o.host.is_loopback ? SCOPE_LOOPBACK : SCOPE_PUBLIC;
	parcel_add_header(p, S("Expect:"));
	failed |= curl_easy_setopt(p->easy, CURLOPT_URL, parcel_cstr(p, url));
	failed |= curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, o.host.is_loopback ? "http,https" : "https");
	failed |= curl_easy_setopt(p->easy, CURLOPT_POST, 1L);
	failed |= curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
	failed |= curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, p->body.p);
	failed |= curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
	failed |= curl_easy_setopt(p->easy, CURLOPT_USERAGENT, "sessiond");
	if (ca_file && ca_file[0] != '\0')
		failed |= curl_easy_setopt(p->easy, CURLOPT_CAINFO, ca_file);
	return failed;
}

bool
parcel_post_to(struct parcel *p, struct str url, const char *ca_file)
{
	return set_request(p, url, ca_file) == CURLE_OK && !p->body.failed && !arena_failed(p->arena);
}
