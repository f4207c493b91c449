/* parcel_hook.c - an event, posted to an endpoint outside. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/parcel.h"

/* Who does not answer in that time has trouble of its own; it is tried again. */
enum { HOOK_CONNECT_TIMEOUT_S = 5, HOOK_TIMEOUT_S = 10 };

enum status
parcel_address_hook(struct task *t, struct str url, const char *ca_file, const struct secret *secret,
    const struct secret *before, struct parcel *p)
{
	const char *sentence = NULL;
	CURLcode failed = CURLE_OK;

	if (!parcel_may_post_to(url, &sentence))
		return fail(t, E_BAD_REQUEST_BODY, "its address %s", sentence);
	TRY(parcel_sign(t, hook_event_id_str(p->arena, p->event), secret, before, p));
	failed |= curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT, (long)HOOK_CONNECT_TIMEOUT_S);
	failed |= curl_easy_setopt(p->easy, CURLOPT_TIMEOUT, (long)HOOK_TIMEOUT_S);
	failed |= curl_easy_setopt(p->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)HOOK_TIMEOUT_S);
	if (failed != CURLE_OK || !parcel_post_to(p, url, ca_file))
		return fail(t, E_OVERLOADED, "out of memory for an event");
	return OK;
}
