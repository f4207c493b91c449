/* argon.c - argon2id and nothing else, on some threads: what sign-in could reach at best. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMORY = 19 * 1024 * 1024, PASSES = 2, THREADS_MAX = 256 };

static double seconds;

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void *
hash(void *arg)
{
	const char password[] = "correct-horse-battery-staple";
	unsigned char salt[crypto_pwhash_argon2id_SALTBYTES] = { 1 }, out[32];
	double end = now() + seconds;
	long *n = arg;

	for (; now() < end; ++*n)
		if (crypto_pwhash_argon2id(out, sizeof(out), password, sizeof(password) - 1, salt, PASSES,
			MEMORY, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
			abort();
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	long counts[THREADS_MAX] = { 0 }, n = argc == 3 ? strtol(argv[1], NULL, 10) : 0, total = 0;
	double begin;

	if (n < 1 || n > THREADS_MAX || (seconds = strtod(argv[2], NULL)) <= 0 || sodium_init() < 0) {
		fprintf(stderr, "usage: argon THREADS SECONDS\n");
		return 2;
	}
	begin = now();
	for (long i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, hash, &counts[i]) != 0)
			abort();
	for (long i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		total += counts[i];
	}
	printf("{\"hashes\": %ld, \"seconds\": %.6f}\n", total, now() - begin);
	return 0;
}
