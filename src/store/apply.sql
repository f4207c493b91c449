-- apply.sql: what a declared deployment compares and changes, beside its settings, secrets and templates.
--
-- The roles are the deployment's own ones: those of every organization, and of every workspace.

-- :name deployment_orgroles :many deployment_role_row
-- :in deployment_id deployment
-- :out int id, text name, key name_key, text permissions
SELECT id, name, name_key, permissions FROM orgrole
 WHERE deployment_id = :deployment AND org_id IS NULL ORDER BY id;

-- :name deployment_wsroles :many deployment_role_row
-- :in deployment_id deployment
-- :out int id, text name, key name_key, text permissions
SELECT id, name, name_key, permissions FROM wsrole
 WHERE deployment_id = :deployment AND workspace_id IS NULL ORDER BY id;

-- :name deployment_orgrole_set :rows
-- :in deployment_id deployment, orgrole_id id, text name, text permissions, time now
UPDATE orgrole SET name = :name, permissions = :permissions, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND org_id IS NULL;

-- :name deployment_wsrole_set :rows
-- :in deployment_id deployment, wsrole_id id, text name, text permissions, time now
UPDATE wsrole SET name = :name, permissions = :permissions, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND workspace_id IS NULL;

-- :name deployment_orgrole_holders :one
-- :in deployment_id deployment, orgrole_id id
-- :out int n
SELECT COUNT(*) FROM orgmem_role WHERE deployment_id = :deployment AND role_id = :id;

-- :name deployment_wsrole_holders :one
-- :in deployment_id deployment, wsrole_id id
-- :out int n
SELECT COUNT(*) FROM wsmem_role WHERE deployment_id = :deployment AND role_id = :id;

-- :name deployment_orgrole_lock :one
-- :in deployment_id deployment, orgrole_id id
-- :out orgrole_id id
-- Until the commit nobody is given it; who was at that moment is counted by the next statement. A row that
-- points to it keeps its key from changing only, which an UPDATE as elsewhere would not wait for.
SELECT id FROM orgrole WHERE deployment_id = :deployment AND id = :id AND org_id IS NULL;
-- :pg
SELECT id FROM orgrole WHERE deployment_id = :deployment AND id = :id AND org_id IS NULL FOR UPDATE;

-- :name deployment_wsrole_lock :one
-- :in deployment_id deployment, wsrole_id id
-- :out wsrole_id id
SELECT id FROM wsrole WHERE deployment_id = :deployment AND id = :id AND workspace_id IS NULL;
-- :pg
SELECT id FROM wsrole WHERE deployment_id = :deployment AND id = :id AND workspace_id IS NULL FOR UPDATE;

-- :name deployment_orgrole_delete :rows
-- :in deployment_id deployment, orgrole_id id
-- 0 rows when somebody holds it.
DELETE FROM orgrole WHERE deployment_id = :deployment AND id = :id AND org_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM orgmem_role x WHERE x.deployment_id = :deployment AND x.role_id = :id);

-- :name deployment_wsrole_delete :rows
-- :in deployment_id deployment, wsrole_id id
DELETE FROM wsrole WHERE deployment_id = :deployment AND id = :id AND workspace_id IS NULL
   AND NOT EXISTS (SELECT 1 FROM wsmem_role x WHERE x.deployment_id = :deployment AND x.role_id = :id);

-- :name deployment_set_default_roles :rows
-- :in deployment_id deployment, orgrole_id orgrole_creator, orgrole_id orgrole_member, wsrole_id wsrole_creator
-- :in wsrole_id wsrole_member, time now
UPDATE deployment SET default_orgrole_creator_id = :orgrole_creator, default_orgrole_member_id = :orgrole_member,
       default_wsrole_creator_id = :wsrole_creator, default_wsrole_member_id = :wsrole_member, updated_at = :now
 WHERE deployment_id = :deployment AND deleted_at IS NULL;

-- :name deployment_lock :rows
-- :in deployment_id deployment
-- Until the commit nobody else changes its settings, or which roles somebody begins with.
UPDATE deployment SET updated_at = updated_at WHERE deployment_id = :deployment AND deleted_at IS NULL;
