-- org.sql: organizations and workspaces, who belongs to them, with which roles.
--
-- Whoever ends a membership deletes its row first, and only then clears the pointers to
-- it: a switch that got hold of the row (orgmem_lock) has committed by then, and is seen.

-- :name user_orgmems :many orgmem_row
-- :in deployment_id deployment, user_id user, org_id only
-- :out orgmem_id id, json metadata, time created_at, time updated_at, org_id org, text org_name, text org_slug, text org_image_url, text org_description, json org_metadata, bool enforce_mfa, bool ip_restriction, text ip_allowlist, workspace_id auto_workspace, int member_count, time org_created_at, time org_updated_at
-- The organizations of a user, or only the one given, each with the membership, oldest first.
SELECT m.id, m.public_metadata, m.created_at, m.updated_at, o.id, o.name, o.slug, o.image_url, o.description,
       o.public_metadata, o.enforce_mfa, o.ip_restriction, o.ip_allowlist, o.auto_workspace_id,
       o.member_count,
       o.created_at, o.updated_at
  FROM orgmem m
  JOIN organization o ON o.deployment_id = m.deployment_id AND o.id = m.org_id
 WHERE m.deployment_id = :deployment AND m.user_id = :user AND (:only IS NULL OR m.org_id = :only)
 ORDER BY m.id;

-- :name user_orgroles :many orgrole_row
-- :in deployment_id deployment, user_id user, org_id only
-- :out orgmem_id orgmem, orgrole_id id, org_id org, text name, text permissions, time created_at, time updated_at
-- The roles that a user holds in organizations, by membership. org is 0 for the deployment's own.
SELECT m.id, r.id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM orgmem m
  JOIN orgmem_role x ON x.deployment_id = m.deployment_id AND x.orgmem_id = m.id
  JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 WHERE m.deployment_id = :deployment AND m.user_id = :user AND (:only IS NULL OR m.org_id = :only)
 ORDER BY m.id, r.id;

-- :name user_wsmem :many wsmem_row
-- :in deployment_id deployment, user_id user, workspace_id only
-- :out wsmem_id id, orgmem_id orgmem, json metadata, time created_at, time updated_at, workspace_id workspace, org_id org, text ws_name, text ws_slug, text ws_image_url, text ws_description, json ws_metadata, bool enforce_2fa, bool ip_restriction, text ip_allowlist, int member_count, time ws_created_at, time ws_updated_at
-- One workspace of a user.
SELECT n.id, n.orgmem_id, n.public_metadata, n.created_at, n.updated_at, w.id, w.org_id, w.name, w.slug, w.image_url,
       w.description, w.public_metadata, w.enforce_2fa, w.ip_restriction, w.ip_allowlist,
       w.member_count,
       w.created_at, w.updated_at
  FROM wsmem n
  JOIN workspace w ON w.deployment_id = n.deployment_id AND w.id = n.workspace_id
 WHERE n.deployment_id = :deployment AND n.user_id = :user
   AND n.workspace_id = :only
 ORDER BY n.id;

-- :name user_wsroles_in :many wsrole_row
-- :in deployment_id deployment, user_id user, workspace_id only
-- :out wsmem_id wsmem, wsrole_id id, workspace_id workspace, org_id org, text name, text permissions, time created_at, time updated_at
-- The roles that a user holds in one workspace. workspace is 0 for the deployment's own.
SELECT n.id, r.id, r.workspace_id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM wsmem n
  JOIN wsmem_role x ON x.deployment_id = n.deployment_id AND x.wsmem_id = n.id
  JOIN wsrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 WHERE n.deployment_id = :deployment AND n.user_id = :user
   AND n.workspace_id = :only
 ORDER BY r.id;

-- :name user_workspaces :each
-- :in deployment_id deployment, user_id user, org_id only
-- :out wsmem_id id, orgmem_id orgmem, json metadata, time created_at, time updated_at, workspace_id workspace, text name, text slug, text image_url, text description, json ws_metadata, bool enforce_2fa, bool ip_restriction, text ip_allowlist, int member_count, time ws_created_at, time ws_updated_at
-- All workspaces of a user, or those of one organization, oldest first; without what the caller has read already: what
-- ten thousand rows say is mostly columns.
SELECT n.id, n.orgmem_id, n.public_metadata, n.created_at, n.updated_at, n.workspace_id, w.name, w.slug, w.image_url,
       w.description, w.public_metadata, w.enforce_2fa, w.ip_restriction, w.ip_allowlist,
       w.member_count,
       w.created_at, w.updated_at
  FROM wsmem n
  JOIN workspace w ON w.deployment_id = n.deployment_id AND w.id = n.workspace_id
 WHERE n.deployment_id = :deployment AND n.user_id = :user AND (:only IS NULL OR n.org_id = :only)
 ORDER BY n.id;

