/* docfile.c - documents that a program writes, or finds to be what it would write. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/docfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 8 << 20 };

static bool
write_file(const char *path, struct str text)
{
	FILE *f = fopen(path, "w");
	bool fine;

	if (f == NULL)
		return false;
	fine = fwrite(text.p, 1, text.n, f) == text.n;
	return fclose(f) == 0 && fine;
}

static bool
is_content_of(const char *path, struct str text)
{
	FILE *f = fopen(path, "r");
	char *p = malloc(text.n + 1);
	bool same = false;

	if (f != NULL && p != NULL)
		same = fread(p, 1, text.n + 1, f) == text.n && memcmp(p, text.p, text.n) == 0;
	if (f != NULL)
		fclose(f);
	free(p);
	return same;
}

static bool
do_document(const struct document *d, const char *folder, bool check)
{
	struct arena *a = arena_new(TEXT_MAX);
	struct buf out;
	const char *path;
	bool fine;

	CHECK(a != NULL);
	buf_init(&out, TEXT_MAX);
	path = arena_printf(a, "%s/%s", folder, d->name).p;
	d->write(a, &out);
	CHECK(!out.failed && !arena_failed(a));
	fine = check ? is_content_of(path, buf_str(&out)) : write_file(path, buf_str(&out));
	if (!fine)
		fprintf(stderr,
		    check ? "%s is not current: run its writer again\n" : "%s cannot be written\n", path);
	buf_done(&out);
	arena_free(a);
	return fine;
}

int
documents_main(int argc, char **argv, const char *usage, const struct document *documents, size_t n)
{
	bool check = argc == 3 && strcmp(argv[1], "--check") == 0, fine = true;

	if (argc != 2 && !check) {
		fprintf(stderr, "usage: %s\n", usage);
		return 2;
	}
	for (size_t i = 0; i < n; i++)
		fine &= do_document(&documents[i], argv[argc - 1], check);
	return fine ? 0 : 1;
}
