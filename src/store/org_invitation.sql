-- org_invitation.sql: invitations to organizations. docs/decisions/invitations.md.

-- :name org_invitation_insert :rows
-- :in deployment_id deployment, invitation_id id, org_id org, workspace_id workspace, orgrole_id role, wsrole_id workspace_role, orgmem_id inviter, text email, key email_key, bytes token_hash, time now, time expires_at
INSERT INTO org_invitation (deployment_id, id, org_id, workspace_id, role_id, workspace_role_id, inviter_id, email, email_key,
       token_hash, created_at, updated_at, expires_at)
VALUES (:deployment, :id, :org, :workspace, :role, :workspace_role, :inviter, :email, :email_key,
       :token_hash, :now, :now, :expires_at)
ON CONFLICT DO NOTHING;

-- :name org_invitee :one
-- :in deployment_id deployment, key email_key, org_id org, workspace_id workspace
-- :out orgmem_id orgmem, wsmem_id wsmem
-- What whoever has shown that the address is theirs belongs to already.
SELECT m.id, n.id
  FROM email_address e
  LEFT JOIN orgmem m ON m.deployment_id = e.deployment_id AND m.org_id = :org AND m.user_id = e.user_id
  LEFT JOIN wsmem n ON n.deployment_id = e.deployment_id AND n.workspace_id = :workspace AND n.user_id = e.user_id
 WHERE e.deployment_id = :deployment AND e.email_key = :email_key AND e.verified_at IS NOT NULL;

-- :name org_invitation_of_email :many
-- :in deployment_id deployment, org_id org, key email_key
-- :out invitation_id id, workspace_id workspace, time expires_at
SELECT id, workspace_id, expires_at
  FROM org_invitation WHERE deployment_id = :deployment AND org_id = :org AND email_key = :email_key ORDER BY id;

-- :name org_invitation_count :one
-- :in deployment_id deployment, org_id org
-- :out int n
SELECT COUNT(*) FROM org_invitation WHERE deployment_id = :deployment AND org_id = :org;

-- :name org_invitation_inviter :one
-- :in deployment_id deployment, org_id org, orgmem_id inviter
-- :out text org_name, text first_name, text last_name
-- Who invites where, for the letter. The names of an operator are empty.
SELECT o.name, a.first_name, a.last_name
  FROM organization o
  LEFT JOIN orgmem m ON m.deployment_id = o.deployment_id AND m.id = :inviter
  LEFT JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
 WHERE o.deployment_id = :deployment AND o.id = :org;

-- :name org_invitation_by_token :one
-- :in deployment_id deployment, bytes token_hash
-- :out invitation_id id, org_id org, text org_name, bool org_enforce_mfa, bool org_ip_restriction, text org_ip_allowlist, workspace_id workspace, text workspace_name, bool enforce_2fa, bool ip_restriction, text ip_allowlist, orgrole_id role, text role_permissions, wsrole_id workspace_role, text workspace_role_permissions, orgmem_id inviter, user_id inviter_user, time inviter_disabled_at, text email, key email_key, time expires_at
-- With what entering asks. A role that is gone is 0.
SELECT i.id, i.org_id, o.name, o.enforce_mfa, o.ip_restriction, o.ip_allowlist, i.workspace_id, w.name, w.enforce_2fa,
       w.ip_restriction, w.ip_allowlist, r.id, r.permissions, s.id, s.permissions, i.inviter_id, m.user_id, a.disabled_at,
       i.email, i.email_key, i.expires_at
  FROM org_invitation i
  JOIN organization o ON o.deployment_id = i.deployment_id AND o.id = i.org_id
  LEFT JOIN workspace w ON w.deployment_id = i.deployment_id AND w.id = i.workspace_id
  LEFT JOIN orgrole r ON r.deployment_id = i.deployment_id AND r.id = i.role_id
  LEFT JOIN wsrole s ON s.deployment_id = i.deployment_id AND s.id = i.workspace_role_id
  LEFT JOIN orgmem m ON m.deployment_id = i.deployment_id AND m.id = i.inviter_id
  LEFT JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
 WHERE i.deployment_id = :deployment AND i.token_hash = :token_hash;

-- :name org_invitation_accept :rows
-- :in deployment_id deployment, invitation_id id, bytes token_hash, time now
-- One invitation, one acceptance: 0 rows for every one after the first, and for a token that another has replaced.
DELETE FROM org_invitation
 WHERE deployment_id = :deployment AND id = :id AND token_hash = :token_hash AND expires_at > :now;

-- :name org_invitation_live :one
-- :in deployment_id deployment, invitation_id id, time now
-- :out key email_key
-- For an account that it lets in: the invitation itself is accepted only afterwards.
SELECT email_key FROM org_invitation WHERE deployment_id = :deployment AND id = :id AND expires_at > :now;

-- :name org_invitation_find :one
-- :in deployment_id deployment, invitation_id id, org_id org
-- :out workspace_id workspace, orgrole_id role, text role_permissions, wsrole_id workspace_role, text workspace_role_permissions, text email, key email_key
SELECT i.workspace_id, r.id, r.permissions, s.id, s.permissions, i.email, i.email_key
  FROM org_invitation i
  LEFT JOIN orgrole r ON r.deployment_id = i.deployment_id AND r.id = i.role_id
  LEFT JOIN wsrole s ON s.deployment_id = i.deployment_id AND s.id = i.workspace_role_id
 WHERE i.deployment_id = :deployment AND i.id = :id AND i.org_id = :org;

-- :name org_invitation_renew :rows
-- :in deployment_id deployment, invitation_id id, org_id org, orgmem_id inviter, bytes token_hash, time now, time expires_at
UPDATE org_invitation SET inviter_id = :inviter, token_hash = :token_hash, updated_at = :now, expires_at = :expires_at
 WHERE deployment_id = :deployment AND id = :id AND org_id = :org;

