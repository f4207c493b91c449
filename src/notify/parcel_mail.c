/* parcel_mail.c - a message as mail: RFC 5321 to the deployment's own server, over TLS. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/parcel.h"

#include <string.h>

#include "base/secret.h"
#include "base/str.h"
#include "notify/mime.h"
#include "notify/secrets.h"

static struct str
sender_address(struct arena *a, const struct deployment *d)
{
	if (d->settings.smtp.from.n > 0)
		return d->settings.smtp.from;
	return arena_printf(a, "no-reply@" STR_FMT, STR_ARG(d->settings.mail_from_host));
}

static void
write_mail(const struct deployment *d, const struct letter *l, struct parcel *p)
{
	const struct mail m = {
		.id = message_id_str(p->arena, p->id),
		.domain = d->settings.mail_from_host,
		.from_name = d->settings.smtp.from_name.n > 0 ? d->settings.smtp.from_name : d->settings.ui.app_name,
		.from = sender_address(p->arena, d),
		.to = p->to,
		.subject = l->parts[LETTER_SUBJECT],
		.text = l->parts[LETTER_TEXT],
		.html = l->parts[LETTER_HTML],
		.at = p->created_at,
	};

	mime_write(&m, &p->body);
}

/* libcurl copies them. */
static CURLcode
set_login(struct parcel *p, struct str username, const struct secret *password)
{
	struct secret text;
	CURLcode failed;

	if (username.n == 0)
		return CURLE_OK;
	if (!secret_new(password->n + 1, &text))
		return CURLE_OUT_OF_MEMORY;
	if (password->n > 0)
		memcpy(text.p, password->p, password->n);
	failed = curl_easy_setopt(p->easy, CURLOPT_USERNAME, parcel_cstr(p, username));
	if (failed == CURLE_OK)
		failed = curl_easy_setopt(p->easy, CURLOPT_PASSWORD, (const char *)text.p);
	secret_done(&text);
	return failed;
}

enum parcel_scope
parcel_mail_scope(const struct settings *s)
{
	/* Without TLS it does not leave the machine, and only a host that says so is taken then. */
	if (s->smtp.security == SMTP_NO_TLS)
		return SCOPE_LOOPBACK;
	return s->smtp.public_only ? SCOPE_PUBLIC : SCOPE_ANY;
}

static CURLcode
set_server(const struct deployment *d, const char *ca_file, struct parcel *p)
{
	const char *scheme = d->settings.smtp.security == SMTP_TLS ? "smtps" : "smtp";
	/* The path is what we call ourselves: EHLO mail.example.com. */
	struct str url = arena_printf(p->arena, "%s://" STR_FMT ":%lld/" STR_FMT, scheme, STR_ARG(d->settings.smtp.host),
	    (long long)d->settings.smtp.port, STR_ARG(d->settings.mail_from_host));
	bool plain = d->settings.smtp.security == SMTP_NO_TLS;
	CURLcode failed = CURLE_OK;

	if (!url.p)
		return CURLE_OUT_OF_MEMORY;
	p->scope = parcel_mail_scope(&d->settings);
	failed |= curl_easy_setopt(p->easy, CURLOPT_URL, url.p);
	failed |= curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, scheme);
	/* ALL: without STARTTLS the mail is not sent. */
	failed |= curl_easy_setopt(p->easy, CURLOPT_USE_SSL, plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
	if (ca_file && ca_file[0] != '\0')
		failed |= curl_easy_setopt(p->easy, CURLOPT_CAINFO, ca_file);
	return failed;
}

static CURLcode
set_envelope(const struct deployment *d, struct parcel *p)
{
	struct str from = sender_address(p->arena, d);
	CURLcode failed = CURLE_OK;

	p->recipients = curl_slist_append(NULL, parcel_cstr(p, p->to));
	if (!p->recipients)
		return CURLE_OUT_OF_MEMORY;
	failed |= curl_easy_setopt(p->easy, CURLOPT_MAIL_FROM, parcel_cstr(p, from));
	failed |= curl_easy_setopt(p->easy, CURLOPT_MAIL_RCPT, p->recipients);
	failed |= curl_easy_setopt(p->easy, CURLOPT_UPLOAD, 1L);
	return failed;
}

enum status
parcel_address_mail(struct task *t, const struct keys *k, const struct deployment *d, const char *ca_file,
    const struct letter *letter, struct parcel *p)
{
	struct secret password;
	CURLcode failed;

	if (!mime_address_is_plain(p->to))
		return fail(t, E_BAD_REQUEST_BODY, "the recipient is not one e-mail address");
	TRY(deployment_secret_load(t, k, d->id, SECRET_SMTP_PASSWORD, &password));
	write_mail(d, letter, p);
	failed = set_login(p, d->settings.smtp.username, &password);
	secret_done(&password);
	failed |= set_server(d, ca_file, p);
	failed |= set_envelope(d, p);
	if (failed != CURLE_OK || p->body.failed || arena_failed(p->arena))
		return fail(t, E_OVERLOADED, "out of memory for a mail");
	return OK;
}
