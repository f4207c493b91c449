/* came_from.h - where a browser wanted to go when a proxy asked about it, and where it signs in first. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "api/api.h"

/*
 * The deployment's sign-in page, with redirect_uri back to the address that the browser asked for: as a listed
 * proxy tells it (X-Forwarded-Proto, -Host and -Uri; else X-Original-URL), each field once, and only where
 * the deployment sends browsers (deployment_allows_redirect()). Otherwise the page alone. Task's arena.
 */
struct str came_from_sign_in(struct request *rq);

/* A script's own call, a picture, a frame: what the browser says is no page that somebody goes to. */
bool came_from_script(const struct request *rq);
