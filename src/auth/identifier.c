/* identifier.c - what people are called: e-mail addresses, usernames, numbers, slugs, and their keys. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/identifier.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/str.h"

enum {
	TEXT_MAX = 1024, /* bytes of any identifier before it is looked at */
	EMAIL_MAX = 254,
	LOCAL_MAX = 64,
	LABEL_MAX = 63,
	SLUG_MAX = 60,
	DIGITS_MIN = 7,
	DIGITS_MAX = 15,
};
enum form {
	NFC = UTF8PROC_STABLE | UTF8PROC_COMPOSE,
	NFKC = NFC | UTF8PROC_COMPAT,
	FOLDED = NFKC | UTF8PROC_CASEFOLD,
	SEEN = NFKC | UTF8PROC_IGNORE,
	BARE =
	    UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK,
};

/* --- forms of a text --- */

/* Empty when it is not text or memory is out. */
static struct str
mapped(struct arena *a, struct str text, enum form form)
{
	utf8proc_uint8_t *p = NULL;
	if (text.n == 0 || !str_is_text(text))
		return STR_NONE;
	utf8proc_ssize_t n = utf8proc_map(
	    (const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &p, (utf8proc_option_t)form);
	struct str result = n <= 0 ? STR_NONE : arena_dup(a, (struct str){ (const char *)p, (size_t)n });
	free(p);
	return result;
}

struct str
identifier_nfc(struct arena *a, struct str text)
{
	return mapped(a, text, NFC);
}

/* The next code point of well-formed text, which is cut off. */
static utf8proc_int32_t
next_code_point(struct str *text)
{
	utf8proc_int32_t c = -1;
	utf8proc_ssize_t n =
	    utf8proc_iterate((const utf8proc_uint8_t *)text->p, (utf8proc_ssize_t)text->n, &c);
	CHECK(n > 0);
	*text = str_from(*text, (size_t)n);
	return c;
}

static bool
is_space(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);
	return c == '\t' || category == UTF8PROC_CATEGORY_ZS;
}

/* Spaces of every script off both ends: what NFKC makes of them, and those it keeps. */
static struct str
trim(struct str text)
{
	size_t end = 0;
	for (struct str rest = text; rest.n > 0;) {
		struct str at = rest;
		bool space = is_space(next_code_point(&rest));
		if (space && at.p == text.p)
			text = rest;
		else if (!space)
			end = (size_t)(at.p - text.p) + at.n - rest.n;
	}
	return (struct str){ text.p, end };
}

/* Not text, too long to look at, or no memory: told apart here, once for all kinds. */
static enum status
read_text(struct task *t, struct str text, enum form form, struct str *ret_text)
{
	if (text.n > TEXT_MAX || !str_is_text(text))
		return fail(t, E_BAD_REQUEST_BODY, "identifier: not a text of at most %d bytes", TEXT_MAX);
	struct str result = trim(mapped(t->arena, text, form));
	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	if (result.n == 0)
		return fail(t, E_BAD_REQUEST_BODY, "identifier: nothing there");
	*ret_text = result;
	return OK;
}

/*
 * Folding and composing disturb each other, so it goes on until nothing changes: the
 * key of a key is itself.
 */
static enum status
make_key(struct task *t, struct str text, struct str *ret_key)
{
	struct str key = mapped(t->arena, text, NFKC);
	for (int rounds = 0; rounds < 4; rounds++) {
		struct str again = mapped(t->arena, key, FOLDED);
		if (str_eq(again, key))
			break;
		key = again;
	}
	if (key.n == 0)
		return fail(t, E_OVERLOADED, "out of memory for this task");
	*ret_key = key;
	return OK;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_ascii(char c)
{
	return (unsigned char)c < 0x80;
}

/* --- e-mail --- */

/* Seen when written: letters, their marks, and digits. The Hangul fillers are letters nobody sees. */
static bool
is_foreign_letter(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);
	return !utf8proc_get_property(c)->ignorable &&
	       ((category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_MC) ||
		   category == UTF8PROC_CATEGORY_ND);
}

/* RFC 5321 §4.1.2 Dot-string, with RFC 6531's letters; quoted local parts are refused. */
static bool
is_local_part(struct str local)
{
	if (local.n == 0 || local.n > LOCAL_MAX || local.p[0] == '.' || local.p[local.n - 1] == '.')
		return false;
	char before = '\0';
	while (local.n > 0) {
		char c = local.p[0];
		utf8proc_int32_t cp = next_code_point(&local);
		bool ok = !is_ascii(c) ? is_foreign_letter(cp)
				       : is_alnum(c) || strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL;
		if (!ok || (c == '.' && before == '.'))
			return false;
		before = c;
	}
	return true;
}

