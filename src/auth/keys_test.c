/* keys_test.c - one master key per file, unrelated keys per use, ciphertext that stays where it is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <fcntl.h>
#include <sys/stat.h>

static char folder[] = "/tmp/sessiond-keys-XXXXXX";
static char file[64];

static int
folder_begin(void **state)
{
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/master.key", folder);
	return test_begin(state);
}

static int
folder_end(void **state)
{
	unlink(file);
	assert_int_equal(rmdir(folder), 0); /* nothing else was left behind */
	return test_end(state);
}

static void
write_file(const void *p, size_t n, mode_t mode)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
check_value(const char *path, bool create, uint8_t ret_value[32])
{
	struct keys *k = NULL;
	assert_int_equal(keys_load(&test_task, path, create, &k), OK);
	keys_check_value(k, ret_value);
	assert_null(keys_free(k));
}

static void
assert_refused(const char *path, bool create, const char *why)
{
	struct keys *k = NULL;
	test_next();
	assert_int_equal(keys_load(&test_task, path, create, &k), E_INTERNAL);
	assert_null(k);
	assert_non_null(strstr(test_task.why, path));
	if (strstr(test_task.why, why) == NULL)
		fail_msg("'%s' does not say '%s'", test_task.why, why);
}

static void
test_made_once_and_the_same_ever_after(void **state)
{
	(void)state;
	uint8_t made[32], again[32], read_only[32];
	struct stat s;
	check_value(file, true, made);
	assert_int_equal(stat(file, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	assert_int_equal(s.st_size, 32);
	check_value(file, true, again);
	check_value(file, false, read_only);
	assert_memory_equal(made, again, 32);
	assert_memory_equal(made, read_only, 32);
}

static void
test_missing_is_never_made_silently(void **state)
{
	(void)state;
	assert_refused(file, false, "--master-key-file");
	assert_int_equal(access(file, F_OK), -1);
	secret_test_fail_random(true);
	assert_refused(file, true, "randomness");
	secret_test_fail_random(false);
	assert_int_equal(access(file, F_OK), -1);
}

static void
test_raw_and_hex_are_the_same_key(void **state)
{
	(void)state;
	uint8_t raw[32], value[3][32];
	char hex[66];
	for (unsigned i = 0; i < sizeof(raw); i++) {
		raw[i] = (uint8_t)(i * 7 + 1);
		snprintf(hex + 2 * i, 3, "%02X", raw[i]);
	}
	hex[64] = '\n';
	write_file(raw, 32, 0400);
	check_value(file, false, value[0]);
	write_file(hex, 65, 0600);
	check_value(file, false, value[1]);
	write_file(hex, 64, 0600);
	check_value(file, false, value[2]);
	assert_memory_equal(value[0], value[1], 32);
	assert_memory_equal(value[0], value[2], 32);
}

static void
test_unfit_files_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t n;
		mode_t mode;
		char fill;
		const char *why;
	} rows[] = {
		{ "empty", 0, 0600, 'a', "32 raw bytes" },
		{ "short", 31, 0600, 'a', "32 raw bytes" },
		{ "long", 33, 0600, 'a', "32 raw bytes" },
		{ "short hex", 63, 0600, 'a', "32 raw bytes" },
		{ "long hex", 66, 0600, 'a', "32 raw bytes" },
		{ "65 without newline", 65, 0600, 'a', "32 raw bytes" },
		{ "no hex", 64, 0600, 'g', "32 raw bytes" },
		{ "zeroes", 32, 0600, '\0', "zeroes" },
		{ "hex zeroes", 64, 0600, '0', "zeroes" },
		{ "group reads", 32, 0640, 'a', "chmod 600" },
		{ "others read", 32, 0604, 'a', "chmod 600" },
		{ "group writes", 32, 0620, 'a', "chmod 600" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char content[80];
		memset(content, rows[i].fill, sizeof(content));
		write_file(content, rows[i].n, rows[i].mode);
		print_message("%s\n", rows[i].name);
		assert_refused(file, true, rows[i].why);
	}
}

static void
test_what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_refused(folder, false, "regular file");
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_refused(file, true, "regular file");
}

/* Keys of two uses, of two deployments, and of two master keys have nothing in common. */
static void
test_every_mac_differs(void **state)
{
	(void)state;
	enum { MACS = 2 * KEY_USE__COUNT * 2 };
	uint8_t mac[MACS][32];
	size_t n = 0;
	const struct str part = S("same input");
	for (int master = 0; master < 2; master++) {
		struct keys *k = test_keys();
		for (unsigned use = 0; use < KEY_USE__COUNT; use++) {
			assert_int_equal(
			    keys_mac(&test_task, k, use, first_deployment, &part, 1, mac[n++]), OK);
			assert_int_equal(
			    keys_mac(&test_task, k, use, second_deployment, &part, 1, mac[n++]), OK);
		}
		keys_free(k);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(mac[i], mac[j], 32);
	}
}

/* "ab","c" and "a","bc" are two inputs; the same one gives the same MAC. */
static void
test_parts_do_not_run_together(void **state)
{
	(void)state;
	struct keys *k = test_keys();
	const struct str split[][2] = { { S("ab"), S("c") }, { S("a"), S("bc") }, { S("abc"), S("") },
		{ S(""), S("abc") } };
	uint8_t mac[5][32];
	for (size_t i = 0; i < ARRAY_LEN(split); i++)
		assert_int_equal(
		    keys_mac(&test_task, k, KEY_TOKEN, first_deployment, split[i], 2, mac[i]), OK);
	assert_int_equal(keys_mac(&test_task, k, KEY_TOKEN, first_deployment, split[0], 2, mac[4]), OK);
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(mac[i], mac[j], 32);
	}
	assert_memory_equal(mac[0], mac[4], 32);
	keys_free(k);
}

