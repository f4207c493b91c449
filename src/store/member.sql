-- member.sql: who is in an organization or a workspace, a page at a time, and how they go.
--
-- Whoever ends a membership deletes its row first, and only then clears the pointers to it (org.sql).

-- :name org_members_page :many member_row
-- :in deployment_id deployment, org_id org, int skip, int most
-- :out orgmem_id orgmem, wsmem_id wsmem, json metadata, time created_at, time updated_at, user_id user, text first_name, text last_name, text username, text image_url, text availability, time user_created_at, time user_updated_at, email_id email, text address, time email_verified_at, text strategy, phone_id phone, text phone_number, text dial_code, time phone_verified_at, orgrole_id orgrole, wsrole_id wsrole, org_id role_org, workspace_id role_workspace, text role_name, text permissions, time role_created_at, time role_updated_at
-- One row for each role of a member, and one for a member without. The page is cut before anything is joined to it.
WITH cut_page AS (SELECT c.id FROM orgmem c WHERE c.deployment_id = :deployment AND c.org_id = :org
            ORDER BY c.id LIMIT :most OFFSET :skip)
SELECT m.id, 0, m.public_metadata, m.created_at, m.updated_at,
       a.id, a.first_name, a.last_name, a.username, a.image_url, a.availability, a.created_at, a.updated_at,
       e.id, e.email, e.verified_at, e.verification_strategy, f.id, f.phone_number, f.dial_code, f.verified_at,
       r.id, 0, r.org_id, 0, r.name, r.permissions, r.created_at, r.updated_at
  FROM cut_page
  JOIN orgmem m ON m.deployment_id = :deployment AND m.id = cut_page.id
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
  LEFT JOIN phone_number f ON f.deployment_id = a.deployment_id AND f.id = a.primary_phone_id
  LEFT JOIN orgmem_role x ON x.deployment_id = m.deployment_id AND x.orgmem_id = m.id
  LEFT JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 ORDER BY m.id, r.id;

-- :name org_members_count :one
-- :in deployment_id deployment, org_id org
-- :out int n
SELECT member_count FROM organization WHERE deployment_id = :deployment AND id = :org;

