-- backend.sql: what only the Backend API asks for.

-- :name idempotency_begin :rows
-- :in deployment_id deployment, hash key_hash, bytes request_mac, time expires_at
-- One call, one row: 0 rows for its twin, which waits here until the first is done.
INSERT INTO idempotency (deployment_id, key_hash, request_mac, expires_at)
VALUES (:deployment, :key_hash, :request_mac, :expires_at)
ON CONFLICT DO NOTHING;

-- :name idempotency_find :one
-- :in deployment_id deployment, hash key_hash
-- :out bytes request_mac, bytes sealed_answer
SELECT request_mac, sealed_answer FROM idempotency WHERE deployment_id = :deployment AND key_hash = :key_hash;

-- :name idempotency_keep :rows
-- :in deployment_id deployment, hash key_hash, bytes sealed_answer
UPDATE idempotency SET sealed_answer = :sealed_answer WHERE deployment_id = :deployment AND key_hash = :key_hash;

-- :name idempotency_forget :rows
-- :in deployment_id deployment, hash key_hash, time now
-- One that is past its time is as good as none.
DELETE FROM idempotency WHERE deployment_id = :deployment AND key_hash = :key_hash AND expires_at <= :now;

-- :name idempotency_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM idempotency WHERE rowid IN (SELECT k.rowid FROM idempotency k WHERE k.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM idempotency WHERE (deployment_id, key_hash) IN
 (SELECT k.deployment_id, k.key_hash FROM idempotency k WHERE k.expires_at <= :now LIMIT :most);

-- :name account_lock_any :rows
-- :in deployment_id deployment, user_id id
-- As account_lock, of disabled accounts too: operators change those.
UPDATE account SET updated_at = updated_at WHERE deployment_id = :deployment AND id = :id;

-- :name account_list_disabled :many account_list_row
-- :in deployment_id deployment, int after, int most
-- :out user_id id, text first_name, text last_name, text username, text email, time disabled_at, time created_at
SELECT a.id, a.first_name, a.last_name, a.username, e.email, a.disabled_at, a.created_at
  FROM account a
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE a.deployment_id = :deployment AND a.id > :after AND a.disabled_at IS NOT NULL
 ORDER BY a.id LIMIT :most;

-- :name account_list_one :many account_list_row
-- :in deployment_id deployment, user_id user, int after
-- :out user_id id, text first_name, text last_name, text username, text email, time disabled_at, time created_at
-- As a list, for those that look for somebody by what is only theirs.
SELECT a.id, a.first_name, a.last_name, a.username, e.email, a.disabled_at, a.created_at
  FROM account a
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE a.deployment_id = :deployment AND a.id = :user AND a.id > :after;

-- :name account_set_metadata :rows
-- :in deployment_id deployment, user_id id, json public_metadata, time now
UPDATE account SET public_metadata = :public_metadata, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name waitlist_find_id :one
-- :in deployment_id deployment, waitlist_id id
-- :out text email, key email_key, text first_name, text last_name
SELECT email, email_key, first_name, last_name FROM waitlist_entry WHERE deployment_id = :deployment AND id = :id;

-- :name message_templates_own :many
-- :in deployment_id deployment
-- :out text kind, text part
SELECT kind, part FROM message_template WHERE deployment_id = :deployment ORDER BY kind, part;

-- :name org_page :many org_row
-- :in deployment_id deployment, int after, int most
-- :out org_id id, text name, text slug, text image_url, text description, json metadata, bool enforce_mfa, bool ip_restriction, text ip_allowlist, workspace_id auto_workspace, int member_count, time created_at, time updated_at
SELECT o.id, o.name, o.slug, o.image_url, o.description, o.public_metadata, o.enforce_mfa, o.ip_restriction, o.ip_allowlist, o.auto_workspace_id,
       o.member_count, o.created_at, o.updated_at
  FROM organization o WHERE o.deployment_id = :deployment AND o.id > :after ORDER BY o.id LIMIT :most;

-- :name workspace_page :many workspace_row
-- :in deployment_id deployment, org_id org, int after, int most
-- :out workspace_id id, org_id org, text name, text slug, text image_url, text description, json metadata, bool enforce_2fa, bool ip_restriction, text ip_allowlist, int member_count, time created_at, time updated_at
SELECT o.id, o.org_id, o.name, o.slug, o.image_url, o.description, o.public_metadata, o.enforce_2fa, o.ip_restriction, o.ip_allowlist,
       o.member_count, o.created_at, o.updated_at
  FROM workspace o WHERE o.deployment_id = :deployment AND o.org_id = :org AND o.id > :after ORDER BY o.id LIMIT :most;

-- :name org_set_metadata :rows
-- :in deployment_id deployment, org_id id, json public_metadata, time now
UPDATE organization SET public_metadata = :public_metadata, updated_at = :now WHERE deployment_id = :deployment AND id = :id;

-- :name workspace_set_metadata :rows
-- :in deployment_id deployment, workspace_id id, json public_metadata, time now
UPDATE workspace SET public_metadata = :public_metadata, updated_at = :now WHERE deployment_id = :deployment AND id = :id;

-- :name org_member_list :many member_list_row
-- :in deployment_id deployment, org_id org, int after, int most
-- :out int id, user_id user, text first_name, text last_name, text username, text email, time created_at
SELECT m.id, a.id, a.first_name, a.last_name, a.username, e.email, m.created_at
  FROM orgmem m
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE m.deployment_id = :deployment AND m.org_id = :org AND m.id > :after ORDER BY m.id LIMIT :most;

-- :name org_member_list_roles :many member_list_role_row
-- :in deployment_id deployment, org_id org, int first, int last
-- :out int member, int role
-- Who of those in between holds what.
SELECT x.orgmem_id, x.role_id
  FROM orgmem m
  JOIN orgmem_role x ON x.deployment_id = m.deployment_id AND x.orgmem_id = m.id
 WHERE m.deployment_id = :deployment AND m.org_id = :org AND m.id >= :first AND m.id <= :last ORDER BY 1, 2;

-- :name workspace_member_list :many member_list_row
-- :in deployment_id deployment, workspace_id workspace, int after, int most
-- :out int id, user_id user, text first_name, text last_name, text username, text email, time created_at
SELECT m.id, a.id, a.first_name, a.last_name, a.username, e.email, m.created_at
  FROM wsmem m
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE m.deployment_id = :deployment AND m.workspace_id = :workspace AND m.id > :after ORDER BY m.id LIMIT :most;

-- :name workspace_member_list_roles :many member_list_role_row
-- :in deployment_id deployment, workspace_id workspace, int first, int last
-- :out int member, int role
SELECT x.wsmem_id, x.role_id
  FROM wsmem m
  JOIN wsmem_role x ON x.deployment_id = m.deployment_id AND x.wsmem_id = m.id
 WHERE m.deployment_id = :deployment AND m.workspace_id = :workspace AND m.id >= :first AND m.id <= :last ORDER BY 1, 2;

-- :name org_invitation_page :many
-- :in deployment_id deployment, org_id org, int after, int most
-- :out invitation_id id, text email, orgrole_id role, workspace_id workspace, wsrole_id workspace_role, user_id inviter, time created_at, time expires_at
SELECT i.id, i.email, i.role_id, i.workspace_id, i.workspace_role_id, m.user_id, i.created_at, i.expires_at
  FROM org_invitation i
  LEFT JOIN orgmem m ON m.deployment_id = i.deployment_id AND m.id = i.inviter_id
 WHERE i.deployment_id = :deployment AND i.org_id = :org AND i.id > :after ORDER BY i.id LIMIT :most;
