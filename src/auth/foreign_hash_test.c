/* foreign_hash_test.c - hashes made by other programs are read and compared; costly and broken ones are refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include "auth/foreign_hash.c"

/* Made by passlib 1.7, Werkzeug 2.2, bcrypt 3.2, argon2-cffi 21.1, libxcrypt 4.4 and Python's hashlib, of one password. */
static const char password[] = "violet-otter-climbs-granite";
static const char *const vectors[] = {
	"$pbkdf2-sha256$1000$KUXIGQNgzJkTImSMMYYQAg$VTl5p/zCmgE2LL4xFKZEGlcvlVTrz9FxLfL89aPjFFM",
	"$pbkdf2-sha512$1000$6V2rFeIco1SqdS5lrDUGYA$s9t7nUWtVqOH4/QgdXSwuagZLxb7K6Lh0UaroLrZgjfWirGK0x3wVjuNQGS.3MRV6QkzaieAsTPDmtbwIkzGCQ",
	"$pbkdf2$1000$AMAYw3gPwVgrJURobS0FAA$aR1WATpfPxlaP0go.8TbsB7gi1A",
	"$scrypt$ln=10,r=8,p=2$MWZMiVEqxbh3rjXm/D8HIA$Q+7hBbZ2d6C3FX+9s79K5mjfDDzQU8sPSB2G9d9IflU",
	"$5$rounds=1000$Be6NDtfMfmacXHjj$drseTVwk3DCk.Lz2Kt1vRHsA0DGTr5U6lakj3UKn0O7",
	"$6$eXFy9wZ7Ep0Qj7Qe$gGfiOJa0fYEi9oVglUsn47iuhyblAXBiyD9.BRIfdxjB3n061lrvjI89sRfNdMwadB/gTl4/GIaH9edu3x7RP0",
	"pbkdf2_sha256$1000$qWOBGXo8FqYD$mmPx9wbjLHb0ZB+l6wSX7GtWm3c63wWfWnJfPTp32Wc=",
	"pbkdf2_sha1$1000$Y9sWKYcWiPNg$jjrzcDDPDU+GlrRBKRPrs6Jm5ps=",
	"pbkdf2:sha256:1000$c0J9WKoeniHu17e2$f26812b892409d1811304e98606025ad82e931a00d54030c0f5c83116f7e48d6",
	"pbkdf2:sha512:1000$hX31g3XVMbLrZlDw$aa8909176fc23b71bf6fb93c0e5c1db3a8d79d550f69ad4a5e5a651bde98bc02881d4787fa16ea8017d49f0f674a5daf197f304686c8301103efcd9549bfa5df",
	"pbkdf2:sha1:1000$GyladM2dV8Mow3eL$ccbb4e3875872a15acca3cb0401e582c873a3a55",
	"scrypt:1024:8:1$Xk3v9Qm2LpZr7TyA$f0dab33c15f47d0da2da9c5b26c9ef1c8b3e7cc06b6c692aa9bedc3049e933720b154c9abeab1203536a1d82882f6a193f984b889785e802bc383f78aec3f8d3",
	"scrypt$1024$Xk3v9Qm2LpZr7TyA$8$5$4/eJTUKIv7Loa78XB50mAKejW2R5235Ux/J6kwMlHn7Vo+vSCLEbpwKXFYm4jJ/mIJJWYEOs21WPVe6BgxDdZQ==",
	"$2a$04$PtI9/gBs.2pxg5Yne19TZ.3ajZ9bk4k4T9rkYeBS81.MGLSbO2uiO",
	"$2b$04$DGBapiiVtNAJ4pEoRzAk7.k/8jd.CLCTN7liB111svFs498LQpMr.",
	"$2y$04$DGBapiiVtNAJ4pEoRzAk7.k/8jd.CLCTN7liB111svFs498LQpMr.",
	"bcrypt$$2b$04$DGBapiiVtNAJ4pEoRzAk7.k/8jd.CLCTN7liB111svFs498LQpMr.",
	"bcrypt_sha256$$2b$04$3QHgA1CIZPvqUP5RlK1OyeSO5gqjAb2/0GpRQLMiilBUvluHRUFtu",
	"$argon2id$v=19$m=256,t=3,p=4$5Tm1XkqYCUAwNfN+HT9WpQ$F3upHToDuFyyVOgbUi3GWA",
	"$argon2id$v=19$m=64,t=2,p=1$4Z+71y0KfBI$y79hIkHiCRzHPboMeiyXtA",
	"$argon2i$v=19$m=64,t=3,p=2$AZm4U7o+2Qd9Qrfg9LaXKQ$GkVczB6FFcl8dbFw0ph7Rg",
	"argon2$argon2id$v=19$m=64,t=2,p=8$wS6uvBYZovwUO/ECBuPKIA$xkodL5YJ8zkVpToGOllegA",
	"$y$j75$LdJMENpBABJJ3hIHjB1Bi/$.Hv4SScnPmcnwcScRmGi78k.JTgrdLa3uJ.CrKoWAK6",
	"$7$86..../....abcdefgh$db43h9pHKRUcddrsPLuuvvdKn/e1evMlJfg0BR4n49A",
	"AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg8kb4DVzIXvkrAKjHwM7vlDNmHCRqEvv/0rxLuXO0TVgQ==",
	"AQAAAAIAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg+ys7rAseSZMuQouEKpsCZtlsQuMUsjNX3k/7n+4+4jKQ==",
};

