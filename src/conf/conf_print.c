/* conf_print.c - the configuration, for people: what is in effect, and what there is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "conf/conf_source.h"

static void
print_row(const struct conf_row *row, const char *from, const struct conf *c, struct buf *out)
{
	struct buf value;
	size_t i = 0;

	buf_printf(out, "# %s\n", from == NULL ? "default" : from);
	for (;; i++) {
		buf_init_arena(&value, c->source->arena, 65536);
		if (row->no_file || !conf_format(row, c, i, &value))
			break;
		buf_printf(out, "%s = " STR_FMT "\n", row->name, STR_ARG(buf_str(&value)));
	}
	if (i == 0)
		buf_printf(out, "# %s is not set\n", row->name);
}

void
conf_print(const struct conf *c, struct buf *out)
{
	if (c->config[0] != '\0')
		buf_printf(out, "# read from %s\n", c->config);
	for (size_t i = 0; i < conf_rows_n; i++) {
		if (!conf_rows[i].no_file)
			print_row(&conf_rows[i], c->source->from[i], c, out);
	}
}

void
conf_help(struct buf *out)
{
	for (size_t i = 0; i < conf_rows_n; i++) {
		const struct conf_row *row = &conf_rows[i];
		const char *def = row->def_said == NULL ? row->def : row->def_said;

		buf_printf(out, "  --%s%s\n      %s (default: %s)\n", row->name,
		    row->type == CONF_BOOL ? "" : " VALUE", row->help, def);
	}
}