-- :name user_wsrole_ids :each
-- :in deployment_id deployment, user_id user
-- :out wsmem_id wsmem, wsrole_id role
-- What a user holds in all of their workspaces, in the order of user_workspaces; of one, in order of role.
SELECT x.wsmem_id, x.role_id FROM wsmem_role x
 WHERE x.deployment_id = :deployment AND x.user_id = :user ORDER BY x.wsmem_id, x.role_id;

-- :name user_workspace_names :each
-- :in deployment_id deployment, user_id user
-- :out wsmem_id id, org_id org, workspace_id workspace, text name, time created_at, wsrole_id role
-- The same workspaces with fewer columns: a row for each role held there, in order of role; one row, whose role is 0,
-- where there is none.
SELECT n.id, n.org_id, n.workspace_id, w.name, n.created_at, x.role_id
  FROM wsmem n
  JOIN workspace w ON w.deployment_id = n.deployment_id AND w.id = n.workspace_id
  LEFT JOIN wsmem_role x ON x.deployment_id = n.deployment_id AND x.wsmem_id = n.id
 WHERE n.deployment_id = :deployment AND n.user_id = :user
 ORDER BY n.id, x.role_id;

-- :name wsrole_find :one wsrole_row
-- :in deployment_id deployment, wsrole_id id
-- :out wsmem_id wsmem, wsrole_id id, workspace_id workspace, org_id org, text name, text permissions, time created_at, time updated_at
SELECT 0, r.id, r.workspace_id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM wsrole r WHERE r.deployment_id = :deployment AND r.id = :id;

-- :name org_gate :one
-- :in deployment_id deployment, user_id user, org_id org
-- :out orgmem_id orgmem, bool enforce_mfa, bool ip_restriction, text ip_allowlist
-- A user's membership and what entering asks. No row for strangers, as for what does not exist.
SELECT m.id, o.enforce_mfa, o.ip_restriction, o.ip_allowlist
  FROM orgmem m
  JOIN organization o ON o.deployment_id = m.deployment_id AND o.id = m.org_id
 WHERE m.deployment_id = :deployment AND m.user_id = :user AND m.org_id = :org;

-- :name workspace_gate :one
-- :in deployment_id deployment, user_id user, workspace_id workspace
-- :out wsmem_id wsmem, orgmem_id orgmem, bool org_enforce_mfa, bool org_ip_restriction, text org_ip_allowlist, bool enforce_2fa, bool ip_restriction, text ip_allowlist
-- The same for a workspace, with what its organization asks.
SELECT n.id, n.orgmem_id, o.enforce_mfa, o.ip_restriction, o.ip_allowlist, w.enforce_2fa, w.ip_restriction, w.ip_allowlist
  FROM wsmem n
  JOIN workspace w ON w.deployment_id = n.deployment_id AND w.id = n.workspace_id
  JOIN organization o ON o.deployment_id = w.deployment_id AND o.id = w.org_id
 WHERE n.deployment_id = :deployment AND n.user_id = :user AND n.workspace_id = :workspace;

-- :name workspace_standing :one
-- :in deployment_id deployment, user_id user, workspace_id workspace
-- :out org_id org, orgmem_id orgmem, wsmem_id wsmem
-- Where a user stands who is in the workspace's organization; wsmem is 0 when not in the workspace.
SELECT w.org_id, m.id, n.id
  FROM workspace w
  JOIN orgmem m ON m.deployment_id = w.deployment_id AND m.org_id = w.org_id AND m.user_id = :user
  LEFT JOIN wsmem n ON n.deployment_id = w.deployment_id AND n.workspace_id = w.id AND n.user_id = m.user_id
 WHERE w.deployment_id = :deployment AND w.id = :workspace;

-- :name signin_scope :one
-- :in deployment_id deployment, signin_id id
-- :out orgmem_id orgmem, wsmem_id wsmem, orgmem_id wsmem_in
-- What is active on a sign-in, and which organization membership that workspace belongs to.
SELECT g.orgmem_id, n.id, n.orgmem_id
  FROM signin g
  LEFT JOIN wsmem n ON n.deployment_id = g.deployment_id AND n.id = g.wsmem_id
 WHERE g.deployment_id = :deployment AND g.id = :id;

-- :name orgmem_lock :rows
-- :in deployment_id deployment, orgmem_id id
-- Until the commit nobody ends this membership; 0 rows when somebody just did.
UPDATE orgmem SET updated_at = updated_at WHERE deployment_id = :deployment AND id = :id;

-- :name wsmem_lock :rows
-- :in deployment_id deployment, wsmem_id id
UPDATE wsmem SET updated_at = updated_at WHERE deployment_id = :deployment AND id = :id;

