/* confdoc.c - docs/CONFIG.md, written from the two tables it describes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/conf_rows.h"
#include "deployment/settings_rows.h"

static struct arena *arena;

/* A table's cell: a bar would end it. */
static void
put_cell(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|')
			buf_put_char(out, '\\');
		buf_put_char(out, s.p[i]);
	}
}

static void
put_server_rows(struct buf *out)
{
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];

		buf_printf(out, "| `%s`%s | ", row->name, row->reload ? " (reload)" : "");
		put_cell(out, str_of(row->def_said == NULL ? row->def : row->def_said));
		buf_put_str(out, S(" | "));
		put_cell(out, conf_allowed(arena, row));
		buf_put_str(out, S(" | "));
		put_cell(out, str_of(row->help));
		buf_put_str(out, S(" |\n"));
	}
}

static void
put_setting_rows(struct buf *out)
{
	for (size_t i = 0; i < setting_rows_n; i++) {
		const struct setting_row *row = &setting_rows[i];

		if (row->type == SETTING_SHOWN)
			continue;
		buf_printf(out, "| `%s` | ", row->key);
		put_cell(out, str_of(row->def[0] == '\0' ? "empty" : row->def));
		buf_put_str(out, S(" | "));
		if (row->lacks == NULL)
			put_cell(out, setting_allowed(arena, row));
		else
			buf_printf(out, "stays as it is: %s", row->lacks);
		buf_printf(out, " | %s | ", row->view == VIEW_BROWSER ? "yes" : "no");
		put_cell(out, str_of(row->help));
		buf_put_str(out, S(" |\n"));
	}
}

static void
put_document(struct buf *out)
{
	buf_put_str(out,
	    S("# Configuration\n\n"
	      "Written by `build/src/conf/confdoc` from the tables in `src/conf/conf_rows.c` and\n"
	      "`src/deployment/settings_rows.c`; a test compares the two.\n\n"
	      "## The server\n\n"
	      "Each key can be given as a flag (`--head-timeout 5s`), in the environment\n"
	      "(`SESSIOND_HEAD_TIMEOUT=5s`) and as a line of the file (`head-timeout = 5s`). Flags win over "
	      "the\n"
	      "environment, the environment over the file. A line that begins with `#` is a comment. Lists "
	      "take\n"
	      "repeated flags and lines, or items separated by commas; a list in a flag replaces the one in "
	      "the\n"
	      "file. Anything that is not understood is an error that names its place, and the server does "
	      "not\n"
	      "start. `sessiond check-config` checks, and prints what is in effect. SIGHUP reads everything\n"
	      "again, all or nothing; it can change the keys marked (reload).\n\n"
	      "| key | default | must be | what it is |\n|---|---|---|---|\n"));
	put_server_rows(out);
	buf_put_str(out,
	    S("\n## A deployment\n\n"
	      "Set with `sessiond deployment set HOST KEY=VALUE...`, all or nothing, in effect at once. The "
	      "value\n"
	      "`default` takes the default again. Lists are words separated by commas, or a JSON array. In\n"
	      "defaults, `{name}` is the deployment's name, `{frontend_host}` the host of its app and "
	      "`{frontend}`\n"
	      "that host's origin. The last column but one tells whether `GET /deployment` shows the value "
	      "to\n"
	      "browsers.\n\n"
	      "| key | default | must be | shown | what it is |\n|---|---|---|---|---|\n"));
	put_setting_rows(out);
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

/* confdoc: print the document. confdoc --check FILE: is FILE that document? */
int
main(int argc, char **argv)
{
	struct buf out;
	bool fine = true;

	arena = arena_new(16 << 20);
	CHECK(arena != NULL);
	buf_init_arena(&out, arena, 1 << 20);
	put_document(&out);
	CHECK(!out.failed);
	if (argc == 3 && strcmp(argv[1], "--check") == 0)
		fine = is_content_of(argv[2], buf_str(&out));
	else
		fine = fwrite(out.p, 1, out.n, stdout) == out.n;
	if (!fine)
		fprintf(stderr, "%s is not current: build/src/conf/confdoc > docs/CONFIG.md\n",
		    argc == 3 ? argv[2] : "output");
	arena_free(arena);
	return fine ? 0 : 1;
}
