/* apidoc.c - docs/API.md, openapi.json and EVENTS.md, written from the tables they describe. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/apidoc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/rules.h"
#include "base/str.h"

enum { TEXT_MAX = 8 << 20 };

static const struct document {
	const char *name;
	void (*write)(struct arena *a, struct buf *out);
} documents[] = {
	{ "API.md", doc_api },
	{ "openapi.json", doc_openapi },
	{ "EVENTS.md", doc_events },
};

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
		    check ? "%s is not current: build/src/api/apidoc docs\n" : "%s cannot be written\n",
		    path);
	buf_done(&out);
	arena_free(a);
	return fine;
}

static bool
rules_are_said(void)
{
	bool fine = true;

	for (size_t i = 0; routes[i] != NULL; i++) {
		const char *flaw = rule_flaw(routes[i]);

		if (flaw == NULL)
			continue;
		fprintf(stderr, "the route %s %s\n", routes[i]->name, flaw);
		fine = false;
	}
	return fine;
}

/* apidoc --rules: does every route say who may call it? Part of the build. apidoc FOLDER: write them there. apidoc --check FOLDER: are they what is there? */
int
main(int argc, char **argv)
{
	bool check = argc == 3 && strcmp(argv[1], "--check") == 0, fine = true;

	if (argc == 2 && strcmp(argv[1], "--rules") == 0)
		return rules_are_said() ? 0 : 1;
	if (argc != 2 && !check) {
		fputs("usage: apidoc [--check] FOLDER | --rules\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		fine &= do_document(&documents[i], argv[argc - 1], check);
	return fine ? 0 : 1;
}
