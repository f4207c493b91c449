/* examine.h - what the parts of a diagnosis share. For src/api/doctor only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/doctor/diagnose.h"
#include "api/pipeline.h"

struct examination {
	struct task            *t;
	struct app             *app;
	struct db              *db;
	const struct capture   *c;
	struct str              raw;	/* the head as it is judged */
	struct exchange         x;
	struct request          rq;
	struct request_private  priv;
	char                    peer[46];
	bool                    peer_is_given;
	bool                    arrived_directly;	/* the browser's own connection, by what was captured */
	bool                    again;	/* the answer gave a token out */
	enum status             admitted;
	enum session_action     action;
	struct diagnosis       *d;
};

/* One more line of what was seen. */
void examine_saw(struct examination *e, const char *step, const char *fmt, ...) PRINTF(3, 4);
/* One more cause; each is told once. `value` must hold no secret. */
void examine_found(struct examination *e, enum finding_code code, struct str value);

/* The same, met before all the others: what the answer proves about how the request arrived. */
void examine_found_first(struct examination *e, enum finding_code code, struct str value);

/* "abcd…, 43 characters": enough to recognise, not enough to use; of a short one the length alone. Task's arena. */
struct str examine_masked(struct examination *e, struct str token);

struct str examine_host_name(struct str host);	/* without the port */
bool       examine_is_loopback(struct str host);
struct str examine_origin(const struct examination *e);	/* the page's, or what stands for it */

bool        examine_has_field(const struct examination *e, struct str name);	/* among those that were captured */
const char *examine_forwarding_field(const struct examination *e);	/* the name of one that only proxies write; NULL: none */

/* ---- the steps, in their order ---- */

/*
 * Who connected, and the head that arrives: `peer` as text, or a guess when it is empty. *ret_is_readable false: the edge refuses
 * the head, and has been told of as the finding. E_BAD_REQUEST_BODY, t->why being a sentence: peer is no address.
 */
enum status examine_arrival(struct examination *e, struct str peer, bool *ret_is_readable) MUST_CHECK;
bool examine_admission(struct examination *e);	/* false: refused or a preflight, and nothing more is to be looked at */
void examine_carrier(struct examination *e);	/* is the token where it belongs? */
enum status examine_session(struct examination *e) MUST_CHECK;	/* whose session it is; sets the verdict */
void examine_answer(struct examination *e);	/* what became of the answer on its way */
