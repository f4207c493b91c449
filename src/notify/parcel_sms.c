/* parcel_sms.c - a message as text: posted to the deployment's provider, signed or in Twilio's form. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/parcel.h"

#include <string.h>

#include "base/json.h"
#include "base/secret.h"
#include "base/str.h"
#include "notify/secrets.h"

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

static enum status
make_json(struct task *t, const struct deployment *d, struct str text, const struct secret *secret, struct parcel *p)
{
	struct str id = message_id_str(p->arena, p->id);

	if (secret->n == 0)
		return fail(t, E_INTERNAL, "the deployment secret sms_secret is not set");
	write_json(d, text, p);
	return parcel_sign(t, id, secret, NULL, p);
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
	parcel_add_header(p, S("Content-Type: application/x-www-form-urlencoded"));
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
	if (!parcel_post_to(p, d->settings.sms.webhook_url, ca_file))
		return fail(t, E_OVERLOADED, "out of memory for a text message");
	return OK;
}
