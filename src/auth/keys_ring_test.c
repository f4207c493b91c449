/* keys_ring_test.c - one master key after another: what each makes, accepts and opens, and what is in the file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "auth/keys_ring.h"
#include "base/clock.h"

static bool disk_is_broken;

/* In the place of libc's. */
int
fsync(int fd)
{
	if (!disk_is_broken)
		return (int)syscall(SYS_fsync, fd);
	errno = EIO;
	return -1;
}

static char folder[] = "/tmp/sessiond-ring-XXXXXX";
static char file[64];
static struct keys *keys;

static int
ring_begin(void **state)
{
	assert_int_equal(test_begin(state), 0);
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/master.key", folder);
	assert_int_equal(keys_load(&test_task, file, true, &keys), OK);
	keys_set_file_own(keys);
	return 0;
}

static int
ring_end(void **state)
{
	keys = keys_free(keys);
	disk_is_broken = false;
	unlink(file);
	assert_int_equal(rmdir(folder), 0); /* nothing else was left behind */
	return test_end(state);
}

static size_t
file_size(void)
{
	struct stat s;
	assert_int_equal(stat(file, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	return (size_t)s.st_size;
}

/* The current key is retired, and the next one takes over; `before` of them have been retired earlier. */
static void
turn(struct retired_key *retired, size_t before, int64_t macs_until)
{
	const struct ring_key *old = keys_current(keys), *next;
	assert_int_equal(keys_make_next(&test_task, keys), OK);
	next = keys_next(keys);
	assert_non_null(next);
	retired[before] = (struct retired_key){ test_task.now + (int64_t)before, macs_until, 0, old->master };
	assert_int_equal(keys_use(&test_task, keys, next->check, retired, before + 1), OK);
	assert_ptr_equal(keys_current(keys), next);
}

static void
mac(enum key_use use, uint8_t ret_mac[32])
{
	const struct str part = S("x");
	assert_int_equal(keys_mac(&test_task, keys, use, first_deployment, &part, 1, ret_mac), OK);
}

static bool
is_accepted_mac(enum key_use use, const uint8_t m[32])
{
	const struct str part = S("x");
	bool equal = false;
	assert_int_equal(keys_mac_equals(&test_task, keys, use, first_deployment, &part, 1,
			     (struct str){ (const char *)m, 32 }, &equal),
	    OK);
	return equal;
}

static const struct seal_place here = { { 11 }, "totp", S_INIT("12"), "seed" };

static enum status
open_here(struct str sealed)
{
	struct secret plain;
	enum status st = keys_unseal(&test_task, keys, &here, sealed, &plain);
	if (st == OK)
		secret_done(&plain);
	test_next();
	return st;
}

/* A key that waits in the file makes nothing, and what it makes elsewhere is good already. */
static void
test_the_next_one_is_known_and_not_used(void **state)
{
	(void)state;
	uint8_t was[32], is[32];
	assert_null(keys_next(keys));
	mac(KEY_ANONYMOUS, was);
	assert_int_equal(file_size(), 32);
	assert_int_equal(keys_make_next(&test_task, keys), OK);
	assert_int_equal(file_size(), 130);
	const struct ring_key *next = keys_next(keys);
	assert_int_equal(keys_make_next(&test_task, keys), OK);
	assert_ptr_equal(keys_next(keys), next); /* one is enough */
	mac(KEY_ANONYMOUS, is);
	assert_memory_equal(was, is, 32);
	struct str sealed;
	assert_int_equal(keys_seal_by(&test_task, next, &here, S("seed"), &sealed), OK);
	assert_int_equal(open_here(sealed), OK);
	/* A start with this file knows both. */
	struct keys *again;
	assert_int_equal(keys_load(&test_task, file, false, &again), OK);
	assert_int_equal(keys_count(again), 2);
	assert_int_equal(keys_use(&test_task, again, keys_current(keys)->check, NULL, 0), OK);
	assert_non_null(keys_next(again));
	assert_string_equal(keys_next(again)->id, next->id);
	keys_free(again);
}

static void
test_a_file_that_is_the_operators_is_not_written(void **state)
{
	(void)state;
	struct keys *named;
	assert_int_equal(keys_load(&test_task, file, false, &named), OK);
	assert_int_equal(keys_make_next(&test_task, named), E_BAD_REQUEST_BODY);
	assert_non_null(strstr(test_task.why, "yours to write"));
	assert_int_equal(file_size(), 32);
	keys_free(named);
}

static void
test_a_link_is_not_replaced(void **state)
{
	(void)state;
	char elsewhere[sizeof(file) + 8];
	struct keys *linked;
	snprintf(elsewhere, sizeof(elsewhere), "%s.real", file);
	assert_int_equal(rename(file, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, file), 0);
	assert_int_equal(keys_load(&test_task, file, false, &linked), OK);
	keys_set_file_own(linked);
	assert_int_equal(keys_make_next(&test_task, linked), E_BAD_REQUEST_BODY);
	keys_free(linked);
	/* Nor one that was none at the start. */
	assert_int_equal(keys_make_next(&test_task, keys), E_BAD_REQUEST_BODY);
	assert_int_equal(unlink(elsewhere), 0);
}

static void
test_what_is_learned_needs_the_one_in_use(void **state)
{
	(void)state;
	char text[131], hex[2][65];
	uint8_t fresh[32];
	memset(fresh, 7, sizeof(fresh));
	for (unsigned i = 0; i < 32; i++) {
		snprintf(hex[0] + 2 * i, 3, "%02x", fresh[i]);
		snprintf(hex[1] + 2 * i, 3, "%02x", keys_current(keys)->master.p[i]);
	}
	snprintf(text, sizeof(text), "%s\n%s\n", hex[1], hex[0]);
	assert_int_equal(keys_learn(&test_task, keys, str_of(text)), E_BAD_REQUEST_BODY);
	assert_int_equal(keys_learn(&test_task, keys, str_of(hex[0])), E_BAD_REQUEST_BODY);
	assert_int_equal(keys_learn(&test_task, keys, S("")), E_INTERNAL);
	assert_int_equal(keys_count(keys), 1);
	snprintf(text, sizeof(text), "%s\n%s\n", hex[0], hex[1]);
	assert_int_equal(keys_learn(&test_task, keys, str_of(text)), OK);
	assert_memory_equal(keys_next(keys)->master.p, fresh, 32);
	/* Reading a file that has not got it changes nothing of that. */
	assert_int_equal(keys_reread(&test_task, keys), OK);
	assert_memory_equal(keys_next(keys)->master.p, fresh, 32);
	assert_int_equal(file_size(), 32);
	/* The one in use alone: the other was given up. It stays known, and nobody is told that it is. */
	const struct ring_key *next = keys_next(keys);
	assert_true(keys_will_stay(keys, next) && keys_will_stay(keys, keys_current(keys)));
	assert_int_equal(keys_learn(&test_task, keys, str_of(hex[1])), OK);
	assert_null(keys_next(keys));
	assert_false(keys_will_stay(keys, next));
	assert_int_equal(keys_learn(&test_task, keys, str_of(text)), OK);
	assert_ptr_equal(keys_next(keys), next);
	clock_advance(KEYS_TOLD_FOR_US);
	assert_null(keys_next(keys));
	assert_false(keys_will_stay(keys, next));
	/* Nor may one be told that was in use before. */
	struct retired_key retired = { test_task.now, 0, 0, next->master };
	assert_int_equal(keys_use(&test_task, keys, keys_current(keys)->check, &retired, 1), OK);
	assert_int_equal(keys_learn(&test_task, keys, str_of(text)), E_BAD_REQUEST_BODY);
	assert_true(keys_will_stay(keys, next));
}

/* Read, but perhaps not on the disk: what power loss would take away must not be in use. */
static void
test_a_file_that_cannot_be_synced_has_no_next_key(void **state)
{
	(void)state;
	struct keys *again;
	assert_int_equal(keys_make_next(&test_task, keys), OK);
	disk_is_broken = true;
	assert_int_equal(keys_load(&test_task, file, false, &again), OK); /* a start goes on with what it has */
	assert_int_equal(keys_use(&test_task, again, keys_current(keys)->check, NULL, 0), OK);
	assert_int_equal(keys_make_next(&test_task, again), E_INTERNAL);
	assert_non_null(strstr(test_task.why, "cannot be synced"));
	disk_is_broken = false;
	assert_int_equal(keys_reread(&test_task, again), OK);
	assert_int_equal(keys_make_next(&test_task, again), OK);
	keys_free(again);
}

/* One at a time: of two that write the file, the key that the first one has in mind would be gone. */
static void
test_the_file_is_held_by_one(void **state)
{
	(void)state;
	struct retired_key retired[1];
	int hold, other;
	assert_int_equal(keys_hold_file(&test_task, keys, &hold), OK);
	assert_int_equal(keys_hold_file(&test_task, keys, &other), E_CONFLICT);
	turn(retired, 0, test_task.now);
	retired[0].resealed_at = test_task.now;
	assert_int_equal(keys_use(&test_task, keys, keys_current(keys)->check, retired, 1), OK);
	assert_int_equal(keys_tidy_file(&test_task, keys), OK);
	assert_int_equal(file_size(), 130);
	keys_release_file(hold);
	assert_int_equal(keys_tidy_file(&test_task, keys), OK);
	assert_int_equal(file_size(), 65);
}

static void
test_what_each_use_becomes(void **state)
{
	(void)state;
	struct retired_key retired[2];
	uint8_t was[KEY_USE__COUNT][32], is[32];
	for (unsigned use = 0; use < KEY_USE__COUNT; use++)
		mac((enum key_use)use, was[use]);
	turn(retired, 0, test_task.now + DAY_US);
	for (unsigned use = 0; use < KEY_USE__COUNT; use++) {
		bool lasts = use == KEY_NUMBER || use == KEY_AUDIT || use == KEY_PASSKEY || use == KEY_THROTTLE || use == KEY_LOG;
		mac((enum key_use)use, is);
		assert_int_equal(memcmp(was[use], is, 32) == 0, lasts);
		if (!lasts)
			assert_true(is_accepted_mac((enum key_use)use, was[use]));
	}
	test_task.now += DAY_US;
	assert_false(is_accepted_mac(KEY_ANONYMOUS, was[KEY_ANONYMOUS]));
	assert_false(is_accepted_mac(KEY_CHALLENGE, was[KEY_CHALLENGE]));
	assert_true(is_accepted_mac(KEY_CODE, was[KEY_CODE]));
	assert_true(is_accepted_mac(KEY_TOKEN, was[KEY_TOKEN]));
	/* Two turns later the oldest still makes what lasts, and the names tell records apart. */
	uint8_t named[32];
	const struct str part = S("x"), second = keys_name(keys);
	assert_int_equal(second.n, KEY_ID_N);
	assert_false(keys_is_retired(keys, second));
	retired[0].resealed_at = 1;
	turn(retired, 1, test_task.now);
	assert_true(keys_is_retired(keys, second) && keys_is_retired(keys, S("")));
	mac(KEY_PASSKEY, is);
	assert_memory_equal(was[KEY_PASSKEY], is, 32);
	assert_int_equal(keys_mac_named(&test_task, keys, S(""), KEY_PEPPER, first_deployment, &part, 1, named), OK);
	assert_memory_equal(was[KEY_PEPPER], named, 32);
	assert_int_equal(
	    keys_mac_named(&test_task, keys, S("0123456789abcdef"), KEY_PEPPER, first_deployment, &part, 1, named), E_INTERNAL);
}

static void
test_an_old_one_opens_until_all_is_sealed_anew(void **state)
{
	(void)state;
	struct retired_key retired[1];
	struct str sealed, fresh, again, foreign;
	struct keys *stranger = test_keys();
	assert_int_equal(keys_seal(&test_task, keys, &here, S("seed"), &sealed), OK);
	assert_int_equal(keys_seal(&test_task, stranger, &here, S("seed"), &foreign), OK);
	keys_free(stranger);
	turn(retired, 0, test_task.now);
	assert_int_equal(open_here(sealed), OK);
	assert_int_equal(keys_reseal(&test_task, keys, &here, sealed, &fresh), OK);
	assert_ptr_not_equal(fresh.p, sealed.p);
	assert_int_equal(keys_reseal(&test_task, keys, &here, fresh, &again), OK);
	assert_ptr_equal(again.p, fresh.p);
	assert_int_equal(keys_reseal(&test_task, keys, &here, foreign, &again), E_NOT_FOUND);
	assert_int_equal(keys_reseal(&test_task, keys, &here, S("short"), &again), E_NOT_FOUND);
	retired[0].resealed_at = test_task.now;
	assert_int_equal(keys_use(&test_task, keys, keys_current(keys)->check, retired, 1), OK);
	assert_int_equal(open_here(sealed), E_INTERNAL);
	assert_int_equal(open_here(fresh), OK);
	/* What came late is still found by whoever looks for it. */
	assert_int_equal(keys_reseal(&test_task, keys, &here, sealed, &again), OK);
}

static void
test_the_file_loses_the_old_one_last(void **state)
{
	(void)state;
	struct retired_key retired[1];
	turn(retired, 0, test_task.now);
	assert_int_equal(keys_tidy_file(&test_task, keys), OK);
	assert_int_equal(file_size(), 130);
	retired[0].resealed_at = test_task.now;
	assert_int_equal(keys_use(&test_task, keys, keys_current(keys)->check, retired, 1), OK);
	assert_int_equal(keys_tidy_file(&test_task, keys), OK);
	assert_int_equal(file_size(), 65);
	struct keys *again;
	assert_int_equal(keys_load(&test_task, file, false, &again), OK);
	assert_string_equal(keys_current(again)->id, keys_current(keys)->id);
	keys_free(again);
}

/* The database went back to what it was, as a failover may have it: the key that was retired is none any more. */
static void
test_back_again(void **state)
{
	(void)state;
	const struct ring_key *old = keys_current(keys);
	struct retired_key retired[1];
	uint8_t was[32];
	struct str sealed;
	mac(KEY_ANONYMOUS, was);
	turn(retired, 0, test_task.now);
	assert_int_equal(keys_seal(&test_task, keys, &here, S("seed"), &sealed), OK);
	assert_int_equal(keys_use(&test_task, keys, old->check, NULL, 0), OK);
	assert_ptr_equal(keys_current(keys), old);
	assert_true(is_accepted_mac(KEY_ANONYMOUS, was));
	assert_int_equal(open_here(sealed), OK);
	assert_int_equal(keys_name(keys).n, 0);
	assert_non_null(keys_next(keys));
}

/* So far back that the file had the new key alone: the next start must find the old one. */
static void
test_back_again_to_a_key_that_is_in_no_file(void **state)
{
	(void)state;
	const struct ring_key *old = keys_current(keys);
	struct retired_key retired[1];
	struct keys *again;
	turn(retired, 0, test_task.now);
	retired[0].resealed_at = test_task.now;
	assert_int_equal(keys_use(&test_task, keys, keys_current(keys)->check, retired, 1), OK);
	assert_int_equal(keys_tidy_file(&test_task, keys), OK);
	assert_int_equal(file_size(), 65);
	assert_int_equal(keys_use(&test_task, keys, old->check, NULL, 0), OK);
	assert_int_equal(keys_tidy_file(&test_task, keys), OK);
	assert_int_equal(file_size(), 130);
	assert_non_null(keys_next(keys));
	assert_int_equal(keys_load(&test_task, file, false, &again), OK);
	assert_int_equal(keys_use(&test_task, again, old->check, NULL, 0), OK);
	keys_free(again);
}

static void
test_a_key_that_is_not_known_changes_nothing(void **state)
{
	(void)state;
	const struct ring_key *was = keys_current(keys);
	const uint8_t other[KEY_CHECK_N] = { 1 };
	assert_int_equal(keys_use(&test_task, keys, other, NULL, 0), E_NOT_FOUND);
	assert_ptr_equal(keys_current(keys), was);
}

static void
test_nothing_is_sealed_by_a_key_that_may_be_old(void **state)
{
	(void)state;
	struct str sealed;
	keys_confirm(keys, clock_mono() - 1);
	assert_int_equal(keys_seal(&test_task, keys, &here, S("seed"), &sealed), E_STORE);
	keys_confirm(keys, clock_mono() + MINUTE_US);
	assert_int_equal(keys_seal(&test_task, keys, &here, S("seed"), &sealed), OK);
}

static void
test_there_is_an_end(void **state)
{
	(void)state;
	for (int i = 1; i < KEYS_MAX; i++) {
		struct keys *other = NULL;
		assert_int_equal(unlink(file), 0);
		assert_int_equal(keys_load(&test_task, file, true, &other), OK);
		keys_free(other);
		assert_int_equal(keys_reread(&test_task, keys), OK);
	}
	assert_int_equal(keys_count(keys), KEYS_MAX);
	struct keys *other = NULL;
	assert_int_equal(unlink(file), 0);
	assert_int_equal(keys_load(&test_task, file, true, &other), OK);
	keys_free(other);
	assert_int_equal(keys_reread(&test_task, keys), E_LIMIT_REACHED);
	assert_int_equal(keys_count(keys), KEYS_MAX);
}

int
main(void)
{
#define RING_TEST(name) cmocka_unit_test_setup_teardown(name, ring_begin, ring_end)
	const struct CMUnitTest tests[] = {
		RING_TEST(test_the_next_one_is_known_and_not_used),
		RING_TEST(test_a_file_that_is_the_operators_is_not_written),
		RING_TEST(test_a_link_is_not_replaced),
		RING_TEST(test_what_is_learned_needs_the_one_in_use),
		RING_TEST(test_a_file_that_cannot_be_synced_has_no_next_key),
		RING_TEST(test_the_file_is_held_by_one),
		RING_TEST(test_what_each_use_becomes),
		RING_TEST(test_an_old_one_opens_until_all_is_sealed_anew),
		RING_TEST(test_the_file_loses_the_old_one_last),
		RING_TEST(test_back_again),
		RING_TEST(test_back_again_to_a_key_that_is_in_no_file),
		RING_TEST(test_a_key_that_is_not_known_changes_nothing),
		RING_TEST(test_nothing_is_sealed_by_a_key_that_may_be_old),
		RING_TEST(test_there_is_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
