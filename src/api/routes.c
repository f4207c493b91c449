/* routes.c - every route, once. The rows sit under their handlers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#define ROUTES(X) \
	X(session_get) \
	X(session_token) \
	X(switch_sign_in) \
	X(switch_organization) \
	X(switch_workspace) \
	X(sign_out) \
	X(identify) \
	X(sign_in) \
	X(sign_up) \
	X(oauth_init) \
	X(availability) \
	X(me_get) \
	X(me_update) \
	X(me_organization_memberships) \
	X(me_workspace_memberships) \
	X(me_signins) \
	X(me_signin_signout) \
	X(organization_create) \
	X(workspace_create) \
	X(deployment_get) \
	X(invitation_validate) \
	X(waitlist_join) \
	X(challenge_create) \
	X(challenge_redeem) \
	X(challenge_script) \
	X(well_known_jwks) \
	X(well_known_jwk) \
	X(well_known_meta)

#define ROUTE_DECLARE(name) extern const struct route route_##name;
ROUTES(ROUTE_DECLARE)

#define ROUTE_POINTER(name) &route_##name,
const struct route *const routes[] = { ROUTES(ROUTE_POINTER) NULL };