-- :name org_members_found :many member_row
-- :in deployment_id deployment, org_id org, text pattern, int skip, int most
-- :out orgmem_id orgmem, wsmem_id wsmem, json metadata, time created_at, time updated_at, user_id user, text first_name, text last_name, text username, text image_url, text availability, time user_created_at, time user_updated_at, email_id email, text address, time email_verified_at, text strategy, phone_id phone, text phone_number, text dial_code, time phone_verified_at, orgrole_id orgrole, wsrole_id wsrole, org_id role_org, workspace_id role_workspace, text role_name, text permissions, time role_created_at, time role_updated_at
-- The same of those whom a pattern of LIKE matches; a backslash in it escapes.
WITH cut_page AS (SELECT c.id
             FROM orgmem c
             JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
             LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
            WHERE c.deployment_id = :deployment AND c.org_id = :org
              AND (a.name_key LIKE :pattern ESCAPE '\' OR a.username_key LIKE :pattern ESCAPE '\'
        OR e.email_key LIKE :pattern ESCAPE '\')
            ORDER BY c.id LIMIT :most OFFSET :skip)
SELECT m.id, 0, m.public_metadata, m.created_at, m.updated_at,
       a.id, a.first_name, a.last_name, a.username, a.image_url, a.availability, a.created_at, a.updated_at,
       e.id, e.email, e.verified_at, e.verification_strategy, f.id, f.phone_number, f.dial_code, f.verified_at,
       r.id, 0, r.org_id, 0, r.name, r.permissions, r.created_at, r.updated_at
  FROM cut_page
  JOIN orgmem m ON m.deployment_id = :deployment AND m.id = cut_page.id
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
  LEFT JOIN phone_number f ON f.deployment_id = a.deployment_id AND f.id = a.primary_phone_id
  LEFT JOIN orgmem_role x ON x.deployment_id = m.deployment_id AND x.orgmem_id = m.id
  LEFT JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 ORDER BY m.id, r.id;

-- :name org_members_found_count :one
-- :in deployment_id deployment, org_id org, text pattern
-- :out int n
SELECT COUNT(*)
  FROM orgmem c
  JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE c.deployment_id = :deployment AND c.org_id = :org
   AND (a.name_key LIKE :pattern ESCAPE '\' OR a.username_key LIKE :pattern ESCAPE '\'
        OR e.email_key LIKE :pattern ESCAPE '\');

-- :name workspace_members_page :many member_row
-- :in deployment_id deployment, workspace_id workspace, int skip, int most
-- :out orgmem_id orgmem, wsmem_id wsmem, json metadata, time created_at, time updated_at, user_id user, text first_name, text last_name, text username, text image_url, text availability, time user_created_at, time user_updated_at, email_id email, text address, time email_verified_at, text strategy, phone_id phone, text phone_number, text dial_code, time phone_verified_at, orgrole_id orgrole, wsrole_id wsrole, org_id role_org, workspace_id role_workspace, text role_name, text permissions, time role_created_at, time role_updated_at
-- One row for each role of a member, and one for a member without. The page is cut before anything is joined to it.
WITH cut_page AS (SELECT c.id FROM wsmem c WHERE c.deployment_id = :deployment AND c.workspace_id = :workspace
            ORDER BY c.id LIMIT :most OFFSET :skip)
SELECT m.orgmem_id, m.id, m.public_metadata, m.created_at, m.updated_at,
       a.id, a.first_name, a.last_name, a.username, a.image_url, a.availability, a.created_at, a.updated_at,
       e.id, e.email, e.verified_at, e.verification_strategy, f.id, f.phone_number, f.dial_code, f.verified_at,
       0, r.id, r.org_id, r.workspace_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM cut_page
  JOIN wsmem m ON m.deployment_id = :deployment AND m.id = cut_page.id
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
  LEFT JOIN phone_number f ON f.deployment_id = a.deployment_id AND f.id = a.primary_phone_id
  LEFT JOIN wsmem_role x ON x.deployment_id = m.deployment_id AND x.wsmem_id = m.id
  LEFT JOIN wsrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 ORDER BY m.id, r.id;

-- :name workspace_members_count :one
-- :in deployment_id deployment, workspace_id workspace
-- :out int n
SELECT member_count FROM workspace WHERE deployment_id = :deployment AND id = :workspace;

-- :name workspace_members_found :many member_row
-- :in deployment_id deployment, workspace_id workspace, text pattern, int skip, int most
-- :out orgmem_id orgmem, wsmem_id wsmem, json metadata, time created_at, time updated_at, user_id user, text first_name, text last_name, text username, text image_url, text availability, time user_created_at, time user_updated_at, email_id email, text address, time email_verified_at, text strategy, phone_id phone, text phone_number, text dial_code, time phone_verified_at, orgrole_id orgrole, wsrole_id wsrole, org_id role_org, workspace_id role_workspace, text role_name, text permissions, time role_created_at, time role_updated_at
-- The same of those whom a pattern of LIKE matches; a backslash in it escapes.
WITH cut_page AS (SELECT c.id
             FROM wsmem c
             JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
             LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
            WHERE c.deployment_id = :deployment AND c.workspace_id = :workspace
              AND (a.name_key LIKE :pattern ESCAPE '\' OR a.username_key LIKE :pattern ESCAPE '\'
        OR e.email_key LIKE :pattern ESCAPE '\')
            ORDER BY c.id LIMIT :most OFFSET :skip)
SELECT m.orgmem_id, m.id, m.public_metadata, m.created_at, m.updated_at,
       a.id, a.first_name, a.last_name, a.username, a.image_url, a.availability, a.created_at, a.updated_at,
       e.id, e.email, e.verified_at, e.verification_strategy, f.id, f.phone_number, f.dial_code, f.verified_at,
       0, r.id, r.org_id, r.workspace_id, r.name, r.permissions, r.created_at, r.updated_at
  FROM cut_page
  JOIN wsmem m ON m.deployment_id = :deployment AND m.id = cut_page.id
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
  LEFT JOIN phone_number f ON f.deployment_id = a.deployment_id AND f.id = a.primary_phone_id
  LEFT JOIN wsmem_role x ON x.deployment_id = m.deployment_id AND x.wsmem_id = m.id
  LEFT JOIN wsrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 ORDER BY m.id, r.id;

-- :name workspace_members_found_count :one
-- :in deployment_id deployment, workspace_id workspace, text pattern
-- :out int n
SELECT COUNT(*)
  FROM wsmem c
  JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE c.deployment_id = :deployment AND c.workspace_id = :workspace
   AND (a.name_key LIKE :pattern ESCAPE '\' OR a.username_key LIKE :pattern ESCAPE '\'
        OR e.email_key LIKE :pattern ESCAPE '\');

-- :name orgmem_by_id :one orgmem_who_row
-- :in deployment_id deployment, org_id org, orgmem_id id
-- :out orgmem_id id, user_id user
SELECT id, user_id FROM orgmem WHERE deployment_id = :deployment AND id = :id AND org_id = :org;

-- :name orgmem_by_user :one orgmem_who_row
-- :in deployment_id deployment, org_id org, user_id user
-- :out orgmem_id id, user_id user
SELECT id, user_id FROM orgmem WHERE deployment_id = :deployment AND org_id = :org AND user_id = :user;

-- :name orgmem_uncount :rows
-- :in deployment_id deployment, orgmem_id id
-- The memberships of workspaces that go with it.
UPDATE workspace SET member_count = member_count - 1
 WHERE deployment_id = :deployment
   AND id IN (SELECT m.workspace_id FROM wsmem m WHERE m.deployment_id = :deployment AND m.orgmem_id = :id);

-- :name orgmem_delete :rows
-- :in deployment_id deployment, orgmem_id id
DELETE FROM orgmem WHERE deployment_id = :deployment AND id = :id;

-- :name orgmem_set_updated :rows
-- :in deployment_id deployment, orgmem_id id, time now
UPDATE orgmem SET updated_at = :now WHERE deployment_id = :deployment AND id = :id;

-- :name account_forget_orgmem :rows
-- :in deployment_id deployment, user_id user, orgmem_id id
-- The user's next sign-in does not start there.
UPDATE account SET last_orgmem_id = NULL, last_wsmem_id = NULL
 WHERE deployment_id = :deployment AND id = :user AND last_orgmem_id = :id;

-- :name signin_forget_orgmem :rows
-- :in deployment_id deployment, orgmem_id id, time now
UPDATE signin SET orgmem_id = NULL, wsmem_id = NULL, updated_at = :now WHERE deployment_id = :deployment AND orgmem_id = :id;

-- :name orgrole_usable :one
-- :in deployment_id deployment, org_id org, orgrole_id id
-- :out text permissions
-- A role of the deployment's, or of this one's own.
SELECT permissions FROM orgrole WHERE deployment_id = :deployment AND id = :id AND (org_id IS NULL OR org_id = :org);

-- :name orgmem_role_delete :rows
-- :in deployment_id deployment, orgmem_id orgmem, orgrole_id role
DELETE FROM orgmem_role WHERE deployment_id = :deployment AND orgmem_id = :orgmem AND role_id = :role;

-- :name org_has_other_admin :one
-- :in deployment_id deployment, org_id org, user_id user
-- :out int one
-- Does anybody else administer it, of those who can sign in? The first one ends the search.
SELECT 1
  FROM orgmem m
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
 WHERE m.deployment_id = :deployment AND m.org_id = :org AND m.user_id <> :user AND a.disabled_at IS NULL
   AND EXISTS (SELECT 1 FROM orgmem_role x
                 JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
                WHERE x.deployment_id = :deployment AND x.orgmem_id = m.id
                  AND ' ' || r.permissions || ' ' LIKE '% organization:admin %')
 LIMIT 1;

-- :name wsmem_by_id :one wsmem_who_row
-- :in deployment_id deployment, workspace_id workspace, wsmem_id id
-- :out org_id org, wsmem_id id, user_id user
SELECT org_id, id, user_id FROM wsmem WHERE deployment_id = :deployment AND id = :id AND workspace_id = :workspace;

-- :name wsmem_by_user :one wsmem_who_row
-- :in deployment_id deployment, workspace_id workspace, user_id user
-- :out org_id org, wsmem_id id, user_id user
SELECT org_id, id, user_id FROM wsmem WHERE deployment_id = :deployment AND workspace_id = :workspace AND user_id = :user;

-- :name wsmem_delete :rows
-- :in deployment_id deployment, wsmem_id id
DELETE FROM wsmem WHERE deployment_id = :deployment AND id = :id;

-- :name wsmem_set_updated :rows
-- :in deployment_id deployment, wsmem_id id, time now
UPDATE wsmem SET updated_at = :now WHERE deployment_id = :deployment AND id = :id;

-- :name account_forget_wsmem :rows
-- :in deployment_id deployment, user_id user, wsmem_id id
-- The user's next sign-in does not start there.
UPDATE account SET last_wsmem_id = NULL
 WHERE deployment_id = :deployment AND id = :user AND last_wsmem_id = :id;

-- :name signin_forget_wsmem :rows
-- :in deployment_id deployment, wsmem_id id, time now
UPDATE signin SET wsmem_id = NULL, updated_at = :now WHERE deployment_id = :deployment AND wsmem_id = :id;

-- :name wsrole_usable :one
-- :in deployment_id deployment, workspace_id workspace, wsrole_id id
-- :out text permissions
-- A role of the deployment's, or of this one's own. Without a workspace only the deployment's.
SELECT permissions FROM wsrole WHERE deployment_id = :deployment AND id = :id AND (workspace_id IS NULL OR workspace_id = :workspace);

-- :name wsmem_role_delete :rows
-- :in deployment_id deployment, wsmem_id wsmem, wsrole_id role
DELETE FROM wsmem_role WHERE deployment_id = :deployment AND wsmem_id = :wsmem AND role_id = :role;

-- :name workspace_has_other_admin :one
-- :in deployment_id deployment, workspace_id workspace, user_id user
-- :out int one
-- Does anybody else administer it, of those who can sign in? The first one ends the search.
SELECT 1
  FROM wsmem m
  JOIN account a ON a.deployment_id = m.deployment_id AND a.id = m.user_id
 WHERE m.deployment_id = :deployment AND m.workspace_id = :workspace AND m.user_id <> :user AND a.disabled_at IS NULL
   AND EXISTS (SELECT 1 FROM wsmem_role x
                 JOIN wsrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
                WHERE x.deployment_id = :deployment AND x.wsmem_id = m.id
                  AND ' ' || r.permissions || ' ' LIKE '% workspace:admin %')
 LIMIT 1;
