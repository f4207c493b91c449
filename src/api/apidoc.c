/* apidoc.c - docs/API.md, openapi.json and EVENTS.md, written from the tables they describe. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/apidoc.h"

#include <stdio.h>
#include <string.h>

#include "api/docfile.h"
#include "api/rules.h"

static const struct document documents[] = {
	{ "API.md", doc_api },
	{ "openapi.json", doc_openapi },
	{ "EVENTS.md", doc_events },
};

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
	if (argc == 2 && strcmp(argv[1], "--rules") == 0)
		return rules_are_said() ? 0 : 1;
	return documents_main(argc, argv, "apidoc [--check] FOLDER | --rules", documents, ARRAY_LEN(documents));
}