/* Published ones, of other passwords. */
static const struct {
	const char *password, *record;
} published[] = {
	/* crypt_blowfish's own test */
	{ "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" },
	/* Firebase's own sample project */
	{ "user1password",
	    "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvp"
	    "jeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==" },
};

static bool
matches(const char *record, struct str typed)
{
	struct foreign_hash h;
	const char *why = "";
	bool is = false;

	if (!foreign_hash_read(str_of(record), &h, &why))
		fail_msg("%s: %s", record, why);
	if (!foreign_hash_check(&h, typed, &is))
		fail_msg("%s: no memory", record);
	return is;
}

static void
test_what_others_made_is_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		if (!matches(vectors[i], str_of(password)))
			fail_msg("not right: %s", vectors[i]);
		if (matches(vectors[i], S("violet-otter-climbs-granitf")) || matches(vectors[i], S("")))
			fail_msg("wrong is right: %s", vectors[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(published); i++) {
		if (!matches(published[i].record, str_of(published[i].password)))
			fail_msg("not right: %s", published[i].record);
		if (matches(published[i].record, str_of(password)))
			fail_msg("wrong is right: %s", published[i].record);
	}
}

/* Each byte of the part that is compared counts. */
static void
test_a_changed_hash_matches_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		char *changed = strdup(vectors[i]);
		size_t at = strlen(changed) - 8;
		struct foreign_hash h;
		const char *why;
		bool is = false;

		changed[at] = changed[at] == 'a' ? 'b' : 'a';
		if (foreign_hash_read(str_of(changed), &h, &why) && foreign_hash_check(&h, str_of(password), &is) && is)
			fail_msg("matches: %s", changed);
		free(changed);
	}
}

