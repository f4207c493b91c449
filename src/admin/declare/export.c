/* export.c - a deployment as a document that could be applied. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/declare/export.h"

#include "base/str.h"

static enum status
write_all(struct exporting *e)
{
	const struct deployment *d = e->d;

	yaml_out_text(e->out, "host", d->backend_host);
	yaml_out_text(e->out, "frontend_host", d->frontend_host);
	yaml_out_word(e->out, "mode", d->mode == MODE_STAGING ? S("staging") : S("production"));
	yaml_out_text(e->out, "base_url", d->base_url);
	yaml_out_text(e->out, "name", d->name);
	for (size_t i = 0; i < sections_n; i++)
		TRY(sections[i].export(e, sections[i].name));
	return OK;
}

enum status
declare_export(struct task *t, const struct deployment *d, bool all, struct buf *out)
{
	struct yaml_out y;
	struct exporting e = { .t = t, .d = d, .out = &y, .all = all };
	enum status st;

	yaml_out_begin(&y, out);
	st = write_all(&e);
	if (!yaml_out_end(&y) && st == OK)
		st = fail(t, E_OVERLOADED, "the deployment cannot be written as one document");
	return st;
}
