/* blocklists.h - lists that come with the program or its operator: throw-away domains, internet telephony's numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

struct blocklists;

struct blocklists *blocklists_new(void);	/* with the shipped list of domains; NULL: no memory */
struct blocklists *blocklists_free(struct blocklists *b);	/* NULL is fine; returns NULL */

/*
 * Read the operator's files and put them in effect, both or neither; an empty path is no file. One entry a line, '#' begins a
 * comment, at most 64 MiB. Domains are added to the shipped ones; "!domain" takes one out, "!*" all the shipped
 * ones. Number ranges are the first digits of E.164 numbers, with or without plus. E_BAD_REQUEST_BODY with file and line in
 * t->why, E_OVERLOADED. Start and reload; readers go on meanwhile.
 */
enum status blocklists_load(struct task *t, struct blocklists *b, const char *disposable_path, const char *voip_path) MUST_CHECK;

/* Is the domain (of an address's key), or one above it, on the list? Any thread. */
bool blocklists_is_disposable(struct blocklists *b, struct str domain);

/* Is there a list of number ranges, and does one of them begin these digits (dial code and number, no plus)? Any thread. */
bool blocklists_knows_voip(struct blocklists *b);
bool blocklists_is_voip(struct blocklists *b, struct str digits);
