/* diagnose.h - why is this browser signed out? A captured request, led through the resolver once more. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/app.h"
#include "api/doctor/capture.h"
#include "api/doctor/findings.h"

enum { DIAGNOSIS_STEPS_MAX = 16, DIAGNOSIS_FINDINGS_MAX = 12 };

/* What the server makes of the request, now. */
enum diagnosis_verdict { DIAGNOSIS_REFUSED, DIAGNOSIS_SIGNED_OUT, DIAGNOSIS_SIGNED_IN, DIAGNOSIS_NO_SESSION, DIAGNOSIS__COUNT };

struct diagnosis_step {
	const char *name;
	struct str  saw;	/* what was seen and decided there; never a token */
};

struct diagnosis_finding {
	enum finding_code code;
	struct str        means, mend;
};

struct diagnosis {
	enum diagnosis_verdict   verdict;
	struct diagnosis_step    steps[DIAGNOSIS_STEPS_MAX];
	size_t                   n_steps;
	struct diagnosis_finding findings[DIAGNOSIS_FINDINGS_MAX];	/* the first one is met first */
	size_t                   n_findings;
};

/*
 * The request goes through http1_head(), request_admit() and session_resolve(), as one that arrives does: there is no
 * second reading of the rules. Nothing is written, counted, logged or rotated. `peer`: who connected to the server, as
 * text; empty: a listed proxy, where there is one. Texts: task's arena. E_BAD_REQUEST_BODY: `peer` is no address. Any
 * thread with a connection, outside a transaction.
 */
enum status diagnose(struct task *t, struct app *app, struct db *db, const struct capture *c, struct str peer,
    struct diagnosis *ret_diagnosis) MUST_CHECK;

void diagnosis_write_text(const struct diagnosis *d, struct buf *out);
void diagnosis_write_json(const struct diagnosis *d, struct buf *out);	/* one line */
extern const char *const diagnosis_verdict_names[DIAGNOSIS__COUNT];
