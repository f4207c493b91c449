/* create.h - what creating an organization and creating a workspace have in common. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

enum { CREATE_NAME_MAX = 100, CREATE_DESCRIPTION_MAX = 1000 };

/* The body's name, trimmed and checked, and its description as it is. The picture is .prove's. */
struct create_text {
	struct str name, description;
};
enum status create_read(struct request *rq, struct create_text *ret_text) MUST_CHECK;

/* Room for one more where `most` may be? 0 is no limit. */
bool create_has_room(int64_t have, int64_t most);
