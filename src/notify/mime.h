/* mime.h - a mail as it goes over the wire: RFC 5322 headers, MIME parts. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

struct mail {
	struct str id;		/* left of @ in the Message-ID: the same at every try */
	struct str domain;	/* right of it */
	struct str from_name, from, to;	/* addresses as mime_address_is_plain() wants them */
	struct str subject, text, html;	/* UTF-8; html may be empty */
	int64_t    at;		/* when it was written; microseconds */
};

/*
 * The whole mail with CRLF line ends, none longer than 78 bytes but for addresses. Control characters
 * in headers become spaces: nothing that is given can begin a header (API-07). RFC 5322, 2045, 2047.
 */
void mime_write(const struct mail *m, struct buf *out);

/* One address and nothing else: something@something of at most 254 bytes without what a list or a command is made of. */
bool mime_address_is_plain(struct str address);

/* Text for a header: as it is, or as encoded words (RFC 2047) when it is not plain ASCII. */
void mime_put_words(struct buf *out, struct str text);
/* Text for a body: quoted-printable (RFC 2045 §6.7) with CRLF line ends. */
void mime_put_quoted_printable(struct buf *out, struct str text);
