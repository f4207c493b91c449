/* identifier_fuzz.c - what must hold of every identifier that is accepted, whatever the bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "auth/identifier.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)s.p[i + 1] < 0xA0))
			return true;
	}
	return false;
}

static bool
only(struct str s, const char *allowed)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || strchr(allowed, s.p[i]) == NULL)
			return false;
	return true;
}

/* An accepted address is the same one when it comes again, and no header or list can begin in it. */
static void
fuzz_email(struct task *t, struct str in)
{
	struct str email, key, again, again_key, local, domain, last;

	if (identifier_email(t, in, &email, &key) != OK)
		return;
	CHECK(str_is_text(email) && str_is_text(key) && email.n <= 254 && !has_control(email));
	CHECK(str_cut(email, '@', &local, &domain) && local.n >= 1 && local.n <= 64);
	CHECK(!str_cut(domain, '@', &again, &last) && str_cut(domain, '.', &again, &last) && last.n > 0);
	for (size_t i = 0; i < email.n; i++)
		CHECK(strchr(" ,;:<>()[]\\\"", email.p[i]) == NULL);
	CHECK(identifier_email(t, email, &again, &again_key) == OK);
	CHECK(str_eq(again, email) && str_eq(again_key, key));
	/* The key may have outgrown an address; where not, it is its own key. */
	if (identifier_email(t, key, &again, &again_key) == OK)
		CHECK(str_eq(again_key, key));
}

static void
fuzz_username(struct task *t, struct str in)
{
	struct str name, key, again, again_key;

	if (identifier_username(t, in, 3, 30, &name, &key) != OK)
		return;
	CHECK(name.n >= 3 && name.n <= 30 && str_eq(key, str_lower(t->arena, name)));
	CHECK(identifier_username(t, key, 3, 30, &again, &again_key) == OK && str_eq(again_key, key));
}

/* The first line is the dial code, the rest the number. */
static void
fuzz_phone(struct task *t, struct str in)
{
	struct str dial, number, digits, code, again, again_code;

	str_cut(in, '\n', &dial, &number);
	if (identifier_phone(t, number, dial, &digits, &code) != OK)
		return;
	CHECK(digits.n >= 7 && digits.n <= 15 && only(digits, "0123456789"));
	CHECK(code.n >= 2 && code.n <= 5 && code.p[0] == '+' && only(str_from(code, 1), "0123456789"));
	CHECK(identifier_phone(t, digits, code, &again, &again_code) == OK);
	CHECK(str_eq(again, digits) && str_eq(again_code, code));
}

static void
fuzz_name(struct task *t, struct str in)
{
	struct str name, again;

	if (identifier_name(t, in, 40, &name) != OK)
		return;
	CHECK(str_is_text(name) && !has_control(name));
	CHECK(str_code_points(name) >= 1 && str_code_points(name) <= 40);
	CHECK(identifier_name(t, name, 40, &again) == OK && str_eq(again, name));
}

static void
fuzz_slug(struct task *t, struct str in)
{
	struct str slug = identifier_slug(t, in);

	CHECK(slug.n >= 1 && slug.n <= 60 && only(slug, "abcdefghijklmnopqrstuvwxyz0123456789-"));
	CHECK(slug.p[0] != '-' && slug.p[slug.n - 1] != '-');
	CHECK(str_eq(identifier_slug(t, slug), slug));
}

static void
fuzz_nfc(struct task *t, struct str in)
{
	struct str nfc = identifier_nfc(t->arena, in);

	CHECK((nfc.n > 0) == (in.n > 0 && str_is_text(in)));
	CHECK(str_is_text(nfc) && str_eq(identifier_nfc(t->arena, nfc), nfc));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct task *, struct str) = { fuzz_email, fuzz_username, fuzz_phone,
		fuzz_name, fuzz_slug, fuzz_nfc };
	struct str in = { (const char *)data, size < 4096 ? size : 4096 };

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct task t = { .arena = arena_new(1 << 20) };

		CHECK(t.arena != NULL);
		targets[i](&t, in);
		CHECK(!arena_failed(t.arena));
		arena_free(t.arena);
	}
	return 0;
}
