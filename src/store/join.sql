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
