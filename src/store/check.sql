-- check.sql: what a reverse proxy is told about who is asking.

-- :name orgmem_vouched_roles :many vouched_role_row
-- :in deployment_id deployment, orgmem_id orgmem
-- :out text name, text permissions
-- The roles that an organization membership holds, and what they allow.
SELECT r.name, r.permissions FROM orgmem_role x
  JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 WHERE x.deployment_id = :deployment AND x.orgmem_id = :orgmem ORDER BY r.id;

-- :name wsmem_vouched_roles :many vouched_role_row
-- :in deployment_id deployment, wsmem_id wsmem
-- :out text name, text permissions
-- The roles that a workspace membership holds, and what they allow.
SELECT r.name, r.permissions FROM wsmem_role x
  JOIN wsrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 WHERE x.deployment_id = :deployment AND x.wsmem_id = :wsmem ORDER BY r.id;