static bool
is_label(struct str label)
{
	if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	while (label.n > 0) {
		char c = label.p[0];
		utf8proc_int32_t cp = next_code_point(&label);
		if (is_ascii(c) ? !is_alnum(c) && c != '-' : !is_foreign_letter(cp))
			return false;
	}
	return true;
}

/* Two labels or more, and no address: the last one has something that is no digit. */
static bool
is_domain(struct str domain)
{
	struct str label = STR_NONE;
	int labels = 0;
	for (bool more = true; more; labels++) {
		more = str_cut(domain, '.', &label, &domain);
		if (!is_label(label))
			return false;
	}
	size_t digits = 0;
	while (digits < label.n && is_digit(label.p[digits]))
		digits++;
	return labels > 1 && digits < label.n;
}

/* Code point for code point: full case folding would make another mailbox of "straße". */
static struct str
lower(struct arena *a, struct str text)
{
	struct buf out;
	buf_init_arena(&out, a, 4 * TEXT_MAX);
	while (text.n > 0) {
		utf8proc_uint8_t utf8[4];
		utf8proc_ssize_t n = utf8proc_encode_char(utf8proc_tolower(next_code_point(&text)), utf8);
		buf_put(&out, utf8, (size_t)n);
	}
	return buf_str(&out);
}

enum status
identifier_email(struct task *t, struct str text, struct str *ret_email, struct str *ret_key)
{
	struct str email, key, local, domain;
	TRY(read_text(t, text, NFKC, &email));
	email = mapped(t->arena, lower(t->arena, email), NFKC);
	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	if (!str_cut(email, '@', &local, &domain) || email.n > EMAIL_MAX || !is_local_part(local) ||
	    !is_domain(domain))
		return fail(t, E_BAD_REQUEST_BODY, "identifier: not an e-mail address");
	TRY(make_key(t, email, &key));
	*ret_email = email;
	*ret_key = key;
	return OK;
}

/* --- username --- */

enum status
identifier_username(
    struct task *t, struct str text, int64_t min, int64_t max, struct str *ret_username, struct str *ret_key)
{
	struct str name = str_trim(text), key;
	if (name.n == 0 || name.n > TEXT_MAX || (int64_t)name.n < min || (int64_t)name.n > max)
		return fail(t, E_BAD_REQUEST_BODY, "identifier: a username of %zu bytes", name.n);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		if (!is_alnum(c) && c != '_' && c != '.' && c != '-')
			return fail(t, E_BAD_REQUEST_BODY, "identifier: a username of other characters");
	}
	name = arena_dup(t->arena, name);
	TRY_MEM(t, name.p);
	TRY(make_key(t, name, &key));
	*ret_username = name;
	*ret_key = key;
	return OK;
}

/* --- names and slugs --- */

/* Controls, line breaks, and what turns the text around it backwards (U+202A-E, U+2066-9). */
static bool
is_unprintable(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);
	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool
is_visible(utf8proc_int32_t c)
{
	return !is_space(c) && !utf8proc_get_property(c)->ignorable;
}

enum status
identifier_name(struct task *t, struct str text, int64_t max, struct str *ret_name)
{
	struct str name;
	bool visible = false;
	TRY(read_text(t, text, NFC, &name));
	if (str_code_points(name) > (uint64_t)max)
		return fail(t, E_BAD_REQUEST_BODY, "identifier: a name of more than %d characters", (int)max);
	for (struct str rest = name; rest.n > 0;) {
		utf8proc_int32_t c = next_code_point(&rest);
		if (is_unprintable(c))
			return fail(t, E_BAD_REQUEST_BODY, "identifier: a name with U+%04X", (unsigned)c);
		visible |= is_visible(c);
	}
	if (!visible)
		return fail(t, E_BAD_REQUEST_BODY, "identifier: a name that cannot be seen");
	*ret_name = name;
	return OK;
}

enum status
identifier_name_key(struct task *t, struct str first_name, struct str last_name, struct str *ret_key)
{
	struct str both = arena_printf(t->arena, STR_FMT " " STR_FMT, STR_ARG(first_name), STR_ARG(last_name));
	struct str text = trim(both);

	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	if (text.n > 0)
		return make_key(t, text, ret_key);
	*ret_key = S("");
	return OK;
}

enum status
identifier_search(struct task *t, struct str text, int64_t max, struct str *ret_folded)
{
	struct str typed;

	TRY(read_text(t, text, NFKC, &typed));
	if (str_code_points(typed) > (uint64_t)max)
		return fail(t, E_BAD_REQUEST_BODY, "identifier: a search of more than %d characters", (int)max);
	return make_key(t, typed, ret_folded);
}

