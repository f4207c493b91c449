/* backenddoc.c - docs/BACKEND_API.md and docs/backend-openapi.json, written from the rows in backend/. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/doc.h"
#include "api/docfile.h"

static const struct document documents[] = {
	{ "BACKEND_API.md", doc_backend_md },
	{ "backend-openapi.json", doc_backend_openapi },
};

int
main(int argc, char **argv)
{
	return documents_main(argc, argv, "backenddoc [--check] FOLDER", documents, ARRAY_LEN(documents));
}
