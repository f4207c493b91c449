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
SELECT content_type, bytes FROM picture WHERE deployment_id = :deployment AND id = :id;

-- :name picture_delete_of_user :rows
-- :in deployment_id deployment, user_id user
DELETE FROM picture WHERE deployment_id = :deployment AND user_id = :user;