static const struct {
	const char *record, *why;
} refused[] = {
	{ "", "no scheme" }, { "plain text", "no scheme" }, { "5f4dcc3b5aa765d61d8327deb882cf99", "no scheme" },
	{ "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "no scheme" }, { "$argon2d$v=19$m=64,t=2,p=1$9pgjgK8/8zA$JZNCVU9pv4Mpedg6W9HENg", "no scheme" },
	{ "$2b$15$3LvPwHcmlNooAQvpCQycKutLJIILOKtFu2UJRu8GWeObjaQSgMCEO", "too much" },
	{ "$2b$31$3LvPwHcmlNooAQvpCQycKutLJIILOKtFu2UJRu8GWeObjaQSgMCEO", "too much" },
	{ "$2b$03$3LvPwHcmlNooAQvpCQycKutLJIILOKtFu2UJRu8GWeObjaQSgMCEO", "not written" },
	{ "$2b$10$3LvPwHcmlNooAQvpCQycKutLJIILOKtFu2UJRu8GWeObjaQSgMCE", "not written" },
	{ "$5$rounds=999999999$XL.BhzeLFgVAfWkP$rwnH2ISR3gFLErBSTyQ5MadgBlJgxIADjibYpWGP0F4", "too much" },
	{ "$5$rounds=1000$XL.BhzeLFgVAfWkP$rwnH2ISR3gFLErBSTyQ5MadgBlJgxIADjibYpWGP0F", "not written" },
	{ "$y$jKT$LdJMENpBABJJ3hIHjB1Bi/$.Hv4SScnPmcnwcScRmGi78k.JTgrdLa3uJ.CrKoWAK6", "too much" },
	{ "$y$j9T/.$LdJMENpBABJJ3hIHjB1Bi/$.Hv4SScnPmcnwcScRmGi78k.JTgrdLa3uJ.CrKoWAK6", "parameters" },
	{ "$7$M6..../....abcdefgh$.Hv4SScnPmcnwcScRmGi78k.JTgrdLa3uJ.CrKoWAK6", "too much" },
	{ "$scrypt$ln=20,r=8,p=1$DMEYA4BQqvVea42xdg6B8A$LqXDnqy1wMr0zwZ3oUP2xgfG361z/2QxAi0ipdT/0CY", "too much" },
	{ "$scrypt$ln=10,r=8,p=1024$DMEYA4BQqvVea42xdg6B8A$LqXDnqy1wMr0zwZ3oUP2xgfG361z/2QxAi0ipdT/0CY", "too much" },
	{ "scrypt:1000:8:1$salt$02a988eecc1a52da9c34792d349dfb60b4c9584a67cd76c0129615325eb29406", "not written" },
	{ "pbkdf2_sha256$2000001$ez1j0QT5ovQ6$4fH5Q/vy0HEqPBDR4p6Xk1kgDjAGy8ouZNvBRi3sn/U=", "too much" },
	{ "pbkdf2_sha256$-1$ez1j0QT5ovQ6$4fH5Q/vy0HEqPBDR4p6Xk1kgDjAGy8ouZNvBRi3sn/U=", "not written" },
	{ "pbkdf2_sha256$1000$ez1j0QT5ovQ6$AAAA", "not written" },
	{ "pbkdf2:sha256:1000$salt$zz", "not written" },
	{ "AQAAAAEAAAPoAAAAEA==", "not written" },
	{ "$argon2id$v=19$m=1048576,t=3,p=4$D407o3VCUdM7bkO1HQKAtQ$9S3uzwWxEjpw7WNkQPCeaA", "too much" },
	{ "$argon2id$v=19$m=65536,t=100,p=4$D407o3VCUdM7bkO1HQKAtQ$9S3uzwWxEjpw7WNkQPCeaA", "too much" },
	{ "$argon2id$v=16$m=64,t=2,p=1$9pgjgK8/8zA$JZNCVU9pv4Mpedg6W9HENg", "not written" },
	{ "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=AAAA$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQND", "not written" },
};

/* A long hash takes the rounds several times over: 128 bytes of SHA-1 seven times. */
static void
test_a_long_hash_is_paid_for(void **state)
{
	static const char hex40[] = "0707070707070707070707070707070707070707";
	char record[FOREIGN_RECORD_MAX + 1];
	const char *why = "taken";
	struct foreign_hash h;

	(void)state;
	(void)snprintf(record, sizeof(record), "pbkdf2:sha1:2000000$salt$%s", hex40);
	assert_true(foreign_hash_read(str_of(record), &h, &why));
	(void)snprintf(record, sizeof(record), "pbkdf2:sha1:1000001$salt$%s%s", hex40, hex40);
	assert_false(foreign_hash_read(str_of(record), &h, &why));
	assert_non_null(strstr(why, "too much"));
	(void)snprintf(record, sizeof(record), "pbkdf2:sha1:1000000$salt$%s%s", hex40, hex40);
	assert_true(foreign_hash_read(str_of(record), &h, &why));
}

static void
test_costly_and_broken_records_are_refused(void **state)
{
	struct foreign_hash h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const char *why = "taken";

		if (foreign_hash_read(str_of(refused[i].record), &h, &why) || !strstr(why, refused[i].why))
			fail_msg("%s: %s", refused[i].record, why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_others_made_is_compared, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_a_changed_hash_matches_nothing, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_a_long_hash_is_paid_for, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_costly_and_broken_records_are_refused, test_begin, test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
