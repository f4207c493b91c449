/* report.h - what `sessiond doctor` looks at, one line each. For src/admin only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "admin/command.h"
#include "conf/conf.h"

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM };

struct doctor {
	struct command           *c;
	const struct conf        *conf;	/* here_checks alone */
	const struct deployment **deployments;	/* those asked about; the demo's among them */
	size_t                    n_deployments;
	int64_t                   until_mono;	/* other servers are asked no longer than this */
};

/* One thing that is looked at. It says one line at least. */
struct doctor_check {
	const char *name;
	void      (*run)(struct doctor *d, const char *name);
};
void doctor_run(struct doctor *d, const struct doctor_check *checks, size_t n);

/* One line: what it means, and the command or setting that mends it (NULL: nothing to do). Never a secret. */
void doctor_say(struct doctor *d, enum doctor_level level, const char *check, const char *mend, const char *fmt, ...)
    PRINTF(5, 6);

/* The tables. */
extern const struct doctor_check doctor_here_checks[];	/* where the command was typed */
extern const size_t doctor_here_n;
extern const struct doctor_check doctor_serving_checks[];	/* in the server, or with the database opened here */
extern const size_t doctor_serving_n;

/* machine_checks.c: of this process and machine. */
void doctor_check_clock(struct doctor *d, const char *name);
void doctor_check_randomness(struct doctor *d, const char *name);
void doctor_check_descriptors(struct doctor *d, const char *name);
void doctor_check_data(struct doctor *d, const char *name);
void doctor_check_space(struct doctor *d, const char *name);
void doctor_check_key(struct doctor *d, const char *name);

/* deployment_checks.c */
void doctor_check_hosts(struct doctor *d, const char *name);
void doctor_check_cookies(struct doctor *d, const char *name);
void doctor_check_modes(struct doctor *d, const char *name);
void doctor_check_keys_due(struct doctor *d, const char *name);
void doctor_check_mail(struct doctor *d, const char *name);
void doctor_check_messages(struct doctor *d, const char *name);
void doctor_check_hooks(struct doctor *d, const char *name);
