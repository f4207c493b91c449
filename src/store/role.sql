-- role.sql: the roles that there are; who holds which is in org.sql. A role without an owner is the deployment's.

-- :name org_roles :many orgrole_row
-- :in deployment_id deployment, org_id org
-- :out orgmem_id orgmem, orgrole_id id, org_id org, text name, text permissions, time created_at, time updated_at
-- What an organization can give: the deployment's roles, and its own.
SELECT 0, r.id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM orgrole r WHERE r.deployment_id = :deployment AND r.org_id IS NULL
 UNION ALL
SELECT 0, r.id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM orgrole r WHERE r.deployment_id = :deployment AND r.org_id = :org
 ORDER BY 2;

-- :name workspace_roles :many wsrole_row
-- :in deployment_id deployment, workspace_id workspace
-- :out wsmem_id wsmem, wsrole_id id, workspace_id workspace, org_id org, text name, text permissions, time created_at, time updated_at
SELECT 0, r.id, r.workspace_id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM wsrole r WHERE r.deployment_id = :deployment AND r.workspace_id IS NULL
 UNION ALL
SELECT 0, r.id, r.workspace_id, r.org_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM wsrole r WHERE r.deployment_id = :deployment AND r.workspace_id = :workspace
 ORDER BY 2;

-- :name org_role_count :one
-- :in deployment_id deployment, org_id org
-- :out int n
SELECT COUNT(*) FROM orgrole WHERE deployment_id = :deployment AND org_id = :org;

-- :name workspace_role_count :one
-- :in deployment_id deployment, workspace_id workspace
-- :out int n
SELECT COUNT(*) FROM wsrole WHERE deployment_id = :deployment AND workspace_id = :workspace;

-- :name org_role_named :many
-- :in deployment_id deployment, org_id org, key name_key
-- :out orgrole_id id, org_id org, text permissions
-- Those of the deployment and of the organization that are called so: one at most, or one of each.
SELECT r.id, r.org_id, r.permissions
  FROM orgrole r WHERE r.deployment_id = :deployment AND r.org_id IS NULL AND r.name_key = :name_key
 UNION ALL
SELECT r.id, r.org_id, r.permissions
  FROM orgrole r WHERE r.deployment_id = :deployment AND r.org_id = :org AND r.name_key = :name_key
 ORDER BY 1;

-- :name workspace_role_named :many
-- :in deployment_id deployment, workspace_id workspace, key name_key
-- :out wsrole_id id, workspace_id workspace, text permissions
SELECT r.id, r.workspace_id, r.permissions
  FROM wsrole r WHERE r.deployment_id = :deployment AND r.workspace_id IS NULL AND r.name_key = :name_key
 UNION ALL
SELECT r.id, r.workspace_id, r.permissions
  FROM wsrole r WHERE r.deployment_id = :deployment AND r.workspace_id = :workspace AND r.name_key = :name_key
 ORDER BY 1;

-- :name org_role_insert :rows
-- :in deployment_id deployment, orgrole_id id, org_id org, text name, key name_key, text permissions, time now
INSERT INTO orgrole (deployment_id, id, org_id, name, name_key, permissions, created_at, updated_at)
VALUES (:deployment, :id, :org, :name, :name_key, :permissions, :now, :now)
ON CONFLICT DO NOTHING;

-- :name workspace_role_insert :rows
-- :in deployment_id deployment, wsrole_id id, workspace_id workspace, org_id org, text name, key name_key, text permissions, time now
INSERT INTO wsrole (deployment_id, id, workspace_id, org_id, name, name_key, permissions, created_at, updated_at)
VALUES (:deployment, :id, :workspace, :org, :name, :name_key, :permissions, :now, :now)
ON CONFLICT DO NOTHING;

-- :name workspace_role_update :rows
-- :in deployment_id deployment, wsrole_id id, workspace_id workspace, text name, text permissions, time now
UPDATE wsrole SET name = :name, permissions = :permissions, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND workspace_id = :workspace;

-- :name org_role_delete :rows
-- :in deployment_id deployment, orgrole_id id, org_id org
-- Whoever holds it does so no more: orgmem_role goes along.
DELETE FROM orgrole WHERE deployment_id = :deployment AND id = :id AND org_id = :org;

-- :name workspace_role_delete :rows
-- :in deployment_id deployment, wsrole_id id, workspace_id workspace
DELETE FROM wsrole WHERE deployment_id = :deployment AND id = :id AND workspace_id = :workspace;

-- :name org_admin_by_another_role :one
-- :in deployment_id deployment, org_id org, orgrole_id role
-- :out orgmem_id id
-- Somebody who would administer the organization without that role, and can.
SELECT m.id
  FROM orgmem m
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
 WHERE m.deployment_id = :deployment AND m.org_id = :org AND a.disabled_at IS NULL
   AND EXISTS (SELECT 1 FROM orgmem_role x
                 JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
                WHERE x.deployment_id = :deployment AND x.orgmem_id = m.id AND x.role_id <> :role
                  AND ' ' || r.permissions || ' ' LIKE '% organization:admin %')
 LIMIT 1;

-- :name workspace_admin_by_another_role :one
-- :in deployment_id deployment, workspace_id workspace, wsrole_id role
-- :out wsmem_id id
SELECT n.id
  FROM wsmem n
  JOIN account a ON a.deployment_id = n.deployment_id AND a.id = n.user_id
 WHERE n.deployment_id = :deployment AND n.workspace_id = :workspace AND a.disabled_at IS NULL
   AND EXISTS (SELECT 1 FROM wsmem_role x
                 JOIN wsrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
                WHERE x.deployment_id = :deployment AND x.wsmem_id = n.id AND x.role_id <> :role
                  AND ' ' || r.permissions || ' ' LIKE '% workspace:admin %')
 LIMIT 1;

-- :name workspace_role_holder :one
-- :in deployment_id deployment, wsrole_id role
-- :out wsmem_id id
SELECT wsmem_id FROM wsmem_role WHERE deployment_id = :deployment AND role_id = :role LIMIT 1;

-- :name org_role_owner :one
-- :in deployment_id deployment, orgrole_id id, org_id org
-- :out org_id org, text permissions
-- One that the organization can give; org is 0 for the deployment's.
SELECT org_id, permissions FROM orgrole WHERE deployment_id = :deployment AND id = :id AND (org_id IS NULL OR org_id = :org);

-- :name workspace_role_owner :one
-- :in deployment_id deployment, wsrole_id id, workspace_id workspace
-- :out workspace_id workspace, text permissions
SELECT workspace_id, permissions FROM wsrole
 WHERE deployment_id = :deployment AND id = :id AND (workspace_id IS NULL OR workspace_id = :workspace);