-- :name org_lock :rows
-- :in deployment_id deployment, org_id id
-- Before counting what an organization has: whoever else counts waits, and then sees what was added.
UPDATE organization SET updated_at = updated_at WHERE deployment_id = :deployment AND id = :id;

-- :name user_org_counts :one
-- :in deployment_id deployment, user_id user
-- :out int joined, int created
-- How many organizations a user is in, and how many that exist were made by them.
SELECT (SELECT COUNT(*) FROM orgmem m WHERE m.deployment_id = :deployment AND m.user_id = :user),
       (SELECT COUNT(*) FROM organization o WHERE o.deployment_id = :deployment AND o.created_by = :user);

-- :name org_workspace_count :one
-- :in deployment_id deployment, org_id org
-- :out int workspaces
SELECT COUNT(*) FROM workspace WHERE deployment_id = :deployment AND org_id = :org;

-- :name slug_find :one
-- :in deployment_id deployment, int place, text slug
-- :out int one
-- Was it ever given? place: 0 for organizations, else the organization whose workspace it is.
SELECT 1 FROM slug WHERE deployment_id = :deployment AND place = :place AND slug = :slug;

-- :name slug_insert :rows
-- :in deployment_id deployment, int place, text slug
-- 0 rows: it was given before. Deleting what had it leaves this row.
INSERT INTO slug (deployment_id, place, slug) VALUES (:deployment, :place, :slug)
ON CONFLICT DO NOTHING;

-- :name slug_forget_place :rows
-- :in deployment_id deployment, int place
-- Of an organization that is gone: it has no workspaces any more.
DELETE FROM slug WHERE deployment_id = :deployment AND place = :place;

-- :name org_insert :rows
-- :in deployment_id deployment, org_id id, text name, text slug, text description, user_id created_by, time now
-- With a slug of its own.
INSERT INTO organization (deployment_id, id, name, slug, image_url, description, public_metadata, enforce_mfa,
       ip_restriction, ip_allowlist, created_by, created_at, updated_at)
VALUES (:deployment, :id, :name, :slug, '', :description, '{}', 0, 0, '', :created_by, :now, :now)
ON CONFLICT DO NOTHING;

-- :name orgmem_insert :rows
-- :in deployment_id deployment, orgmem_id id, org_id org, user_id user, time now
-- 0 rows when the user is a member already.
INSERT INTO orgmem (deployment_id, id, org_id, user_id, public_metadata, created_at, updated_at)
VALUES (:deployment, :id, :org, :user, '{}', :now, :now)
ON CONFLICT DO NOTHING;

-- :name org_count_member :rows
-- :in deployment_id deployment, org_id id, int more
-- A membership begins (1) or ends (-1).
UPDATE organization SET member_count = member_count + :more WHERE deployment_id = :deployment AND id = :id;

-- :name orgmem_role_insert :rows
-- :in deployment_id deployment, orgmem_id orgmem, orgrole_id role
-- 0 rows when the membership has the role already.
INSERT INTO orgmem_role (deployment_id, orgmem_id, role_id) VALUES (:deployment, :orgmem, :role)
ON CONFLICT DO NOTHING;

-- :name workspace_insert :rows
-- :in deployment_id deployment, workspace_id id, org_id org, text name, text slug, text description, time now
-- With a slug of its own.
INSERT INTO workspace (deployment_id, id, org_id, name, slug, image_url, description, public_metadata, enforce_2fa,
       ip_restriction, ip_allowlist, created_at, updated_at)
VALUES (:deployment, :id, :org, :name, :slug, '', :description, '{}', 0, 0, '', :now, :now)
ON CONFLICT DO NOTHING;

-- :name wsmem_insert :rows
-- :in deployment_id deployment, wsmem_id id, workspace_id workspace, org_id org, orgmem_id orgmem, user_id user, time now
-- 0 rows when the user is a member already.
INSERT INTO wsmem (deployment_id, id, workspace_id, org_id, orgmem_id, user_id, public_metadata, created_at, updated_at)
VALUES (:deployment, :id, :workspace, :org, :orgmem, :user, '{}', :now, :now)
ON CONFLICT DO NOTHING;

-- :name workspace_count_member :rows
-- :in deployment_id deployment, workspace_id id, int more
-- A membership begins (1) or ends (-1).
UPDATE workspace SET member_count = member_count + :more WHERE deployment_id = :deployment AND id = :id;

-- :name wsmem_role_insert :rows
-- :in deployment_id deployment, wsmem_id wsmem, wsrole_id role
-- 0 rows when the membership has the role already.
INSERT INTO wsmem_role (deployment_id, wsmem_id, role_id, user_id)
SELECT m.deployment_id, m.id, :role, m.user_id FROM wsmem m WHERE m.deployment_id = :deployment AND m.id = :wsmem
ON CONFLICT DO NOTHING;