-- :name org_invitation_discard :rows
-- :in deployment_id deployment, invitation_id id, org_id org
DELETE FROM org_invitation WHERE deployment_id = :deployment AND id = :id AND org_id = :org;

-- :name org_invitation_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- Thirty days later: until then somebody can see what became of it, and send it again.
DELETE FROM org_invitation WHERE (deployment_id, id) IN
 (SELECT i.deployment_id, i.id FROM org_invitation i WHERE i.expires_at <= :now - 2592000000000 LIMIT :most);

-- :name org_invitations :many org_invitation_row
-- :in deployment_id deployment, org_id org, invitation_id only, workspace_id only_workspace
-- :out invitation_id id, text email, time created_at, time updated_at, time expires_at, orgrole_id role, org_id role_org, text role_name, text role_permissions, time role_created_at, time role_updated_at, wsrole_id ws_role, workspace_id ws_role_workspace, org_id ws_role_org, text ws_role_name, text ws_role_permissions, time ws_role_created_at, time ws_role_updated_at, workspace_id workspace, text ws_name, text ws_slug, text ws_image_url, text ws_description, json ws_metadata, bool enforce_2fa, bool ip_restriction, text ip_allowlist, int member_count, time ws_created_at, time ws_updated_at, orgmem_id inviter, user_id inviter_user, json inviter_metadata, time inviter_created_at, time inviter_updated_at
-- As lists show them, never with a token: all of an organization, or one, or those to one workspace, oldest first.
SELECT i.id, i.email, i.created_at, i.updated_at, i.expires_at,
       r.id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at,
       s.id, s.workspace_id, s.org_id, s.name, s.permissions, s.created_at, s.updated_at,
       w.id, w.name, w.slug, w.image_url, w.description, w.public_metadata, w.enforce_2fa, w.ip_restriction, w.ip_allowlist,
       w.member_count,
       w.created_at, w.updated_at, m.id, m.user_id, m.public_metadata, m.created_at, m.updated_at
  FROM org_invitation i
  LEFT JOIN orgrole r ON r.deployment_id = i.deployment_id AND r.id = i.role_id
  LEFT JOIN wsrole s ON s.deployment_id = i.deployment_id AND s.id = i.workspace_role_id
  LEFT JOIN workspace w ON w.deployment_id = i.deployment_id AND w.id = i.workspace_id
  LEFT JOIN orgmem m ON m.deployment_id = i.deployment_id AND m.id = i.inviter_id
 WHERE i.deployment_id = :deployment AND i.org_id = :org
   AND (:only IS NULL OR i.id = :only) AND (:only_workspace IS NULL OR i.workspace_id = :only_workspace)
 ORDER BY i.id;

-- :name org_inviters :many account_row
-- :in deployment_id deployment, org_id org
-- :out user_id id, text first_name, text last_name, text username, text image_url, text availability, bool has_password, text second_factor_policy, email_id primary_email, phone_id primary_phone, json public_metadata, time disabled_at, time created_at, time updated_at, authenticator_id authenticator, time authenticator_at, time backup_codes_at, int n_passkeys, int password_standing
-- Whoever answers for an invitation of this organization.
SELECT a.id, a.first_name, a.last_name, a.username, a.image_url, a.availability,
       CASE WHEN a.password_record = '' OR a.password_standing IN (1, 2) THEN 0 ELSE 1 END, a.second_factor_policy, a.primary_email_id, a.primary_phone_id,
       a.public_metadata, a.disabled_at, a.created_at, a.updated_at, a.authenticator_id, a.authenticator_at,
       a.backup_codes_at, a.n_passkeys, a.password_standing
  FROM account a
 WHERE a.deployment_id = :deployment AND a.id IN
       (SELECT m.user_id FROM org_invitation i
          JOIN orgmem m ON m.deployment_id = i.deployment_id AND m.id = i.inviter_id
         WHERE i.deployment_id = :deployment AND i.org_id = :org)
 ORDER BY a.id;

-- :name org_inviter_contacts :many contact_row
-- :in deployment_id deployment, org_id org
-- :out user_id user, bool is_phone, int id, text value, text dial_code, time verified_at, text strategy
SELECT e.user_id, 0, e.id, e.email, '', e.verified_at, e.verification_strategy
  FROM email_address e
 WHERE e.deployment_id = :deployment AND e.user_id IN
       (SELECT m.user_id FROM org_invitation i
          JOIN orgmem m ON m.deployment_id = i.deployment_id AND m.id = i.inviter_id
         WHERE i.deployment_id = :deployment AND i.org_id = :org)
 UNION ALL
SELECT p.user_id, 1, p.id, p.phone_number, p.dial_code, p.verified_at, ''
  FROM phone_number p
 WHERE p.deployment_id = :deployment AND p.user_id IN
       (SELECT m.user_id FROM org_invitation i
          JOIN orgmem m ON m.deployment_id = i.deployment_id AND m.id = i.inviter_id
         WHERE i.deployment_id = :deployment AND i.org_id = :org)
 ORDER BY 1, 2, 3;

-- :name org_inviter_roles :many orgrole_row
-- :in deployment_id deployment, org_id org
-- :out orgmem_id orgmem, orgrole_id id, org_id org, text name, text permissions, time created_at, time updated_at
SELECT x.orgmem_id, r.id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM orgmem_role x
  JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 WHERE x.deployment_id = :deployment AND x.orgmem_id IN
       (SELECT i.inviter_id FROM org_invitation i WHERE i.deployment_id = :deployment AND i.org_id = :org)
 ORDER BY x.orgmem_id, r.id;
