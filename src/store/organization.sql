-- organization.sql: organizations and workspaces themselves: what they are, how they change and go.

-- :name org_find :one org_row
-- :in deployment_id deployment, org_id id
-- :out org_id id, text name, text slug, text image_url, text description, json metadata, bool enforce_mfa, bool ip_restriction, text ip_allowlist, workspace_id auto_workspace, int member_count, time created_at, time updated_at
SELECT o.id, o.name, o.slug, o.image_url, o.description, o.public_metadata, o.enforce_mfa, o.ip_restriction, o.ip_allowlist, o.auto_workspace_id,
       o.member_count, o.created_at, o.updated_at
  FROM organization o WHERE o.deployment_id = :deployment AND o.id = :id;

-- :name org_set :rows
-- :in deployment_id deployment, org_id id, text name, text description, bool enforce_mfa, bool ip_restriction, text ip_allowlist, workspace_id auto_workspace, time now
UPDATE organization SET name = :name, description = :description, enforce_mfa = :enforce_mfa, ip_restriction = :ip_restriction,
       ip_allowlist = :ip_allowlist, auto_workspace_id = :auto_workspace, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name org_set_image :rows
-- :in deployment_id deployment, org_id id, text image_url, time now
UPDATE organization SET image_url = :image_url, updated_at = :now WHERE deployment_id = :deployment AND id = :id;

-- :name org_hold_members :rows
-- :in deployment_id deployment, org_id id
-- Before it is deleted: a switch that got hold of a membership has committed by then, and no other one begins.
UPDATE orgmem SET updated_at = updated_at WHERE deployment_id = :deployment AND org_id = :id;

-- :name org_forget_accounts :rows
-- :in deployment_id deployment, org_id id
-- Nobody's next sign-in starts there.
UPDATE account SET last_orgmem_id = NULL, last_wsmem_id = NULL
 WHERE deployment_id = :deployment
   AND id IN (SELECT m.user_id FROM orgmem m WHERE m.deployment_id = :deployment AND m.org_id = :id)
   AND last_orgmem_id IN (SELECT m.id FROM orgmem m WHERE m.deployment_id = :deployment AND m.org_id = :id);

-- :name org_forget_signins :rows
-- :in deployment_id deployment, org_id id, time now
-- It is active on no sign-in.
UPDATE signin SET orgmem_id = NULL, wsmem_id = NULL, updated_at = :now
 WHERE deployment_id = :deployment
   AND orgmem_id IN (SELECT m.id FROM orgmem m WHERE m.deployment_id = :deployment AND m.org_id = :id);

-- :name org_delete :rows
-- :in deployment_id deployment, org_id id
-- Takes all that is in it along.
DELETE FROM organization WHERE deployment_id = :deployment AND id = :id;

-- :name workspace_find :one workspace_row
-- :in deployment_id deployment, workspace_id id
-- :out workspace_id id, org_id org, text name, text slug, text image_url, text description, json metadata, bool enforce_2fa, bool ip_restriction, text ip_allowlist, int member_count, time created_at, time updated_at
SELECT o.id, o.org_id, o.name, o.slug, o.image_url, o.description, o.public_metadata, o.enforce_2fa, o.ip_restriction, o.ip_allowlist,
       o.member_count, o.created_at, o.updated_at
  FROM workspace o WHERE o.deployment_id = :deployment AND o.id = :id;

-- :name workspace_set :rows
-- :in deployment_id deployment, workspace_id id, text name, text description, bool enforce_2fa, bool ip_restriction, text ip_allowlist, time now
UPDATE workspace SET name = :name, description = :description, enforce_2fa = :enforce_2fa, ip_restriction = :ip_restriction,
       ip_allowlist = :ip_allowlist, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name workspace_set_image :rows
-- :in deployment_id deployment, workspace_id id, text image_url, time now
UPDATE workspace SET image_url = :image_url, updated_at = :now WHERE deployment_id = :deployment AND id = :id;

-- :name workspace_hold_members :rows
-- :in deployment_id deployment, workspace_id id
-- Before it is deleted: a switch that got hold of a membership has committed by then, and no other one begins.
UPDATE wsmem SET updated_at = updated_at WHERE deployment_id = :deployment AND workspace_id = :id;

-- :name workspace_forget_accounts :rows
-- :in deployment_id deployment, workspace_id id
-- Nobody's next sign-in starts there.
UPDATE account SET last_wsmem_id = NULL
 WHERE deployment_id = :deployment
   AND id IN (SELECT m.user_id FROM wsmem m WHERE m.deployment_id = :deployment AND m.workspace_id = :id)
   AND last_wsmem_id IN (SELECT m.id FROM wsmem m WHERE m.deployment_id = :deployment AND m.workspace_id = :id);

-- :name workspace_forget_signins :rows
-- :in deployment_id deployment, workspace_id id, time now
-- It is active on no sign-in.
UPDATE signin SET wsmem_id = NULL, updated_at = :now
 WHERE deployment_id = :deployment
   AND wsmem_id IN (SELECT m.id FROM wsmem m WHERE m.deployment_id = :deployment AND m.workspace_id = :id);

-- :name workspace_delete :rows
-- :in deployment_id deployment, workspace_id id
-- Takes all that is in it along.
DELETE FROM workspace WHERE deployment_id = :deployment AND id = :id;

-- :name workspace_is_auto :one
-- :in deployment_id deployment, workspace_id id
-- :out int one
-- Are new members of its organization put there?
SELECT 1 FROM workspace w
  JOIN organization o ON o.deployment_id = w.deployment_id AND o.id = w.org_id AND o.auto_workspace_id = w.id
 WHERE w.deployment_id = :deployment AND w.id = :id;
