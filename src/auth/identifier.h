/* identifier.h - what people are called: e-mail addresses, usernames, numbers, slugs, and their keys. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/task.h"

/*
 * A key is what is compared and kept unique: NFKC, then case folding, then NFKC again
 * (libutf8proc), because the engines' own folding is ASCII-only or follows a
 * collation. Two spellings that a person takes for the same give one key; but two mailboxes
 * may have one too (a@straße.de, a@strasse.de), so a key never tells whose a mailbox is: what
 * proves one, or lets somebody in by it, compares addresses as they are kept. Keys are
 * normalised before anything is checked. The key of a key is itself. All results: task's
 * arena. E_BAD_REQUEST_BODY when it cannot be one, E_OVERLOADED without memory. Any thread.
 */

/*
 * The address as kept and written to (NFKC, trimmed, lower case; "straße" stays) and its
 * key. One '@', an unquoted local part of at most 64 bytes, a domain with a dot, at most
 * 254 bytes in all (RFC 5321 §4.5.3.1); letters of any script (RFC 6531).
 */
enum status identifier_email(
    struct task *t, struct str text, struct str *ret_email, struct str *ret_key) MUST_CHECK;
/* 3-30 (or as given) of [A-Za-z0-9_.-], kept as written. */
enum status identifier_username(struct task *t, struct str text, int64_t min, int64_t max,
    struct str *ret_username, struct str *ret_key) MUST_CHECK;
/*
 * Digits 7-15 with separators dropped; dial code "+1" … "+9999" with or without plus (an
 * ISO country code is mapped). A number that starts with '+' must carry that dial code.
 */
enum status identifier_phone(struct task *t, struct str number, struct str dial_code, struct str *ret_digits,
    struct str *ret_dial_code) MUST_CHECK;
/* Printable text of 1-max code points, trimmed, NFC; no control characters, line breaks or turned direction,
 * something to see. */
enum status identifier_name(struct task *t, struct str text, int64_t max, struct str *ret_name) MUST_CHECK;
/* "Café Müller" -> "cafe-muller": folded, marks off, runs of all but [a-z0-9] become '-', trimmed, <= 60
 * bytes; "x" when nothing is left. */
struct str identifier_slug(struct task *t, struct str name);
/* "Zoë Müller" as names are searched: folded like a key. Empty when there is no name. */
enum status identifier_name_key(struct task *t, struct str first_name, struct str last_name, struct str *ret_key) MUST_CHECK;
/* What is searched for, folded as keys are; at most `max` code points as typed. */
enum status identifier_search(struct task *t, struct str text, int64_t max, struct str *ret_folded) MUST_CHECK;
/* The key of a label, such as a role's name: "Editor" and "EDITOR" are one. */
enum status identifier_label_key(struct task *t, struct str label, struct str *ret_key) MUST_CHECK;
/* NFC; an empty str when it is not text or memory is out. */
struct str identifier_nfc(struct arena *a, struct str text);
