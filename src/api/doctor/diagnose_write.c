/* diagnose_write.c - a diagnosis for people, and for programs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/doctor/diagnose.h"

#include "base/json.h"
#include "base/str.h"

const char *const diagnosis_verdict_names[DIAGNOSIS__COUNT] = {
	[DIAGNOSIS_REFUSED] = "refused",
	[DIAGNOSIS_SIGNED_OUT] = "signed_out",
	[DIAGNOSIS_SIGNED_IN] = "signed_in",
	[DIAGNOSIS_NO_SESSION] = "no_session",
};

static const char *const verdict_texts[DIAGNOSIS__COUNT] = {
	[DIAGNOSIS_REFUSED] = "The request is refused before its session is looked at.",
	[DIAGNOSIS_SIGNED_OUT] = "The request is admitted, and signed out.",
	[DIAGNOSIS_SIGNED_IN] = "The request is admitted, and signed in.",
	[DIAGNOSIS_NO_SESSION] = "No session is looked at for this request.",
};

void
diagnosis_write_text(const struct diagnosis *d, struct buf *out)
{
	for (size_t i = 0; i < d->n_steps; i++) {
		buf_printf(out, "%-11s ", d->steps[i].name);
		buf_put_str(out, d->steps[i].saw);
		buf_put_char(out, '\n');
	}
	buf_printf(out, "\n%s\n", verdict_texts[d->verdict]);
	for (size_t i = 0; i < d->n_findings; i++) {
		buf_printf(out, "\n%s\n  ", finding_info[d->findings[i].code].code);
		buf_put_str(out, d->findings[i].means);
		buf_put_str(out, S("\n  To mend it: "));
		buf_put_str(out, d->findings[i].mend);
		buf_put_char(out, '\n');
	}
}

void
diagnosis_write_json(const struct diagnosis *d, struct buf *out)
{
	struct json j;

	json_init(&j, out);
	json_object_begin(&j, NULL);
	json_str(&j, "verdict", str_of(diagnosis_verdict_names[d->verdict]));
	json_array_begin(&j, "findings");
	for (size_t i = 0; i < d->n_findings; i++) {
		json_object_begin(&j, NULL);
		json_str(&j, "code", str_of(finding_info[d->findings[i].code].code));
		json_str(&j, "means", d->findings[i].means);
		json_str(&j, "mend", d->findings[i].mend);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_array_begin(&j, "steps");
	for (size_t i = 0; i < d->n_steps; i++) {
		json_object_begin(&j, NULL);
		json_str(&j, "step", str_of(d->steps[i].name));
		json_str(&j, "saw", d->steps[i].saw);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
}