enum status
identifier_label_key(struct task *t, struct str label, struct str *ret_key)
{
	/* What nobody sees makes no other label of it: "Admin" with U+2060 behind it reads as "Admin" to everybody. */
	return make_key(t, mapped(t->arena, label, SEEN), ret_key);
}

/* Letters lose their marks first, so that "Café" is "cafe" and not "caf". */
struct str
identifier_slug(struct task *t, struct str name)
{
	struct str bare = mapped(t->arena, name, BARE);
	char slug[SLUG_MAX];
	size_t n = 0;
	bool gap = false;
	for (size_t i = 0; i < bare.n; i++) {
		if (!is_alnum(bare.p[i])) {
			gap = true;
			continue;
		}
		size_t dash = gap && n > 0 ? 1 : 0;
		if (n + dash >= sizeof(slug))
			break;
		if (dash == 1)
			slug[n++] = '-';
		slug[n++] = bare.p[i];
		gap = false;
	}
	return n == 0 ? S("x") : arena_dup(t->arena, (struct str){ slug, n });
}

/* --- phone numbers --- */

/* ITU-T E.164 country codes of where most people live; a client that starts from a region sends one. */
static const char dial_codes[] =
    "AE971 AR54 AT43 AU61 BD880 BE32 BG359 BR55 CA1 CH41 CL56 CN86 CO57 CZ420 DE49 DK45 "
    "DZ213 EC593 EE372 EG20 ES34 ET251 FI358 FR33 GB44 GH233 GR30 HK852 HR385 HU36 ID62 "
    "IE353 IL972 IN91 IQ964 IR98 IS354 IT39 JP81 KE254 KR82 KZ7 LK94 LT370 LU352 LV371 "
    "MA212 MX52 MY60 NG234 NL31 NO47 NP977 NZ64 PE51 PH63 PK92 PL48 PT351 QA974 RO40 "
    "RS381 RU7 SA966 SE46 SG65 SI386 SK421 TH66 TN216 TR90 TW886 TZ255 UA380 UG256 US1 "
    "VE58 VN84 ZA27";

/* "US" as "1"; empty when it is not there. */
static struct str
code_of_country(struct str iso)
{
	struct str row, rest = str_of(dial_codes);
	while (iso.n == 2 && rest.n > 0) {
		str_cut(rest, ' ', &row, &rest);
		if (str_eq_nocase((struct str){ row.p, 2 }, iso))
			return str_from(row, 2);
	}
	return STR_NONE;
}

/* "+1", "1" or "US" as "1"; empty when it is none. */
static struct str
read_dial_code(struct str text)
{
	struct str code = str_trim(text), of_country = code_of_country(code);
	if (of_country.n > 0)
		return of_country;
	if (code.n > 0 && code.p[0] == '+')
		code = str_from(code, 1);
	if (code.n == 0 || code.n > 4 || code.p[0] == '0')
		return STR_NONE;
	for (size_t i = 0; i < code.n; i++) {
		if (!is_digit(code.p[i]))
			return STR_NONE;
	}
	return code;
}

/* The digits of "(555) 010-99.88"; false when there is anything but them and separators, or too many. */
static bool
read_digits(struct str text, char ret_digits[DIGITS_MAX + 4], size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (is_digit(text.p[i]) && n < DIGITS_MAX + 4)
			ret_digits[n++] = text.p[i];
		else if (strchr(" \t().-/", text.p[i]) == NULL)
			return false;
	}
	*ret_n = n;
	return true;
}

enum status
identifier_phone(struct task *t, struct str number, struct str dial_code, struct str *ret_digits,
    struct str *ret_dial_code)
{
	struct str text, code = read_dial_code(dial_code);
	char digits[DIGITS_MAX + 4];
	size_t n = 0;
	TRY(read_text(t, number, NFKC, &text));
	bool full = text.p[0] == '+';
	if (code.n == 0 || !read_digits(full ? str_from(text, 1) : text, digits, &n))
		return fail(t, E_BAD_REQUEST_BODY, "identifier: not a phone number");

	/* "+1 555 010 9988" carries its dial code: it must be the one given, and is kept apart. */
	struct str national = { digits, n };
	if (full && !str_starts(national, code))
		return fail(t, E_BAD_REQUEST_BODY, "identifier: a phone number of another country");
	if (full)
		national = str_from(national, code.n);
	if (national.n < DIGITS_MIN || national.n > DIGITS_MAX)
		return fail(t, E_BAD_REQUEST_BODY, "identifier: a phone number of %zu digits", national.n);

	national = arena_dup(t->arena, national);
	code = arena_printf(t->arena, "+" STR_FMT, STR_ARG(code));
	if (arena_failed(t->arena))
		return fail(t, E_OVERLOADED, "out of memory for this task");
	*ret_digits = national;
	*ret_dial_code = code;
	return OK;
}
