/* org_deed.h - a request as the deeds of org/ take it. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"
#include "org/deed.h"

/* TX_WRITE. Whose membership it is stands in the audit event's detail; who did it is the caller, or, signed out, that user. */
struct org_deed org_deed_of(struct request *rq);
