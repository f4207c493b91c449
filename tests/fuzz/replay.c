/* replay.c - feed files to a fuzz target once: the corpus as a regression test, without libFuzzer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
	uint8_t *data = NULL;
	size_t n = 0, got;
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		perror(path);
		return -1;
	}
	do {
		uint8_t *more = realloc(data, n + 4096);

		if (more == NULL)
			abort();
		data = more;
		got = fread(data + n, 1, 4096, f);
		n += got;
	} while (got > 0);
	fclose(f);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

static int
replay_directory(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (dir == NULL) {
		perror(path);
		return -1;
	}
	for (struct dirent *e; count >= 0 && (e = readdir(dir)) != NULL;) {
		char file[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		count = replay_file(file) < 0 ? -1 : count + 1;
	}
	closedir(dir);
	return count;
}

/* Files, or directories of files. An empty directory is a failure: it would prove nothing. */
int
main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		int n = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode) ? replay_directory(argv[i])
								       : replay_file(argv[i]);

		if (n <= 0)
			return 1;
		count += n;
	}
	printf("%d inputs replayed\n", count);
	return count > 0 ? 0 : 1;
}
