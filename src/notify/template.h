/* template.h - texts with places for values: {{name}}. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "base/task.h"

/*
 * {{name}} becomes the value; {{#name}}…{{/name}} is kept when there is one, {{^name}}…{{/name}}
 * when there is none. Sections do not nest. Names are [a-z_]+.
 */
struct template_var {
	const char *name;
	struct str  value;	/* plain text, one line */
};

/* What the text is for: in HTML, values are escaped; everywhere their control characters become spaces. */
enum template_form { TEMPLATE_PLAIN, TEMPLATE_HTML };

/*
 * Could it be rendered with the names of the space-separated list? E_BAD_REQUEST_BODY with a sentence
 * in t->why that says what is wrong, and in which line. Any thread.
 */
enum status template_check(struct task *t, struct str text, const char *names) MUST_CHECK;
/* Does it show {{name}} somewhere? */
bool template_shows(struct str text, const char *name);

/*
 * A name without a value is empty. What template_check() would refuse is written as it stands:
 * rendering never fails but by the buffer.
 */
void template_render(struct str text, enum template_form form, const struct template_var *vars, size_t n, struct buf *out);