/* The stored records of years hang on this derivation: it may never change. */
static void
test_known_mac(void **state)
{
	(void)state;
	static const uint8_t want[32] = {
		0xdc,
		0x99,
		0x71,
		0x8a,
		0x8e,
		0x5c,
		0x79,
		0xb3,
		0x2e,
		0x81,
		0x69,
		0x6a,
		0x72,
		0x5f,
		0x01,
		0xa1,
		0xce,
		0xc8,
		0xac,
		0x1b,
		0x59,
		0xc5,
		0xff,
		0xac,
		0xa4,
		0x74,
		0x86,
		0x6d,
		0xe5,
		0xce,
		0x10,
		0x4a,
	};
	uint8_t raw[32], mac[32];
	memset(raw, 0x42, sizeof(raw));
	write_file(raw, sizeof(raw), 0600);
	struct keys *k = NULL;
	assert_int_equal(keys_load(&test_task, file, false, &k), OK);
	const struct str parts[] = { S("one"), S("two") };
	assert_int_equal(keys_mac(&test_task, k, KEY_PEPPER, first_deployment, parts, 2, mac), OK);
	assert_memory_equal(mac, want, 32);
	keys_free(k);
}

static struct seal_place
place(struct deployment_id d, const char *table, struct str row, const char *column)
{
	return (struct seal_place){ d, table, row, column };
}

static void
test_sealed_opens_where_it_was_sealed(void **state)
{
	(void)state;
	struct keys *k = test_keys();
	const struct seal_place here = place(first_deployment, "signing_key", S("7"), "private_key");
	struct str one, two;
	struct secret plain;
	assert_int_equal(keys_seal(&test_task, k, &here, S("the scalar"), &one), OK);
	assert_int_equal(keys_seal(&test_task, k, &here, S("the scalar"), &two), OK);
	assert_false(str_eq(one, two));
	assert_int_equal(one.n, 24 + 10 + 16);
	assert_int_equal(keys_unseal(&test_task, k, &here, one, &plain), OK);
	test_equal(((struct str){ (const char *)plain.p, plain.n }), S("the scalar"));
	secret_done(&plain);
	secret_test_fail_random(true);
	assert_int_equal(keys_seal(&test_task, k, &here, S("the scalar"), &two), E_INTERNAL);
	secret_test_fail_random(false);
	keys_free(k);
}

static void
test_OPS05_moved_ciphertext_does_not_open(void **state)
{
	(void)state;
	struct keys *k = test_keys(), *other = test_keys();
	const struct seal_place here = place(first_deployment, "totp", S("12"), "seed");
	const struct seal_place elsewhere[] = {
		place(second_deployment, "totp", S("12"), "seed"),
		place(first_deployment, "topt", S("12"), "seed"),
		place(first_deployment, "totp", S("13"), "seed"),
		place(first_deployment, "totp", S("12"), "secret"),
		place(first_deployment, "totp1", S("2"), "seed"),
		place(first_deployment, "totp", S("12s"), "eed"),
		place(first_deployment, "totp", S(""), "seed"),
	};
	struct str sealed;
	struct secret plain = { NULL, 0 };
	assert_int_equal(keys_seal(&test_task, k, &here, S("seed bytes"), &sealed), OK);
	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		assert_int_equal(keys_unseal(&test_task, k, &elsewhere[i], sealed, &plain), E_INTERNAL);
	assert_int_equal(keys_unseal(&test_task, other, &here, sealed, &plain), E_INTERNAL);
	assert_null(plain.p);
	keys_free(k);
	keys_free(other);
}

static void
test_OPS05_changed_ciphertext_does_not_open(void **state)
{
	(void)state;
	struct keys *k = test_keys();
	const struct seal_place here = place(first_deployment, "totp", S("12"), "seed");
	struct str sealed, copy;
	struct secret plain = { NULL, 0 };
	assert_int_equal(keys_seal(&test_task, k, &here, S("x"), &sealed), OK);
	for (size_t n = 0; n < sealed.n; n++) {
		copy = (struct str){ sealed.p, n };
		assert_int_equal(keys_unseal(&test_task, k, &here, copy, &plain), E_INTERNAL);
		char *changed = arena_array(test_task.arena, sealed.n, 1);
		memcpy(changed, sealed.p, sealed.n);
		changed[n] ^= 1;
		copy = (struct str){ changed, sealed.n };
		assert_int_equal(keys_unseal(&test_task, k, &here, copy, &plain), E_INTERNAL);
	}
	assert_null(plain.p);
	keys_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_made_once_and_the_same_ever_after, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(
		    test_missing_is_never_made_silently, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(test_raw_and_hex_are_the_same_key, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(test_unfit_files_are_refused, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(test_what_is_no_file_is_refused, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(test_known_mac, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(test_every_mac_differs, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_parts_do_not_run_together, test_begin, test_end),
		cmocka_unit_test_setup_teardown(test_sealed_opens_where_it_was_sealed, test_begin, test_end),
		cmocka_unit_test_setup_teardown(
		    test_OPS05_moved_ciphertext_does_not_open, test_begin, test_end),
		cmocka_unit_test_setup_teardown(
		    test_OPS05_changed_ciphertext_does_not_open, test_begin, test_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
