/* parcel_sms.c - a message as text: posted to the deployment's provider, signed or in Twilio's form. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/parcel.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/str.h"
#include "deployment/origin.h"
#include "notify/secrets.h"

enum { KEY_MAX = 512 };

static bool
is_number(struct str to)
{
	if (to.n < 8 || to.n > 16 || to.p[0] != '+')
		return false;
	for (size_t i = 1; i < to.n; i++)
		if (to.p[i] < '0' || to.p[i] > '9')
			return false;
	return true;
}

/* ---- JSON, signed as www.standardwebhooks.com has it ---- */

static void
write_json(const struct deployment *d, struct str text, struct parcel *p)
{
	struct json j;

	json_init(&j, &p->body);
	json_object_begin(&j, NULL);
	json_str(&j, "type", S("sms"));
	json_message_id(&j, "id", p->id);
	json_str(&j, "kind", str_of(message_kind_info[p->kind].name));
	json_str(&j, "to", p->to);
	json_str(&j, "from", d->settings.sms.from);
	json_str(&j, "text", text);
	json_object_end(&j);
}

/* "whsec_" and base64, or the bytes of the text itself. */
static bool
read_key(const struct secret *secret, uint8_t ret_key[static KEY_MAX], size_t *ret_n)
{
	struct str text = { (const char *)secret->p, secret->n };
	char spelled[KEY_MAX];
	size_t n;
	bool good;

	if (text.n > KEY_MAX)
		return false;
	if (!str_starts(text, S("whsec_"))) {
		if (text.n > 0)
			memcpy(ret_key, text.p, text.n);
		*ret_n = text.n;
		return true;
	}
	text = str_from(text, 6);
	for (n = 0; n < text.n && text.p[n] != '='; n++)
		spelled[n] = text.p[n] == '+' ? '-' : text.p[n] == '/' ? '_' : text.p[n];
	good = str_b64url_decode((struct str){ spelled, n }, ret_key, KEY_MAX, ret_n);
	secret_wipe(spelled, sizeof(spelled));
	return good;
}

static enum status
sign(struct task *t, const struct secret *secret, struct str id, struct str at, struct str body, struct str *ret_signature)
{
	const struct str parts[] = { id, S("."), at, S("."), body };
	uint8_t key[KEY_MAX], mac[32];
	size_t n = 0;
	bool good = read_key(secret, key, &n) && n > 0 && secret_hmac(mac, key, n, parts, ARRAY_LEN(parts));

	secret_wipe(key, sizeof(key));
	if (!good)
		return fail(t, E_INTERNAL, "the deployment secret sms_secret is not set, or no key");
	*ret_signature = str_b64(t->arena, mac, sizeof(mac));
	return OK;
}

static void
add_header(struct parcel *p, struct str line)
{
	struct curl_slist *more = curl_slist_append(p->headers, parcel_cstr(p, line));

	/* A list that did not grow is missed at the end: arena and list fail alike. */
	if (more)
		p->headers = more;
	else
		p->body.failed = true;
}

static enum status
make_json(struct task *t, const struct deployment *d, struct str text, const struct secret *secret, struct parcel *p)
{
	struct str id = message_id_str(p->arena, p->id);
	struct str at = arena_printf(p->arena, "%lld", (long long)(clock_now() / SECOND_US));
	struct str signature;

	write_json(d, text, p);
	TRY(sign(t, secret, id, at, buf_str(&p->body), &signature));
	add_header(p, S("Content-Type: application/json"));
	add_header(p, arena_printf(p->arena, "webhook-id: " STR_FMT, STR_ARG(id)));
	add_header(p, arena_printf(p->arena, "webhook-timestamp: " STR_FMT, STR_ARG(at)));
	add_header(p, arena_printf(p->arena, "webhook-signature: v1," STR_FMT, STR_ARG(signature)));
	return OK;
}

/* ---- Twilio's form: To, From, Body, and Basic authentication ---- */

static void
put_field(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, "%s%s=", out->n > 0 ? "&" : "", name);
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_')
			buf_put_char(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

static enum status
make_twilio(struct task *t, const struct deployment *d, struct str text, const struct secret *secret, struct parcel *p)
{
	struct secret token;

	put_field(&p->body, "To", p->to);
	put_field(&p->body, "From", d->settings.sms.from);
	put_field(&p->body, "Body", text);
	add_header(p, S("Content-Type: application/x-www-form-urlencoded"));
	if (!secret_new(secret->n + 1, &token))
		return fail(t, E_OVERLOADED, "out of memory for a text message");
	if (secret->n > 0)
		memcpy(token.p, secret->p, secret->n);
	if (curl_easy_setopt(p->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_USERNAME, parcel_cstr(p, d->settings.sms.username)) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_PASSWORD, (const char *)token.p) != CURLE_OK)
		p->body.failed = true;
	secret_done(&token);
	return OK;
}

/* ---- both ---- */

static CURLcode
set_request(const struct deployment *d, const char *ca_file, struct parcel *p)
{
	struct str url = d->settings.sms.webhook_url;
	struct origin o;
	CURLcode failed = CURLE_OK;

	if (!url_parse(url, &o))
		return CURLE_URL_MALFORMAT;
	p->scope = o.host.is_loopback ? SCOPE_LOOPBACK : SCOPE_PUBLIC;
	add_header(p, S("Expect:"));
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

enum status
parcel_address_sms(struct task *t, const struct keys *k, const struct deployment *d, const char *ca_file,
    const struct letter *letter, struct parcel *p)
{
	struct str text = str_trim(letter->parts[LETTER_TEXT]);
	struct secret secret;
	enum status st;

	/* The line's end of the template is no part of what is said. */
	while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	if (!is_number(p->to))
		return fail(t, E_BAD_REQUEST_BODY, "the recipient is not one phone number");
	TRY(deployment_secret_load(t, k, d->id, SECRET_SMS, &secret));
	st = d->settings.sms.format == SMS_TWILIO ? make_twilio(t, d, text, &secret, p) : make_json(t, d, text, &secret, p);
	secret_done(&secret);
	TRY(st);
	if (set_request(d, ca_file, p) != CURLE_OK || p->body.failed || arena_failed(p->arena))
		return fail(t, E_OVERLOADED, "out of memory for a text message");
	return OK;
}
