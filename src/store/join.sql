-- join.sql: becoming a member; who calls holds the account's row and the organization's.

-- :name join_org :one
-- :in deployment_id deployment, org_id org, user_id user
-- :out workspace_id auto_workspace, orgmem_id orgmem
-- Where everybody goes, and the user's membership: 0 for who is none yet.
SELECT o.auto_workspace_id, m.id
  FROM organization o
  LEFT JOIN orgmem m ON m.deployment_id = o.deployment_id AND m.org_id = o.id AND m.user_id = :user
 WHERE o.deployment_id = :deployment AND o.id = :org;

-- :name join_workspace :one
-- :in deployment_id deployment, org_id org, workspace_id workspace, user_id user
-- :out wsmem_id wsmem
-- Is it a workspace of that organization, and is the user in it? 0 for who is not.
SELECT n.id
  FROM workspace w
  LEFT JOIN wsmem n ON n.deployment_id = w.deployment_id AND n.workspace_id = w.id AND n.user_id = :user
 WHERE w.deployment_id = :deployment AND w.id = :workspace AND w.org_id = :org;

-- :name join_org_members :one
-- :in deployment_id deployment, org_id org
-- :out int n
SELECT member_count FROM organization WHERE deployment_id = :deployment AND id = :org;

-- :name join_workspace_members :one
-- :in deployment_id deployment, workspace_id workspace
-- :out int n
SELECT member_count FROM workspace WHERE deployment_id = :deployment AND id = :workspace;

-- :name join_orgrole :one
-- :in deployment_id deployment, orgrole_id id, org_id org
-- :out text permissions
-- A role that this organization can give: its own, or the deployment's.
SELECT permissions FROM orgrole WHERE deployment_id = :deployment AND id = :id AND (org_id IS NULL OR org_id = :org);

-- :name join_wsrole :one
-- :in deployment_id deployment, wsrole_id id, workspace_id workspace
-- :out text permissions
-- A role that this workspace can give. Without a workspace only the deployment's.
SELECT permissions FROM wsrole WHERE deployment_id = :deployment AND id = :id AND (workspace_id IS NULL OR workspace_id = :workspace);
