/* routes.c - every route, once. The rows sit under their handlers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#define ROUTES(X) \
	X(session_get) \
	X(session_check) \
	X(session_token) \
	X(switch_sign_in) \
	X(switch_organization) \
	X(switch_workspace) \
	X(sign_out) \
	X(ticket_exchange) \
	X(step_up) \
	X(step_up_prepare) \
	X(identify) \
	X(sign_in) \
	X(sign_up) \
	X(prepare_verification) \
	X(attempt_verification) \
	X(verify_magic_link) \
	X(forgot_password) \
	X(reset_password) \
	X(complete_profile) \
	X(not_me_page) \
	X(not_me) \
	X(oauth_init) \
	X(oauth_callback) \
	X(sso_login) \
	X(availability) \
	X(me_get) \
	X(me_update) \
	X(me_organization_memberships) \
	X(me_workspace_memberships) \
	X(passkey_login_begin) \
	X(passkey_login_finish) \
	X(me_passkeys) \
	X(me_passkey_register_begin) \
	X(me_passkey_register_finish) \
	X(me_passkey_delete) \
	X(me_passkey_rename) \
	X(me_emails) \
	X(me_email) \
	X(me_email_add) \
	X(me_email_delete) \
	X(me_email_prepare) \
	X(me_email_attempt) \
	X(me_email_primary) \
	X(me_phones) \
	X(me_phone) \
	X(me_phone_add) \
	X(me_phone_delete) \
	X(me_phone_prepare) \
	X(me_phone_attempt) \
	X(me_phone_primary) \
	X(me_password_update) \
	X(me_password_remove) \
	X(me_account_delete) \
	X(me_social_disconnect) \
	X(me_sso_init) \
	X(me_sso_callback) \
	X(me_picture) \
	X(me_signins) \
	X(me_signin_signout) \
	X(authenticator_begin) \
	X(authenticator_verify) \
	X(authenticator_delete) \
	X(backup_codes) \
	X(backup_codes_regenerate) \
	X(organization_create) \
	X(workspace_create) \
	X(organization_update) \
	X(organization_delete) \
	X(organization_leave) \
	X(organization_members) \
	X(organization_member_remove) \
	X(organization_member_role_add) \
	X(organization_member_role_remove) \
	X(workspace_update) \
	X(workspace_delete) \
	X(workspace_leave) \
	X(workspace_members) \
	X(workspace_member_remove) \
	X(workspace_member_role_add) \
	X(workspace_member_role_remove) \
	X(org_invitations) \
	X(org_invite) \
	X(org_invitation_discard) \
	X(org_invitation_resend) \
	X(invitation_accept) \
	X(org_roles) \
	X(org_role_create) \
	X(org_role_remove) \
	X(workspace_roles) \
	X(workspace_role_put) \
	X(workspace_role_delete) \
	X(org_domains) \
	X(org_domain_add) \
	X(org_domain_verify) \
	X(org_domain_delete) \
	X(deployment_get) \
	X(invitation_validate) \
	X(waitlist_join) \
	X(challenge_create) \
	X(challenge_redeem) \
	X(challenge_script) \
	X(picture) \
	X(well_known_jwks) \
	X(well_known_jwk) \
	X(well_known_meta)

#define ROUTE_DECLARE(name) extern const struct route route_##name;
ROUTES(ROUTE_DECLARE)

#define ROUTE_POINTER(name) &route_##name,
const struct route *const routes[] = { ROUTES(ROUTE_POINTER) NULL };
