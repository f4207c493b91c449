-- picture.sql: uploaded pictures.

-- :name picture_put :exec
-- :in deployment_id deployment, picture_id id, user_id user, text content_type, bytes bytes, time now
-- In the place of the one before.
INSERT INTO picture (deployment_id, id, user_id, content_type, bytes, created_at)
VALUES (:deployment, :id, :user, :content_type, :bytes, :now)
ON CONFLICT (deployment_id, user_id) DO UPDATE SET
       id = :id, content_type = :content_type, bytes = :bytes, created_at = :now;

-- :name picture_find :one
-- :in deployment_id deployment, picture_id id
-- :out text content_type, bytes bytes
-- Whosoever it is: a number is given once.
SELECT content_type, bytes FROM picture WHERE deployment_id = :deployment AND id = :id
 UNION ALL
SELECT content_type, bytes FROM org_picture WHERE deployment_id = :deployment AND id = :id;

-- :name picture_delete_of_user :rows
-- :in deployment_id deployment, user_id user
DELETE FROM picture WHERE deployment_id = :deployment AND user_id = :user;

-- :name org_picture_delete :rows
-- :in deployment_id deployment, org_id org
DELETE FROM org_picture WHERE deployment_id = :deployment AND org_id = :org;

-- :name workspace_picture_delete :rows
-- :in deployment_id deployment, workspace_id workspace
DELETE FROM org_picture WHERE deployment_id = :deployment AND workspace_id = :workspace;

-- :name org_picture_insert :exec
-- :in deployment_id deployment, picture_id id, org_id org, workspace_id workspace, text content_type, bytes bytes, time now
-- One of the two is its owner, whose row is held.
INSERT INTO org_picture (deployment_id, id, org_id, workspace_id, content_type, bytes, created_at)
VALUES (:deployment, :id, :org, :workspace, :content_type, :bytes, :now);
