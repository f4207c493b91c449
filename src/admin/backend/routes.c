/* routes.c - every endpoint of the Backend API, once. The rows sit under their handlers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/backend/backend.h"

#include "admin/chore.h"
#include "api/route.h"
#include "base/str.h"
#include "picture/picture.h"

enum { BACKEND_BODY_MAX = 64 * 1024 };

#define BACKEND_ROUTES(X) \
	X(user_list) \
	X(user_create) \
	X(user_get) \
	X(user_update) \
	X(user_delete) \
	X(user_disable) \
	X(user_enable) \
	X(user_reset_factors) \
	X(user_password_set) \
	X(user_password_remove) \
	X(user_email_add) \
	X(user_email_delete) \
	X(user_email_verify) \
	X(user_email_primary) \
	X(user_phone_add) \
	X(user_phone_delete) \
	X(user_phone_verify) \
	X(user_phone_primary) \
	X(user_picture_set) \
	X(user_picture_remove) \
	X(user_org_memberships) \
	X(user_workspace_memberships) \
	X(user_signins) \
	X(user_sessions_revoke) \
	X(signin_list) \
	X(signin_revoke) \
	X(session_revoke) \
	X(sessions_revoke_all) \
	X(ticket_create) \
	X(invitation_list) \
	X(invitation_create) \
	X(invitation_revoke) \
	X(waitlist_list) \
	X(waitlist_invite) \
	X(waitlist_remove) \
	X(org_list) \
	X(org_create) \
	X(org_get) \
	X(org_update) \
	X(org_delete) \
	X(org_picture_set) \
	X(org_picture_remove) \
	X(org_members) \
	X(org_member_add) \
	X(org_member_remove) \
	X(org_member_role_add) \
	X(org_member_role_remove) \
	X(org_roles) \
	X(org_role_create) \
	X(org_role_remove) \
	X(org_invitations) \
	X(org_invite) \
	X(org_invitation_resend) \
	X(org_invitation_remove) \
	X(org_domain_list) \
	X(org_domain_add) \
	X(org_domain_get) \
	X(org_domain_remove) \
	X(org_domain_verify) \
	X(workspace_list) \
	X(workspace_create) \
	X(workspace_get) \
	X(workspace_update) \
	X(workspace_delete) \
	X(workspace_picture_set) \
	X(workspace_picture_remove) \
	X(workspace_members) \
	X(workspace_member_add) \
	X(workspace_member_remove) \
	X(workspace_member_role_add) \
	X(workspace_member_role_remove) \
	X(workspace_roles) \
	X(workspace_role_put) \
	X(workspace_role_remove) \
	X(deployment_get) \
	X(settings_get) \
	X(settings_update) \
	X(secret_list) \
	X(secret_set) \
	X(secret_delete) \
	X(template_list) \
	X(template_get) \
	X(template_set) \
	X(template_reset) \
	X(jwt_template_list) \
	X(jwt_template_get) \
	X(jwt_template_set) \
	X(jwt_template_delete) \
	X(webhook_list) \
	X(webhook_create) \
	X(webhook_get) \
	X(webhook_update) \
	X(webhook_delete) \
	X(webhook_rotate) \
	X(webhook_test) \
	X(webhook_replay) \
	X(webhook_deliveries) \
	X(webhook_delivery_replay)

#define ROUTE_DECLARE(name) extern const struct backend_route backend_##name;
BACKEND_ROUTES(ROUTE_DECLARE)

#define ROUTE_POINTER(name) &backend_##name,
const struct backend_route *const backend_routes[] = { BACKEND_ROUTES(ROUTE_POINTER) NULL };

_Static_assert((int)CALL_IDS_MAX == (int)ROUTE_IDS_MAX, "route_path_matches() fills this many");

enum status
backend_route_find(struct call *c)
{
	enum http_method method = c->x->head.method;
	unsigned allow = 0;

	for (size_t i = 0; backend_routes[i]; i++) {
		if (!route_path_matches(backend_routes[i]->path, c->x->head.path, c->ids))
			continue;
		if (backend_routes[i]->method == method) {
			c->route = backend_routes[i];
			return OK;
		}
		allow |= 1u << backend_routes[i]->method;
	}
	c->allow = allow;
	return allow ? E_METHOD_NOT_ALLOWED : E_NOT_FOUND;
}

size_t
backend_body_limit(const struct http_head *head)
{
	struct str ids[CALL_IDS_MAX];

	for (size_t i = 0; backend_routes[i]; i++)
		if (backend_routes[i]->takes_picture && backend_routes[i]->method == head->method &&
		    route_path_matches(backend_routes[i]->path, head->path, ids))
			return PICTURE_IN_MAX;
	return BACKEND_BODY_MAX;
}

size_t
values_count(const struct value *values, size_t cap)
{
	size_t n = 0;

	while (n < cap && values[n].kind != VALUE_END)
		n++;
	return n;
}

size_t
members_count(const struct shape *s)
{
	size_t n = 0;

	while (n < SHAPE_MEMBERS_MAX && s->members[n].kind != MEMBER_END)
		n++;
	return n;
}

int
route_http(const struct backend_route *r)
{
	return r->http ? r->http : r->answers ? 200 : 204;
}
