-- deployment.sql: the tenants, their keys, and the roles they begin with.

-- :name deployment_insert :rows
-- :in deployment_id deployment, project_id project, text name, text mode, text backend_host, text frontend_host
-- :in text base_url, bool is_demo, orgrole_id orgrole_creator, orgrole_id orgrole_member, wsrole_id wsrole_creator
-- :in wsrole_id wsrole_member, time now
-- 0 rows when the host or the id is taken.
INSERT INTO deployment (deployment_id, project_id, name, mode, backend_host, frontend_host, base_url, settings, is_demo,
       default_orgrole_creator_id, default_orgrole_member_id, default_wsrole_creator_id, default_wsrole_member_id,
       created_at, updated_at)
VALUES (:deployment, :project, :name, :mode, :backend_host, :frontend_host, :base_url, '{}', :is_demo,
       :orgrole_creator, :orgrole_member, :wsrole_creator, :wsrole_member, :now, :now)
ON CONFLICT DO NOTHING;

-- :name deployment_find :one deployment_row
-- :in deployment_id deployment
-- :out deployment_id id, project_id project, text name, text mode, text backend_host, text frontend_host, text base_url
-- :out json settings, bool is_demo, orgrole_id orgrole_creator, orgrole_id orgrole_member, wsrole_id wsrole_creator
-- :out wsrole_id wsrole_member, time created_at, time updated_at
SELECT deployment_id, project_id, name, mode, backend_host, frontend_host, base_url, settings, is_demo,
       default_orgrole_creator_id, default_orgrole_member_id, default_wsrole_creator_id, default_wsrole_member_id,
       created_at, updated_at
  FROM deployment WHERE deployment_id = :deployment AND deleted_at IS NULL;

-- :name deployment_ids :many
-- :any-deployment a process serves all of them
-- :in int after
-- :out deployment_id id
-- The next thousand after this one; after 0 from the first.
SELECT deployment_id FROM deployment WHERE deployment_id > :after AND deleted_at IS NULL ORDER BY deployment_id LIMIT 1000;

-- :name deployment_after :one
-- :any-deployment a process serves all of them, and what was sealed for one that is deleted is still there
-- :in int after
-- :out deployment_id id
SELECT deployment_id FROM deployment WHERE deployment_id > :after ORDER BY deployment_id LIMIT 1;

-- :name deployment_page :many deployment_row
-- :any-deployment a process serves all of them, and its operator lists them
-- :in int after
-- :out deployment_id id, project_id project, text name, text mode, text backend_host, text frontend_host, text base_url
-- :out json settings, bool is_demo, orgrole_id orgrole_creator, orgrole_id orgrole_member, wsrole_id wsrole_creator
-- :out wsrole_id wsrole_member, time created_at, time updated_at
-- The next thousand after this one, oldest first; after 0 from the first.
SELECT deployment_id, project_id, name, mode, backend_host, frontend_host, base_url, settings, is_demo,
       default_orgrole_creator_id, default_orgrole_member_id, default_wsrole_creator_id, default_wsrole_member_id,
       created_at, updated_at
  FROM deployment WHERE deployment_id > :after AND deleted_at IS NULL ORDER BY deployment_id LIMIT 1000;

-- :name deployment_by_host :one
-- :any-deployment the host is what tells which one it is
-- :in text backend_host
-- :out deployment_id id, bool is_demo
SELECT deployment_id, is_demo FROM deployment WHERE backend_host = :backend_host AND deleted_at IS NULL;

-- :name deployment_set_settings :rows
-- :in deployment_id deployment, json before, json settings, time now
-- 0 rows when somebody else changed them meanwhile.
UPDATE deployment SET settings = :settings, updated_at = :now
 WHERE deployment_id = :deployment AND settings = :before AND deleted_at IS NULL;

-- :name deployment_set_hosts :rows
-- :in deployment_id deployment, text backend_host, text frontend_host, text base_url, time now
-- E_CONFLICT when the host is another's.
UPDATE deployment SET backend_host = :backend_host, frontend_host = :frontend_host, base_url = :base_url, updated_at = :now
 WHERE deployment_id = :deployment AND deleted_at IS NULL;

-- :name secret_key_insert :exec
-- :in deployment_id deployment, hash key_hash, text prefix, time now
INSERT INTO secret_key (deployment_id, key_hash, prefix, created_at)
VALUES (:deployment, :key_hash, :prefix, :now);

-- :name secret_key_find :one
-- :any-deployment whose key it is says which deployment a call of the Backend API is about
-- :in hash key_hash, time now
-- :out deployment_id deployment, text prefix, time last_used_at
-- E_NOT_FOUND for an unknown or revoked key.
SELECT deployment_id, prefix, last_used_at FROM secret_key
 WHERE key_hash = :key_hash AND (revoked_at IS NULL OR revoked_at > :now);

-- :name secret_key_used :rows
-- :in deployment_id deployment, hash key_hash, time now, time before
-- 0 rows where somebody else has written it down a moment ago.
UPDATE secret_key SET last_used_at = :now
 WHERE deployment_id = :deployment AND key_hash = :key_hash AND (last_used_at IS NULL OR last_used_at <= :before);

-- :name secret_keys :many
-- :in deployment_id deployment
-- :out text prefix, time created_at, time last_used_at, time revoked_at
SELECT prefix, created_at, last_used_at, revoked_at FROM secret_key
 WHERE deployment_id = :deployment ORDER BY created_at, prefix;

-- :name secret_key_revoke :rows
-- :in deployment_id deployment, text prefix, time at, time now
-- A key dies once: one that is dead, or dies sooner, stays as it is.
UPDATE secret_key SET revoked_at = :at
 WHERE deployment_id = :deployment AND prefix = :prefix
   AND (revoked_at IS NULL OR (revoked_at > :now AND revoked_at > :at));

-- :name deployment_orgrole_insert :exec
-- :in deployment_id deployment, orgrole_id id, text name, key name_key, text permissions, time now
-- A role of every organization.
INSERT INTO orgrole (deployment_id, id, org_id, name, name_key, permissions, created_at, updated_at)
VALUES (:deployment, :id, NULL, :name, :name_key, :permissions, :now, :now);

-- :name deployment_wsrole_insert :exec
-- :in deployment_id deployment, wsrole_id id, text name, key name_key, text permissions, time now
-- A role of every workspace.
INSERT INTO wsrole (deployment_id, id, workspace_id, org_id, name, name_key, permissions, created_at, updated_at)
VALUES (:deployment, :id, NULL, NULL, :name, :name_key, :permissions, :now, :now);
