/* hash_memory_test.c - a thread that keeps the memory of a hash gets the same again, wiped; nothing else changes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/hasher.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "base/poison.h"
#include "test/unit.h"

/* By the name that libsodium calls. */
void *map_plainly(void *addr, size_t n, int prot, int flags, int fd, off_t offset) __asm__("mmap");

static void *
map(size_t n)
{
	void *p = map_plainly(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

/* Each in a thread of its own: what a thread keeps is its own. */
static void
in_thread(void *(*run)(void *arg))
{
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, run, NULL), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
}

#ifndef UNDER_SANITIZER

static bool
is_zero(const char *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static void *
keep_and_look(void *arg)
{
	char *first, *second;

	hash_memory_keep();
	first = map(HASH_MEMORY);
	memset(first, 's', HASH_MEMORY);
	assert_int_equal(munmap(first, HASH_MEMORY), 0);
	second = map(HASH_MEMORY);
	assert_ptr_equal(second, first);
	assert_true(is_zero(second, HASH_MEMORY));
	munmap(second, HASH_MEMORY);
	hash_memory_let_go();
	return arg;
}

static void
test_kept_and_wiped(void **state)
{
	(void)state;
	in_thread(keep_and_look);
}

/* libsodium asks by these names: after a hash, the memory is there, and holds nothing of it. */
static void *
hash_and_look(void *arg)
{
	const struct secret input = { (uint8_t *)(uintptr_t)"a password", 10 };
	struct hash_job job = { .input = &input, .memory_kib = HASH_MEMORY_KIB, .passes = HASH_PASSES };
	unsigned char resident = 0;
	char *p;

	hash_memory_keep();
	hash_compute(&job);
	assert_true(job.ok);
	p = map(HASH_MEMORY);
	assert_int_equal(mincore(p + HASH_MEMORY / 2, 1, &resident), 0);
	assert_true(resident & 1);
	assert_true(is_zero(p, HASH_MEMORY));
	munmap(p, HASH_MEMORY);
	hash_memory_let_go();
	return arg;
}

static void
test_libsodium_takes_it(void **state)
{
	(void)state;
	in_thread(hash_and_look);
}

#endif

/* The same bytes with the memory of the hash before, with fresh memory, and in a thread that keeps none. */
static void *
hash_thrice(void *arg)
{
	const struct secret input = { (uint8_t *)(uintptr_t)"a password", 10 };
	struct hash_job jobs[3];

	for (int i = 0; i < 3; i++) {
		jobs[i] = (struct hash_job){ .input = &input, .memory_kib = HASH_MEMORY_KIB, .passes = HASH_PASSES };
		hash_compute(&jobs[i]);
		hash_memory_keep();
	}
	assert_memory_equal(jobs[0].hash, jobs[1].hash, HASH_N);
	assert_memory_equal(jobs[0].hash, jobs[2].hash, HASH_N);
	hash_memory_let_go();
	return arg;
}

static void
test_same_hash(void **state)
{
	(void)state;
	in_thread(hash_thrice);
}

/* Other sizes, and a second mapping while the first is in use, are the system's. */
static void *
map_others(void *arg)
{
	char *one, *two, *small;

	hash_memory_keep();
	one = map(HASH_MEMORY);
	two = map(HASH_MEMORY);
	small = map(4096);
	assert_ptr_not_equal(one, two);
	one[0] = two[0] = small[0] = 'x';
	assert_int_equal(munmap(small, 4096), 0);
	assert_int_equal(munmap(two, HASH_MEMORY), 0);
	assert_int_equal(msync(two, 4096, MS_ASYNC), -1);
	assert_int_equal(munmap(one, HASH_MEMORY), 0);
	hash_memory_let_go();
	assert_int_equal(msync(one, 4096, MS_ASYNC), -1);
	return arg;
}

static void
test_others_pass(void **state)
{
	(void)state;
	in_thread(map_others);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef UNDER_SANITIZER
		cmocka_unit_test(test_kept_and_wiped),
		cmocka_unit_test(test_libsodium_takes_it),
#endif
		cmocka_unit_test(test_same_hash),
		cmocka_unit_test(test_others_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
